"""Export of a tiny run: what is written, checked, refused."""

import json
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import yaml
from huggingface_hub.repocard_data import model_index_to_eval_results

from rejoinder import ACTS, InputError, ModelError, StatementClassifier
from rejoinder.encoding import EncodingConfig
from rejoinder.model_folder import INT8, STATIC, ModelConfig, sha256
from rejoinder_training.data import read_data
from rejoinder_training.exporting.card import write_card
from rejoinder_training.exporting.costs import check_cost, keep_int8_graphs
from rejoinder_training.exporting.export import _figures, _int8_figures, export, put_in_place
from rejoinder_training.torch_engine import load_run
from tests.conftest import CORPUS, STATEMENTS, Command, error_line


def test_export_writes_a_complete_model_folder_with_a_card(smoke_model: Path) -> None:
    assert {file.name for file in smoke_model.iterdir()} - {STATIC} == {
        "README.md",
        "config.json",
        "manifest.json",
        "model.onnx",
        "model-int8.onnx",
        "tokenizer.json",
        "weights.bin",
    }
    config = json.loads((smoke_model / "config.json").read_text("utf8"))
    assert config["training"]["config"]["base_model"] == "tiny"
    assert len(config["training"]["data_sha256"]) == 64
    card = (smoke_model / "README.md").read_text("utf8")
    front = yaml.safe_load(card.split("---")[1])
    assert front["license"] == "apache-2.0"
    assert "| full | 0." in card


def _record(base_model: str, labels: Sequence[str], sources: Sequence[str], **settings: Any) -> dict[str, Any]:
    """Return what a model's configuration tells of a stage of training."""
    return {
        "config": {
            "base_model": base_model,
            "data": ["rows.jsonl"],
            "labels": [*labels],
            "distillation": None,
            "sides": None,
            "seed": 1,
            **settings,
        },
        "data_sha256": "0" * 64,
        "statements": {"train": 9, "validation": 3},
        "sources": [*sources],
        "minutes": 1.0,
        "resumed": False,
        "git_revision": None,
        "hardware": {"threads": 2, "device": "cpu"},
    }


def _card(folder: Path, labels: tuple[str, ...], training: dict[str, Any]) -> str:
    config = ModelConfig("mine", labels, "fine", dict.fromkeys(labels, 0.5), EncodingConfig(), 0, training)
    figures = {"macro_f1": 0.5, labels[0]: {"precision": 0.5, "recall": 0.5, "f1": 0.5}}
    measured = {"stored": {"full": figures}, "sources": {}, "statements": 3, "weights": "fp32", "parity": 1e-6}
    write_card(folder, config, measured | {"data": {"own": True}})
    return (folder / "README.md").read_text("utf8")


def test_a_card_with_custom_labels_makes_no_claims_of_this_project(tmp_path: Path) -> None:
    training = _record("runs/cues", ["rude"], ["rows"])
    training["base"] = _record("minilm", ["say", "deny"], ["rows"])
    del training["base"]["config"]["sides"]  # as an earlier version wrote it
    card = _card(tmp_path, ("rude",), training)
    front = yaml.safe_load(card.split("---")[1])
    assert not {"license", "language", "tags"} & front.keys()
    assert front["base_model"] == "sentence-transformers/all-MiniLM-L6-v2"
    assert "allegation" not in card
    assert "invented" not in card
    assert "from runs/cues on `rows.jsonl`" in card


def test_a_card_tells_of_all_stages_of_training(tmp_path: Path) -> None:
    training = _record("runs/first", ACTS, ["alone", "written"])
    only = _card(tmp_path, ACTS, training)
    assert "invented for the project" in only
    assert not re.search(r"last stage|whose side|the teacher", only)
    first = _record("minilm", ACTS, ["written"], sides={"file": "sides.tsv", "weight": 1.0})
    first["statements"]["train"] = 8888
    both = _card(tmp_path, ACTS, training | {"base": first}).replace("\n", " ")
    assert "9 statements for train, 3 statements for validation, from alone, written, in the last stage" in both
    assert "the earlier ones took 8888." in both
    assert "on whose side the speaker is" in both
    assert "the teacher" not in both
    first["sources"] = ["elsewhere"]
    assert "invented for the project" not in _card(tmp_path, ACTS, training | {"base": first})


