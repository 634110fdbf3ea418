"""Calling every command from Python, which writes the same files; and what every file of results records."""

import contextlib
import io
import json
import re
from pathlib import Path
from typing import NamedTuple

import pytest

from rejoinder import InputError
from rejoinder_training import api
from rejoinder_training.cli import app
from rejoinder_training.cli.console import wide_console
from rejoinder_training.config.run import RESERVED
from rejoinder_training.data import read_data
from rejoinder_training.data.readers import data_digest
from rejoinder_training.evaluation.printing import print_results
from tests.conftest import CORPUS, ROOT, Command, error_line, lots_config, provenance_of, run_module
from tests.files import write_jsonl

_PRIOR = {"denial": 0.05, "allegation": 0.2, "counter_accusation": 0.02}
_FIGURES = (
    *("--slice", "kind", "--no-baselines"),
    *(word for label, share in _PRIOR.items() for word in ("--prior", f"{label}={share}")),
)
_TIMES = {"seconds", "minutes", "peak_memory_mb"}


class Outputs(NamedTuple):
    """The folders that the commands and the calls wrote, and what `evaluate` printed for each."""

    command: Path
    python: Path
    run: Path
    printed: tuple[str, str]


@pytest.fixture(scope="module")
def outputs(short: Path, lots: Path, tmp_path_factory: pytest.TempPathFactory) -> Outputs:
    """The outputs of the commands and of the calls of the same names, for the same statements."""
    folder, run, other = tmp_path_factory.mktemp("api"), short / "run", lots / "run"
    rows = read_data([CORPUS[1]])[0].select(range(130))
    data = write_jsonl(folder / "statements.jsonl", [row | {"kind": f"kind {i % 2}"} for i, row in enumerate(rows)])
    labelled = folder / "labelled.csv"
    labelled.write_text("id,quote,acts\na,They lied to us.,allegation\nb,Rain fell.,other\n", "utf8")
    out, these = folder / "command", ("--data", data)
    printed = ""
    for command in (
        ("evaluate", run, *these, *_FIGURES, "-o", out / "evaluate"),
        ("compare", run, other, *these, "--split", "validation", "-o", out / "compare"),
        ("errors", run, *these, "-o", out / "errors"),
        ("report", run, *these, "--no-baselines", "-o", out / "report"),
        ("import-labels", labelled, "-o", out / "labelled.jsonl"),
    ):
        done = run_module("rejoinder_training", *command)
        assert done.returncode == 0, done.stderr
        if command[0] == "evaluate":
            printed = done.stdout
    called = folder / "python"
    api.compare([run, other], [data], split="validation", output=called / "compare")
    api.errors(run, [data], called / "errors")
    api.report([run], [data], output=called / "report", baselines=False)
    api.import_labels([labelled], called / "labelled.jsonl")
    # The figures must be the same in this process, in which other tests have imported more.
    figures = api.evaluate(
        run, data, output=called / "evaluate", slices=["source", "kind"], baselines=False, prior=_PRIOR
    )
    with contextlib.redirect_stdout(io.StringIO()) as stream:
        print_results(figures, wide_console())
    return Outputs(out, called, run, (printed, stream.getvalue()))


def test_every_command_has_a_function_of_the_same_name() -> None:
    names = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    assert names <= {*api.__all__}


@pytest.mark.parametrize(
    "file",
    ["evaluate/metrics.json", "compare/comparison.json", "errors/errors.json", "report/metrics.json", "config.json"],
)
def test_results_files_record_their_data_software_and_hardware(outputs: Outputs, file: str) -> None:
    record = provenance_of((outputs.run if file == "config.json" else outputs.command) / file)
    assert "training" in record["seeds"]


def test_calls_and_commands_write_identical_files_except_for_times(outputs: Outputs) -> None:
    files = sorted(file.relative_to(outputs.command) for file in outputs.command.rglob("*") if file.is_file())
    assert len(files) > 15
    assert files == sorted(file.relative_to(outputs.python) for file in outputs.python.rglob("*") if file.is_file())
    for file in files:
        if file.name != "report.html":  # contains the command and the time
            assert _timeless(outputs.command / file) == _timeless(outputs.python / file), file


def _timeless(file: Path) -> bytes:
    return b"\n".join(line for line in file.read_bytes().splitlines() if not line.startswith(b'  "seconds": '))


def test_the_command_prints_what_the_call_returns(outputs: Outputs) -> None:
    assert outputs.printed[1] == outputs.printed[0]


def test_slices_and_the_prior_appear_in_the_figures_and_the_record(outputs: Outputs) -> None:
    metrics, printed = json.loads((outputs.command / "evaluate/metrics.json").read_text("utf8")), outputs.printed[0]
    assert (metrics["config"]["slices"], metrics["config"]["prior"]) == (["source", "kind"], _PRIOR)
    full = metrics["systems"][str(outputs.run)]["modes"]["full"]
    assert full["slices"].keys() >= {"kind: kind 0", "kind: kind 1"}
    assert full["natural"]["prior"] == _PRIOR
    assert "where labels are as frequent as the prior says" in printed
    # There are also figures over all acts, and the error rate among the most confident predictions.
    for words in ("macro AP", f"{full['micro_average_precision']:.3f}", f"{full['log_loss']:.3f}"):
        assert words in printed
    half = full["coverage_risk"][-1]
    low, high = half["interval"]
    assert f"{half['risk']:.1%} [{low:.1%}, {high:.1%}] ({half['min_score']:.2f})" in printed
    assert full["denial"]["coverage_risk"][0]["coverage"] == 1
    assert 0 < full["denial"]["coverage_risk"][0]["risk"] < 1
    assert "on validation: expect less on test" in printed


