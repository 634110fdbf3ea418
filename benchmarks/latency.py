"""Latency of the bundled model for start-up, one quote and one article, and of transformers with the same weights.

    python benchmarks/latency.py                 # this package alone
    python benchmarks/latency.py --transformers  # and transformers' pipeline

One command measures everything: start-up in processes of its own, the calls for a quote interleaved. The articles are a
generated one with few statements; the first of the written corpus' validation split joined into one text, which quotes
more; and, if available, real news articles of that length (the first in the file, each read once, after a warm-up).
"""

import argparse
import gzip
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import cycle, islice
from pathlib import Path

from rejoinder import Statement, StatementClassifier, read
from rejoinder.model_folder import BUNDLED_NAME

QUOTES = [
    f"We have never sold a single reading to anybody, and we never will, whatever they say on page {n}."
    for n in range(50)
]
BEFORE = "The company that reads the water meters of the coast rejected claims that it passed readings on. " * 4
AFTER = ", a spokesman for the company said on Tuesday, before the authority opened a case against it. " * 2
WORDS = 2_000
WRITTEN = Path(__file__).parents[1] / "data" / "corpus" / "validation.jsonl"
NEWS = Path(__file__).parents[2] / "shared" / "news" / "articles.jsonl.gz"
ARTICLES = 25
SPEAKERS = ("Ana Melo", "a spokesman for the company", "Ingrid Solheim, who led the study", "its chairman, Jo Brandt")
UNQUOTED = (
    "The council heard both sides for two hours and put the question off until the autumn, when the contract for the "
    "meters has to be signed. Two of its members want the readings to be kept in the houses, which the firm calls too "
    "costly for a district of this size."
)

OURS = """
from rejoinder import StatementClassifier
print(StatementClassifier.from_pretrained().predict("It never happened.").label)
"""
THEIRS = """
import sys
from transformers import pipeline
pipe = pipeline("text-classification", model=sys.argv[1], top_k=None, function_to_apply="sigmoid")
print(pipe("« It never happened. »"))
"""


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--transformers", action="store_true", help="measure transformers' pipeline too")
    arguments = parser.parse_args()
    rows: dict[str, dict[str, float]] = {"rejoinder": {"start to first label, s": starts(OURS)}}
    classifier = StatementClassifier.from_pretrained()
    calls: dict[tuple[str, str], Callable[[str], object]] = {
        ("rejoinder", "quote alone, ms"): lambda quote: classifier.predict(quote),
        ("rejoinder", "with context, ms"): lambda quote: classifier.predict(Statement(quote, BEFORE, AFTER)),
    }
    if arguments.transformers:
        from transformers import pipeline

        from rejoinder.encoding import encode
        from rejoinder_training.base_models import base_model_path

        run = str(base_model_path(BUNDLED_NAME))
        rows["transformers"] = {"start to first label, s": starts(THEIRS, run)}
        pipe = pipeline("text-classification", model=run, top_k=None, function_to_apply="sigmoid")
        config = classifier.config.encoding
        calls["transformers", "quote alone, ms"] = lambda quote: pipe(encode(Statement(quote), config)[0])
        calls["transformers", "with context, ms"] = lambda quote: pipe(
            encode(Statement(quote, BEFORE, AFTER), config)[0]
        )
    times: dict[tuple[str, str], list[float]] = {key: [] for key in calls}
    for quote in QUOTES:
        for key, call in calls.items():
            began = time.perf_counter()
            call(quote)
            times[key].append(1000 * (time.perf_counter() - began))
    for (name, what), taken in times.items():
        rows[name][what] = statistics.median(taken)
    for kind, text in (("made", made()), ("written", written())):
        count, seconds = reads(classifier, text)
        rows["rejoinder"][f"{kind} article of {WORDS:,} words, {count} statements, s"] = seconds
    if NEWS.exists():
        texts = list(islice(news(), ARTICLES))
        read(texts[0], classifier=classifier)
        counts, times_taken = zip(*(reads(classifier, text, times=1) for text in texts), strict=True)
        title = f"{len(texts)} news articles of {WORDS:,} words, {statistics.median(counts):.0f} statements, s"
        rows["rejoinder"][f"{title} (median)"] = statistics.median(times_taken)
        rows["rejoinder"]["    one in ten takes longer than"] = statistics.quantiles(times_taken, n=10)[-1]
    else:
        print(f"no news articles at {NEWS}", file=sys.stderr)
    print(f"rejoinder computes in {classifier.engine.precision}, transformers in fp32")
    for what in rows["rejoinder"]:
        figures = {name: row[what] for name, row in rows.items() if what in row}
        cells = ", ".join(f"{name} {figure:.2f}" for name, figure in figures.items())
        ratio = f"  ({figures['transformers'] / figures['rejoinder']:.1f} times)" if len(figures) > 1 else ""
        print(f"{what:64} {cells}{ratio}")


def made() -> str:
    """Return a generated article of about `WORDS` words, with about one statement per hundred words."""
    paragraphs: list[str] = []
    for quote, speaker in zip(QUOTES, cycle(SPEAKERS), strict=False):
        if sum(len(part.split()) for part in paragraphs) >= WORDS:
            break
        lead, tail = BEFORE[: len(BEFORE) // 4], "before the authority opened a case against it."
        paragraphs += [f"{lead}“{quote[:-1]},” said {speaker}, {tail}", UNQUOTED]
    return "\n\n".join(paragraphs)


def written() -> str:
    """Return the first validation articles of the corpus as one text of about `WORDS` words, cut after a paragraph."""
    articles = [json.loads(line)["text"] for line in WRITTEN.read_text("utf8").splitlines()]
    paragraphs: list[str] = []
    for paragraph in "\n\n".join(articles).split("\n\n"):
        if sum(len(part.split()) for part in paragraphs) >= WORDS:
            break
        paragraphs.append(paragraph)
    return "\n\n".join(paragraphs)


def news() -> Iterator[str]:
    """Yield real news articles of `WORDS` words, give or take a twentieth."""
    with gzip.open(NEWS, "rt", encoding="utf8") as stream:
        for text in (json.loads(line)["text"] for line in stream):
            if abs(len(text.split()) - WORDS) <= WORDS / 20:
                yield text


def reads(classifier: StatementClassifier, text: str, times: int = 5) -> tuple[int, float]:
    """Return the number of statements found in an article, and the median seconds of reading it `times` times."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        found = read(text, classifier=classifier)
        taken.append(time.perf_counter() - began)
    return len(found.statements), statistics.median(taken)


def starts(code: str, *arguments: str) -> float:
    """Return the median seconds from starting Python to the first label, over five processes."""
    taken = []
    for _ in range(5):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", code, *arguments], check=True, capture_output=True)
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


if __name__ == "__main__":
    main()
