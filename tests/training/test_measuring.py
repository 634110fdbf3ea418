"""What systems are measured on, and beside what, by the real runs."""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import yaml

from rejoinder import ACTS, InputError, Statement
from rejoinder.model_folder import sha256
from rejoinder_training import api
from rejoinder_training.config import load_config
from tests.conftest import lots_config
from tests.files import read_jsonl, write_jsonl

TFIDF = "TF-IDF + logistic regression"
PEER = f"{__name__}:unsure"


def unsure(statements: Sequence[Statement]) -> list[list[float]]:
    return [[0.5] * len(ACTS) for _ in statements]


def test_baselines_learn_from_what_the_run_was_trained_on(lots: Path, tmp_path: Path) -> None:
    rows = read_jsonl(lots / "lots.jsonl")[:40]
    others = write_jsonl(tmp_path / "others.jsonl", [row | {"quote": f"{row['quote']} in May"} for row in rows])
    own = api.evaluate(lots / "run")["systems"]
    apart = api.evaluate(lots / "run", f"test={others}", split="test")["systems"]
    assert apart.keys() == own.keys()
    # On the same training and validation rows they come out the same, whatever they are measured on.
    assert apart[TFIDF]["thresholds"] == own[TFIDF]["thresholds"]
    assert apart[TFIDF]["modes"]["full"]["macro_f1"] > 0.2


@pytest.mark.parametrize(
    ("split", "why"),
    [
        ("test", "no training statements to fit baselines on"),
        ("train", "no baselines: they learn from the training statements"),
    ],
)
def test_there_are_no_baselines_without_training_statements_that_are_not_measured_themselves(
    split: str, why: str, few_articles: list[Path], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        found = api.evaluate(PEER, [f"{split}={few_articles[2]}", few_articles[1]], split=split)["systems"]
    assert [*found] == [PEER]
    assert why in caplog.text


def test_a_split_without_statements_has_nothing_to_score(few_articles: list[Path], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no statements in the split train; name another with --split"):
        api.score(PEER, f"test={few_articles[2]}", tmp_path / "teacher.tsv.gz")
    assert not [*tmp_path.iterdir()]


def test_a_configuration_need_not_stand_in_a_file(tmp_path: Path) -> None:
    file = lots_config(tmp_path, num_train_epochs=1)
    settings = yaml.safe_load(file.read_text("utf8"))
    runs = [
        api.train(config, tmp_path / name)
        for name, config in (("file", file), ("mapping", settings), ("config", load_config(file)))
    ]
    assert len({sha256(run / "model.safetensors") for run in runs}) == 1
    with pytest.raises(InputError, match="run: name a folder"):
        api.train(settings)
    with pytest.raises(InputError, match="config: unknown key 'learnin_rate'"):
        api.train(settings | {"learnin_rate": 1.0}, tmp_path / "none")
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda out: api.evaluate([], "a.csv"), "name a system or more"),
        (lambda out: api.compare(["a", "b"], mode="ful"), "mode: 'ful' is none of quote, attribution, full"),
        (lambda out: api.errors("a", None, out, mode="ful"), "mode: 'ful' is none of quote, attribution, full"),
        (lambda out: api.score("a", "b.csv", out), r"out\.csv: probabilities are written as gzipped TSV; name a file"),
        (lambda out: api.score("a", "b.csv", out, sample=-1), "sample: -1; it must be a whole number from 0 on"),
        (lambda out: api.sample("a", "b.csv", out, size=-3), "size: -3; it must be a whole number from 1 on"),
        (lambda out: api.sample("a", "b.csv", out, random=-0.5), r"--random -0\.5: a share from 0 to 1"),
        (lambda out: api.card("a", ["ev"]), "evaluations: give the name of the data of each folder"),
    ],
)
def test_what_cannot_be_asked_is_told_before_anything_is_read(
    call: Callable[[Path], object], message: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=message):
        call(tmp_path / "out.csv")
    assert not [*tmp_path.iterdir()]


def test_one_name_stands_for_a_list_of_one(few_articles: list[Path], tmp_path: Path) -> None:
    data, told = few_articles[1], {"baselines": False, "split": "validation"}
    one = api.evaluate(PEER, data, slices="speaker", **told)
    assert one["config"]["slices"] == ["speaker"]
    assert [*api.errors(PEER, data, tmp_path / "errors", splits="validation")]
    with pytest.raises(InputError, match="wanted: 'insult' is none of"):
        api.sample(PEER, few_articles[0], tmp_path / "tasks.csv", wanted="insult")
    with pytest.raises(InputError, match="prior: shares must be 0 or more"):
        api.evaluate(PEER, data, prior=dict.fromkeys(ACTS, "0.1"), **told)


@pytest.mark.parametrize("ask", [api.evaluate, api.compare, api.report])
def test_a_run_is_not_measured_on_what_it_was_trained_on(ask: object, lots: Path, tmp_path: Path) -> None:
    systems = [lots / "run", PEER] if ask is api.compare else lots / "run"
    with pytest.raises(InputError, match="has learnt from"):
        ask(systems, split="train", output=tmp_path / "page")  # type: ignore[operator]
