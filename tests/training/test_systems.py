"""External systems in the evaluation harness: stored predictions, programs and Python callables."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from datasets import Dataset

from rejoinder import ACTS, InputError, ModelError, Statement
from rejoinder_training import api, torch_engine
from rejoinder_training.data import read_data
from rejoinder_training.data.schema import FEATURES
from rejoinder_training.distill import read_teacher
from rejoinder_training.evaluation import System, load_system, load_systems
from rejoinder_training.evaluation.baselines import baselines
from rejoinder_training.evaluation.harness import thresholds_of
from rejoinder_training.evaluation.systems import checked_scores, score_in_chunks
from rejoinder_training.torch_engine import load_run
from tests.conftest import CORPUS, Command, error_line

DATA = CORPUS[1]
ROWS = read_data([DATA])[0].to_list()

PROGRAM = """
import json, sys
for line in sys.stdin:
    statement = json.loads(line)
    score = min(1.0, len(statement["quote"]) / 100)
    print(json.dumps({"scores": {"allegation": score, "denial": 1 - score, "counter_accusation": 0.25}}))
"""


@pytest.fixture(scope="module")
def articles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Enough validation articles for slices to be reported."""
    file = tmp_path_factory.mktemp("articles") / "articles.jsonl"
    file.write_text("".join(DATA.read_text("utf8").splitlines(keepends=True)[:25]), "utf8")
    return file


def test_stored_predictions_get_the_same_figures_as_their_system(
    lots: Path, short: Path, articles: Path, few_articles: list[Path], tmp_path: Path, rejoinder_train: Command
) -> None:
    data, others, one, two = articles, few_articles[2], lots / "run", short / "run"
    first = rejoinder_train("evaluate", one, two, "--data", data, "--no-baselines", "-o", tmp_path / "a")
    assert first.returncode == 0, first.stderr
    file = f"{tmp_path}/a/predictions.jsonl"
    again = rejoinder_train("evaluate", f"{file}::{two}", "--data", data, "--no-baselines", "-o", tmp_path / "b")
    assert again.returncode == 0, again.stderr
    before = json.loads((tmp_path / "a/metrics.json").read_text("utf8"))["systems"][str(two)]
    [after] = json.loads((tmp_path / "b/metrics.json").read_text("utf8"))["systems"].values()
    assert after["thresholds"] == before["thresholds"]
    for mode, figures in before["modes"].items():
        assert after["modes"][mode]["macro_f1"] == figures["macro_f1"]
        assert after["modes"][mode]["intervals"]["macro_f1"] == figures["intervals"]["macro_f1"]
        assert after["modes"][mode]["slices"].keys() >= {"length: 9 to 25 words"}

    both = rejoinder_train("evaluate", file, "--data", data)
    named = f"{file}::{one}, {file}::{two}"
    assert error_line(both) == f"rejoinder-train: {file}: holds several systems; name one: {named}"
    other = rejoinder_train("evaluate", f"{file}::{two}", "--data", others, "--split", "test", "--no-baselines")
    assert "no prediction (quote) for" in error_line(other)


def test_a_program_and_a_callable_can_be_evaluated(articles: Path, tmp_path: Path, rejoinder_train: Command) -> None:
    (tmp_path / "program.py").write_text(PROGRAM, "utf8")
    (tmp_path / "peer.py").write_text(
        "def scores(statements):\n"
        "    lengths = [min(1.0, len(one.quote) / 100) for one in statements]\n"
        "    return [{'allegation': x, 'denial': 1 - x, 'counter_accusation': 0.25} for x in lengths]\n",
        "utf8",
    )
    program = f"command: {sys.executable} program.py --comment {'long' * 100}"  # longer than a file name may be
    done = rejoinder_train(
        "evaluate", program, "peer:scores", "--data", articles, "--no-baselines", "-o", "out", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    ours, theirs = json.loads((tmp_path / "out/metrics.json").read_text("utf8"))["systems"].values()
    assert ours == theirs
    assert 0 < ours["modes"]["quote"]["macro_f1"] < 0.7


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("raise SystemExit('no model here')", "exit code 1 (no model here)"),
        ("print('hello')", 'line 1 of its output is no JSON object with "scores": hello'),
        ("print('{\"scores\": {}}')", "gives no score for 'allegation'; it needs allegation, denial"),
        ("", "gives no scores of shape"),
    ],
)
def test_a_program_that_fails_is_named(tmp_path: Path, program: str, message: str) -> None:
    (tmp_path / "program.py").write_text(program, "utf8")
    system = load_system(f"command: {sys.executable} {tmp_path / 'program.py'}")
    with pytest.raises(InputError) as caught:
        system.score_rows(ROWS[:3], "full")
    assert message in str(caught.value)


def test_a_callable_that_fails_is_named(tmp_path: Path, rejoinder_train: Command) -> None:
    (tmp_path / "peer.py").write_text("def scores(statements):\n    raise ValueError('no\\nmodel')\n", "utf8")
    done = rejoinder_train("evaluate", "peer:scores", "--data", DATA, "--no-baselines", cwd=tmp_path)
    assert error_line(done) == "rejoinder-train: peer:scores: ValueError: no model"


