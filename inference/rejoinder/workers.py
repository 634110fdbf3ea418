"""Worker processes, each with its own classifier and an equal share of the processor's threads."""

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
    """Submits work to processes."""

    def __call__(self, function: Callable[..., Any], *arguments: Any) -> "Future[Any]":
        """Schedule the call `function(classifier, *arguments)` and return a future for its result."""

    def end(self) -> None:
        """Terminate the processes at once, even while they are working."""


_TOKENIZER_THREADS = "RAYON_NUM_THREADS"
_classifier: StatementClassifier | None = None
"""The classifier of a worker process; None in the main process, or if it could not be loaded."""
_load_error: Exception | None = None
"""The error that occurred when a worker process loaded its classifier."""


def share_threads(count: int | None) -> None:
    """Limit the tokenizer of this process, which uses all cores by default, to `count` threads; None for no limit.

    Call this before its first use.
    """
    # The user may have set a lower limit; a parent process may have set a higher one for itself.
    already = os.environ.get(_TOKENIZER_THREADS, "")
    if count and not (already.isdecimal() and 0 < int(already) <= count):
        os.environ[_TOKENIZER_THREADS] = str(count)


@contextmanager
def workers(count: int, classifier: StatementClassifier) -> Iterator[Submit]:
    """Start `count` worker processes and yield a function that submits work to them.

    With a `count` of 1, the work is done in this process instead. Each worker loads its own copy of the classifier and
    gets an equal share of the classifier's threads (by default, all that the process may use). The workers end with
    the block; if that raises, they are terminated at once.

    Raises:
        InputError: If `count` is below 1, or above the limit of the platform.
        RejoinderError: If the classifier was not loaded from a folder, or a process died.
    """
    if count < 1:
        raise InputError(f"workers: {count}; there must be at least 1")
    if count == 1:
        yield _InProcess(classifier)
        return
    if classifier.recipe is None:
        raise RejoinderError("workers: a classifier that was not loaded from a folder cannot go to other processes")
    share = max(1, (classifier.threads or usable_threads()) // count)
    recipe = replace(classifier.recipe, threads=share)
    try:
        pool = _ProcessPool(count, recipe)
    except ValueError as error:  # Windows limits the number
        raise InputError(f"workers: {error}") from error
    try:
        yield pool
    except BaseException as error:
        pool.end()
        if isinstance(error, BrokenProcessPool):
            advice = "finished parts are kept; run the same command again to resume, with fewer workers"
            if not pool.worked:
                advice += "; a script must be a file and start its work under `if __name__ == '__main__':`"
            raise RejoinderError(f"workers: a process died (out of memory?); {advice}") from error
        raise
    pool.close()


@contextmanager
def cancel_on_error(submit: Submit) -> Iterator[Submit]:
    """Yield a function that submits work to the same processes, and cancels that work if the block raises.

    An interruption terminates the processes, too; after an ordinary error they continue with other work.
    """
    part = _CancellableSubmit(submit)
    try:
        yield part
    except Exception as error:
        if part.cancel() or isinstance(error, BrokenProcessPool):
            submit.end()  # a process died, but others may still be running
        raise
    except BaseException:
        submit.end()
        raise


class _InProcess:
    def __init__(self, classifier: StatementClassifier) -> None:
        self._classifier = classifier

    def __call__(self, function: Callable[..., Any], *arguments: Any) -> "Future[Any]":
        future: Future[Any] = Future()
        future.set_result(function(self._classifier, *arguments))
        return future

    def end(self) -> None:
        pass


class _ProcessPool:
    def __init__(self, count: int, recipe: Recipe) -> None:
        self._pool = ProcessPoolExecutor(count, multiprocessing.get_context("spawn"), _init_worker, (recipe,))
        self._room = threading.Semaphore(2 * count)  # limits the queue; otherwise all rows read would wait in memory
        self._ending = threading.Lock()
        self.worked = False
        """Whether any process has finished a call."""

    def __call__(self, function: Callable[..., Any], *arguments: Any) -> "Future[Any]":
        self._room.acquire()
        try:
            future = self._start(function, *arguments)
        except BaseException:
            self._room.release()
            raise
        future.add_done_callback(self._on_done)
        return future

    def _on_done(self, future: "Future[Any]") -> None:
        self.worked |= not future.cancelled() and not isinstance(future.exception(), BrokenProcessPool)
        self._room.release()

    def _start(self, function: Callable[..., Any], *arguments: Any) -> "Future[Any]":
        # Submitting starts processes, which inherit the blocked signals of the submitting thread until they run
        # `_init_worker`. An interrupted main thread would leave half-started processes, which print errors.
        try:
            with ThreadPoolExecutor(1, initializer=_block_interrupts) as thread:
                return thread.submit(self._pool.submit, _call, function, *arguments).result()
        except (OSError, RuntimeError, AssertionError) as error:  # AssertionError: a daemon may have no children
            if isinstance(error, BrokenProcessPool):
                raise
            raise RejoinderError(f"workers: a process cannot start ({error}); try fewer workers") from error

    def end(self) -> None:
        for process in [*(self._pool._processes or {}).values()]:  # Python 3.14 has terminate_workers
            process.terminate()
        self.close()

    def close(self) -> None:
        """Cancel calls that have not started, and wait for the processes to finish their work."""
        with self._ending:  # several threads may call this
            self._pool.shutdown(cancel_futures=True)


class _CancellableSubmit:
    def __init__(self, submit: Submit) -> None:
        self._submit = submit
        self._submitted: WeakSet[Future[Any]] = WeakSet()  # weak, so that finished futures can be freed

    def __call__(self, function: Callable[..., Any], *arguments: Any) -> "Future[Any]":
        future = self._submit(function, *arguments)
        self._submitted.add(future)
        return future

    def end(self) -> None:
        self._submit.end()

    def cancel(self) -> bool:
        """Cancel calls that have not started and wait for the others; return whether a process died meanwhile."""
        submitted = [*self._submitted]
        started = [future for future in submitted if not future.cancel()]
        wait(started)
        return any(isinstance(future.exception(), BrokenProcessPool) for future in started)


def _block_interrupts() -> None:
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


def _init_worker(recipe: Recipe) -> None:
    global _classifier, _load_error
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes; the main one ends the others
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    # If the main process is killed, it cannot end this one, which would wait for work for ever.
    threading.Thread(target=_end_with_parent, daemon=True).start()
    share_threads(recipe.threads)
    try:
        _classifier = recipe.load()
    except Exception as error:  # if raised here, it would print a traceback, and the main process would not get it
        _load_error = error


def _end_with_parent() -> None:
    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(1)


def _call(function: Callable[..., Any], *arguments: Any) -> Any:
    if isinstance(_load_error, RejoinderError):
        raise _load_error
    if _load_error:
        raise RejoinderError(f"workers: a process cannot load the model ({_load_error!r}); try fewer workers")
    return function(_classifier, *arguments)
