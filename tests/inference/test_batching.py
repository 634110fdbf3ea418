"""Batching by token budget, and preparing the next part in the background."""

import threading
from collections.abc import Iterable, Iterator

import numpy as np
import pytest

from rejoinder import InputError, StatementClassifier
from rejoinder.batching import batches, pad, prefetch

QUOTES = [f"Report {n % 5} is a lie{' and they know it' * (n % 7)}." for n in range(40)]


def prefetch_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("rejoinder-ahead")]


def test_batches_contain_every_index_once_within_the_budget() -> None:
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
def test_lists_and_streams_give_the_same_predictions_in_order_for_any_window(
    tiny: StatementClassifier, window: int
) -> None:
    whole = tiny.predict(QUOTES)
    for statements in (QUOTES, iter(QUOTES)):
        for prediction, wanted in zip(tiny.predict_iter(statements, window=window), whole, strict=True):
            np.testing.assert_allclose([*prediction.scores.values()], [*wanted.scores.values()], atol=0.005)
    assert not prefetch_threads()


def test_repeated_statements_have_the_same_scores(tiny: StatementClassifier) -> None:
    quotes = [*QUOTES, *QUOTES[::-1]]
    scores = tiny.predict_proba(quotes)
    assert (scores[: len(QUOTES)] == scores[len(QUOTES) :][::-1]).all()
    assert len(np.unique(scores, axis=0)) > 20


def test_an_error_is_raised_after_the_predictions_before_it(tiny: StatementClassifier) -> None:
    for statements in ([*QUOTES[:25], " ", *QUOTES], iter([*QUOTES[:25], " "])):
        labelled = tiny.predict_iter(statements, window=10)
        assert len([next(labelled) for _ in range(20)]) == 20
        with pytest.raises(InputError, match="quote is empty"):
            next(labelled)
        assert not prefetch_threads()


@pytest.mark.parametrize("quotes", [QUOTES, np.array(QUOTES), dict.fromkeys(QUOTES).keys()])
def test_an_iterator_that_is_closed_early_leaves_no_thread(tiny: StatementClassifier, quotes: Iterable[str]) -> None:
    labelled = tiny.predict_iter(quotes, window=10)
    next(labelled)
    assert prefetch_threads()
    labelled.close()
    assert not prefetch_threads()


def test_a_stream_is_read_no_further_than_its_window(tiny: StatementClassifier) -> None:
    read = []

    def slow() -> Iterator[str]:
        for quote in QUOTES:
            read.append(quote)
            yield quote

    labelled = tiny.predict_iter(slow(), window=3)
    next(labelled)
    assert len(read) == 3


def test_only_one_part_is_prepared_ahead() -> None:
    made, second_started = [], threading.Event()

    def make(part: int) -> int:
        made.append(part)
        if part == 2:
            second_started.set()
        return part * part

    squares = prefetch(iter(range(1, 10)), make)
    assert next(squares) == 1
    assert second_started.wait(5)  # before it is asked for
    assert made == [1, 2]
    assert [*squares] == [n * n for n in range(2, 10)]
