"""Custom labels that exclude each other: from a table without splits to predictions."""

import csv
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from rejoinder import InputError, StatementClassifier
from rejoinder_training import api
from rejoinder_training.calibrate import fit_temperature
from rejoinder_training.config import RunConfig
from rejoinder_training.config.files import checked_config
from rejoinder_training.evaluation.bootstrap import Resamples, coverage_risk
from rejoinder_training.metrics import acts_figures, decide, label_scores
from tests.conftest import ROOT
from tests.files import read_jsonl

TOPICS = {
    "sport": "goal match striker league season penalty keeper",
    "trade": "tariff export market price customs shipment quota",
    "weather": "storm rain flood forecast wind snow drought",
    "none": "poem garden violin recipe painting sculpture novel",
}


@pytest.mark.parametrize("settings", [{"other": ""}, {"labels": ["", "a"]}, {"labels": ["a|b"]}, {"labels": [" a"]}])
def test_label_names_that_no_cell_can_contain_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=next(iter(settings))):
        checked_config({"base_model": "tiny", "data": ["a.csv"], **settings}, RunConfig, "c.yaml")


def write_table(file: Path, rows: int, *, seed: int, labels: tuple[str, ...]) -> None:
    """Write a table with custom columns and no splits."""
    draw = random.Random(seed)
    with file.open("w", encoding="utf8", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(["sentence", "topic"])
        for i in range(rows):
            topic = labels[i % len(labels)]
            table.writerow([f"{' '.join(draw.choices(TOPICS[topic].split(), k=9))} {seed} {i}", topic])


def config(folder: Path, **changes: object) -> Path:
    settings = yaml.safe_load((ROOT / "configs/smoke.yaml").read_text("utf8"))
    settings |= {
        "data": [f"train={folder / 'mine.csv'}", f"test={folder / 'held-out.csv'}"],
        "columns": {"quote": "sentence", "acts": "topic"},
        "labels": ["sport", "trade", "weather"],
        "other": "none",
        "problem_type": "single_label_classification",
        "validation_size": 0.2,
        "num_train_epochs": 8,
        "per_device_train_batch_size": 8,
        "eval_steps": 0.5,
        **changes,
    }
    (folder / "own.yaml").write_text(yaml.safe_dump(settings), "utf8")
    return folder / "own.yaml"


@pytest.mark.parametrize("other", ["none", None])
def test_a_table_with_custom_labels_becomes_a_model(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, other: str | None
) -> None:
    topics = tuple(TOPICS) if other else tuple(TOPICS)[:3]
    write_table(tmp_path / "mine.csv", 160, seed=1, labels=topics)
    write_table(tmp_path / "held-out.csv", 60, seed=2, labels=topics)
    run, model = tmp_path / "run", tmp_path / "model"
    with caplog.at_level("INFO"):
        api.train(config(tmp_path, other=other), run)
    assert "training on 128 statements, validating on 32" in caplog.messages
    assert "its threshold" not in caplog.text
    message = (
        "only 8 validation statements have the label sport: its figures and the choice of a checkpoint depend on them"
    )
    assert (message in caplog.text) == bool(other)

    # Data, columns and splits are taken from the run.
    systems = api.evaluate(run, split="test")["systems"]
    own_model, tfidf = systems[str(run)], systems["TF-IDF + logistic regression"]
    assert own_model["thresholds"] is None
    assert "cue words" not in systems  # there are no cue words for these labels
    assert tfidf["modes"]["quote"]["primary_accuracy"] == 1
    assert own_model["modes"]["quote"]["primary_accuracy"] > 0.9
    assert own_model["modes"]["quote"]["micro_f1"] > 0.9

    api.export(run, model)
    classifier = StatementClassifier.from_pretrained(model)
    predictions = classifier.predict(["goal match striker penalty keeper", "poem violin recipe garden novel poem"])
    assert (predictions[0].label, predictions[0].acts) == ("sport", ("sport",))
    assert predictions[0].score == predictions[0].scores["sport"] == max(predictions[0].scores.values())
    total = [sum(prediction.scores.values()) for prediction in predictions]
    if other:
        assert (predictions[1].label, predictions[1].acts) == ("none", ())
        assert predictions[1].score == pytest.approx(1 - total[1], abs=1e-6)
    else:
        assert predictions[1].label in TOPICS
        assert total == pytest.approx([1, 1], abs=1e-6)
    # The label shares of its own data change nothing; if sport is rarer, it is less likely, and the others gain.
    statements = ["goal match tariff export", "storm rain poem violin"]
    assert classifier.config.prior is not None
    assert classifier.config.prior.keys() == {"sport", "trade", "weather", *([other] if other else [])}
    assert sum(classifier.config.prior.values()) == pytest.approx(1)
    own = {label: classifier.config.prior[label] for label in classifier.config.labels}
    before = classifier.predict_proba(statements)
    np.testing.assert_allclose(classifier.with_prior(own).predict_proba(statements), before, atol=1e-3)
    rarer = {"sport": own["sport"] / 10, "trade": own["trade"] * 1.2, "weather": own["weather"] * 1.2}
    if other is None:
        rarer["weather"] = 1 - rarer["sport"] - rarer["trade"]
    after = classifier.with_prior(rarer).predict_proba(statements)
    assert (after[:, 0] < before[:, 0]).all()
    with pytest.raises(InputError, match="give a share for each of sport, trade, weather"):
        classifier.with_prior({"sport": 0.1})
    # The card shows mistakes in a table with the columns of the training data.
    odd = tmp_path / "odd.csv"
    odd.write_text("sentence,topic,split\ngoal match striker penalty keeper,weather,validation\n", "utf8")
    api.evaluate(model, odd, baselines=False, output=tmp_path / "odd")
    card = api.card(model, {tmp_path / "odd": "odd ones"}, examples=odd).read_text("utf8")
    assert "- weather, taken for sport (" in card
    assert "The likeliest label holds; there are no thresholds." in card


@pytest.mark.parametrize("other", ["none", None])
def test_errors_report_and_sampling_work_with_custom_labels(tmp_path: Path, other: str | None) -> None:
    pytest.importorskip("matplotlib", reason="needs the extra `report`")
    topics = tuple(TOPICS) if other else tuple(TOPICS)[:3]
    write_table(tmp_path / "mine.csv", 160, seed=1, labels=topics)
    write_table(tmp_path / "held-out.csv", 60, seed=2, labels=topics)
    settings = config(tmp_path, other=other, num_train_epochs=1)  # so that there are mistakes
    folds = api.train(settings, tmp_path / "folds", folds=3)
    api.errors(folds / "predictions.jsonl", None, tmp_path / "errors", splits=["train"])
    # The predicted label is the likeliest one, or `other` if the scores leave a remainder larger than any of them.
    mistakes = read_jsonl(tmp_path / "errors/mistakes.jsonl")
    assert mistakes
    for row in mistakes:
        remainder = 1 - sum(row["scores"].values()) if other else -1.0
        assert row["score"] == pytest.approx(max(remainder, *row["scores"].values()), abs=2e-4)
        assert row["label"] == (
            other if remainder > max(row["scores"].values()) else max(row["scores"], key=row["scores"].get)
        )
    page = api.report(folds / "fold-0", output=tmp_path / "report").read_text("utf8")
    assert (
        "Checkpoints and calibration are usually chosen on the validation split" in page
    )  # thresholds are not mentioned
    assert "The dot is where the likeliest label is given" in page

    with (tmp_path / "new.csv").open("w", encoding="utf8", newline="") as stream:
        csv.writer(stream).writerows([["sentence"], *([f"rain and storm, snow {i}"] for i in range(30))])
    api.sample(folds / "fold-0", tmp_path / "new.csv", tmp_path / "tasks.csv", size=8)
    with (tmp_path / "tasks.csv").open(encoding="utf-8-sig", newline="") as stream:
        tasks = list(csv.DictReader(stream))
    assert {row["predicted"] for row in tasks} <= {*topics}
    with (tmp_path / "done.csv").open("w", encoding="utf8", newline="") as stream:
        table = csv.DictWriter(stream, [*tasks[0]])
        table.writeheader()
        table.writerows(row | {"acts": topics[i % len(topics)]} for i, row in enumerate(tasks))
    api.import_labels(tmp_path / "done.csv", tmp_path / "more.jsonl", config=settings)
    # A file with the project's own field names can be combined with one that has custom columns.
    assert len(api.check([tmp_path / "mine.csv", tmp_path / "more.jsonl"], config=settings)[1]) == 168


@pytest.mark.parametrize(
    "settings",
    [
        {"labels": ["sport"], "problem_type": "multi_label_classification", "class_weight": "balanced"},
        {"labels": ["sport"], "problem_type": "single_label_classification"},
    ],
)
def test_a_single_label_that_all_rows_have_can_be_trained_and_evaluated(
    tmp_path: Path, settings: dict[str, object]
) -> None:
    write_table(tmp_path / "mine.csv", 40, seed=1, labels=("sport",))
    write_table(tmp_path / "held-out.csv", 12, seed=2, labels=("sport",))
    run = api.train(config(tmp_path, num_train_epochs=1, **settings), tmp_path / "run")
    [system] = api.evaluate(run, split="test", baselines=False)["systems"].values()
    assert system["modes"]["quote"]["macro_f1"] == 1


def test_labels_that_contradict_single_label_classification_are_refused(tmp_path: Path) -> None:
    def refusal(**changes: object) -> str:
        with pytest.raises(InputError) as refused:
            api.check(config=config(tmp_path, **changes))
        return str(refused.value)

    (tmp_path / "mine.csv").write_text("sentence,topic\nGoal and tariff.,sport|trade\nRain.,weather\n", "utf8")
    (tmp_path / "held-out.csv").write_text("sentence,topic\nWind.,weather\n", "utf8")
    message = "row 1: acts: sport, trade: one label at most, since problem_type is single_label_classification"
    assert message in refusal()
    (tmp_path / "mine.csv").write_text("sentence,topic\nPoem.,\nRain.,weather\n", "utf8")
    assert "row 1: acts: empty, where other rows have labels: write one, or leave the row out" in refusal(other=None)
    message = "other: needs a name unless problem_type is single_label_classification"
    assert refusal(other=None, problem_type="multi_label_classification").endswith(message)


def test_a_lack_of_statements_without_a_label_gives_a_warning(tmp_path: Path) -> None:
    write_table(tmp_path / "mine.csv", 160, seed=1, labels=tuple(TOPICS)[:3])
    findings, *_ = api.check(config=config(tmp_path, data=[f"train={tmp_path / 'mine.csv'}"]))
    for split in ("train", "validation"):
        assert f"no {split} statement is 'none': how likely it is stays a guess" in findings.warnings


def test_validation_size_needs_data_that_can_be_split(tmp_path: Path) -> None:
    write_table(tmp_path / "held-out.csv", 8, seed=2, labels=tuple(TOPICS))
    (tmp_path / "mine.csv").write_text("sentence,topic\nRain and storm.,weather\nGoal and match.,sport\n", "utf8")
    with pytest.raises(InputError, match="validation_size: needs two statements of a label in two groups"):
        api.train(config(tmp_path), tmp_path / "run")
    split = [f"train={tmp_path / 'held-out.csv'}", f"validation={tmp_path / 'mine.csv'}"]
    with pytest.raises(InputError, match="the data have a validation split of their own"):
        api.train(config(tmp_path, data=split), tmp_path / "other")


def test_the_prediction_is_the_likeliest_of_the_labels_and_the_remainder() -> None:
    scores = np.array([[0.5, 0.2], [0.2, 0.3], [0.4, 0.2]])
    assert decide(scores, None).tolist() == [[True, False], [False, False], [True, False]]
    assert decide(scores, [0.1, 0.25]).tolist() == [[True, False], [True, True], [True, False]]
    gold = np.array([[1, 0], [0, 0], [0, 1]])
    figures = acts_figures(scores, gold, labels=("a", "b"), thresholds=None, primary=["a", "", "b"])
    assert figures["primary_accuracy"] == pytest.approx(2 / 3)
    assert (figures["a"]["precision"], figures["b"]["recall"]) == (0.5, 0)
    # The first is right at 0.5, the second at 0.5 with no label (the remainder), and the third is wrong at 0.4.
    table = coverage_risk(label_scores(scores, None), np.array([True, True, False]), Resamples(["x", "y", "z"]))
    assert (table[0]["coverage"], table[0]["risk"]) == (1, pytest.approx(1 / 3))
    assert table[0]["min_score"] == pytest.approx(0.4)
    assert table[-1]["risk"] == 0


def test_temperature_corrects_overconfidence() -> None:
    draw = np.random.default_rng(0)
    real = draw.normal(size=(4000, 3))
    probabilities = np.exp(real) / np.exp(real).sum(axis=1, keepdims=True)
    gold = np.array([draw.choice(3, p=row) for row in probabilities])
    assert fit_temperature(real * 4, gold) == pytest.approx(0.25, abs=0.02)
