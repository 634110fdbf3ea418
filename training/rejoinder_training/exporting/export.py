"""Export of a run to a model folder that the inference package loads."""

import logging
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from datasets import Dataset
from torch import nn
from transformers import AutoModelForSequenceClassification, AutoTokenizer, PreTrainedConfig, PreTrainedModel

from rejoinder.classifier import StatementClassifier
from rejoinder.engine.onnxruntime import OnnxRuntimeEngine
from rejoinder.errors import InputError, ModelError
from rejoinder.model_folder import FILES, FORMAT, MAY_HAVE, NETWORK
from rejoinder_training.choices import MODES, Mode, Weights
from rejoinder_training.config import RunConfig
from rejoinder_training.data.readers import ReadReport, read_data
from rejoinder_training.data.schema import label_matrix, select_split, statement_of
from rejoinder_training.evaluation.systems import System
from rejoinder_training.evaluation.unseen import check_unseen
from rejoinder_training.exporting.activation_ranges import STATEMENTS, add_int8_static
from rejoinder_training.exporting.card import write_card
from rejoinder_training.exporting.costs import PARITY, check_cost, keep_int8_graphs
from rejoinder_training.exporting.graph import first_token_only
from rejoinder_training.exporting.weights import store_weights
from rejoinder_training.json_files import write_json, write_manifest
from rejoinder_training.metrics import acts_figures
from rejoinder_training.origin import Origin, check_unchanged
from rejoinder_training.run_folder import stored_config
from rejoinder_training.run_rows import choose_rows, missing_data
from rejoinder_training.torch_engine import load_run

logger = logging.getLogger(__name__)

_ENOUGH = 100
"""Minimum number of statements for a source to get a macro-F1 of its own."""


def export(
    run: Path,
    to: Path,
    *,
    weights: Weights | None = None,
    data: list[Path] | None = None,
    skip_bad: Path | None = None,
) -> dict[str, Any]:
    """Export the run as a model folder to `to` and return the validation figures measured during export.

    `weights` (fp32, fp16, int8) overrides the configuration, `data` the files that the run was trained with. Bad rows
    are an error unless `skip_bad` names a file to write them to.

    With int8 weights, two graphs that also compute in int8 are added, unless they lose too much accuracy.

    Raises:
        ModelError: If the exported model differs from torch, or smaller weights lose too much accuracy.
        InputError: If `to` contains anything but a model or cannot be replaced, there are no validation statements,
            or the run was trained on some of `data`.
    """
    reference = load_run(run)
    config = stored_config(reference.config.training.get("config"), f"{run / 'config.json'}: rejoinder.training.config")
    to = replaceable(to)
    rows, others, read = _rows(data or config.data, reference, config, None if data else run, skip_bad)
    if data:
        system = System.of_statements(str(run), reference.acts, reference.config.other, reference.predict_proba)
        check_unseen([system], list(rows), own=False)
    chosen = weights or config.weights
    eager = {"attn_implementation": "eager", "dtype": torch.float32}
    network = AutoModelForSequenceClassification.from_pretrained(run, **eager)
    with put_in_place(to) as made:
        _write_folder(run, reference, made, config, chosen, network.config)
        write_onnx(network, made / NETWORK)
        write_manifest(made)
        exact = StatementClassifier.from_pretrained(made, engine="onnxruntime")
        statements = [statement_of(row) for row in rows]
        difference = float(np.abs(exact.predict_proba(statements) - reference.predict_proba(statements)).max())
        check_parity(run, difference)
        before = _figures(exact, rows)
        store_weights(made / NETWORK, chosen)
        write_manifest(made)
        stored = StatementClassifier.from_pretrained(made, engine="onnxruntime")
        after = _figures(stored, rows)
        check_cost(before, after, f"weights in {chosen}")
        if chosen == "int8":
            few = np.linspace(0, len(others) - 1, min(len(others), STATEMENTS)).astype(int)
            add_int8_static(made, stored, [statement_of(row) for row in others.select(few)])
        measured = {
            "statements": len(rows),
            "data": {"own": not data, **read.record()},
            "parity": difference,
            "weights": chosen,
            "fp32": before,
            "stored": after,
            **keep_int8_graphs(made, lambda graph: _int8_figures(graph, stored, before, rows)),
            "sources": _by_source(stored, rows),
        }
        write_card(made, stored.config, measured)
    return measured


