"""What the exported graph is spared, on tiny networks of several kinds."""

import shutil
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from numpy.typing import NDArray
from transformers import (
    AutoModelForSequenceClassification,
    BertConfig,
    DebertaV2Config,
    DistilBertConfig,
    ModernBertConfig,
    MPNetConfig,
    PretrainedConfig,
)

from rejoinder import StatementClassifier
from rejoinder.engine.onnxruntime import OnnxRuntimeEngine
from rejoinder.model_folder import INT8, NETWORK, STATIC, WEIGHTS
from rejoinder_training.exporting.activation_ranges import add_int8_static, fit_range, measure_ranges
from rejoinder_training.exporting.export import write_onnx
from rejoinder_training.exporting.graph import Graph
from rejoinder_training.exporting.int8_graphs import Range, write_int8_static
from rejoinder_training.exporting.weights import store_weights
from tests.conftest import STATEMENTS

SIZES = {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 96}
NETWORKS: list[tuple[PretrainedConfig, bool]] = [
    (BertConfig(vocab_size=200, **SIZES), True),
    (MPNetConfig(vocab_size=200, **SIZES), True),
    (DistilBertConfig(vocab_size=200, dim=64, n_layers=2, n_heads=4, hidden_dim=96), True),
    (ModernBertConfig(vocab_size=200, classifier_pooling="mean", **SIZES), False),  # reads every token
    (DebertaV2Config(vocab_size=200, relative_attention=True, pos_att_type=["p2c", "c2p"], **SIZES), False),
]


SHARING = DebertaV2Config(
    vocab_size=200, relative_attention=True, pos_att_type=["p2c", "c2p"], share_att_key=True, norm_rel_ebd="layer_norm",
    position_buckets=8, **SIZES,
)  # fmt: skip
PRODUCTS = {"modernbert": 9, "deberta-v2": 16}
"""With weights; the others have 12: queries, keys, values, what attention gives and two wide ones, in each layer."""
EACH = pytest.mark.parametrize("config", [*(config for config, _ in NETWORKS), SHARING], ids=lambda one: one.model_type)


def exported(
    config: PretrainedConfig, folder: Path
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """Write a network with random weights and return an input with what torch makes of it."""
    torch.manual_seed(0)
    config.pad_token_id, config.num_labels = 1, 3
    network = AutoModelForSequenceClassification.from_config(config).eval()
    with torch.no_grad():  # so that scores differ from one statement to the next
        for parameter in network.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.05)
    network.save_pretrained(folder / "run")
    eager = AutoModelForSequenceClassification.from_pretrained(folder / "run", attn_implementation="eager")
    write_onnx(eager, folder / NETWORK)
    ids = np.random.default_rng(0).integers(5, 200, (5, 17))
    mask = np.ones_like(ids)
    for row, length in enumerate((17, 12, 3, 9, 1)):
        ids[row, length:], mask[row, length:] = 1, 0
    with torch.inference_mode():
        logits = network(input_ids=torch.from_numpy(ids), attention_mask=torch.from_numpy(mask)).logits.numpy()
    assert logits.std() > 1e-3
    return ids, mask, logits


@pytest.mark.parametrize(("config", "narrowed"), NETWORKS, ids=[config.model_type for config, _ in NETWORKS])
def test_the_last_layer_is_computed_for_the_token_that_is_read(
    config: PretrainedConfig, narrowed: bool, tmp_path: Path
) -> None:
    ids, mask, logits = exported(config, tmp_path)
    np.testing.assert_allclose(OnnxRuntimeEngine(tmp_path / NETWORK)(ids, mask), logits, atol=1e-5)
    names = {name for node in onnx.load(tmp_path / NETWORK).graph.node for name in node.output}
    assert any("_first_token_" in name for name in names) == narrowed


@EACH
def test_weights_in_int8_stand_once_for_both_graphs_and_rows_do_not_depend_on_each_other(
    config: PretrainedConfig, tmp_path: Path
) -> None:
    ids, mask, logits = exported(config, tmp_path)
    whole = sum(tensor.ByteSize() for tensor in onnx.load(tmp_path / NETWORK).graph.initializer)
    store_weights(tmp_path / NETWORK, "int8")
    sizes = [(tmp_path / name).stat().st_size for name in (NETWORK, INT8, WEIGHTS)]
    if config.model_type != "deberta-v2":  # much of which are tables of positions
        assert whole / 5 < sizes[2] < whole / 3
    second = onnx.load(tmp_path / INT8, load_external_data=False).graph
    assert sum(node.op_type == "MatMulIntegerToFloat" for node in second.node) == PRODUCTS.get(config.model_type, 12)
    fp32, int8 = (OnnxRuntimeEngine(tmp_path / name) for name in (NETWORK, INT8))
    assert (fp32.name, fp32.precision, int8.name, int8.precision) == ("onnxruntime", "fp32", "onnxruntime-int8", "int8")
    stored, computed = fp32(ids, mask), int8(ids, mask)
    assert np.abs(stored - logits).max() < 0.05
    assert 0 < np.abs(computed - stored).max() < 0.02 * stored.std()
    for row in range(len(ids)):
        length = mask[row].sum()
        alone = int8(ids[row : row + 1, :length], mask[row : row + 1, :length])
        np.testing.assert_allclose(alone[0], computed[row], atol=1e-3)


