"""How well `he`, `she` and descriptions such as `the company` are resolved in real news.

python benchmarks/mentions.py --texts clones   # or articles as JSON lines with source, path, doc and text

`data/annotations/mentions.tsv` has their positions and what a language model that read the text around found them to
mean, with several forms of a name joined by `|`: a found name is right if it contains one of these. The baseline is the
name mentioned last. The rules were written while looking at the mentions of `tuning`; those of `validation` were only
counted.
"""

import argparse
import sys
from collections import Counter
from pathlib import Path

from rejoinder.article.grammar.marks import is_within
from rejoinder.article.names.names import Names
from rejoinder.article.quotes.quotes import find_quotes
from rejoinder_training.data.standoff import articles_in, read_labels, sha256_16

MENTIONS = Path("data/annotations/mentions.tsv")
TEXTS = Path(__file__).parents[2] / "shared" / "news" / "articles.jsonl.gz"
AROUND = 40
"""Characters on each side of a mention that its sha256 covers."""


def main() -> None:
    """Print a line for each kind of mention and split."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=Path, default=TEXTS)
    parser.add_argument("--errors", action="store_true", help="list the errors on the tuning split")
    arguments = parser.parse_args()
    if not arguments.texts.exists():
        sys.exit(f"skipped: no articles at {arguments.texts}")
    article_of = articles_in([arguments.texts])
    counts: Counter[tuple[str, str]] = Counter()
    for _, row in read_labels(MENTIONS, ("sha256_16",)):
        text = article_of(row)
        start, end = map(int, row["spans"].split("-"))
        if sha256_16(text[max(0, start - AROUND) : end + AROUND]) != row["sha256_16"]:
            sys.exit(f"{row['doc']}: the text is not the one that was annotated")
        quoted = [span for quote in find_quotes(text) for span in quote.spans]
        names = Names(text, quoted)
        found = names.resolve((start, end))
        earlier = [name for name in names.all if name.end <= start and not is_within(name.start, quoted)]
        kind = f"{'he, she' if row['mention'].lower() in ('he', 'she') else 'the company, the agency'}, {row['split']}"
        right = holds(found, row["name"])
        counts[kind, "all"] += 1
        counts[kind, "right"] += right
        counts[kind, "last"] += bool(earlier) and holds(names.fullest(earlier[-1]).text, row["name"])
        if arguments.errors and not right and row["split"] == "tuning":
            print(f"{row['doc']} {row['spans']}: {row['mention']} is {row['name']}, found {found}")
    for kind in dict.fromkeys(kind for kind, _ in counts):
        number = counts[kind, "all"]
        share, share_last = (counts[kind, name] / number for name in ("right", "last"))
        print(f"{kind}: {share:.3f} of {number}; the name mentioned last: {share_last:.3f}")


def holds(found: str, wanted: str) -> bool:
    """Return whether a found name contains, as whole words, one of the `wanted` names, which are separated by `|`."""
    return any(f" {name} " in f" {found} " for name in wanted.split("|"))


if __name__ == "__main__":
    main()
