"""The service under load from many clients at once, in a process of their own, compared with the bare classifier.

python benchmarks/serving.py                    # 200 clients, 600 statements of the written corpus, one per request
python benchmarks/serving.py --clients 50 --requests 500 --model FOLDER

Each of three rounds (--rounds) labels all statements in one call of `StatementClassifier.predict`, then each in a
request of its own to `rejoinder serve`. Prints the statements per second of both, their ratio, and how long a client
waits (p50, p99).
"""

import argparse
import asyncio
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from itertools import cycle, islice
from pathlib import Path

import httpx

from rejoinder import Statement, StatementClassifier

CORPUS = Path(__file__).parents[1] / "data" / "corpus" / "train.jsonl"
SERVE = "from rejoinder.cli import main; main()"


def main() -> None:
    """Print one table; with --client, act as the clients and print their times."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--requests", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--model", default=None, help="A model folder, else the bundled model.")
    parser.add_argument("--client", metavar="ADDRESS", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    said = statements(arguments.requests)
    if arguments.client:
        print(json.dumps(asyncio.run(ask_all(arguments.client, said, arguments.clients))))
        return
    bare, served, waits = [], [], []
    classifier = StatementClassifier.from_pretrained(arguments.model)
    classifier.predict(said[:32])
    for _ in range(arguments.rounds):
        began = time.perf_counter()
        classifier.predict(said)
        bare.append(len(said) / (time.perf_counter() - began))
        with service(arguments.model) as address:
            command = [sys.executable, __file__, "--client", address, "--clients", str(arguments.clients)]
            command += ["--requests", str(arguments.requests)]
            result = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        if result["answered"] != len(said):
            sys.exit(f"{result['answered']} of {len(said)} requests were answered")
        served.append(len(said) / result["seconds"])
        waits.append((result["p50"], result["p99"]))
    best = max(served), max(bare)
    clients, engine = arguments.clients, classifier.engine.name
    print(f"{clients} clients, {len(said)} statements with context, all answered, engine {engine}\n")
    print(f"| | statements per second, best of {arguments.rounds} | p50, s | p99, s |\n|---|---|---|---|")
    print(f"| `StatementClassifier.predict`, all at once | {best[1]:.1f} | | |")
    p50, p99 = (statistics.median(column) for column in zip(*waits, strict=True))
    print(f"| `rejoinder serve`, one per request | {best[0]:.1f} ({best[0] / best[1]:.0%}) | {p50:.2f} | {p99:.2f} |")


def statements(count: int) -> list[Statement]:
    """Return `count` statements of the written corpus with the text around them, starting over when they run out."""
    articles = [json.loads(line) for line in CORPUS.read_text("utf8").splitlines()]
    every = [
        Statement.from_text(article["text"], said["spans"]) for article in articles for said in article["statements"]
    ]
    return [
        Statement(f"{statement.quote} ({i})", statement.before, statement.after)  # numbered: repeats are read only once
        for i, statement in enumerate(islice(cycle(every), count))
    ]


@contextmanager
def service(model: str | None) -> Iterator[str]:
    """Run `rejoinder serve` and yield its address."""
    options = [
        "--port",
        "0",
        "--max-waiting",
        "100000",
        "--max-requests",
        "100000",
        *(["--model", model] if model else []),
    ]
    with tempfile.NamedTemporaryFile("w+") as log:  # an unread pipe would be full after some thousand requests
        process = subprocess.Popen([sys.executable, "-c", SERVE, "serve", *options], stderr=log, env=os.environ)
        try:
            while not (found := re.search(r"http://[\w.:]+", Path(log.name).read_text("utf8"))):
                if process.poll() is not None:
                    sys.exit("the service did not start")
                time.sleep(0.05)
            yield found[0]
        finally:
            process.terminate()
            process.wait()


async def ask_all(address: str, said: Sequence[Statement], clients: int) -> dict[str, float]:
    """Send each statement in a request of its own, `clients` at a time; return the total time and the waiting times."""
    waiting = iter(said)
    taken: list[float] = []

    async def client() -> None:
        limits = httpx.Limits(max_connections=1)
        async with httpx.AsyncClient(base_url=address, timeout=300, limits=limits, trust_env=False) as session:
            for statement in waiting:  # shared by all clients
                began = time.perf_counter()
                answer = await session.post("/statements", json={"statements": [asdict(statement)]})
                answer.raise_for_status()
                taken.append(time.perf_counter() - began)

    began = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    seconds = time.perf_counter() - began
    cuts = statistics.quantiles(taken, n=100)
    return {"seconds": seconds, "answered": len(taken), "p50": cuts[49], "p99": cuts[98]}


if __name__ == "__main__":
    main()
