"""Comparisons that account for the randomness of training, and for several candidates."""

import io
import json
import logging
from pathlib import Path

import numpy as np
import pytest

from rejoinder import InputError
from rejoinder_training import api
from rejoinder_training.cli.console import Terminal
from rejoinder_training.evaluation import compare
from rejoinder_training.evaluation.bootstrap import Resamples, interval
from rejoinder_training.evaluation.compare import Side, _resampled
from rejoinder_training.evaluation.printing import print_comparison
from rejoinder_training.evaluation.seeds import folders_of_seeds, over_compared_seeds
from tests.training.test_compare import DATA, ROWS, system

PEER = "tests.training.test_measuring:unsure"


def side(name: str, *wrong_every: int) -> Side:
    """Return a configuration with a run for each n in `wrong_every`, which is wrong only on every n-th statement."""
    return Side(name, tuple(system(f"{name}/seed-{i}", wrong) for i, wrong in enumerate(wrong_every)))


def test_configurations_are_compared_by_the_means_of_their_runs() -> None:
    results, changed = compare(side("old", 3, 4), side("new", 30, 40, 50), DATA, split="validation")
    figures = results["modes"]["full"]
    assert results["runs"] == {"a": ["old/seed-0", "old/seed-1"], "b": [f"new/seed-{i}" for i in range(3)]}
    assert (figures["a"], figures["b"]) == tuple(pytest.approx(np.mean(figures["runs"][name])) for name in "ab")
    alone, _ = compare(system("x", 3), system("y", 40), DATA, split="validation")
    assert alone["modes"]["full"]["a"] == figures["runs"]["a"][0]
    assert alone["modes"]["full"]["b"] == figures["runs"]["b"][1]
    assert "runs" not in {**alone, **alone["modes"]["full"]}
    assert results["verdict"].startswith("replace old by new: macro-F1 +0.")
    assert " of 120 groups with 3 seeds against 2, on which thresholds" in results["verdict"]
    assert figures["mcnemar"] is None
    # The label of a side is that of most runs; if two runs disagree, that of the first.
    old = [i for i in range(len(ROWS)) if i % 3 == 0]
    new = [i for i in range(len(ROWS)) if sum(i % wrong == 0 for wrong in (30, 40, 50)) > 1]
    assert [statement["id"] for statement in changed] == [f"r{i}" for i in sorted({*old} ^ {*new})]
    printed = Terminal(300, file=io.StringIO())
    print_comparison(results, changed, printed)
    assert isinstance(printed.file, io.StringIO)
    assert "McNemar's test" not in printed.file.getvalue()
    found = over_compared_seeds({"new"}, [results])
    assert found["new"]["full"]["macro_f1"] == figures["runs"]["b"]
    assert found.keys() == {"new"}


def test_a_large_spread_of_runs_leaves_the_verdict_open() -> None:
    # By the statements alone the means clearly differ; given the spread of the runs they may be equal.
    old, new = side("old", 5, 5, 5), side("new", 2, 60, 60)
    results, _ = compare(old, new, DATA, split="validation")
    assert results["verdict"].startswith("cannot tell whether to replace old by new: macro-F1 ")
    assert results["verdict"].endswith("; more seeds may show a difference, as more statements may")
    low, high = results["modes"]["full"]["interval"]
    narrow = compare(old, side("new", 13, 13, 13), DATA, split="validation")[0]["modes"]["full"]["interval"]
    assert high - low > 3 * (narrow[1] - narrow[0])


def test_resampling_few_runs_gives_the_standard_error_of_their_mean() -> None:
    # With a single group every resample gives a run the same macro-F1, so what varies is only the choice of runs.
    gold = np.ones((40, 1), dtype=bool)
    gold[1::2] = False
    runs = [gold | (np.arange(40) % 2 == 1)[:, None], gold, gold & False]
    drawn = Resamples(["one"] * 40, resamples=20_000)
    values = np.array([2 / 3, 1, 0])
    found = _resampled(runs, gold, drawn, np.ones(40), np.random.default_rng(0))
    assert found.mean() == pytest.approx(values.mean(), abs=0.01)
    assert found.std() == pytest.approx(values.std(ddof=1) / 3**0.5, rel=0.02)


