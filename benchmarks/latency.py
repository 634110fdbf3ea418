"""Start-up and single-quote latency of the bundled model, beside transformers on the same checkpoint.

    python benchmarks/latency.py            # this package alone
    python benchmarks/latency.py runs/NAME  # and transformers' pipeline on the run it was exported from

Both are measured in this one run, interleaved, in processes of their own for start-up.
"""

import statistics
import subprocess
import sys
import time

QUOTES = [
    f"We have never sold a single reading to anybody, and we never will, whatever they say on page {n}."
    for n in range(50)
]
BEFORE = "The company that reads the water meters of the coast rejected claims that it passed readings on. " * 4
AFTER = ", a spokesman for the company said on Tuesday, before the authority opened a case against it. " * 2

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
    from rejoinder import Statement, StatementClassifier

    run = sys.argv[1] if len(sys.argv) > 1 else None
    rows: dict[str, dict[str, float]] = {"rejoinder": {"start to first label, s": starts(OURS)}}
    classifier = StatementClassifier.from_pretrained()
    calls = {
        ("rejoinder", "quote alone, ms"): lambda quote: classifier.predict(quote),
        ("rejoinder", "with context, ms"): lambda quote: classifier.predict(Statement(quote, BEFORE, AFTER)),
    }
    if run:
        from transformers import pipeline

        from rejoinder.encoding import encode

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
    for what in rows["rejoinder"]:
        figures = [f"{name} {row[what]:.2f}" for name, row in rows.items()]
        ratio = f"  ({rows['transformers'][what] / rows['rejoinder'][what]:.1f} times)" if run else ""
        print(f"{what:26} {', '.join(figures)}{ratio}")


def starts(code: str, *arguments: str) -> float:
    """Return the median seconds from starting Python to the first label, of five processes."""
    taken = []
    for _ in range(5):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", code, *arguments], check=True, capture_output=True)
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


if __name__ == "__main__":
    main()