def replaceable(to: Path) -> Path:
    """Return the folder that an export will create or replace, with symbolic links resolved.

    Raises:
        InputError: If it contains anything but a model folder, or cannot be replaced.
    """
    folder = to.resolve()
    if folder.is_file() or (folder.exists() and any(folder.iterdir()) and not _is_model_folder(folder)):
        raise InputError(f"{to}: holds something that is no model folder; choose another")
    if folder == Path.cwd() or folder.is_mount():
        what = "a mount point" if folder.is_mount() else "the folder that this command was called in"
        raise InputError(f"{to}: is {what}, which no other can replace; name a folder in it")
    return folder


@contextmanager
def put_in_place(to: Path) -> Iterator[Path]:
    """Yield an empty folder for a model and move it to `to` on success; after an error, `to` is unchanged."""
    to.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=to.parent, prefix=".export-") as work:
        made, replaced = Path(work, "model"), Path(work, "replaced")
        made.mkdir()
        yield made
        write_manifest(made)
        try:
            if to.exists():
                to.rename(replaced)
            made.rename(to)
        except BaseException:  # including KeyboardInterrupt: the old model must not go with the temporary folder
            if replaced.exists() and not to.exists():
                replaced.rename(to)
            raise
    size = sum(file.stat().st_size for file in to.iterdir()) / 1e6
    logger.info("exported to %s: %.1f MB", to, size)


def check_parity(run: Path, difference: float) -> None:
    """Check that the probabilities of an exported model differ from those of its run by at most `PARITY`.

    Raises:
        ModelError: If they differ by more.
    """
    logger.info("parity: largest difference to torch %.1e", difference)
    if not difference <= PARITY:  # written so that NaN fails too
        raise ModelError(f"{run}: the exported model differs from torch by {difference:.1e}, over {PARITY}")


def _is_model_folder(path: Path) -> bool:
    """Return whether `path` contains a model and nothing else, so that replacing it loses nothing."""
    names = {file.name for file in path.iterdir()}
    return {"manifest.json", "config.json"} <= names <= {*FILES, *MAY_HAVE, "manifest.json", "README.md"}


def _write_folder(
    run: Path,
    reference: StatementClassifier,
    made: Path,
    settings: RunConfig,
    weights: str,
    architecture: PreTrainedConfig,
) -> None:
    config = reference.config
    training = {**config.training, "config": settings.model_dump(mode="json") | {"weights": weights}}
    record = {
        "format": FORMAT,
        "version": config.version,
        "labels": list(config.labels),
        "other": config.other,
        "thresholds": dict(config.thresholds),
        "encoding": asdict(config.encoding),
        "pad_token_id": config.pad_token_id,
        "training": training,
        "architecture": _without_settings(architecture),
        **({"problem_type": config.problem_type} if config.single_label else {}),
        **({"prior": dict(config.prior)} if config.prior else {}),
    }
    write_json(made / "config.json", record)
    AutoTokenizer.from_pretrained(run).backend_tokenizer.save(str(made / "tokenizer.json"))


def _without_settings(architecture: PreTrainedConfig) -> dict[str, Any]:
    """Return what of a network's transformers configuration is nowhere else in the folder; `restore` builds it anew."""
    elsewhere = {"id2label", "label2id", "problem_type", "rejoinder"}
    of_the_file = {"architectures", "dtype", "transformers_version", "_name_or_path"}
    return {key: value for key, value in architecture.to_diff_dict().items() if key not in elsewhere | of_the_file}