def test_a_report_contains_the_command_that_makes_it(outputs: Outputs) -> None:
    for page in (outputs.command, outputs.python):
        text = (page / "report/report.html").read_text("utf8")
        assert f"rejoinder-train report {outputs.run} --data {outputs.command.parent / 'statements.jsonl'}" in text


def test_a_label_cannot_have_the_name_of_a_figure(outputs: Outputs, tmp_path: Path) -> None:
    metrics = json.loads((outputs.command / "evaluate/metrics.json").read_text("utf8"))
    full = metrics["systems"][str(outputs.run)]["modes"]["full"]
    assert {*full, *full["natural"], *full["intervals"]} - {*metrics["labels"]} <= RESERVED
    config = lots_config(tmp_path, labels=["denial", "exact_match"])
    with pytest.raises(InputError, match="labels: exact_match: the name of a figure in files of results; take another"):
        api.check(config=config)


def test_a_call_and_the_command_train_the_same_run(tmp_path: Path, rejoinder_train: Command) -> None:
    (tmp_path / "held-out.csv").write_text("quote,acts\nWe never took it,denial\n", "utf8")
    data = [str(tmp_path / "lots.jsonl"), f"test={tmp_path / 'held-out.csv'}"]
    config = lots_config(tmp_path, num_train_epochs=1, data=data)
    done = rejoinder_train("train", config, "--run", tmp_path / "a/run")
    assert done.returncode == 0, done.stderr
    assert api.train(config, tmp_path / "b/run") == tmp_path / "b/run"
    by_command, by_call = (tmp_path / "a/run", tmp_path / "b/run")
    assert {file.name for file in by_command.iterdir()} == {file.name for file in by_call.iterdir()}
    assert (by_command / "model.safetensors").read_bytes() == (by_call / "model.safetensors").read_bytes()
    records = [json.loads((run / "config.json").read_text("utf8"))["rejoinder"] for run in (by_command, by_call)]
    for record in records:
        record["training"] = {name: value for name, value in record["training"].items() if name not in _TIMES}
    assert records[0] == records[1]
    assert records[0]["training"]["sources"] == ["lots"]  # without the file held out for testing
    logs = [(run / "train.log").read_text("utf8").replace(str(run), "RUN") for run in (by_command, by_call)]
    assert _without_times(logs[0]) == _without_times(logs[1])
    assert "calibration: slopes" in logs[0]


def _without_times(log: str) -> list[str]:
    """Return the lines of a log with numbers masked, without a warning that transformers logs only if steps are fast.

    It warns after saving two checkpoints within a second, since it then considers modification times unreliable.
    """
    return [re.sub(r"[\d.:,-]+", "#", line) for line in log.splitlines() if "mtime may not be reliable" not in line]


def test_the_data_digest_depends_on_the_split_of_each_file(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.jsonl").write_text(json.dumps({"quote": f"Words of {name}", "acts": []}) + "\n", "utf8")
    a, b = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    named = [f"train={a}", f"test={b}"]
    report = read_data(named)[1]
    assert report.digest == data_digest([*reversed(named)])
    assert len({report.digest, data_digest([f"test={a}", f"train={b}"]), data_digest([a, b])}) == 3
    assert report.record()["data"][f"test={b}"]["statements"] == 1


@pytest.mark.parametrize("command", ["evaluate", "compare"])
@pytest.mark.parametrize(
    ("split", "message"),
    [
        ("tset", "split: 'tset' is none of train, validation, test"),
        ("train", "no labelled statements in the split 'train'"),
    ],
)
def test_empty_and_unknown_splits_are_refused(command: str, split: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        getattr(api, command)(["bundled", f"{__name__}:never"], [CORPUS[1]], split=split, output=tmp_path / "out")
    assert str(refused.value).startswith(message)
    assert not (tmp_path / "out").exists()


def never(statements: object) -> None:
    raise AssertionError("asked for scores")


@pytest.mark.parametrize("command", ["evaluate", "compare"])
def test_commands_validate_their_arguments_before_scoring(
    command: str, tmp_path: Path, rejoinder_train: Command
) -> None:
    (tmp_path / "peer.py").write_text("def scores(statements):\n    raise SystemExit('asked for scores')\n", "utf8")
    (tmp_path / "out").touch()
    systems = ("peer:scores", "bundled", "--data", CORPUS[1])
    done = rejoinder_train(command, *systems, "--split", "validation", "-o", "out", cwd=tmp_path)
    assert error_line(done) == "rejoinder-train: out: is a file; name a folder"
    done = rejoinder_train(command, *systems, "--split", "test", cwd=tmp_path)
    assert error_line(done) == (
        "rejoinder-train: no labelled statements in the split 'test'; there are some in validation: name another with "
        "--split, or put a file into it as test=FILE"
    )


def test_a_single_path_is_accepted_instead_of_a_list(
    lots: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = read_data([CORPUS[1]])[0].select(range(6))
    statements, missing = tmp_path / "mine.jsonl", tmp_path / "none.csv"
    statements.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf8")
    monkeypatch.chdir(tmp_path)
    for path, system in ((statements, lots / "run"), (str(statements), str(lots / "run"))):
        assert len(api.check(path)[1]) == 6
        found = api.evaluate(system, path, baselines=False)
        assert ([*found["systems"]], found["statements"]) == ([str(system)], 6)
    with pytest.raises(InputError, match="compare: name two systems or more"):
        api.compare(lots / "run")
    for path in (missing, str(missing)):
        with pytest.raises(InputError) as refused:
            api.train(ROOT / "configs/smoke.yaml", tmp_path / "run", data=path)
        assert str(refused.value) == f"{missing}: no such file"  # no hint to run `prepare`
        with pytest.raises(InputError, match=r"none\.csv: no such file"):
            api.import_labels(path, tmp_path / "labelled.jsonl")