def test_a_run_can_be_compared_with_the_mean_of_its_own_configuration() -> None:
    recipe = side("new", 30, 40, 50)
    results, _ = compare(recipe.runs[0], recipe, DATA, split="validation")
    assert results["modes"]["full"]["difference"] > 0
    with pytest.raises(InputError, match="the same system twice: new, new"):
        compare(recipe, recipe, DATA, split="validation")


def test_several_candidates_widen_the_interval_of_the_verdict() -> None:
    old, new = system("old", 9), system("new", 16)
    alone, _ = compare(old, new, DATA, split="validation")
    of_eight, _ = compare(old, new, DATA, split="validation", candidates=8)
    assert alone["modes"]["full"]["interval"] == of_eight["modes"]["full"]["interval"]
    assert not {"candidates", "verdict_interval"} & {*alone, *alone["modes"]["full"]}
    low, high = of_eight["modes"]["full"]["verdict_interval"]
    assert low < alone["modes"]["full"]["interval"][0] < alone["modes"]["full"]["interval"][1] < high
    assert f"[{low:+.3f}, {high:+.3f}] (the interval of 99.4 %, as one of 8 candidates) on 240" in of_eight["verdict"]
    assert interval(np.arange(1001.0), outside=5 / 10) == [2.5, 997.5]
    # A difference that is decisive for one candidate may not be for one of many.
    assert alone["verdict"].startswith("replace old by new")
    assert of_eight["verdict"].startswith("cannot tell whether to replace old by new")


def finished(run: Path) -> str:
    run.mkdir(parents=True)
    (run / "run.yaml").write_text("seed: 1\n", "utf8")
    (run / "model.safetensors").write_bytes(b"")
    return str(run)


def test_a_folder_of_seeds_stands_for_its_finished_runs(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = tmp_path / "my-seeds"
    runs = [finished(folder / f"seed-{i}") for i in (9, 10)]
    assert folders_of_seeds([folder]) == (runs, {str(folder): runs})
    assert not caplog.records
    for name in ("seed-11", "seed-12"):
        (folder / name).mkdir()
    (folder / "seed-11/run.yaml").write_text("seed: 1\n", "utf8")
    with caplog.at_level(logging.WARNING):
        # A run that is also named separately is measured once.
        assert folders_of_seeds([runs[1], folder, "bundled"]) == ([runs[1], runs[0], "bundled"], {str(folder): runs})
    assert caplog.messages == [
        f"{folder}: left out, since training has not finished: seed-11; go on with --resume",
    ]


def test_api_compare_accepts_folders_of_runs(lots: Path, few_articles: list[Path], tmp_path: Path) -> None:
    for name in ("old", "new"):
        for seed in (1, 2):
            (tmp_path / name).mkdir(exist_ok=True)
            (tmp_path / name / f"seed-{seed}").symlink_to(lots / "run")
    systems = [tmp_path / "old", tmp_path / "new", tmp_path / "old/seed-1", PEER]
    found = api.compare(systems, few_articles[1:], output=tmp_path / "out")
    assert [(comparison["a"], comparison["b"]) for comparison in found["comparisons"]] == [
        (str(tmp_path / "old"), str(other)) for other in systems[1:]
    ]
    same, own, peer = found["comparisons"]
    assert same["modes"]["full"]["interval"] == own["modes"]["full"]["interval"] == [0, 0]
    assert "as one of 3 candidates" in peer["verdict"]
    assert peer["runs"] == {"a": [str(tmp_path / f"old/seed-{i}") for i in (1, 2)], "b": [PEER]}
    assert found["over_seeds"].keys() == {str(tmp_path / "old"), str(tmp_path / "new")}
    assert json.loads((tmp_path / "out/comparison.json").read_text("utf8"))["over_seeds"] == found["over_seeds"]
