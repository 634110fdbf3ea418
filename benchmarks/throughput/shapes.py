"""The matrix products of the bundled model alone, which bound its speed."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ROWS = 2_048
SHAPES = (((768, 768), 4), ((768, 3072), 1), ((3072, 768), 1))
"""The shapes of the weights of a layer, and how often each occurs."""
LAYERS = 6


def tokens(file: Path) -> list[int]:
    """Return the number of tokens that the network reads of each text in a file."""
    from tokenizers import Tokenizer

    from rejoinder.model_folder import BUNDLED

    tokenizer = Tokenizer.from_file(str(BUNDLED / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(192)
    return [len(row) for row in tokenizer.encode_batch_fast(list(map(json.loads, file.read_text("utf8").splitlines())))]


def seconds_per_token(precision: str, threads: int | None) -> float:
    """Return the seconds that all products take per token, with many tokens at once."""
    seconds = 0.0
    for (rows, columns), count in SHAPES:
        make = _bf16 if precision == "bf16" else _int8 if precision == "int8" else _fp32
        multiply = make(rows, columns, threads)
        multiply()
        taken = []
        for _ in range(15):
            began = time.perf_counter()
            multiply()
            taken.append(time.perf_counter() - began)
        seconds += count * float(np.median(taken))
    return LAYERS * seconds / ROWS


def _bf16(rows: int, columns: int, threads: int | None) -> Callable[[], object]:
    import torch

    if threads:
        torch.set_num_threads(threads)
    left, right = torch.randn(ROWS, rows, dtype=torch.bfloat16), torch.randn(columns, rows, dtype=torch.bfloat16)
    return lambda: torch.nn.functional.linear(left, right)


def _fp32(rows: int, columns: int, threads: int | None) -> Callable[[], object]:
    # Not torch, whose fp32 products are slow on AMD processors.
    random = np.random.default_rng(0)
    left = random.normal(size=(ROWS, rows)).astype(np.float32)
    return _onnxruntime("MatMul", left, random.normal(size=(rows, columns)).astype(np.float32), threads)


def _int8(rows: int, columns: int, threads: int | None) -> Callable[[], object]:
    random = np.random.default_rng(0)
    left = random.integers(0, 256, (ROWS, rows), dtype=np.uint8)
    return _onnxruntime("MatMulInteger", left, random.integers(-127, 128, (rows, columns), dtype=np.int8), threads)


def _onnxruntime(
    kind: str, left: NDArray[np.generic], right: NDArray[np.generic], threads: int | None
) -> Callable[[], object]:
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

    product = TensorProto.FLOAT if kind == "MatMul" else TensorProto.INT32
    graph = helper.make_graph(
        [helper.make_node(kind, ["left", "weights"], ["product"])],
        "product",
        [helper.make_tensor_value_info("left", helper.np_dtype_to_tensor_dtype(left.dtype), left.shape)],
        [helper.make_tensor_value_info("product", product, [len(left), right.shape[1]])],
        [numpy_helper.from_array(right, "weights")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or 0
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return lambda: session.run(None, {"left": left})
