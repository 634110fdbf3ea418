"""How well the quotes of an article and their speakers are found: PolNeAR's validation split, direct quotes.

python benchmarks/attribution.py                        # the figures of docs/training.md
python benchmarks/attribution.py --split tuning         # the fifth of the training articles that rules are tuned on
python benchmarks/attribution.py --split tuning --errors quotes    # what is missed or found wrongly, in its context
python benchmarks/attribution.py --split tuning --errors speakers

A quoted string is a quote where at least 80 % of it lie inside an attribution's content; the parts of an interrupted
quote count one by one. Speakers are measured on the quotes found that have a source. Of a speaker's span the exact
match compares with the whole source, appositions and relative clauses included; the head is right where the span ends
with the last word of the source's first noun phrase, or of the name beside it (`its director, Ana Melo`).
"""

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from rejoinder.article.clauses import Attribution
from rejoinder.article.mentions import mentions
from rejoinder.article.quotes import Quote, find_quotes
from rejoinder.article.sentences import sentence_starts
from rejoinder.article.speakers import find_speaker
from rejoinder_training.speakers.polnear import PolnearArticle, overlap, read_polnear, strings

POLNEAR = Path(__file__).parents[2] / "shared" / "attribution" / "polnear.jsonl.gz"
LONG = 4
"""Words from which a quote is no scare quote."""

Span = tuple[int, int]
Reader = Callable[[str, Sequence[Quote]], Sequence[Attribution | None]]


def main() -> None:
    """Print the figures, or the errors."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--split", choices=["train", "tuning", "validation"], default="validation")
    parser.add_argument("--errors", choices=["quotes", "speakers"], help="list what is wrong instead of figures")
    arguments = parser.parse_args()
    if not POLNEAR.exists():
        sys.exit(f"skipped: the texts of PolNeAR are not at {POLNEAR}")
    articles = read_polnear(POLNEAR, arguments.split)
    if arguments.errors:
        if arguments.split == "validation":
            sys.exit("errors of the validation split stay unseen: look at those of --split tuning")
        list_errors(articles, rules, arguments.errors)
        return
    print(f"{len(articles)} articles, split {arguments.split}")
    for name, least in (("all", 1), (f"of {LONG} words or more", LONG)):
        print_quotes(articles, name, least)
    print_speakers(articles, rules)


def rules(text: str, quotes: Sequence[Quote]) -> list[Attribution | None]:
    """Return the speakers as the rules alone find them."""
    starts = sentence_starts(text)
    return [find_speaker(text, quote, starts) for quote in quotes]


def print_quotes(articles: Sequence[PolnearArticle], name: str, least: int) -> None:
    """Print precision, recall and F1 of the quotes found, and of taking every quoted string."""
    counts: Counter[str] = Counter()
    for article in articles:
        found = {span for quote in find_quotes(article.text) for span in quote.spans}
        for span in strings(article.text):
            if len(article.text[slice(*span)].split()) >= least:
                gold = article.attribution_of(span) is not None
                counts.update({"gold": gold, "found": span in found, "right": gold and span in found, "strings": 1})
    print(f"quotes, {name}: {scores(counts['right'], counts['found'], counts['gold'])}")
    print(f"  every quoted string: {scores(counts['gold'], counts['strings'], counts['gold'])}")


def scores(right: int, found: int, gold: int) -> str:
    """Return precision, recall and F1 in words."""
    precision, recall = right / max(1, found), right / max(1, gold)
    f1 = 2 * precision * recall / max(1e-9, precision + recall)
    return f"precision {precision:.3f}, recall {recall:.3f}, F1 {f1:.3f} ({gold} quotes)"


def print_speakers(articles: Sequence[PolnearArticle], reader: Reader) -> None:
    """Print how many speakers' spans are the source's, share something with it, have its head."""
    counts: Counter[str] = Counter()
    for _, _, source, span, right in speakers(articles, reader):
        counts.update(
            {"all": 1, "exact": span == source, "overlap": bool(span and overlap(span, source)), "head": right}
        )
        counts["none"] += span is None
    shares = {name: counts[name] / max(1, counts["all"]) for name in ("exact", "overlap", "head", "none")}
    told = f"exact {shares['exact']:.3f}, overlap {shares['overlap']:.3f}, head {shares['head']:.3f}"
    print(f"speakers: {told}; none given {shares['none']:.3f} ({counts['all']} quotes with a source)")


def speakers(
    articles: Sequence[PolnearArticle], reader: Reader
) -> list[tuple[PolnearArticle, Span, Span, Span | None, bool]]:
    """Return for each quoted string found that has a source: article, string, source, speaker, whether it is right."""
    rows: list[tuple[PolnearArticle, Span, Span, Span | None, bool]] = []
    for article in articles:
        quotes = find_quotes(article.text)
        for quote, attribution in zip(quotes, reader(article.text, quotes), strict=True):
            for span in quote.spans:
                gold = article.attribution_of(span)
                if gold and gold.source:
                    speaker = attribution.speaker_span if attribution else None
                    heads = {end for _, end in mentions(article.text, gold.source)}
                    right = speaker is not None and speaker[1] in heads
                    rows.append((article, span, gold.source, speaker, right))
    return rows


def list_errors(articles: Sequence[PolnearArticle], reader: Reader, kind: str) -> None:
    """Print each error with the text around it."""
    if kind == "speakers":
        for article, span, source, speaker, right in speakers(articles, reader):
            if not right:
                said = article.text[slice(*speaker)] if speaker else "nobody"
                print(f"source: {article.text[slice(*source)]}\nfound: {said}\n{around(article.text, span)}\n")
        return
    for article in articles:
        found = {span for quote in find_quotes(article.text) for span in quote.spans}
        for span in strings(article.text):
            gold = article.attribution_of(span) is not None
            if gold != (span in found):
                print(f"{'missed' if gold else 'no quote'}\n{around(article.text, span)}\n")


def around(text: str, span: Span) -> str:
    """Return the quoted string between marks with the text around it."""
    start, end = span
    parts = text[max(0, start - 300) : start], text[start:end], text[end : end + 200]
    return " ".join(f"{parts[0]}[[{parts[1]}]]{parts[2]}".split())


if __name__ == "__main__":
    main()
