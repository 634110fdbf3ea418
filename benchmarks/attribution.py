"""How well the quotes of an article and their speakers are found: PolNeAR's validation split, direct quotes.

python benchmarks/attribution.py                    # the figures of docs/speakers.md: rules alone, and with the model
python benchmarks/attribution.py --split tuning     # the fifth of the training articles that all is tuned on
python benchmarks/attribution.py --split tuning --errors quotes    # what is missed or found wrongly, in its context
python benchmarks/attribution.py --split tuning --errors speakers
python benchmarks/attribution.py --model FOLDER     # another speaker model than the bundled one

A quoted string is a quote where at least 80 % of it lie inside an attribution's content; the parts of an interrupted
quote count one by one. Speakers are measured on every quote that has a source, and on those of four words or more. Of a
speaker's span the exact match compares with the whole source, appositions and relative clauses included; the head is
right where the span ends with the last word of the source's first noun phrase, or of the name beside it (`its director,
Ana Melo`).
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rejoinder.article.grammar.marks import Span
from rejoinder.article.grammar.sentences import sentence_span, sentence_starts
from rejoinder.article.indirect.extents import CERTAIN
from rejoinder.article.indirect.indirect import find_indirect
from rejoinder.article.quotes.quotes import find_quoted
from rejoinder.article.quotes.speaker_model import BUNDLED_SPEAKERS, SpeakerModel, judge
from rejoinder_training.speakers.mentions import mentions
from rejoinder_training.speakers.polnear import PolnearArticle, overlap, read_polnear

POLNEAR = Path(__file__).parents[2] / "shared" / "attribution" / "polnear.jsonl.gz"
LONG = 4
"""Words from which a quote is no scare quote."""


@dataclass(frozen=True, slots=True)
class Found:
    """A quoted string: whether it is a quote and taken for one, its source and the speaker found."""

    text: str
    span: Span
    gold: bool
    stated: bool
    source: Span | None
    speaker: Span | None

    @property
    def right(self) -> bool:
        """Whether the speaker's head is the source's."""
        heads = {end for _, end in mentions(self.text, self.source)} if self.source else set()
        return self.speaker is not None and self.speaker[1] in heads


def main() -> None:
    """Print the figures, or the errors."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--split", choices=["train", "tuning", "validation"], default="validation")
    parser.add_argument("--errors", choices=["quotes", "speakers"], help="list what is wrong instead of figures")
    parser.add_argument("--model", type=Path, default=BUNDLED_SPEAKERS, help="folder of another speaker model")
    parser.add_argument("--engine", default="auto")
    arguments = parser.parse_args()
    if not POLNEAR.exists():
        sys.exit(f"skipped: the texts of PolNeAR are not at {POLNEAR}")
    if arguments.errors and arguments.split == "validation":
        sys.exit("errors of the validation split stay unseen: look at those of --split tuning")
    articles = read_polnear(POLNEAR, arguments.split)
    model = SpeakerModel.from_folder(arguments.model, engine=arguments.engine)
    if arguments.errors:
        list_errors(list(found(articles, model)), arguments.errors)
        return
    print(f"{len(articles)} articles, split {arguments.split}")
    for name, system in {"rules": None, f"with the speaker model in {model.engine.precision}": model}.items():
        began = time.perf_counter()
        rows = list(found(articles, system))
        taken = 1000 * (time.perf_counter() - began) / len(rows)
        print(f"\n{name} ({taken:.1f} ms a quoted string)")
        print_figures(rows)
    print(f"\naccusing and denying without quotation marks: {indirect(articles)}")


