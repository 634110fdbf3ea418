"""What the API evaluates systems on and compares them with, for real runs."""

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


def test_baselines_are_fitted_on_the_training_data_of_the_run(lots: Path, tmp_path: Path) -> None:
    rows = read_jsonl(lots / "lots.jsonl")[:40]
    others = write_jsonl(tmp_path / "others.jsonl", [row | {"quote": f"{row['quote']} in May"} for row in rows])
    own = api.evaluate(lots / "run")["systems"]
    apart = api.evaluate(lots / "run", f"test={others}", split="test")["systems"]
    assert apart.keys() == own.keys()
    # The same training and validation rows give the same baselines, whatever these are evaluated on.
    assert apart[TFIDF]["thresholds"] == own[TFIDF]["thresholds"]
    assert apart[TFIDF]["modes"]["full"]["macro_f1"] > 0.2


@pytest.mark.parametrize(
    ("split", "reason"),
    [
        ("test", "no training statements to fit baselines on"),
        ("train", "no baselines: they learn from the training statements"),
    ],
)
def test_baselines_need_training_statements_that_are_not_themselves_evaluated(
    split: str, reason: str, few_articles: list[Path], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        found = api.evaluate(PEER, [f"{split}={few_articles[2]}", few_articles[1]], split=split)["systems"]
    assert [*found] == [PEER]
    assert reason in caplog.text


def test_scoring_an_empty_split_is_refused(few_articles: list[Path], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no statements in the split train; name another with --split"):
        api.score(PEER, f"test={few_articles[2]}", tmp_path / "teacher.tsv.gz")
    assert not [*tmp_path.iterdir()]


def test_a_configuration_may_be_a_file_a_mapping_or_an_object(tmp_path: Path) -> None:
    file = lots_config(tmp_path, num_train_epochs=1)
    settings = yaml.safe_load(file.read_text("utf8"))
    runs = [
        api.train(config, tmp_path / name)
        for name, config in (("file", file), ("mapping", settings), ("config", load_config(file)))
    ]
    assert len({sha256(run / "model.safetensors") for run in runs}) == 1
    with pytest.raises(InputError, match="run: a configuration that is not in a file needs a folder for its run"):
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
        (lambda out: api.score("a", "b.csv", out, sample=-1), "sample: -1; it must be a whole number of at least 0"),
        (lambda out: api.sample("a", "b.csv", out, size=-3), "size: -3; it must be a whole number of at least 1"),
        (lambda out: api.sample("a", "b.csv", out, random=-0.5), r"--random -0\.5: a share from 0 to 1"),
        (lambda out: api.card("a", ["ev"]), "evaluations: give the name of the data of each folder"),
    ],
)
def test_invalid_arguments_are_refused_before_anything_is_read(
    call: Callable[[Path], object], message: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=message):
        call(tmp_path / "out.csv")
    assert not [*tmp_path.iterdir()]


def test_a_single_name_is_accepted_for_a_list(few_articles: list[Path], tmp_path: Path) -> None:
    data, options = few_articles[1], {"baselines": False, "split": "validation"}
    results = api.evaluate(PEER, data, slices="speaker", **options)
    assert results["config"]["slices"] == ["speaker"]
    assert [*api.errors(PEER, data, tmp_path / "errors", splits="validation")]
    with pytest.raises(InputError, match="wanted: 'insult' is none of"):
        api.sample(PEER, few_articles[0], tmp_path / "tasks.csv", wanted="insult")
    with pytest.raises(InputError, match="prior: shares must be 0 or more"):
        api.evaluate(PEER, data, prior=dict.fromkeys(ACTS, "0.1"), **options)


@pytest.mark.parametrize("call", [api.evaluate, api.compare, api.report])
def test_a_run_is_not_evaluated_on_its_training_data(call: object, lots: Path, tmp_path: Path) -> None:
    systems = [lots / "run", PEER] if call is api.compare else lots / "run"
    with pytest.raises(InputError, match="has learnt from"):
        call(systems, split="train", output=tmp_path / "page")  # type: ignore[operator]
