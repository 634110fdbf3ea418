"""benchmarks/peers.py: the command on a small sample, and peers on randomly initialised encoders."""

import importlib
import json
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import joblib
import numpy as np
import pytest
import torch
from datasets import Dataset
from transformers import AutoConfig, AutoModel, AutoModelForSequenceClassification, AutoTokenizer, pipeline

from rejoinder import ACTS, Statement
from rejoinder_training.data import read_data
from rejoinder_training.data.schema import multi_hot, statement_of
from rejoinder_training.metrics import acts_figures
from rejoinder_training.tiny import make_tiny_encoder
from tests.conftest import CORPUS, ROOT, lots_config, provenance_of, run_module

ROWS = read_data(CORPUS[:2])[0]
TRAIN = ROWS.filter(lambda row: row["split"] == "train")
WRITTEN = ROWS.filter(lambda row: row["split"] == "validation")


@pytest.fixture(scope="module")
def peers() -> Any:
    """The script as a module, set to time few statements."""
    with pytest.MonkeyPatch.context() as patched:
        patched.syspath_prepend(str(ROOT / "benchmarks"))
        peers = importlib.import_module("peers")
        patched.setattr(peers, "TIMED", 5)
        yield peers


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny encoder with random weights."""
    torch.manual_seed(0)
    folder = make_tiny_encoder(tmp_path_factory.mktemp("tiny"), TRAIN["quote"][:300])
    AutoModel.from_config(AutoConfig.from_pretrained(folder)).save_pretrained(folder)
    return folder


def sample(peers: ModuleType, statements: int, measured: int = 40) -> Any:
    """Return training statements of the written corpus, with part of its validation split in place of the news."""
    halves = WRITTEN.select(range(0, len(WRITTEN), 2)), WRITTEN.select(range(1, 2 * measured, 2))
    return peers.Data(TRAIN.shuffle(seed=0).select(range(statements)), *halves)


def test_the_command_prints_figures_and_names_unavailable_peers(tmp_path: Path) -> None:
    for folder in ("build", "data/corpus"):
        (tmp_path / folder).mkdir(parents=True)
    for file in CORPUS[:2]:
        lines = file.read_text("utf8").splitlines(keepends=True)[:40]
        (tmp_path / "data/corpus" / file.name).write_text("".join(lines), "utf8")
    lots_config(tmp_path)
    news = [json.loads(line) for line in (tmp_path / "lots.jsonl").read_text("utf8").splitlines()]
    for name in ("news", "read"):
        (tmp_path / f"build/{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in news), "utf8")
    stored = ROOT / "benchmarks/peers.json"
    before = stored.read_bytes() if stored.exists() else None
    names = ("tfidf", "zero-shot", "bundled")
    script = ROOT / "benchmarks/peers.py"
    program = (
        f"import runpy, sys; sys.path[0] = {str(script.parent)!r}; runpy.run_path({str(script)!r}, {{}}, '__main__')"
    )
    arguments = ("--limit", 20, *(f"--only={name}" for name in names))
    done = run_module("rejoinder_training", *arguments, cwd=tmp_path, before=f"{program}; sys.exit()")
    assert done.returncode == 0, done.stderr
    assert (stored.read_bytes() if stored.exists() else None) == before  # not stored with --limit
    head, line, tfidf, bundled, chosen, unavailable = done.stdout.splitlines()
    assert {row.count("|") for row in (head, line, tfidf, bundled, chosen, unavailable)} == {10}
    figures = r"(\d\.\d{3} \[\d\.\d{3}, \d\.\d{3}\] \| ){3}\d+\.\d \(\d+\.\d\)( \| \d+\.\d){3} \|"
    cells = r"chosen: \d\.\d\d, \d\.\d\d, \d\.\d\d \| " + figures
    assert re.fullmatch(r"\| TF-IDF with logistic regression \| " + cells, tfidf)
    assert bundled.startswith("| the bundled model | own: ")
    assert chosen.startswith("|  | chosen: ")
    assert "zero-shot NLI | MoritzLaurer" in unavailable
    assert "cannot be reached" in unavailable


def test_stored_results_are_reused_unless_the_data_change(
    peers: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lots_config(tmp_path)
    monkeypatch.setattr(peers, "WRITTEN", [CORPUS[1]])
    monkeypatch.setattr(peers, "NEWS", tmp_path / "lots.jsonl")
    monkeypatch.setattr(peers, "READ", CORPUS[2])  # its test split must not be used
    monkeypatch.setattr(peers, "FOLDER", tmp_path / "peers")
    monkeypatch.setattr(peers, "RESULTS", tmp_path / "peers.json")
    [first], _ = peers.measure_all(["tfidf"])
    assert first["statements"] == {"train": 56, "measured": 40}
    (tmp_path / "one.json").write_text(json.dumps(first), "utf8")
    assert provenance_of(tmp_path / "one.json")["config"]["peer"] == "tfidf"
    saved = tmp_path / "peers/tfidf/model.joblib"
    saved.unlink()
    assert peers.measure_all(["tfidf"]) == ([first], {})
    assert not saved.exists()
    lines = (tmp_path / "lots.jsonl").read_text("utf8").splitlines(keepends=True)
    (tmp_path / "lots.jsonl").write_text("".join(lines[1:]), "utf8")
    [again], _ = peers.measure_all(["tfidf"])
    assert again["statements"]["train"] == 55
    assert json.loads((tmp_path / "peers.json").read_text("utf8")) == [again]


def test_the_saved_model_is_the_one_that_was_measured(peers: ModuleType, tmp_path: Path) -> None:
    data = sample(peers, 100)
    found = peers.measured(peers.PEERS["tfidf"], data, tmp_path / "tfidf")
    [file] = (tmp_path / "tfidf").iterdir()
    assert found["megabytes"] == file.stat().st_size / 1e6
    scores = joblib.load(file)([statement_of(row) for row in data.news])
    gold = np.array([multi_hot(acts, ACTS) for acts in data.news["acts"]])
    figures = found["figures"]["chosen"]
    again = acts_figures(scores, gold, thresholds=[figures["thresholds"][act] for act in ACTS])
    assert figures["full"]["macro_f1"] == pytest.approx(again["macro_f1"])
    assert 0 < found["milliseconds"] < found["bundled_milliseconds"]


def test_embeddings_separate_the_quote_from_its_context(peers: ModuleType, encoder: Path, tmp_path: Path) -> None:
    embed = peers.models.Embedder(encoder)
    alone, around = peers.models.features([Statement("It is false."), Statement("It is false.", "He said: ")], embed)
    half = len(alone) // 2
    assert np.allclose(alone[:half], around[:half], atol=1e-5)
    assert not np.allclose(alone[half:], around[half:], atol=1e-2)
    assert np.allclose(np.linalg.norm(alone.reshape(2, half), axis=1), 1, atol=1e-5)
    peers.models.train_embeddings(sample(peers, 80).train, tmp_path, encoder=str(encoder))
    system = peers.models.load_embeddings(tmp_path)
    assert system.score_rows(WRITTEN.to_list()[:5], "attribution").std(axis=0).max() > 0.01
    assert {"model.safetensors", "tokenizer.json", "regression.joblib"} <= {file.name for file in tmp_path.iterdir()}


def test_the_plain_recipe_is_measured_with_its_own_and_with_chosen_thresholds(
    peers: ModuleType, encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(peers.models.PLAIN, "encoder", str(encoder))
    data = sample(peers, 64)
    found = peers.measured(peers.PEERS["plain"], data, tmp_path / "plain")
    assert found["figures"]["own"]["thresholds"] == dict.fromkeys(ACTS, 0.5)
    assert found["figures"]["own"].keys() == found["figures"]["chosen"].keys()
    text = peers.models.joined(statement_of(data.news[0]))
    assert "«" not in text
    loaded = pipeline("text-classification", model=str(tmp_path / "plain"), top_k=None, function_to_apply="sigmoid")
    assert {one["label"] for one in loaded([text], truncation=True, max_length=192)[0]} == {*ACTS}


def test_zero_shot_scores_belong_to_the_acts_of_their_hypotheses(
    peers: ModuleType, encoder: Path, tmp_path: Path
) -> None:
    torch.manual_seed(1)
    labels = {0: "entailment", 1: "neutral", 2: "contradiction"}
    config = AutoConfig.from_pretrained(encoder, id2label=labels, label2id={v: k for k, v in labels.items()})
    model, tokenizer = AutoModelForSequenceClassification.from_config(config), AutoTokenizer.from_pretrained(encoder)
    model.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    system = peers.models.load_zero_shot(tmp_path)
    row = {"id": "a", "quote": "We never took it.", "before": "", "after": "", "speaker": ""}
    for act, score in zip(ACTS, system.score_rows([row], "full")[0], strict=True):
        pair = tokenizer(row["quote"], peers.models.ZERO_SHOT["hypotheses"][act], return_tensors="pt")
        entailment, _, contradiction = model.eval()(**pair).logits[0].tolist()
        assert score == pytest.approx(1 / (1 + np.exp(contradiction - entailment)), abs=1e-4)


def test_the_sample_for_setfit_is_balanced(peers: ModuleType) -> None:
    labels = (*ACTS, "other")
    rows = peers.peer_setfit.balanced(Dataset.from_list(TRAIN.to_list()), labels)
    counts = [sum((row["acts"] or ["other"])[0] == label for row in rows) for label in labels]
    assert len({*counts}) == 1
    assert counts[0] == min(64, len(TRAIN) // 40)
    assert len({row["id"] for row in rows}) == len(rows)
