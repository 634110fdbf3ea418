"""Training functions called from Python: invalid arguments are refused as by the command, valid ones take effect."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from rejoinder import InputError
from rejoinder_training import api
from tests.conftest import lots_config


def test_invalid_arguments_are_refused_before_a_run_is_begun(tmp_path: Path) -> None:
    nothing, run = lots_config(tmp_path, data=[]).rename(tmp_path / "nothing.yaml"), tmp_path / "run"
    few = lots_config(tmp_path, seed=2**32 - 2)
    for call, message in (
        (lambda: api.train(few, run, folds=2), "folds: 2; it must be a whole number of at least 3"),
        (lambda: api.train(few, run, seeds=0), "seeds: 0; it must be a whole number of at least 2"),
        (lambda: api.train(few, run, seeds=3), "seed: 4294967294 leaves no room for 3 seeds below 4294967296"),
        (lambda: api.learning_curve(few, run, seeds=3), "leaves no room for 3 seeds"),
        (lambda: api.learning_curve(few, run, seeds=0), "seeds: 0; it must be a whole number of at least 1"),
        (lambda: api.train(few, run, seeds=2.0), r"seeds: 2\.0; it must be a whole number of at least 2"),  # type: ignore[arg-type]
        (lambda: api.learning_curve(few, run, train_sizes=0.5), r"train_sizes: 0\.5; give a list"),  # type: ignore[arg-type]
        (lambda: api.learning_curve(few, run, train_sizes=["1"]), "--train-size: a share"),  # type: ignore[list-item]
        (lambda: api.learning_curve(few, run, train_sizes=[]), "--train-size: a share above 0 and up to 1"),
        (lambda: api.train(nothing, run), r"nothing\.yaml: data: names no file of statements"),
        (
            lambda: api.train({"base_model": "tiny"}, run),
            "config: data: names no file of statements; add one",
        ),
        (lambda: api.search(few, run, trials="2"), "trials: '2'; it must be a whole number of at least 1"),  # type: ignore[arg-type]
        (lambda: api.search(few, run, minutes="3"), "minutes: '3'; it must be a number above 0"),  # type: ignore[arg-type]
        (lambda: api.export(run, run, weights="int4"), "weights: 'int4' is none of fp32, fp16, int8"),  # type: ignore[arg-type]
        (lambda: api.check(tmp_path / "lots.jsonl", columns={"quote": 5}), "columns: quote: 5 is not a column name"),  # type: ignore[dict-item]
        (lambda: api.train(lots_config(tmp_path, columns={"act": "nope"}), run), r"lots\.yaml: columns: no field act;"),
    ):
        with pytest.raises(InputError, match=message):
            call()
    assert not run.exists()


def test_commands_that_do_not_train_import_no_training_libraries(tmp_path: Path) -> None:
    lots_config(tmp_path)
    (tmp_path / "new.jsonl").write_text('{"quote": "It is false."}\n{"quote": "They lied."}\n', "utf8")
    (tmp_path / "filled.jsonl").write_text('{"id": "a", "quote": "They lied.", "acts": ["allegation"]}\n', "utf8")
    commands = (
        "--help",
        "init project",
        "check lots.jsonl",
        "import-labels filled.jsonl -o labelled.jsonl",
        "score bundled --data new.jsonl -o teacher.tsv.gz",
        "sample bundled --data new.jsonl --size 1 -o tasks.csv",
    )
    program = f"""
import sys, rejoinder_training.cli as cli
for command in {commands}:
    sys.argv[1:] = command.split()
    try:
        cli.main()
    except SystemExit as end:
        code = end.code
    there = {{"torch", "transformers", "evaluate", "sklearn.cluster"}} & sys.modules.keys()
    print("told:", code, sys.argv[1], *there)
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    reported = [line for line in done.stdout.splitlines() if line.startswith("told: ")]
    expected = [f"told: 0 {command.split()[0]}" for command in commands]
    assert reported in (expected, [*expected[:-1], f"{expected[-1]} sklearn.cluster"]), done.stderr


def test_api_functions_are_listed_and_unknown_names_raise_attribute_errors() -> None:
    assert {*api.__all__} <= {*dir(api)}
    assert all(callable(getattr(api, name)) for name in api.__all__)
    with pytest.raises(AttributeError, match=r"module 'rejoinder_training\.api' has no attribute 'trian'"):
        api.trian  # noqa: B018  # type: ignore[attr-defined]


def test_keep_layers_applies_to_the_tiny_encoder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = api.train(lots_config(tmp_path, keep_layers=[1], num_train_epochs=1), tmp_path / "run")
    assert "examples/s" not in capsys.readouterr().err  # a progress bar of `datasets`
    assert json.loads((run / "config.json").read_text("utf8"))["num_hidden_layers"] == 1
    with pytest.raises(InputError, match=r"keep_layers: \[2\] named twice or not among the layers 0 to 1"):
        api.train(lots_config(tmp_path, keep_layers=[0, 2]), tmp_path / "other")