def test_export_does_not_replace_a_folder_that_is_not_a_model(
    lots: Path, tmp_path: Path, rejoinder_train: Command
) -> None:
    for name in ("manifest.json", "config.json", "content.js"):
        (tmp_path / name).write_text("{}", "utf8")
    done = rejoinder_train("export", lots / "run", "--to", tmp_path)
    assert (done.returncode, "holds something that is no model folder" in error_line(done)) == (2, True)
    assert len(list(tmp_path.iterdir())) == 3


def test_export_replaces_a_model_folder_through_a_link_but_not_the_working_directory(
    lots: Path, smoke_model: Path, tmp_path: Path, rejoinder_train: Command
) -> None:
    shutil.copytree(smoke_model, tmp_path / "model")
    (tmp_path / "link").symlink_to("model")
    within = rejoinder_train("export", lots / "run", "--to", ".", cwd=tmp_path / "model")
    assert (within.returncode, "is the folder that this command was called in" in error_line(within)) == (2, True)
    StatementClassifier.from_pretrained(tmp_path / "model")
    (tmp_path / "model/README.md").unlink()
    done = rejoinder_train("export", lots / "run", "--to", tmp_path / "link", "--weights", "fp32")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "model/README.md").exists()
    assert {file.name for file in tmp_path.iterdir()} == {"model", "link"}


def test_the_earlier_model_is_restored_if_replacing_it_is_interrupted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    to, rename = tmp_path / "model", Path.rename
    to.mkdir()
    (to / "README.md").write_text("earlier", "utf8")

    def cut_off(self: Path, target: Path) -> Path:
        if target == to and (self / "config.json").exists():
            raise KeyboardInterrupt
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", cut_off)
    with pytest.raises(KeyboardInterrupt), put_in_place(to) as made:
        (made / "config.json").write_text("{}", "utf8")
    assert [file.name for file in tmp_path.iterdir()] == ["model"]
    assert (to / "README.md").read_text("utf8") == "earlier"


@pytest.mark.parametrize("weights", ["fp32", "fp16", "int8"])
def test_weights_are_stored_in_the_requested_precision(
    lots: Path, tmp_path: Path, rejoinder_train: Command, weights: str
) -> None:
    done = rejoinder_train("export", lots / "run", "--to", tmp_path / "model", "--weights", weights)
    assert done.returncode == 0, done.stderr
    kinds = {tensor.data_type for tensor in onnx.load(tmp_path / "model/model.onnx").graph.initializer}
    expected = {"fp16": onnx.TensorProto.FLOAT16, "int8": onnx.TensorProto.INT8}
    assert kinds & set(expected.values()) == ({expected[weights]} if weights in expected else set())
    config = json.loads((tmp_path / "model/config.json").read_text("utf8"))
    assert config["training"]["config"]["weights"] == weights
    assert (tmp_path / "model" / INT8).exists() == (weights == "int8")
    left_out = f"{STATIC}: arithmetic in int8: " in done.stderr
    assert (tmp_path / "model" / STATIC).exists() == (weights == "int8" and not left_out)
    exported = StatementClassifier.from_pretrained(tmp_path / "model", engine="onnxruntime").predict_proba(STATEMENTS)
    np.testing.assert_allclose(exported, load_run(lots / "run").predict_proba(STATEMENTS), atol=5e-3)