def indirect(articles: Sequence[PolnearArticle]) -> str:
    """Return how well words are found that a verb of accusing or denying reports, told by the attribution's cue.

    A sentence with such a verb and no quotation marks is the baseline.
    """
    right, taken, gold, plain_right, plain = 0, 0, 0, 0, 0
    for article in articles:
        text, starts = article.text, sentence_starts(article.text)
        quoted = [span for quote in find_quoted(text) for span in quote.spans]
        reported = []
        for one in article.attributions:
            words = set(text[slice(*one.cue)].lower().split()) if one.cue else set()
            whole = (one.content[0][0], one.content[-1][1])
            if words & CERTAIN and not any(overlap(span, whole) for span in quoted):
                reported.append(whole)
        said = [one.span for one in find_indirect(text, quoted, starts) if one.certain]
        sentences = [sentence_span(starts, len(text), start, start + 1) for start in starts]
        sentences = [
            span
            for span in sentences
            if set(text[slice(*span)].lower().split()) & CERTAIN and not any(overlap(one, span) for one in quoted)
        ]
        gold += len(reported)
        taken, plain = taken + len(said), plain + len(sentences)
        right += sum(any(2 * overlap(one, span) > min(map(_length, (one, span))) for span in said) for one in reported)
        plain_right += sum(any(overlap(one, span) for span in sentences) for one in reported)
    return f"{scores(right, taken, gold)} ({gold}); sentences with such a verb: {scores(plain_right, plain, gold)}"


def _length(span: Span) -> int:
    return span[1] - span[0]


def found(articles: Sequence[PolnearArticle], model: SpeakerModel | None) -> Iterator[Found]:
    """Yield every quoted string of the articles with what is found of it."""
    for article in articles:
        quoted = find_quoted(article.text)
        for quote, (stated, said) in zip(quoted, judge(article.text, quoted, model), strict=True):
            for span in quote.spans:
                gold = article.attribution_of(span)
                speaker = said.speaker_span if said else None
                yield Found(article.text, span, gold is not None, stated, gold.source if gold else None, speaker)


def print_figures(rows: Sequence[Found]) -> None:
    """Print how well quotes and speakers are found, in all and of the longer ones."""
    for name, least in (("all", 1), (f"{LONG} words or more", LONG)):
        part = [row for row in rows if len(row.text[slice(*row.span)].split()) >= least]
        gold = sum(row.gold for row in part)
        told = scores(sum(row.gold and row.stated for row in part), sum(row.stated for row in part), gold)
        print(f"  quotes, {name}: {told} ({gold} quotes)")
        print(f"    every quoted string: {scores(gold, len(part), gold)}")
        print(f"  speakers, {name}: {shares([row for row in part if row.source])}")


def scores(right: int, taken: int, gold: int) -> str:
    """Return precision, recall and F1 in words."""
    precision, recall = right / max(1, taken), right / max(1, gold)
    f1 = 2 * precision * recall / max(1e-9, precision + recall)
    return f"precision {precision:.3f}, recall {recall:.3f}, F1 {f1:.3f}"


def shares(rows: Sequence[Found]) -> str:
    """Return in words how many speakers' spans are the source's, share something with it, have its head."""
    counts: Counter[str] = Counter()
    for row in rows:
        counts["exact"] += row.speaker == row.source
        counts["overlap"] += bool(row.speaker and row.source and overlap(row.speaker, row.source))
        counts["head"] += row.right
        counts["none given"] += row.speaker is None
    told = ", ".join(f"{name} {count / max(1, len(rows)):.3f}" for name, count in counts.items())
    return f"{told} ({len(rows)} quotes with a source)"


def list_errors(rows: Sequence[Found], kind: str) -> None:
    """Print each error with the text around it."""
    for row in rows:
        if kind == "quotes" and row.gold != row.stated:
            print(f"{'missed' if row.gold else 'no quote'}\n{around(row)}\n")
        if kind == "speakers" and row.source and not row.right:
            named = row.text[slice(*row.speaker)] if row.speaker else "nobody"
            print(f"source: {row.text[slice(*row.source)]}\nfound: {named}\n{around(row)}\n")


def around(row: Found) -> str:
    """Return the quoted string between marks with the text around it."""
    start, end = row.span
    parts = row.text[max(0, start - 300) : start], row.text[start:end], row.text[end : end + 200]
    return " ".join(f"{parts[0]}[[{parts[1]}]]{parts[2]}".split())


if __name__ == "__main__":
    main()
