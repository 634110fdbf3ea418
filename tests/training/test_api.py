"""Every command as a Python call: the same files; and what every file of results carries."""

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
from tests.conftest import CORPUS, ROOT, Command, lots_config, one_line, record_of, run_module
from tests.files import write_jsonl

_PRIOR = {"denial": 0.05, "allegation": 0.2, "counter_accusation": 0.02}
_FIGURES = (
    *("--slice", "kind", "--no-baselines"),
    *(word for label, share in _PRIOR.items() for word in ("--prior", f"{label}={share}")),
)
_TIMES = {"seconds", "minutes", "peak_memory_mb"}


class Made(NamedTuple):
    command: Path
    python: Path
    run: Path
    printed: tuple[str, str]


@pytest.fixture(scope="module")
def made(short: Path, lots: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """What the commands and the calls of the same names write about the same statements."""
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
    # The same figures once more, after all that others have imported.
    figures = api.evaluate(
        run, data, output=called / "evaluate", slices=["source", "kind"], baselines=False, prior=_PRIOR
    )
    with contextlib.redirect_stdout(io.StringIO()) as stream:
        print_results(figures, wide_console())
    return Made(out, called, run, (printed, stream.getvalue()))


def test_every_command_is_a_call_of_the_same_name() -> None:
    names = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    assert names <= {*api.__all__}


@pytest.mark.parametrize(
    "file",
    ["evaluate/metrics.json", "compare/comparison.json", "errors/errors.json", "report/metrics.json", "config.json"],
)
def test_files_of_results_tell_what_they_were_made_of_with_and_on(made: Made, file: str) -> None:
    record = record_of((made.run if file == "config.json" else made.command) / file)
    assert "training" in record["seeds"]


def test_a_call_writes_the_bytes_of_the_command_but_for_time(made: Made) -> None:
    files = sorted(file.relative_to(made.command) for file in made.command.rglob("*") if file.is_file())
    assert len(files) > 15
    assert files == sorted(file.relative_to(made.python) for file in made.python.rglob("*") if file.is_file())
    for file in files:
        if file.name != "report.html":  # which says the command and the time
            assert _timeless(made.command / file) == _timeless(made.python / file), file


def _timeless(file: Path) -> bytes:
    return b"\n".join(line for line in file.read_bytes().splitlines() if not line.startswith(b'  "seconds": '))


def test_what_a_call_returns_is_what_the_command_prints(made: Made) -> None:
    assert made.printed[1] == made.printed[0]


def test_slices_and_a_prior_reach_the_figures_and_the_record(made: Made) -> None:
    metrics, printed = json.loads((made.command / "evaluate/metrics.json").read_text("utf8")), made.printed[0]
    assert (metrics["config"]["slices"], metrics["config"]["prior"]) == (["source", "kind"], _PRIOR)
    full = metrics["systems"][str(made.run)]["modes"]["full"]
    assert full["slices"].keys() >= {"kind: kind 0", "kind: kind 1"}
    assert full["natural"]["prior"] == _PRIOR
    assert "where labels are as frequent as the prior says" in printed
    # All acts together stand there too, and what is wrong among the surest.
    for words in ("macro AP", f"{full['micro_average_precision']:.3f}", f"{full['log_loss']:.3f}"):
        assert words in printed
    half = full["coverage_risk"][-1]
    low, high = half["interval"]
    assert f"{half['risk']:.1%} [{low:.1%}, {high:.1%}] ({half['min_score']:.2f})" in printed
    assert full["denial"]["coverage_risk"][0]["coverage"] == 1
    assert 0 < full["denial"]["coverage_risk"][0]["risk"] < 1
    assert "on validation: expect less on test" in printed


def test_a_page_says_how_to_make_it_again(made: Made) -> None:
    for page in (made.command, made.python):
        text = (page / "report/report.html").read_text("utf8")
        assert f"rejoinder-train report {made.run} --data {made.command.parent / 'statements.jsonl'}" in text


def test_no_label_is_called_as_a_figure_is(made: Made, tmp_path: Path) -> None:
    metrics = json.loads((made.command / "evaluate/metrics.json").read_text("utf8"))
    full = metrics["systems"][str(made.run)]["modes"]["full"]
    assert {*full, *full["natural"], *full["intervals"]} - {*metrics["labels"]} <= RESERVED
    config = lots_config(tmp_path, labels=["denial", "exact_match"])
    with pytest.raises(InputError, match="labels: exact_match: the name of a figure in files of results; take another"):
        api.check(config=config)


def test_a_run_trained_by_a_call_is_that_of_the_command(tmp_path: Path, rejoinder_train: Command) -> None:
    (tmp_path / "held-out.csv").write_text("quote,acts\nWe never took it,denial\n", "utf8")
    data = [str(tmp_path / "lots.jsonl"), f"test={tmp_path / 'held-out.csv'}"]
    config = lots_config(tmp_path, num_train_epochs=1, data=data)
    done = rejoinder_train("train", config, "--run", tmp_path / "a/run")
    assert done.returncode == 0, done.stderr
    assert api.train(config, tmp_path / "b/run") == tmp_path / "b/run"
    one, other = (tmp_path / "a/run", tmp_path / "b/run")
    assert {file.name for file in one.iterdir()} == {file.name for file in other.iterdir()}
    assert (one / "model.safetensors").read_bytes() == (other / "model.safetensors").read_bytes()
    records = [json.loads((run / "config.json").read_text("utf8"))["rejoinder"] for run in (one, other)]
    for record in records:
        record["training"] = {name: value for name, value in record["training"].items() if name not in _TIMES}
    assert records[0] == records[1]
    assert records[0]["training"]["sources"] == ["lots"]  # and not what is held out for a test
    logs = [(run / "train.log").read_text("utf8").replace(str(run), "RUN") for run in (one, other)]
    assert _without_times(logs[0]) == _without_times(logs[1])
    assert "calibration: slopes" in logs[0]


def _without_times(log: str) -> list[str]:
    """Return the lines of a log without their numbers, and without what transformers says only where steps are fast.

    That is when it has saved two checkpoints within a second: it then takes the file system's times for unreliable.
    """
    return [re.sub(r"[\d.:,-]+", "#", line) for line in log.splitlines() if "mtime may not be reliable" not in line]


def test_the_digest_of_the_data_tells_which_split_each_file_was_put_into(tmp_path: Path) -> None:
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
def test_a_split_that_is_empty_or_none_is_told(command: str, split: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        getattr(api, command)(["bundled", f"{__name__}:never"], [CORPUS[1]], split=split, output=tmp_path / "out")
    assert str(refused.value).startswith(message)
    assert not (tmp_path / "out").exists()


def never(statements: object) -> None:
    raise AssertionError("asked for scores")


@pytest.mark.parametrize("command", ["evaluate", "compare"])
def test_the_commands_refuse_before_they_score(command: str, tmp_path: Path, rejoinder_train: Command) -> None:
    (tmp_path / "peer.py").write_text("def scores(statements):\n    raise SystemExit('asked for scores')\n", "utf8")
    (tmp_path / "out").touch()
    systems = ("peer:scores", "bundled", "--data", CORPUS[1])
    done = rejoinder_train(command, *systems, "--split", "validation", "-o", "out", cwd=tmp_path)
    assert one_line(done) == "rejoinder-train: out: is a file; name a folder"
    done = rejoinder_train(command, *systems, "--split", "test", cwd=tmp_path)
    assert one_line(done) == (
        "rejoinder-train: no labelled statements in the split 'test'; there are some in validation: name another with "
        "--split, or put a file into it as test=FILE"
    )


def test_one_path_stands_for_a_list_of_one(lots: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = read_data([CORPUS[1]])[0].select(range(6))
    statements, none = tmp_path / "mine.jsonl", tmp_path / "none.csv"
    statements.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf8")
    monkeypatch.chdir(tmp_path)
    for one, system in ((statements, lots / "run"), (str(statements), str(lots / "run"))):
        assert len(api.check(one)[1]) == 6
        found = api.evaluate(system, one, baselines=False)
        assert ([*found["systems"]], found["statements"]) == ([str(system)], 6)
    with pytest.raises(InputError, match="compare: name two systems or more"):
        api.compare(lots / "run")
    for one in (none, str(none)):
        with pytest.raises(InputError) as refused:
            api.train(ROOT / "configs/smoke.yaml", tmp_path / "run", data=one)
        assert str(refused.value) == f"{none}: no such file"  # which is none of those that `prepare` makes
        with pytest.raises(InputError, match=r"none\.csv: no such file"):
            api.import_labels(one, tmp_path / "labelled.jsonl")
