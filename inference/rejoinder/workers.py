"""Several processes, each with a classifier of its own and a fair share of the processor's threads."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from rejoinder.article.speaker_model import use_threads
from rejoinder.classifier import Recipe, StatementClassifier
from rejoinder.errors import InputError, RejoinderError
from rejoinder.processor import usable_threads

Submit = Callable[..., "Future[Any]"]

_classifier: StatementClassifier | None = None
"""That of a worker process."""
_failure: Exception | None = None
"""Why a worker process has none."""


def fair_threads(workers: int) -> int:
    """Return how many threads each of several processes can have of those that this one may use."""
    return max(1, usable_threads() // workers)


def share_threads(count: int | None) -> None:
    """Let the tokenizer of this process, which takes all cores else, have `count` threads; call it before its first."""
    if count:
        os.environ.setdefault("RAYON_NUM_THREADS", str(count))


@contextmanager
def workers(count: int, classifier: StatementClassifier) -> Iterator[Submit]:
    """Give a function that calls `function(classifier, *arguments)` in one of `count` processes, or here for one.

    Each process loads the classifier anew, on its share of the threads unless it was loaded with a number of its own.
    They end with the block, at once where an error ends it.

    Raises:
        InputError: `count` is below 1.
        RejoinderError: a classifier that was not loaded from a folder, or a process died.
    """
    if count < 1:
        raise InputError(f"workers: {count}; there must be at least 1")
    if count == 1:
        yield lambda function, *arguments: _now(function, classifier, *arguments)
        return
    if classifier.recipe is None:
        raise RejoinderError("workers: a classifier that was not loaded from a folder cannot go to other processes")
    recipe = replace(classifier.recipe, threads=classifier.recipe.threads or fair_threads(count))
    try:
        pool = ProcessPoolExecutor(count, multiprocessing.get_context("spawn"), _begin, (recipe,))
    except ValueError as error:  # there is a limit on Windows
        raise InputError(f"workers: {error}") from error
    try:
        yield lambda function, *arguments: pool.submit(_call, function, *arguments)
    except BaseException as error:
        for process in [*(pool._processes or {}).values()]:  # terminate_workers, from Python 3.14 on
            process.terminate()
        if isinstance(error, BrokenProcessPool):
            raise RejoinderError("workers: a process died (out of memory?); try fewer of them") from error
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _now(function: Callable[..., Any], *arguments: Any) -> "Future[Any]":
    future: Future[Any] = Future()
    future.set_result(function(*arguments))
    return future


def _begin(recipe: Recipe) -> None:
    global _classifier, _failure
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to all; the first process ends the others
    # Killed, it cannot; without it, this process would wait for work for ever.
    threading.Thread(target=_end_with_parent, daemon=True).start()
    share_threads(recipe.threads)
    use_threads(recipe.threads)
    try:
        _classifier = recipe.load()
    except Exception as error:  # raised here, it would be printed with its traceback, and the first process not told
        _failure = error


def _end_with_parent() -> None:
    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(1)


def _call(function: Callable[..., Any], *arguments: Any) -> Any:
    if isinstance(_failure, RejoinderError):
        raise _failure
    if _failure:
        raise RejoinderError(f"workers: a process cannot load the model ({_failure!r}); try fewer of them")
    return function(_classifier, *arguments)