def test_choosing_thresholds_without_validation_statements_is_refused() -> None:
    rows = Dataset.from_list([ROWS[0] | {"split": "test"}], features=FEATURES)
    with pytest.raises(InputError, match=r"x: its thresholds .*; add some with --data validation=FILE"):
        thresholds_of(System.of_statements("x", ACTS, "other", len), rows)


def test_scoring_shows_no_progress_bar_outside_a_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    system = System.of_statements("x", ACTS, "other", lambda statements: np.full((len(statements), len(ACTS)), 0.5))
    assert len(score_in_chunks(system, ROWS[:3])) == 3
    assert capfd.readouterr().err == ""


def test_invalid_systems_are_named(tmp_path: Path) -> None:
    (tmp_path / "seeds/seed-42").mkdir(parents=True)
    with pytest.raises(ModelError, match=r"holds several runs; name one, such as .*/seed-42"):
        load_system(str(tmp_path / "seeds"))
    with pytest.raises(InputError, match="nowhere: no such run or model folder"):
        load_system("nowhere")
    with pytest.raises(InputError, match="no_such_module:f: No module named"):
        load_system("no_such_module:f")
    (tmp_path / "bad.jsonl").write_text('{"id": "a", "scores": {}}\n{"id": "b"}\n', "utf8")
    with pytest.raises(InputError, match=r"bad\.jsonl: row 2: no prediction with id and scores"):
        load_system(str(tmp_path / "bad.jsonl"))
    with pytest.raises(InputError, match="cannot be read"):
        load_system(str(tmp_path / "none.jsonl"))


def test_evaluation_uses_full_precision_and_teachers_score_in_bf16(
    smoke_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch_engine, "gains_from_bf16", lambda: True)
    data = tmp_path / "rows.jsonl"
    rows = [
        {"id": f"{i}", "quote": quote, "acts": acts, "split": "validation"}
        for i, (quote, acts) in enumerate([("They sank the ferry.", "allegation"), ("We never did.", "denial")] * 8)
    ]
    data.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf8")
    api.evaluate([smoke_run], [data], baselines=False, output=tmp_path / "out")
    lines = (tmp_path / "out/predictions.jsonl").read_text("utf8").splitlines()
    measured = {one["id"]: one["scores"] for one in map(json.loads, lines) if one["mode"] == "full"}
    exact = load_run(smoke_run).predict_proba([row["quote"] for row in rows])
    fast = load_run(smoke_run, bf16=None).predict_proba([row["quote"] for row in rows])
    assert np.abs(exact - fast).max() > 2e-4
    np.testing.assert_allclose([[*one.values()] for one in measured.values()], exact, atol=1e-4)
    api.score(smoke_run, [data], tmp_path / "taught.tsv.gz", split="validation")
    taught = read_teacher(tmp_path / "taught.tsv.gz", ACTS)
    np.testing.assert_allclose([*taught.values()], fast, atol=1e-4)


