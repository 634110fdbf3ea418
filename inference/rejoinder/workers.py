"""Several processes, each with a classifier of its own and a fair share of the processor's threads."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Protocol
from weakref import WeakSet

from rejoinder.classifier import Recipe, StatementClassifier
from rejoinder.errors import InputError, RejoinderError
from rejoinder.processor import usable_threads


class Submit(Protocol):
    """Gives work to processes."""

    def __call__(self, function: Callable[..., Any], *arguments: Any) -> "Future[Any]":
        """Have `function(classifier, *arguments)` called."""

    def end(self) -> None:
        """End the processes at once, whatever they do."""


_TOKENIZER_THREADS = "RAYON_NUM_THREADS"
_classifier: StatementClassifier | None = None
"""That of a worker process."""
_failure: Exception | None = None
"""Why a worker process has none."""


def share_threads(count: int | None) -> None:
    """Let the tokenizer of this process, which takes all cores else, have at most `count` threads.

    Call it before its first use.
    """
    # It may have been set by the user, or by the process that began this one, for itself.
    already = os.environ.get(_TOKENIZER_THREADS, "")
    if count and not (already.isdecimal() and 0 < int(already) <= count):
        os.environ[_TOKENIZER_THREADS] = str(count)


@contextmanager
def workers(count: int, classifier: StatementClassifier) -> Iterator[Submit]:
    """Give what calls `function(classifier, *arguments)` in one of `count` processes, or here for one.

    Each process loads the classifier anew, on its share of the threads: those of the classifier, or all that are
    allowed. They end with the block, at once where an error ends it.

    Raises:
        InputError: `count` is below 1.
        RejoinderError: a classifier that was not loaded from a folder, or a process died.
    """
    if count < 1:
        raise InputError(f"workers: {count}; there must be at least 1")
    if count == 1:
        yield _Here(classifier)
        return
    if classifier.recipe is None:
        raise RejoinderError("workers: a classifier that was not loaded from a folder cannot go to other processes")
    share = max(1, (classifier.threads or usable_threads()) // count)
    recipe = replace(classifier.recipe, threads=share)
    try:
        pool = _Processes(count, recipe)
    except ValueError as error:  # there is a limit on Windows
        raise InputError(f"workers: {error}") from error
    try:
        yield pool
    except BaseException as error:
        pool.end()
        if isinstance(error, BrokenProcessPool):
            told = "finished parts are kept, and the same command goes on; try fewer of them"
            if not pool.worked:
                told += "; a script must begin its work under `if __name__ == '__main__':`, and be a file"
            raise RejoinderError(f"workers: a process died (out of memory?); {told}") from error
        raise
    pool.close()


@contextmanager
def for_one(submit: Submit) -> Iterator[Submit]:
    """Give what gives work to the same processes, which do none of it any more when the block ends.

    Where an interruption ends it, they end too; after an error they go on to other work.
    """
    part = _Part(submit)
    try:
        yield part
    except Exception as error:
        if part.cancel() or isinstance(error, BrokenProcessPool):
            submit.end()  # some of them may live yet
        raise
    except BaseException:
        submit.end()
        raise


class _Here:
    def __init__(self, classifier: StatementClassifier) -> None:
        self._classifier = classifier

    def __call__(self, function: Callable[..., Any], *arguments: Any) -> "Future[Any]":
        future: Future[Any] = Future()
        future.set_result(function(self._classifier, *arguments))
        return future

    def end(self) -> None:
        pass


class _Processes:
    def __init__(self, count: int, recipe: Recipe) -> None:
        self._pool = ProcessPoolExecutor(count, multiprocessing.get_context("spawn"), _begin, (recipe,))
        self._room = threading.Semaphore(2 * count)  # or all that is read would wait in memory
        self._ending = threading.Lock()
        self.worked = False
        """Whether any of them has done something."""

    def __call__(self, function: Callable[..., Any], *arguments: Any) -> "Future[Any]":
        self._room.acquire()
        try:
            future = self._given(function, *arguments)
        except BaseException:
            self._room.release()
            raise
        future.add_done_callback(self._done)
        return future

    def _done(self, future: "Future[Any]") -> None:
        self.worked |= not future.cancelled() and not isinstance(future.exception(), BrokenProcessPool)
        self._room.release()

    def _given(self, function: Callable[..., Any], *arguments: Any) -> "Future[Any]":
        # It begins processes, in which what its thread blocks is blocked until `_begin`. Interrupted itself, as the
        # first thread is, it would leave them half begun, and they complain.
        try:
            with ThreadPoolExecutor(1, initializer=_block_interrupts) as thread:
                return thread.submit(self._pool.submit, _call, function, *arguments).result()
        except (OSError, RuntimeError, AssertionError) as error:  # the last in a daemon, which may have no children
            if isinstance(error, BrokenProcessPool):
                raise
            raise RejoinderError(f"workers: a process cannot begin ({error}); try fewer of them") from error

    def end(self) -> None:
        for process in [*(self._pool._processes or {}).values()]:  # terminate_workers, from Python 3.14 on
            process.terminate()
        self.close()

    def close(self) -> None:
        """Let them finish what they do, and wait for it."""
        with self._ending:  # of several threads
            self._pool.shutdown(cancel_futures=True)


class _Part:
    def __init__(self, submit: Submit) -> None:
        self._submit = submit
        self._given: WeakSet[Future[Any]] = WeakSet()  # what is done may go

    def __call__(self, function: Callable[..., Any], *arguments: Any) -> "Future[Any]":
        future = self._submit(function, *arguments)
        self._given.add(future)
        return future

    def end(self) -> None:
        self._submit.end()

    def cancel(self) -> bool:
        """Take back what is not begun, and wait for what is; return whether it was broken off."""
        given = [*self._given]
        begun = [future for future in given if not future.cancel()]
        wait(begun)
        return any(isinstance(future.exception(), BrokenProcessPool) for future in begun)


def _block_interrupts() -> None:
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


def _begin(recipe: Recipe) -> None:
    global _classifier, _failure
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to all; the first process ends the others
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    # Killed, it cannot; without it, this process would wait for work for ever.
    threading.Thread(target=_end_with_parent, daemon=True).start()
    share_threads(recipe.threads)
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
