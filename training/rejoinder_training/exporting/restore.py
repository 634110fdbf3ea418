"""Turns an exported model back into a run, from which training can continue."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from transformers import AutoConfig, AutoModelForSequenceClassification, PreTrainedModel, PreTrainedTokenizerFast

from rejoinder.classifier import StatementClassifier
from rejoinder.errors import InputError
from rejoinder.model_folder import NETWORK, open_verified
from rejoinder.statement import Statement
from rejoinder_training.base_models import naming_base_model
from rejoinder_training.exporting.export import check_parity
from rejoinder_training.exporting.graph import Graph
from rejoinder_training.run_folder import finish
from rejoinder_training.torch_engine import run_classifier

_STATEMENTS = (
    Statement("It never happened.", before="The harbour authority accused the firm of dumping waste. Its owner said: "),
    Statement("They took the money and told nobody", after=", the auditor wrote on Monday."),
    Statement("We look forward to the season."),
)
"""What a restored network is compared on with the exported one."""


def restore(model: Path, run: Path) -> None:
    """Write the run that a model folder was exported from into a new folder, with the weights as the model stores them.

    Raises:
        InputError: If the model does not tell its architecture, or its graph does not hold each weight as it is.
        ModelError: If it is damaged, or the restored network gives other probabilities.
    """
    settings, _ = open_verified(model)
    exported = StatementClassifier.from_pretrained(model, engine="onnxruntime")
    config = exported.config
    if "architecture" not in settings:
        raise InputError(
            f"base_model: {model}: an exported model that does not tell its architecture, from an earlier version of "
            "rejoinder-train; name the run it was made from, or export that again"
        )
    labels = dict(enumerate(config.outputs))
    architecture = settings["architecture"] | {
        "id2label": labels,
        "label2id": {label: i for i, label in labels.items()},
        "problem_type": config.problem_type,
    }
    with naming_base_model(model):
        network = AutoModelForSequenceClassification.from_config(AutoConfig.for_model(**architecture))
    load_weights(network, model)
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(model / "tokenizer.json"))
    tokenizer.pad_token = tokenizer.convert_ids_to_tokens(config.pad_token_id)
    others = {"architecture", "format", "pad_token_id"}  # what a run has elsewhere
    settings = {key: value for key, value in settings.items() if key not in others}
    settings["problem_type"] = config.problem_type
    restored = run_classifier(network, tokenizer, settings)
    difference = restored.predict_proba(_STATEMENTS) - exported.predict_proba(_STATEMENTS)
    check_parity(model, float(np.abs(difference).max()))
    network.config.rejoinder = settings
    run.mkdir()
    finish(run, network, tokenizer)


def load_weights(network: PreTrainedModel, model: Path) -> None:
    """Copy the weights in a model folder into a network of the same architecture.

    Raises:
        InputError: If the folder's graph does not hold each of them as it is.
    """
    graph = Graph(onnx.load(str(model / NETWORK), load_external_data=False), model)
    # The exporter transposes the weights of a linear layer and gives them a number for a name, but it names their
    # product with the input after the layer.
    products = {
        node.name.removesuffix("/MatMul").strip("/").replace("/", "."): node.input[1]
        for node in graph.nodes
        if node.op_type == "MatMul"
    }
    for name, parameter in network.named_parameters():
        values = _values(graph, f"model.{name}")
        if values is None:
            product = products.get(f"model.{name.removesuffix('.weight')}", "")
            values = _values(graph, product, transposed=True)
        if values is None or values.shape != tuple(parameter.shape):
            raise InputError(
                f"base_model: {model}: an exported model whose graph does not hold the weights {name} as they are; "
                "name the run it was made from"
            )
        parameter.data.copy_(torch.tensor(values))


def _values(graph: Graph, name: str, *, transposed: bool = False) -> NDArray[Any] | None:
    """Return weights in floating point, in whichever format they are stored; None if the graph does not hold them."""
    node = graph.producers.get(name)
    if name in graph.initializers:
        values = graph.values(name)
    elif f"{name}_int8" in graph.initializers:
        values = graph.values(f"{name}_int8") * graph.values(f"{name}_scale")
    elif node is not None and node.op_type in ("Cast", "Identity"):  # from fp16; weights that several layers share
        return _values(graph, node.input[0], transposed=transposed)
    else:
        return None
    return (values.T if transposed else values).astype(np.float32)
