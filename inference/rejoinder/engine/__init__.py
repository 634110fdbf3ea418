"""Runtimes that execute the exported model, one file each, and the choice between them."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, Protocol, get_args

import numpy as np
from numpy.typing import NDArray

from rejoinder.engine.telemetry import turn_off_onnxruntime, without_openvino
from rejoinder.errors import InputError, ModelError, RejoinderError
from rejoinder.model_folder import GRAPHS, INT8
from rejoinder.probabilities import whole_number
from rejoinder.processor import has_amx, has_bf16, has_int8

turn_off_onnxruntime()  # before the module beside this one imports it

Runtime = Literal["onnxruntime", "onnxruntime-int8", "openvino", "openvino-int8"]
"""`onnxruntime` computes in fp32; `openvino` in bfloat16 where the processor has instructions for it. Of those in int8
the one quantises each row by its own range, the other by ranges fixed beforehand."""
EngineName = Literal["auto", Runtime]


class Engine(Protocol):
    """A loaded model."""

    name: str
    precision: str
    """fp32, bf16 or int8, or int8 and that of the rest."""
    version: str
    """Of the runtime."""
    token_budget: int
    """Tokens of a batch, padding included, with which it is fastest: 1,024 are 8 statements of 128."""

    def __call__(self, input_ids: NDArray[np.int64], attention_mask: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return logits for token ids and mask of shape (batch, length).

        Their shape is (batch, outputs), or (batch, length, outputs) of a model that reads tokens.

        Raises:
            RejoinderError: the runtime fails, as without memory.
        """
        ...


class FileEngine(Engine, Protocol):
    """A model loaded from a file."""

    outputs: int | None
    """Logits of a statement (or token); None where the file does not tell."""


@dataclass(frozen=True, slots=True)
class Choice:
    """An engine and why it is the one for this processor and model."""

    name: Runtime
    reason: str


def choose_engine(folder: Path, *, flags: frozenset[str] | None = None) -> Choice:
    """Return a fast engine for the model in `folder` that works here, on this processor or one with `flags`.

    Without AMX, `openvino-int8` is faster with many statements, but takes longer to start and more memory.
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
    """Return whether OpenVINO is installed and can be imported: a damaged one must not stop the other runtime."""
    try:
        with without_openvino():
            import openvino  # noqa: F401
    except ImportError:
        return False
    return True


def other_engines(folder: Path, chosen: str) -> list[str]:
    """Return the other engines, each with what it lacks here if it lacks something."""
    return [f"{name}{_lacks(folder, name)}" for name in get_args(Runtime) if name != chosen]


def _lacks(folder: Path, name: str) -> str:
    lacking = ["the model has no graph for it"] if name in GRAPHS and not (folder / GRAPHS[name]).is_file() else []
    if name.startswith("openvino") and not find_spec("openvino"):
        lacking.append("pip install 'rejoinder[openvino]'")
    return f" ({'; '.join(lacking)})" if lacking else ""


def reason_of(error: Exception, *, line: int = 0) -> str:
    """Return the line of a runtime's message that tells most, or what kind of error it is where it has none."""
    lines = str(error).strip().splitlines()
    return lines[line] if lines else type(error).__name__


def cannot_compute(runtime: str, reason: str, batch: NDArray[np.int64]) -> RejoinderError:
    """Return what to tell where a runtime fails for a `reason` on token ids of this shape."""
    statements, tokens = batch.shape
    return RejoinderError(
        f"{runtime} cannot compute {statements} statements of {tokens} tokens ({reason}); "
        "if memory is short, use fewer workers or give it more, else try another engine"
    )


def load_engine(model: Path, name: Runtime = "onnxruntime", *, threads: int | None = None) -> FileEngine:
    """Load `model` (an ONNX file) with the runtime `name`, on `threads` processor threads (default: all it may use).

    Raises:
        InputError: no runtime of that name, or no number of threads.
        MissingExtraError: the runtime is not installed.
        ModelError: the runtime cannot read the file, or the model has no graph for it.
    """
    threads = None if threads is None else whole_number("threads", threads, otherwise=", or None for all")
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
