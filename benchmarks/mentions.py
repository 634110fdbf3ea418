"""Whom `he`, `she` and descriptions as `the company` stand for in real news, beside the name told last.

python benchmarks/mentions.py --texts clones   # or articles as JSON lines with source, path, doc and text

`data/annotations/mentions.tsv` says where they stand and what a language model that read the text around found them to
mean, several forms of a name joined by `|`: a name found is right where it holds one of these. Rules were written with
those of `tuning` in sight; those of `validation` were only counted.
"""

import argparse
import csv
import hashlib
import sys
from collections import Counter
from pathlib import Path

from rejoinder.article.grammar.marks import is_within
from rejoinder.article.names.names import Names
from rejoinder.article.quotes.quotes import find_quotes
from rejoinder_training.data.standoff import articles_in

MENTIONS = Path("data/annotations/mentions.tsv")
TEXTS = Path(__file__).parents[2] / "shared" / "news" / "articles.jsonl.gz"
AROUND = 40
"""Characters on both sides of a mention that its sha256 is of."""


def main() -> None:
    """Print a line for each kind of mention and split."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=Path, default=TEXTS)
    parser.add_argument("--errors", action="store_true", help="list what is wrong of tuning")
    arguments = parser.parse_args()
    if not arguments.texts.exists():
        sys.exit(f"skipped: no articles at {arguments.texts}")
    with MENTIONS.open(encoding="utf8") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))
    article_of = articles_in([arguments.texts])
    counts: Counter[tuple[str, str]] = Counter()
    for row in rows:
        text = article_of(row)
        start, end = map(int, row["spans"].split("-"))
        if hashlib.sha256(text[max(0, start - AROUND) : end + AROUND].encode()).hexdigest()[:16] != row["sha256_16"]:
            sys.exit(f"{row['doc']}: another text than the one that was read")
        quoted = [span for quote in find_quotes(text) for span in quote.spans]
        names = Names(text, quoted)
        found = names.resolve((start, end))
        told = [one for one in names.all if one.end <= start and not is_within(one.start, quoted)]
        kind = f"{'he, she' if row['mention'].lower() in ('he', 'she') else 'the company, the agency'}, {row['split']}"
        right = holds(found, row["name"])
        counts[kind, "all"] += 1
        counts[kind, "right"] += right
        counts[kind, "last"] += bool(told) and holds(names.fullest(told[-1]).text, row["name"])
        if arguments.errors and not right and row["split"] == "tuning":
            print(f"{row['doc']} {row['spans']}: {row['mention']} is {row['name']}, found {found}")
    for kind in dict.fromkeys(kind for kind, _ in counts):
        number = counts[kind, "all"]
        share, share_last = (counts[kind, name] / number for name in ("right", "last"))
        print(f"{kind}: {share:.3f} of {number}; the name told last: {share_last:.3f}")


def holds(found: str, wanted: str) -> bool:
    """Say whether a name found holds one of those wanted as whole words."""
    return any(f" {name} " in f" {found} " for name in wanted.split("|"))


if __name__ == "__main__":
    main()
