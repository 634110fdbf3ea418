"""How well direct quotes and their speakers are found in articles, by default PolNeAR's validation split.

python benchmarks/attribution.py                    # the figures of docs/speakers.md: rules alone, and with the model
python benchmarks/attribution.py --split tuning     # the fifth of the training articles that is for tuning
python benchmarks/attribution.py --split tuning --errors quotes    # missed and wrong quotes in context
python benchmarks/attribution.py --split tuning --errors speakers
python benchmarks/attribution.py --model FOLDER     # a speaker model other than the bundled one

A quoted string counts as a quote if at least 80 % of it lies inside an attribution's content; the parts of an
interrupted quote count separately. Speakers are measured on every quote that has a source, and on those of four words
or more. For an exact match, a speaker's span must equal the whole source, including appositions and relative clauses.
The head is right if the span ends with the last word of the source's first noun phrase, or of the name next to it
(`its director, Ana Melo`).
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
from rejoinder.article.indirect.extents import EXPLICIT_VERBS
from rejoinder.article.indirect.indirect import find_indirect
from rejoinder.article.quotes.quotes import find_quoted
from rejoinder.article.quotes.speaker_model import BUNDLED_SPEAKERS, SpeakerModel, judge
from rejoinder_training.speakers.mentions import mentions
from rejoinder_training.speakers.polnear import PolnearArticle, overlap, read_polnear

POLNEAR = Path(__file__).parents[2] / "shared" / "attribution" / "polnear.jsonl.gz"
LONG = 4
"""Minimum words of the quotes measured separately, which are too long to be scare quotes."""


@dataclass(frozen=True, slots=True)
class Found:
    """A quoted string: whether it is a quote (`gold`) or taken for one (`stated`), its source and the speaker found."""

    text: str
    span: Span
    gold: bool
    stated: bool
    source: Span | None
    speaker: Span | None

    @property
    def right(self) -> bool:
        """Whether the speaker's head is right: the span ends where one of the source's `mentions` does."""
        heads = {end for _, end in mentions(self.text, self.source)} if self.source else set()
        return self.speaker is not None and self.speaker[1] in heads


def main() -> None:
    """Print the figures, or the errors."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--split", choices=["train", "tuning", "validation"], default="validation")
    parser.add_argument("--errors", choices=["quotes", "speakers"], help="list the errors instead of the figures")
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
        print(f"\n{name} ({taken:.1f} ms per quoted string)")
        print_figures(rows)
    print(f"\naccusing and denying without quotation marks: {indirect(articles)}")


def indirect(articles: Sequence[PolnearArticle]) -> str:
    """Return, as text, how well the content of verbs of accusing and denying is found outside quotation marks.

    The reference is the attributions whose cue contains such a verb. The baseline is every sentence with such a verb
    and no quotation marks.
    """
    right, taken, gold, plain_right, plain = 0, 0, 0, 0, 0
    for article in articles:
        text, starts = article.text, sentence_starts(article.text)
        quoted = [span for quote in find_quoted(text) for span in quote.spans]
        reported = []
        for attribution in article.attributions:
            words = set(text[slice(*attribution.cue)].lower().split()) if attribution.cue else set()
            whole = (attribution.content[0][0], attribution.content[-1][1])
            if words & EXPLICIT_VERBS and not any(overlap(span, whole) for span in quoted):
                reported.append(whole)
        predicted = [report.span for report in find_indirect(text, quoted, starts) if report.certain]
        sentences = [sentence_span(starts, len(text), start, start + 1) for start in starts]
        sentences = [
            span
            for span in sentences
            if set(text[slice(*span)].lower().split()) & EXPLICIT_VERBS
            and not any(overlap(quote, span) for quote in quoted)
        ]
        gold += len(reported)
        taken, plain = taken + len(predicted), plain + len(sentences)
        right += sum(
            any(2 * overlap(whole, span) > min(map(_length, (whole, span))) for span in predicted) for whole in reported
        )
        plain_right += sum(any(overlap(whole, span) for span in sentences) for whole in reported)
    return f"{scores(right, taken, gold)} ({gold}); sentences with such a verb: {scores(plain_right, plain, gold)}"


def _length(span: Span) -> int:
    return span[1] - span[0]


def found(articles: Sequence[PolnearArticle], model: SpeakerModel | None) -> Iterator[Found]:
    """Yield every quoted string of the articles as judged by the rules and the model; None: by the rules alone."""
    for article in articles:
        quoted = find_quoted(article.text)
        for quote, (stated, said) in zip(quoted, judge(article.text, quoted, model), strict=True):
            for span in quote.spans:
                gold = article.attribution_of(span)
                speaker = said.speaker_span if said else None
                yield Found(article.text, span, gold is not None, stated, gold.source if gold else None, speaker)


def print_figures(rows: Sequence[Found]) -> None:
    """Print how well quotes and speakers are found, for all quoted strings and for the longer ones."""
    for name, least in (("all", 1), (f"{LONG} words or more", LONG)):
        part = [row for row in rows if len(row.text[slice(*row.span)].split()) >= least]
        gold = sum(row.gold for row in part)
        figures = scores(sum(row.gold and row.stated for row in part), sum(row.stated for row in part), gold)
        print(f"  quotes, {name}: {figures} ({gold} quotes)")
        print(f"    every quoted string: {scores(gold, len(part), gold)}")
        print(f"  speakers, {name}: {shares([row for row in part if row.source])}")


def scores(right: int, taken: int, gold: int) -> str:
    """Return precision, recall and F1 as text."""
    precision, recall = right / max(1, taken), right / max(1, gold)
    f1 = 2 * precision * recall / max(1e-9, precision + recall)
    return f"precision {precision:.3f}, recall {recall:.3f}, F1 {f1:.3f}"


def shares(rows: Sequence[Found]) -> str:
    """Return, as text, the shares of speakers that equal the source, overlap it, have its head, and are missing."""
    counts: Counter[str] = Counter()
    for row in rows:
        counts["exact"] += row.speaker == row.source
        counts["overlap"] += bool(row.speaker and row.source and overlap(row.speaker, row.source))
        counts["head"] += row.right
        counts["none given"] += row.speaker is None
    figures = ", ".join(f"{name} {count / max(1, len(rows)):.3f}" for name, count in counts.items())
    return f"{figures} ({len(rows)} quotes with a source)"


def list_errors(rows: Sequence[Found], kind: str) -> None:
    """Print each error with the text around it."""
    for row in rows:
        if kind == "quotes" and row.gold != row.stated:
            print(f"{'missed' if row.gold else 'not a quote'}\n{around(row)}\n")
        if kind == "speakers" and row.source and not row.right:
            named = row.text[slice(*row.speaker)] if row.speaker else "nobody"
            print(f"source: {row.text[slice(*row.source)]}\nfound: {named}\n{around(row)}\n")


def around(row: Found) -> str:
    """Return the quoted string in double brackets, with the text around it, on one line."""
    start, end = row.span
    parts = row.text[max(0, start - 300) : start], row.text[start:end], row.text[end : end + 200]
    return " ".join(f"{parts[0]}[[{parts[1]}]]{parts[2]}".split())


if __name__ == "__main__":
    main()