def test_int8_graphs_that_lose_too_much_accuracy_are_left_out(
    static_model: Path, few_articles: list[Path], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    model = shutil.copytree(static_model, tmp_path / "model")
    stored = StatementClassifier.from_pretrained(model, engine="onnxruntime")
    rows = read_data([few_articles[1]])[0]
    figures = _figures(stored, rows)
    for mode in figures.values():
        mode["macro_f1"] -= 0.1
        for act in stored.acts:
            mode[act]["recall"] -= 0.1

    def kept() -> set[str]:
        return set(keep_int8_graphs(model, lambda graph: _int8_figures(graph, stored, figures, rows)))

    assert kept() == {"int8", "int8_static"}
    figures["full"]["macro_f1"] += 0.3
    assert not kept()
    assert not {INT8, STATIC} & {file.name for file in model.iterdir()}
    assert f"{STATIC}: arithmetic in int8: costs 0." in caplog.text


def test_a_too_inaccurate_int8_graph_is_rewritten_closer_to_fp32(
    static_model: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    model = shutil.copytree(static_model, tmp_path / "model")
    rough, tried = (model / INT8).read_bytes(), list[bytes]()

    def measure(graph: Path) -> int:
        tried.append(graph.read_bytes())
        if len(tried) == 1:
            raise ModelError(f"{graph.name}: costs too much")
        return len(tried)

    assert keep_int8_graphs(model, measure) == {"int8": 2, "int8_static": 3}
    assert tried == [rough, (model / INT8).read_bytes(), (model / STATIC).read_bytes()]
    assert tried[1] != rough
    assert f"{INT8}: costs too much: nearer to fp32, then" in caplog.text


def test_weights_that_lose_too_much_accuracy_are_refused() -> None:
    def figures(macro_f1: float, recall: float, support: int = 200) -> dict[str, dict[str, object]]:
        return {"quote": {"macro_f1": macro_f1, "denial": {"recall": recall, "support": support}, "exact_match": 0.5}}

    check_cost(figures(0.600, 0.60), figures(0.596, 0.59), "int8")
    with pytest.raises(ModelError, match=r"int8: costs 0\.0100 of macro-F1"):
        check_cost(figures(0.600, 0.60), figures(0.590, 0.60), "int8")
    with pytest.raises(ModelError, match="lowers the recall of denial"):
        check_cost(figures(0.600, 0.60), figures(0.600, 0.58), "int8")
    check_cost(figures(0.600, 0.60, 100), figures(0.600, 0.58, 100), "int8")  # only two statements
    # One of twenty statements may change: that is no evidence of a loss.
    check_cost(figures(0.600, 0.60, 20), figures(0.560, 0.55, 20), "int8")

    # The tolerance for a rare act does not extend to the others.
    def both(frequent: float, rare: float) -> dict[str, dict[str, object]]:
        acts = {
            "denial": {"f1": frequent, "recall": 0.6, "support": 200},
            "rare": {"f1": rare, "recall": 1, "support": 2},
        }
        return {"quote": {"macro_f1": (frequent + rare) / 2, **acts}}

    check_cost(both(0.600, 1.0), both(0.595, 0.8), "int8")
    with pytest.raises(ModelError, match=r"costs 0\.0200 of macro-F1 \(quote\) with denial alone, over 0\.005"):
        check_cost(both(0.600, 1.0), both(0.560, 1.0), "int8")


def test_the_card_names_the_data_that_the_export_was_measured_on(
    lots: Path, few_articles: list[Path], tmp_path: Path
) -> None:
    export(lots / "run", tmp_path / "model", data=[Path(f"validation={few_articles[2]}")])
    card = (tmp_path / "model/README.md").read_text("utf8")
    assert f"of `validation={few_articles[2]}` (sha256 `" in card
    assert "named with `--data`" in card
    assert "somewhat too good" not in card
    with pytest.raises(InputError, match=r"test\.jsonl: put a file into that split as validation=FILE$"):
        export(lots / "run", tmp_path / "other", data=[Path(f"test={few_articles[2]}")])
    with pytest.raises(InputError, match="has learnt from"):
        export(lots / "run", tmp_path / "other", data=[Path(f"validation={lots / 'lots.jsonl'}")])
    assert not (tmp_path / "other").exists()


def test_the_card_takes_its_figures_from_an_evaluation(
    rejoinder_train: Command, smoke_model: Path, tmp_path: Path
) -> None:
    model, data = shutil.copytree(smoke_model, tmp_path / "model"), tmp_path / "validation.jsonl"
    data.write_text("".join(CORPUS[1].read_text("utf8").splitlines(keepends=True)[:15]), "utf8")
    done = rejoinder_train("evaluate", model, "--data", data, "--no-baselines", "-o", tmp_path / "right")
    assert done.returncode == 0, done.stderr
    manifest = (model / "manifest.json").read_bytes()
    for _ in range(2):  # the second call replaces what the first wrote
        # As if an earlier call had been killed between the two files that it writes.
        (model / "manifest.json").write_bytes(manifest)
        assert StatementClassifier.from_pretrained(model).config.version
        named = f"Written disputes={tmp_path / 'right'}"
        done = rejoinder_train("card", model, "--evaluation", named, "--examples", data)
        assert done.returncode == 0, done.stderr
    text = (model / "README.md").read_text("utf8")
    assert text.count("## Evaluation\n") == 1
    assert "has not been measured" not in text
    assert text.index("## Figures") < text.index("## Evaluation") < text.index("## Limits") < text.index("## Training")
    [system] = json.loads((tmp_path / "right/metrics.json").read_text("utf8"))["systems"].values()
    full = system["modes"]["full"]
    low, high = full["intervals"]["denial"]["f1"]
    assert f"{full['denial']['f1']:.3f} [{low:.3f}, {high:.3f}]" in text
    surest_half = full["coverage_risk"][-1]
    low, high = surest_half["interval"]
    assert f"| {surest_half['risk']:.1%} [{low:.1%}, {high:.1%}] | {surest_half['min_score']:.2f} |" in text
    [index] = yaml.safe_load(text.split("---")[1])["model-index"]
    assert index["name"] == StatementClassifier.from_pretrained(model).config.version  # loading checks the manifest
    hashes = json.loads((model / "manifest.json").read_text("utf8"))["files"]
    assert hashes["README.md"] == sha256(model / "README.md")
    name, results = model_index_to_eval_results([index])
    assert name == index["name"]
    card_figures = {
        result.metric_name: (result.metric_type, result.metric_args, result.metric_value) for result in results
    }
    assert card_figures["macro-F1, with the text around"] == ("f1", {"average": "macro"}, round(full["macro_f1"], 4))
    accuracy = round(full["primary_accuracy"], 4)
    assert card_figures["primary accuracy, with the text around"] == ("accuracy", None, accuracy)
    assert {(result.dataset_name, result.dataset_split) for result in results} == {("Written disputes", "validation")}
    rows = [json.loads(line) for line in (tmp_path / "right/predictions.jsonl").read_text("utf8").splitlines()]
    wrong = [row for row in rows if row["mode"] == "full" and row["label"] != [*row["acts"], "other"][0]]
    sure, worst = max((row["scores"].get(row["label"], 1 - max(row["scores"].values())), row["id"]) for row in wrong)
    quotes = {row["id"]: row["quote"] for row in read_data([data])[0]}
    section = text[
        text.index("Its surest mistakes, one of each kind first, in the statements of `validation.jsonl`:") :
    ]
    assert f"({sure:.2f}): " in section.splitlines()[2]
    assert quotes[worst][:40] in section.splitlines()[2]

    (tmp_path / "lr=0.1").mkdir()
    again = shutil.copytree(tmp_path / "right", tmp_path / "lr=0.1/eval")
    results_file = again / "metrics.json"
    results_file.write_text(json.dumps(json.loads(results_file.read_text("utf8")) | {"groups": 7}), "utf8")
    predictions = again / "predictions.jsonl"  # with characters that `str.splitlines` or Markdown would interpret
    odd = "The firm | its <b>head</b>,\u2028*not* we\x85, stole `it`_."
    line = {"system": str(model), "mode": "full", "id": "odd\u2028", "acts": ["denial"], "label": "other"}
    predictions.write_text(json.dumps(line | {"scores": {"denial": 0.1}}, ensure_ascii=False) + "\n", "utf8")
    examples = tmp_path / "odd.jsonl"
    examples.write_text(json.dumps({"id": "odd\u2028", "quote": odd, "acts": "denial"}) + "\n", "utf8")
    for named in ("Tables | of <b>=lr=0.1/eval", "lr=0.1/eval"):
        done = rejoinder_train("card", model, "--evaluation", named, "--examples", "odd.jsonl", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        odder = (model / "README.md").read_text("utf8")
        assert (r"Tables \| of \<b\>, split validation: " in odder) == named.startswith("Tables")
        assert r"**«The firm \| its \<b\>head\</b\>, \*not\* we , stole \`it\`\_.»**" in odder
        assert "in the statements of `odd.jsonl`:" in odder
        assert "There are fewer than 10 groups" in odder
    assert "There are fewer than 10 groups" not in text
    text = odder

    (tmp_path / "other").mkdir()
    metrics_file = tmp_path / "other/metrics.json"
    metrics_file.write_text(
        (tmp_path / "right/metrics.json").read_text("utf8").replace(system["model_sha256"], "0" * 64), "utf8"
    )
    refused = rejoinder_train("card", model, "--evaluation", tmp_path / "other")
    assert refused.returncode == 2
    assert f"{metrics_file}: holds no figures of this very {index['name']}" in error_line(refused)
    assert (model / "README.md").read_text("utf8") == text