@EACH
def test_what_is_beyond_a_fixed_range_is_multiplied_apart(config: PretrainedConfig, tmp_path: Path) -> None:
    ids, mask, _ = exported(config, tmp_path)
    store_weights(tmp_path / NETWORK, "int8")
    graph = Graph(onnx.load(tmp_path / NETWORK))
    products, stored = graph.stored_products()
    weights = {one.input[0]: graph.initializers[stored[one.input[1]].input[0]] for one in products}
    exact = OnnxRuntimeEngine(tmp_path / NETWORK)(ids, mask)

    def computed(reach: float, outliers: int) -> NDArray[np.float32]:
        ranges = {
            states: Range(-reach, reach, np.arange(min(outliers, tensor.dims[0]))) for states, tensor in weights.items()
        }
        ranges.pop(products[1].input[0])  # which is multiplied in floating point
        write_int8_static(tmp_path / NETWORK, ranges)
        static = onnx.load(tmp_path / STATIC, load_external_data=False).graph
        assert sum(node.op_type == "QuantizeLinear" for node in static.node) == len(ranges)
        whole = {node.output[0] for node in static.node if node.op_type == "DequantizeLinear"}
        whole |= {node.output[0] for node in static.node if node.op_type == "Identity" and node.input[0] in whole}
        assert all(node.input[0].endswith("_static") for node in static.node if {*node.input[1:2]} & whole)
        return OnnxRuntimeEngine(tmp_path / STATIC)(ids, mask)

    cut, apart = (np.abs(computed(0.2, outliers) - exact).max() for outliers in (0, 96))
    assert apart < min(0.02, cut / 2)
    assert np.abs(computed(6.0, 3) - exact).max() < 0.1
    if find_spec("openvino"):
        from rejoinder.engine.openvino import OpenVinoEngine

        np.testing.assert_allclose(
            OpenVinoEngine(tmp_path / STATIC)(ids, mask), computed(6.0, 3), atol=0.1
        )  # in bfloat16, where the processor has it


def test_a_range_is_that_of_most_channels() -> None:
    random = np.random.default_rng(0)
    states = random.normal(size=(400, 64)).astype(np.float32)
    states[::20, 5] = 80.0
    states[:, 9] = 0.0
    found, lost = fit_range(states, np.ones(64))
    assert found.outliers.tolist().count(5) == 1
    assert 2 < found.high < 5
    assert -5 < found.low < -2
    assert lost < 1e-3
    beyond = (states - states.clip(found.low, found.high))[:, found.outliers]
    rounded = np.round((states - found.low) / (found.high - found.low) * 255).clip(0, 255)
    restored = rounded / 255 * (found.high - found.low) + found.low
    restored[:, found.outliers] += beyond
    assert np.square(restored - states).sum() / np.square(states).sum() == pytest.approx(lost, rel=0.3)
    skewed, _ = fit_range(np.maximum(states, -0.1), np.ones(64))
    assert skewed.low == pytest.approx(-0.1)
    # Nothing at all has a range too.
    assert fit_range(np.zeros((4, 2), dtype=np.float32), np.ones(2))[0].high > 0


def test_ranges_are_measured_on_tokens_and_states_that_lose_too_much_have_none(
    static_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = shutil.copytree(static_model, tmp_path / "model")
    classifier = StatementClassifier.from_pretrained(model, engine="onnxruntime")
    products, _ = Graph(onnx.load(model / NETWORK, load_external_data=False)).stored_products()
    measured = measure_ranges(model / NETWORK, classifier, STATEMENTS)
    assert measured.keys() <= {product.input[0] for product in products}
    assert len(measured) > 4
    assert all(one.low < 0 < one.high for one in measured.values())
    seen: list[tuple[int, ...]] = []
    monkeypatch.setattr(
        "rejoinder_training.exporting.activation_ranges.fit_range",
        lambda states, energy: (seen.append(states.shape), fit_range(states, energy))[1],
    )
    monkeypatch.setattr("rejoinder_training.exporting.activation_ranges._LOST", 1e-9)
    (model / STATIC).unlink()
    add_int8_static(model, classifier, STATEMENTS)
    assert not (model / STATIC).exists()
    # Four tokens of each statement, and the first one where the last layer has no other.
    assert {tokens for tokens, _ in seen} == {4 * len(STATEMENTS), len(STATEMENTS)}
    # Nor is what fills up a row a token.
    seen.clear()
    monkeypatch.setattr("rejoinder_training.exporting.activation_ranges._TOKENS", 1000)
    measure_ranges(model / NETWORK, classifier, STATEMENTS)
    assert max(tokens for tokens, _ in seen) == sum(map(len, classifier.encoder(STATEMENTS)))
