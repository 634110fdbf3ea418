"""Exported graphs and their int8 versions, compared with torch on tiny networks of several kinds."""

import shutil
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from transformers import (
    AutoModelForSequenceClassification,
    BertConfig,
    DebertaV2Config,
    DistilBertConfig,
    ModernBertConfig,
    MPNetConfig,
    PretrainedConfig,
)

from rejoinder import InputError, StatementClassifier
from rejoinder.engine.onnxruntime import OnnxRuntimeEngine
from rejoinder.model_folder import INT8, NETWORK, STATIC, WEIGHTS
from rejoinder_training.exporting.activation_ranges import add_int8_static, fit_range, measure_ranges
from rejoinder_training.exporting.export import write_onnx
from rejoinder_training.exporting.graph import Graph
from rejoinder_training.exporting.int8_graphs import Range, write_int8_static
from rejoinder_training.exporting.restore import load_weights
from rejoinder_training.exporting.weights import store_weights
from tests.conftest import STATEMENTS

SIZES = {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 96}
RELATIVE = {"relative_attention": True, "pos_att_type": ["p2c", "c2p"]}
SHARING = {"share_att_key": True, "norm_rel_ebd": "layer_norm", "position_buckets": 8}
NETWORKS: dict[str, PretrainedConfig] = {
    "bert": BertConfig(vocab_size=200, **SIZES),
    "mpnet": MPNetConfig(vocab_size=200, **SIZES),
    "distilbert": DistilBertConfig(vocab_size=200, dim=64, n_layers=2, n_heads=4, hidden_dim=96),
    "modernbert": ModernBertConfig(vocab_size=200, classifier_pooling="mean", **SIZES),  # reads every token
    "deberta-v2": DebertaV2Config(vocab_size=200, **RELATIVE, **SIZES),
    "deberta-v2, sharing": DebertaV2Config(vocab_size=200, **RELATIVE, **SHARING, **SIZES),
}
PRODUCTS = {"modernbert": 9, "deberta-v2": 16}
"""The number of matrix products with weights.

Other networks have 12, six in each layer: queries, keys, values, attention output and the two of the feed-forward part.
"""


@dataclass(frozen=True)
class Network:
    """An exported network with random weights, an input, and torch's logits for it."""

    kind: str
    folder: Path
    ids: NDArray[np.int64]
    mask: NDArray[np.int64]
    logits: NDArray[np.float32]

    def stored(self, folder: Path, seed: int | None = 0) -> Path:
        """Return a copy of the graph whose weights are stored as int8."""
        shutil.copy(self.folder / NETWORK, folder)
        store_weights(folder / NETWORK, "int8", seed=seed)
        return folder / NETWORK


