"""Runtimes that execute the exported model, one module each, and the choice between them."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, Protocol, get_args

import numpy as np
from numpy.typing import NDArray

from rejoinder.engine.telemetry import turn_off_onnxruntime, without_openvino
from rejoinder.errors import InputError, ModelError, RejoinderError
from rejoinder.model_folder import GRAPHS, INT8
from rejoinder.probabilities import thread_count
from rejoinder.processor import has_amx, has_bf16, has_int8

turn_off_onnxruntime()  # before .onnxruntime imports it

Runtime = Literal["onnxruntime", "onnxruntime-int8", "openvino", "openvino-int8"]
"""`onnxruntime` computes in fp32; `openvino` in bfloat16 if the processor has instructions for it. In int8,
`onnxruntime-int8` quantises each row by its own range (dynamically), `openvino-int8` by fixed ranges (statically)."""
EngineName = Literal["auto", Runtime]


class Engine(Protocol):
    """A loaded model."""

    name: str
    precision: str
    """fp32, bf16 or int8, or int8 and the precision of the operators that are not quantised (`int8 and fp32`)."""
    version: str
    """The version of the runtime."""
    token_budget: int
    """The fastest batch size in tokens, including padding: 1,024 are 8 statements of 128 tokens."""

    def __call__(self, input_ids: NDArray[np.int64], attention_mask: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the logits for token ids and attention mask, both of shape (batch, length).

        Their shape is (batch, outputs), or (batch, length, outputs) for a model that classifies tokens.

        Raises:
            RejoinderError: If the runtime fails, for example for lack of memory.
        """
        ...


class FileEngine(Engine, Protocol):
    """A model loaded from a file."""

    outputs: int | None
    """The number of logits per statement (or token); None if the file does not specify it."""


@dataclass(frozen=True, slots=True)
class Choice:
    """An engine and the reason for choosing it for this processor and model."""

    name: Runtime
    reason: str


def choose_engine(folder: Path, *, flags: frozenset[str] | None = None) -> Choice:
    """Choose a fast engine for the model in `folder`, for this processor or one with `flags`.

    On a processor without AMX, `openvino-int8` is faster for many statements, but takes longer to start and needs more
    memory, so it is never chosen automatically.
    """
    if has_amx(flags) and _openvino_works():
        return Choice("openvino", "the processor multiplies blocks of bfloat16 (AMX)")
    if has_int8(flags) and (folder / INT8).is_file():
        return Choice("onnxruntime-int8", "the processor multiplies int8 (VNNI, or dot products of Arm)")
    if has_bf16(flags) and _openvino_works():
        return Choice("openvino", "the processor multiplies bfloat16")
    if not (folder / INT8).is_file():
        return Choice("onnxruntime", "the model has no graph for int8")
    return Choice("onnxruntime", "the processor is not known to multiply int8 (VNNI, or dot products of Arm)")


def _openvino_works() -> bool:
    """Return whether OpenVINO can be imported; if its installation is damaged, ONNX Runtime is used instead."""
    try:
        with without_openvino():
            import openvino  # noqa: F401
    except ImportError:
        return False
    return True


def other_engines(folder: Path, chosen: str) -> list[str]:
    """Return the engines other than `chosen`, each with anything it still needs in parentheses."""
    return [f"{name}{_requirements(folder, name)}" for name in get_args(Runtime) if name != chosen]


def _requirements(folder: Path, name: str) -> str:
    missing = ["the model has no graph for it"] if name in GRAPHS and not (folder / GRAPHS[name]).is_file() else []
    if name.startswith("openvino") and not find_spec("openvino"):
        missing.append("pip install 'rejoinder[openvino]'")
    return f" ({'; '.join(missing)})" if missing else ""


def reason_of(error: Exception, *, line: int = 0) -> str:
    """Return one line of a runtime's error message, or the type of the error if the message is empty."""
    lines = str(error).strip().splitlines()
    return lines[line] if lines else type(error).__name__


def cannot_compute(runtime: str, reason: str, batch: NDArray[np.int64]) -> RejoinderError:
    """Return the error to raise if a runtime fails on a batch of token ids for the given reason."""
    statements, tokens = batch.shape
    return RejoinderError(
        f"{runtime} cannot compute {statements} statements of {tokens} tokens ({reason}); "
        "if memory is short, use fewer workers or give it more, else try another engine"
    )


def load_engine(model: Path, name: Runtime = "onnxruntime", *, threads: int | None = None) -> FileEngine:
    """Load the ONNX file `model` with the runtime `name`, on `threads` processor threads.

    By default, it uses all threads that the process may use. An int8 runtime reads its own graph next to `model`.

    Raises:
        InputError: If there is no such runtime, or `threads` is not a positive whole number.
        MissingExtraError: If the runtime is not installed.
        ModelError: If the runtime cannot read the file, or the model has no graph for it.
    """
    threads = thread_count(threads)
    if name not in get_args(Runtime):
        raise InputError(f"no engine named {name!r}: choose one of {', '.join(get_args(EngineName))}")
    if name in GRAPHS:
        model = model.with_name(GRAPHS[name])
        if not model.is_file():
            raise ModelError(f"{model}: this model has no graph for {name}; export it with weights: int8")
    if name.startswith("openvino"):
        from rejoinder.engine.openvino import OpenVinoEngine

        return OpenVinoEngine(model, threads=threads)
    from rejoinder.engine.onnxruntime import OnnxRuntimeEngine

    return OnnxRuntimeEngine(model, threads=threads)
