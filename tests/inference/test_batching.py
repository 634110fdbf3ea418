"""Batches, and what is tokenised ahead of them."""

import threading
from collections.abc import Iterable, Iterator

import numpy as np
import pytest

from rejoinder import InputError, StatementClassifier
from rejoinder.batching import ahead, batches, pad

QUOTES = [f"Report {n % 5} is a lie{' and they know it' * (n % 7)}." for n in range(40)]


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("rejoinder-ahead")]


def test_batches_hold_every_index_once_within_the_budget() -> None:
    lengths = [5, 50, 7, 200, 5, 9, 12]
    found = [*batches(lengths, budget=100)]
    assert sorted(index for batch in found for index in batch) == [*range(len(lengths))]
    for batch in found:
        assert len(batch) == 1 or len(batch) * max(lengths[i] for i in batch) <= 100


def test_padding_is_masked() -> None:
    ids, mask = pad([[5, 6, 7], [8]], 1)
    assert ids.tolist() == [[5, 6, 7], [8, 1, 1]]
    assert mask.tolist() == [[1, 1, 1], [1, 0, 0]]


@pytest.mark.parametrize("window", [1, 7, 39, 40, 100])
def test_lists_and_streams_give_the_same_in_order_whatever_the_window(tiny: StatementClassifier, window: int) -> None:
    whole = tiny.predict(QUOTES)
    for statements in (QUOTES, iter(QUOTES)):
        for one, wanted in zip(tiny.predict_iter(statements, window=window), whole, strict=True):
            np.testing.assert_allclose([*one.scores.values()], [*wanted.scores.values()], atol=0.005)
    assert not threads()


def test_repeated_statements_have_the_same_scores(tiny: StatementClassifier) -> None:
    quotes = [*QUOTES, *QUOTES[::-1]]
    scores = tiny.predict_proba(quotes)
    assert (scores[: len(QUOTES)] == scores[len(QUOTES) :][::-1]).all()
    assert len(np.unique(scores, axis=0)) > 20


def test_an_error_comes_after_what_stands_before_it(tiny: StatementClassifier) -> None:
    for statements in ([*QUOTES[:25], " ", *QUOTES], iter([*QUOTES[:25], " "])):
        labelled = tiny.predict_iter(statements, window=10)
        assert len([next(labelled) for _ in range(20)]) == 20
        with pytest.raises(InputError, match="quote is empty"):
            next(labelled)
        assert not threads()


@pytest.mark.parametrize("quotes", [QUOTES, np.array(QUOTES), dict.fromkeys(QUOTES).keys()])
def test_what_is_closed_early_leaves_no_thread(tiny: StatementClassifier, quotes: Iterable[str]) -> None:
    labelled = tiny.predict_iter(quotes, window=10)
    next(labelled)
    assert threads()
    labelled.close()
    assert not threads()


def test_a_stream_is_read_no_further_than_its_window(tiny: StatementClassifier) -> None:
    read = []

    def slow() -> Iterator[str]:
        for quote in QUOTES:
            read.append(quote)
            yield quote

    labelled = tiny.predict_iter(slow(), window=3)
    next(labelled)
    assert len(read) == 3


def test_one_part_is_made_while_another_is_used_and_no_more() -> None:
    made, begun = [], threading.Event()

    def make(part: int) -> int:
        made.append(part)
        if part == 2:
            begun.set()
        return part * part

    squares = ahead(iter(range(1, 10)), make)
    assert next(squares) == 1
    assert begun.wait(5)  # before the next one is asked for
    assert made == [1, 2]
    assert [*squares] == [n * n for n in range(2, 10)]