@pytest.fixture(scope="module", params=NETWORKS)
def network(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Network:
    config, folder = NETWORKS[request.param], tmp_path_factory.mktemp("network")
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
    return Network(config.model_type, folder, ids, mask, logits)


def test_the_last_layer_is_computed_only_for_the_token_that_is_read(network: Network) -> None:
    file = network.folder / NETWORK
    np.testing.assert_allclose(OnnxRuntimeEngine(file)(network.ids, network.mask), network.logits, atol=1e-5)
    names = {name for node in onnx.load(file).graph.node for name in node.output}
    assert any("_first_token_" in name for name in names) == (network.kind in ("bert", "mpnet", "distilbert"))


@pytest.mark.parametrize(("weights", "tolerance"), [("fp32", 0), ("fp16", 1e-4), ("int8", 2e-3)])
def test_weights_can_be_read_back_however_they_are_stored(
    network: Network, tmp_path: Path, weights: str, tolerance: float
) -> None:
    shutil.copy(network.folder / NETWORK, tmp_path)
    store_weights(tmp_path / NETWORK, weights)
    original = AutoModelForSequenceClassification.from_pretrained(network.folder / "run")
    made = AutoModelForSequenceClassification.from_config(original.config)
    if network.kind == "deberta-v2" and not hasattr(original.config, "norm_rel_ebd"):
        # The exporter keeps only products of its relative positions.
        with pytest.raises(InputError, match=r"does not hold the weights deberta\.encoder\.rel_embeddings\.weight"):
            load_weights(made, tmp_path)
        return
    load_weights(made, tmp_path)
    for name, parameter in original.named_parameters():
        assert torch.allclose(made.get_parameter(name), parameter, rtol=0, atol=tolerance), name


def _through_int8(folder: Path, values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Store a matrix as int8 and return it as it is read back."""
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, None]) for name in ("input", "output")]
    nodes = [
        helper.make_node("Identity", ["input"], ["states"]),
        helper.make_node("MatMul", ["states", "matrix"], ["output"]),
    ]
    graph = helper.make_graph(nodes, "one", ends[:1], ends[1:], [numpy_helper.from_array(values, "matrix")])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), folder / NETWORK)
    store_weights(folder / NETWORK, "int8")
    kept = {one.name: one for one in onnx.load(folder / NETWORK).graph.initializer}
    read = numpy_helper.to_array(kept["matrix_int8"]) * numpy_helper.to_array(kept["matrix_scale"])
    return read.astype(np.float32)


def test_int8_keeps_what_little_further_training_changes(tmp_path: Path) -> None:
    values = np.random.default_rng(0).normal(size=(256, 64)).astype(np.float32)
    once = _through_int8(tmp_path, values)
    np.testing.assert_allclose(_through_int8(tmp_path, once), once, rtol=1e-6)
    steps = np.abs(values).max(axis=0) / 127
    further = np.where(np.abs(once) == np.abs(once).max(axis=0), once, once + 0.2 * steps)
    kept = (_through_int8(tmp_path, further.astype(np.float32)) - once) / steps
    assert kept.mean() == pytest.approx(0.2, abs=0.02)  # to the nearest, it would be 0
    assert np.abs(kept).max() < 1.01


def test_both_graphs_share_int8_weights_and_rows_do_not_affect_each_other(network: Network, tmp_path: Path) -> None:
    ids, mask, logits = network.ids, network.mask, network.logits
    whole = sum(tensor.ByteSize() for tensor in onnx.load(network.folder / NETWORK).graph.initializer)
    network.stored(tmp_path)
    sizes = [(tmp_path / name).stat().st_size for name in (NETWORK, INT8, WEIGHTS)]
    if network.kind != "deberta-v2":  # its position tables take up much of it
        assert whole / 5 < sizes[2] < whole / 3
    second = onnx.load(tmp_path / INT8, load_external_data=False).graph
    assert sum(node.op_type == "MatMulIntegerToFloat" for node in second.node) == PRODUCTS.get(network.kind, 12)
    fp32, int8 = (OnnxRuntimeEngine(tmp_path / name) for name in (NETWORK, INT8))
    assert (fp32.name, fp32.precision, int8.name, int8.precision) == ("onnxruntime", "fp32", "onnxruntime-int8", "int8")
    stored, computed = fp32(ids, mask), int8(ids, mask)
    assert np.abs(stored - logits).max() < 0.05
    assert 0 < np.abs(computed - stored).max() < 0.02 * stored.std()
    for row in range(len(ids)):
        length = mask[row].sum()
        alone = int8(ids[row : row + 1, :length], mask[row : row + 1, :length])
        np.testing.assert_allclose(alone[0], computed[row], atol=1e-3)


def test_values_beyond_a_fixed_range_are_multiplied_separately(network: Network, tmp_path: Path) -> None:
    ids, mask = network.ids, network.mask
    graph = Graph(onnx.load(network.stored(tmp_path, seed=None)))
    products, stored = graph.stored_products()
    weights = {product.input[0]: graph.initializers[stored[product.input[1]].input[0]] for product in products}
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
    wide = computed(6.0, 3)
    assert np.abs(wide - exact).max() < 0.1
    if find_spec("openvino"):
        from rejoinder.engine.openvino import OpenVinoEngine

        found = OpenVinoEngine(tmp_path / STATIC)(ids, mask)
        np.testing.assert_allclose(found, wide, atol=0.1)  # computed in bfloat16 if the processor has it


def test_a_range_fits_most_channels_and_leaves_out_outliers() -> None:
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
    # States that are all 0 have a range too.
    assert fit_range(np.zeros((4, 2), dtype=np.float32), np.ones(2))[0].high > 0


def test_ranges_are_measured_on_real_tokens_and_left_out_if_they_lose_too_much(
    static_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = shutil.copytree(static_model, tmp_path / "model")
    classifier = StatementClassifier.from_pretrained(model, engine="onnxruntime")
    products, _ = Graph(onnx.load(model / NETWORK, load_external_data=False)).stored_products()
    measured = measure_ranges(model / NETWORK, classifier, STATEMENTS)
    assert measured.keys() <= {product.input[0] for product in products}
    assert len(measured) > 4
    assert all(limits.low < 0 < limits.high for limits in measured.values())
    seen: list[tuple[int, ...]] = []
    monkeypatch.setattr(
        "rejoinder_training.exporting.activation_ranges.fit_range",
        lambda states, energy: (seen.append(states.shape), fit_range(states, energy))[1],
    )
    monkeypatch.setattr("rejoinder_training.exporting.activation_ranges._LOST", 1e-9)
    (model / STATIC).unlink()
    add_int8_static(model, classifier, STATEMENTS)
    assert not (model / STATIC).exists()
    # Four tokens of each statement; in the last layer, which has no others, only the first.
    assert {tokens for tokens, _ in seen} == {4 * len(STATEMENTS), len(STATEMENTS)}
    # Padding does not count as tokens.
    seen.clear()
    monkeypatch.setattr("rejoinder_training.exporting.activation_ranges._TOKENS", 1000)
    measure_ranges(model / NETWORK, classifier, STATEMENTS)
    assert max(tokens for tokens, _ in seen) == sum(map(len, classifier.encoder(STATEMENTS)))
