"""The matrix products of the bundled model, alone: how fast it could be at best."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

ROWS = 2_048
SHAPES = (((768, 768), 4), ((768, 3072), 1), ((3072, 768), 1))
"""Of the weights of a layer, and how often each comes."""
LAYERS = 6


def tokens(file: Path) -> list[int]:
    """Return how many tokens the network reads of each text."""
    from tokenizers import Tokenizer

    from rejoinder.model_folder import BUNDLED

    tokenizer = Tokenizer.from_file(str(BUNDLED / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(192)
    return [len(one) for one in tokenizer.encode_batch_fast(list(map(json.loads, file.read_text("utf8").splitlines())))]


def seconds_per_token(precision: str, threads: int | None) -> float:
    """Return how long all products of a token take, of many tokens at once."""
    seconds = 0.0
    for (rows, columns), count in SHAPES:
        multiply = _int8(rows, columns, threads) if precision == "int8" else _torch(precision, rows, columns, threads)
        multiply()
        taken = []
        for _ in range(15):
            began = time.perf_counter()
            multiply()
            taken.append(time.perf_counter() - began)
        seconds += count * float(np.median(taken))
    return LAYERS * seconds / ROWS


def _torch(precision: str, rows: int, columns: int, threads: int | None) -> Callable[[], object]:
    import torch

    if threads:
        torch.set_num_threads(threads)
    dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    left, right = torch.randn(ROWS, rows, dtype=dtype), torch.randn(columns, rows, dtype=dtype)
    return lambda: torch.nn.functional.linear(left, right)


def _int8(rows: int, columns: int, threads: int | None) -> Callable[[], object]:
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

    random = np.random.default_rng(0)
    weights = numpy_helper.from_array(random.integers(-127, 128, (rows, columns), dtype=np.int8), "weights")
    graph = helper.make_graph(
        [helper.make_node("MatMulInteger", ["left", "weights"], ["product"])],
        "product",
        [helper.make_tensor_value_info("left", TensorProto.UINT8, [ROWS, rows])],
        [helper.make_tensor_value_info("product", TensorProto.INT32, [ROWS, columns])],
        [weights],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or 0
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    left = {"left": random.integers(0, 256, (ROWS, rows), dtype=np.uint8)}
    return lambda: session.run(None, left)