@pytest.mark.parametrize(
    ("task", "rows"),
    [
        ({"labels": ["denial"]}, [("We never took lot {}", "denial"), ("Rain fell on lot {}", "other")]),
        (
            {"labels": ["denial"], "problem_type": "single_label_classification"},
            [("We never took lot {}", "denial")],
        ),
        ({"labels": ["denial"]}, [("We never took lot {}", "denial")]),
    ],
    ids=["one label", "one class", "one label that always holds"],
)
def test_a_single_label_is_evaluated_with_baselines(
    tmp_path: Path, task: dict[str, object], rows: list[tuple[str, str]]
) -> None:
    (tmp_path / "task.yaml").write_text(
        json.dumps({"base_model": "tiny", "data": [], "columns": {"quote": "words"}} | task), "utf8"
    )
    lines = [
        {"words": words.format(i), "before": "“", "acts": acts, "split": split}
        for split in ("train", "validation")
        for i in range(12)
        for words, acts in rows
    ]
    (tmp_path / "data.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), "utf8")
    results = api.evaluate(f"{__name__}:sure", tmp_path / "data.jsonl", config=tmp_path / "task.yaml")
    assert (results["labels"], results["single_label"]) == (["denial"], "problem_type" in task)
    assert results["systems"]["TF-IDF + logistic regression"]["modes"]["full"]["denial"]["f1"] == 1
    assert [*results["systems"]][-1] == f"{__name__}:sure"


def sure(statements: Sequence[Statement]) -> list[list[float]]:
    return [[0.7]] * len(statements)


def test_compare_errors_and_sample_take_other_labels_from_a_configuration(tmp_path: Path) -> None:
    labels = ["praise", "threat"]
    (tmp_path / "task.yaml").write_text(
        json.dumps({"base_model": "tiny", "data": [], "labels": labels, "columns": {"acts": "kind"}}), "utf8"
    )
    rows = [
        {"id": f"{i}", "quote": f"Number {i} is here", "kind": [*labels, "other"][i // 3 % 3], "split": split}
        for i, split in enumerate(["train", "validation", "test"] * 30)
    ]
    (tmp_path / "data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf8")
    new = [{"quote": f"Another {i} is there"} for i in range(20)]
    (tmp_path / "new.jsonl").write_text("".join(json.dumps(row) + "\n" for row in new), "utf8")
    task: dict[str, Any] = {"config": tmp_path / "task.yaml"}
    data = [tmp_path / "data.jsonl"]
    [found] = api.compare([f"{__name__}:half", f"{__name__}:more"], data, **task)["comparisons"]
    assert found["slices"].keys() >= {"act: praise", "act: threat"}
    listed = api.errors(f"{__name__}:more", data, tmp_path / "errors", **task)
    assert {row["label"] for row in listed["mistakes"]} <= {*labels, "other"}
    chosen = api.sample(f"{__name__}:half", [tmp_path / "new.jsonl"], tmp_path / "tasks.csv", size=5, **task)
    assert {*chosen[0]["scores"]} == {*labels}
    with pytest.raises(InputError, match="--label and --config exclude each other"):
        api.evaluate([f"{__name__}:half"], data, labels=labels, **task)


def half(statements: Sequence[Statement]) -> list[list[float]]:
    return [[0.5, 0.5] for _ in statements]


def more(statements: Sequence[Statement]) -> list[list[float]]:
    return [[len(one.quote) % 3 / 3, len(one.quote) % 2 / 2] for one in statements]


def test_scores_must_be_probabilities_of_the_right_shape() -> None:
    for misshapen in (np.full((3, 2), 0.5), np.full(6, 0.5)):
        with pytest.raises(InputError, match=r"gives no scores of shape \(2, 3\): they have the shape"):
            checked_scores(misshapen, "ab", ACTS, "x")
    named = pd.DataFrame([[0.3, 0.2, 0.1]] * 2, columns=[*reversed(ACTS)])
    for given in (named, [row for _, row in named.iterrows()], named.assign(more="text")):
        assert checked_scores(given, "ab", ACTS, "x").tolist() == [[0.1, 0.2, 0.3]] * 2
    with pytest.raises(InputError, match=f"gives no score for '{ACTS[0]}'"):
        checked_scores(named.drop(columns=ACTS[0]), "ab", ACTS, "x")
    for wrong, shown in ((np.nan, "nan"), (1.5, "1.5"), (-0.1, "-0.1")):
        with pytest.raises(InputError) as refused:
            checked_scores([[0.1, 0.2, 0.3], [0.1, wrong, 0.3]], "ab", ACTS, "x")
        scores = f"allegation 0.1, denial {shown}, counter_accusation 0.3"
        assert str(refused.value) == f"x: row 2 (b): {scores}: scores are probabilities between 0 and 1"


@pytest.mark.parametrize(
    ("row", "other", "problem"),
    [
        ([0.9, 0.8, 0.7], "other", "sum to 2.4, not at most 1"),
        ([0.5, 0.3, 0.202], "other", "sum to 1.002, not at most 1"),
        ([0.2, 0.1, 0.1], "other", None),
        ([0.333, 0.333, 0.333], None, None),
        ([0.2, 0.1, 0.1], None, "sum to 0.4, not 1"),
        ([0.9, 0.8, 0.7], None, "sum to 2.4, not 1"),
    ],
)
def test_scores_of_labels_that_exclude_each_other_must_sum_to_1(
    tmp_path: Path, row: list[float], other: str | None, problem: str | None
) -> None:
    scores = [[0.4, 0.3, 0.3], row]
    lines = [
        {"id": one["id"], "scores": dict(zip(ACTS, of_row, strict=True))}
        for one, of_row in zip(ROWS[:2], scores, strict=True)
    ]
    file = tmp_path / "p.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf8")
    called = System.of_statements("peer:scores", ACTS, other, lambda statements: scores, single_label=True)
    [stored] = load_systems([str(file)], labels=ACTS, other=other, single_label=True)
    for system in (called, stored):
        if problem is None:
            assert system.score_rows(ROWS[:2], "full").tolist() == scores
            continue
        with pytest.raises(InputError) as refused:
            system.score_rows(ROWS[:2], "full")
        assert str(refused.value).startswith(f"{system.name}: row 2 ({ROWS[1]['id']}): ")
        assert f"{problem}; give a softmax over the labels, not a sigmoid of each" in str(refused.value)
    # If several labels may apply, each score is independent.
    [several] = load_systems([str(file)], labels=ACTS)
    assert several.score_rows(ROWS[:2], "full").tolist() == scores


@pytest.mark.parametrize("other", ["other", None])
def test_cue_word_scores_sum_to_1_if_labels_exclude_each_other(other: str | None) -> None:
    single = [row | {"acts": row["acts"][:1]} for row in ROWS if other or row["acts"]]
    data = Dataset.from_list(single, features=FEATURES)
    [cues] = [one for one in baselines(data, ACTS, other, single_label=True) if one.name == "cue words"]
    total = cues.score_rows(single, "full").sum(axis=1)
    assert total.max() == pytest.approx(1)
    assert (total.min() == 0) if other else (total.min() == pytest.approx(1))