class _Logits(nn.Module):
    """The model reduced to the two inputs and one output that the engines use."""

    def __init__(self, model: PreTrainedModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.model(input_ids=input_ids, attention_mask=attention_mask).logits
        return logits


def write_onnx(model: PreTrainedModel, file: Path, *, per_token: bool = False) -> None:
    """Write a model (with eager attention) to an ONNX file with one output, `logits`.

    With eager attention and the TorchScript exporter, ONNX Runtime recognises and fuses the attention.
    """
    ids = torch.tensor([[5, 6, 7, 8], [6, 7, 8, 9]])
    axes = {0: "batch", 1: "length"}
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")  # tracing warns about constants; the parity check covers them
        torch.onnx.export(
            _Logits(model.eval()),
            (ids, torch.ones_like(ids)),
            str(file),
            input_names=["input_ids", "attention_mask"],
            output_names=["logits"],
            dynamic_axes={"input_ids": axes, "attention_mask": axes, "logits": axes if per_token else {0: "batch"}},
            opset_version=17,
            dynamo=False,
        )
    network = onnx.load(str(file))
    if not per_token and first_token_only(network):
        onnx.save(network, str(file))
        logger.info("the last layer is computed for the first token alone, the only one that is read")


def _rows(
    files: list[Path], reference: StatementClassifier, config: RunConfig, run: Path | None, skip_bad: Path | None
) -> tuple[Dataset, Dataset, ReadReport]:
    """Return the validation statements, the training statements, and the report on reading `files`.

    Without training statements, the validation statements are returned twice. With `run`, the splits are those that
    it was trained with.
    """
    if missing := missing_data(files):
        raise InputError(
            f"{', '.join(missing)}: no such file to measure the exported model on; prepare it or name --data"
        )
    rows, report = read_data(
        files,
        columns=config.columns,
        labels=reference.acts,
        other=reference.config.other,
        single_label=reference.config.single_label,
        skip_bad=skip_bad,
        needed=None if run else (),
    )
    if run:
        check_unchanged(str(run), Origin(config, reference.config.training.get("data_sha256")), report.digest)
        rows = choose_rows(config, rows)
    chosen = [i for i, row in enumerate(rows) if row["split"] == "validation" and row["acts"] is not None]
    if not chosen:
        raise InputError(
            f"no labelled validation statements in {', '.join(map(str, files))}: put a file into that split as "
            "validation=FILE"
        )
    validation, others = rows.select(chosen), select_split(rows, "train")
    return validation, others if len(others) else validation, report


def _by_source(classifier: StatementClassifier, rows: Dataset) -> dict[str, Any]:
    """Return the macro-F1 in mode `full` for each source with at least `_ENOUGH` statements."""
    parts: dict[str, Any] = {}
    for source in sorted(set(rows["source"][:])):
        part = rows.select([i for i, name in enumerate(rows["source"][:]) if name == source])
        if len(part) >= _ENOUGH:
            figures = _figures(classifier, part, modes=("full",))["full"]
            parts[source] = {"statements": len(part), "macro_f1": figures["macro_f1"]}
    return parts


def _figures(classifier: StatementClassifier, rows: Dataset, modes: Sequence[Mode] = MODES) -> dict[str, Any]:
    gold = label_matrix(rows, classifier.acts)
    return {
        mode: acts_figures(
            classifier.predict_proba([statement_of(row, mode) for row in rows]),
            gold,
            labels=classifier.acts,
            thresholds=classifier.thresholds(),
        )
        for mode in modes
    }


def _int8_figures(graph: Path, stored: StatementClassifier, before: dict[str, Any], rows: Dataset) -> dict[str, Any]:
    """Return the figures of a graph that computes in int8.

    Raises:
        ModelError: If it loses too much accuracy.
    """
    # ONNX Runtime also stands in for OpenVINO, which may not be installed: the arithmetic is the same except in bf16.
    figures = _figures(StatementClassifier(stored.config, stored.encoder, OnnxRuntimeEngine(graph)), rows)
    check_cost(before, figures, f"{graph.name}: arithmetic in int8")
    return figures
