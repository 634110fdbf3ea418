"""Systems are not evaluated on statements that they have learnt from: tested with run records, without training."""

import json
import logging
import shutil
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from rejoinder import InputError, Statement
from rejoinder.model_folder import BUNDLED
from rejoinder_training import api
from rejoinder_training.api.opening import trained_on
from rejoinder_training.config import RunConfig
from rejoinder_training.data import read_data
from rejoinder_training.evaluation import unseen
from rejoinder_training.evaluation.unseen import check_start, check_unseen, rows_trained_on
from rejoinder_training.experiments.search import search
from rejoinder_training.origin import origin_of
from rejoinder_training.run_folder import RUN
from rejoinder_training.run_rows import checked_rows, read_rows
from rejoinder_training.train import train
from tests.conftest import CORPUS, lots_config
from tests.files import read_jsonl, write_jsonl
from tests.training.recorded_runs import held_out, recorded, system, table


def test_a_run_whose_data_have_changed_may_have_learnt_from_all_of_them(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    grow = table(tmp_path / "grow.csv", 120)
    a = recorded(tmp_path / "a", [grow], validation_size=0.15)
    assert check_unseen([a], held_out(a), own=True) is None
    table(grow, 200)
    b = recorded(tmp_path / "b", [grow], validation_size=0.15)
    rows = held_out(b)
    with pytest.raises(InputError, match=r"/a: the data have changed since it was trained, and it may have learnt fr"):
        check_unseen([b, a], rows, own=True)
    folds = recorded(tmp_path / "folds", [grow], folds={"count": 3})
    table(grow, 204)
    with pytest.raises(InputError, match=r"/folds: the data have changed since it was trained, and it may have"):
        check_unseen([folds], rows, own=False)
    # Both may be evaluated on statements that were never in the data; the log says that the data have changed.
    caplog.clear()
    check_unseen([folds, a], read_data([table(tmp_path / "new.csv", 20, first=900)])[0].to_list(), own=False)
    assert [record.getMessage() for record in caplog.records] == [
        f"{name}: the data have changed since it was trained" for name in (folds.name, a.name)
    ]
    table(grow, 0)
    check_unseen([a], rows, own=False)
    assert caplog.messages[-1] == f"no statements in {grow}; the training data of {a.name} are unknown"


def test_what_the_base_run_has_learnt_counts_as_learnt(tmp_path: Path) -> None:
    old, new = table(tmp_path / "old.csv", 60), table(tmp_path / "new.csv", 60, first=100)
    recorded(tmp_path / "s1", [old])
    recorded(tmp_path / "s2", [table(tmp_path / "between.csv", 8, first=500)], base=tmp_path / "s1")
    third = recorded(tmp_path / "s3", [new], base=tmp_path / "s2", validation_size=0.15)
    rows = read_data([old])[0].to_list()
    assert rows_trained_on(third, rows) == ({*range(60)}, True)
    with pytest.raises(
        InputError, match=r"/s3: has learnt from 60 of 60 statements that .* on \(old:1, old:2, old:3, …\)"
    ):
        check_unseen([third], rows, own=False)
    # The statements that a run holds out itself count as well if its base run was trained on them.
    assert rows_trained_on(third, held_out(third), own=True) == (set(), True)
    recorded(tmp_path / "same", [new])
    again = recorded(tmp_path / "again", [new], base=tmp_path / "same", validation_size=0.15)
    with pytest.raises(InputError, match="/again: has learnt from"):
        check_unseen([again], held_out(again), own=True)
    # A base run for other labels has learnt nothing about these, as at the start of training (`check_needs`).
    recorded(tmp_path / "verbs", [old], labels=["say"], other="think")
    other = recorded(tmp_path / "other", [new], base=tmp_path / "verbs")
    assert rows_trained_on(other, rows) == (set(), True)


def test_a_run_without_its_run_yaml_is_checked_like_others(tmp_path: Path) -> None:
    old, new = table(tmp_path / "old.csv", 60), table(tmp_path / "new.csv", 60, first=100)
    recorded(tmp_path / "base", [old])
    run = recorded(tmp_path / "run", [new], base=tmp_path / "base", validation_size=0.15)
    origin, validation = origin_of(run.name), held_out(run)
    (tmp_path / "run" / RUN).unlink()  # as in a copy of the model alone, or one from a hub
    assert origin_of(run.name) == origin
    assert held_out(run) == validation
    check_unseen([run], validation, own=True)
    for rows in (read_data([old])[0], read_data([new])[0]):
        with pytest.raises(
            InputError, match=r"/run: has learnt from \d+ of 60 statements that it would be measured on"
        ):
            check_unseen([run], rows.to_list(), own=False)


def test_a_file_that_several_stages_name_is_read_once_and_an_empty_file_is_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = table(tmp_path / "old.csv", 60), table(tmp_path / "new.csv", 60, first=100)
    recorded(tmp_path / "s1", [old, new])
    second = recorded(tmp_path / "s2", [new, old], base=tmp_path / "s1")
    rows, read = read_data([old])[0].to_list(), list[Path]()

    def counted(config: RunConfig, **options: Any) -> Any:
        read.extend(map(Path, config.data))
        return read_rows(config, **options)

    monkeypatch.setattr(unseen, "read_rows", counted)
    table(new, 0)
    assert rows_trained_on(second, rows) == ({*range(60)}, False)
    assert sorted(read) == [new, old]


def test_files_with_the_same_name_are_split_as_in_training(tmp_path: Path) -> None:
    data = [tmp_path / name / "quotes.csv" for name in ("a", "b")]
    for i, file in enumerate(data):
        file.parent.mkdir()
        table(file, 60, first=100 * i)
    run = recorded(tmp_path / "run", data, validation_size=0.25)
    assert rows_trained_on(run, held_out(run)) == (set(), True)


def test_a_runs_own_data_with_other_columns_are_not_its_validation_split(tmp_path: Path) -> None:
    config = lots_config(tmp_path, validation_size=0.25, num_train_epochs=1, columns={"group": "article"})
    rows = [
        {"quote": row["quote"], "acts": row["acts"], "article": f"a{i // 4}", "topic": f"t{i % 24}"}
        for i, row in enumerate(read_jsonl(tmp_path / "lots.jsonl"))
    ]
    write_jsonl(tmp_path / "lots.jsonl", rows)
    run = api.train(config, tmp_path / "run")
    api.evaluate(run, columns={"group": "article"}, baselines=False)
    with pytest.raises(InputError, match=r"run: has learnt from \d+ of \d+ statements that it would be measured on"):
        api.evaluate(run, columns={"group": "topic"}, baselines=False)


def test_evaluating_on_rows_that_thresholds_were_chosen_on_gives_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run = recorded(tmp_path / "run", [table(tmp_path / "mine.csv", 60)], validation_size=0.2)
    rows = held_out(run)
    check_unseen([run], rows, own=True)
    check_unseen([run], rows, own=False)  # as their split, validation, says
    assert not caplog.records
    new = read_data([table(tmp_path / "new.csv", 4, first=900)])[0].to_list()
    check_unseen([run], [*new, *({**row, "split": "test"} for row in rows)], own=False)
    [warning] = [record.getMessage() for record in caplog.records]
    assert f"{run.name}: its checkpoint, calibration and thresholds were chosen on {len(rows)} statements" in warning


def test_copies_of_training_statements_are_recognised_in_other_files(tmp_path: Path) -> None:
    words = [f"They stole lot {i} of the old harbour,allegation\n" for i in range(30)] + ["No comment at all,other\n"]
    (tmp_path / "mine.csv").write_text("quote,acts\n" + "".join(words), "utf8")
    run = recorded(tmp_path / "run", [tmp_path / "mine.csv"])
    (tmp_path / "copy.csv").write_text("quote,acts\n" + "".join(reversed(words)), "utf8")
    with pytest.raises(
        InputError, match=r"/run: has learnt from 30 of 31 statements"
    ):  # a short quote may recur by chance
        check_unseen([run], read_data([tmp_path / "copy.csv"])[0].to_list(), own=False)
    # Differences in case, punctuation and context do not make a statement new.
    (tmp_path / "said.csv").write_text(
        "id,quote,before,acts\na,They stole lot 7 of the old harbour,She said: ,denial\n"
    )
    with_context = recorded(tmp_path / "said", [tmp_path / "said.csv"])
    for row in ("THEY STOLE lot 7 of the old harbour!,She said,denial", "They stole lot 7 of the old harbour,,denial"):
        (tmp_path / "otherwise.csv").write_text(f"id,quote,before,acts\nb,{row}\n")
        assert rows_trained_on(with_context, read_data([tmp_path / "otherwise.csv"])[0].to_list()) == ({0}, True)
    # Nor does leaving out the speaker that it was learnt with.
    quote_and_act = "They stole lot 7 of the old harbour,denial"
    (tmp_path / "by.csv").write_text(
        f"quote,acts,speaker,before\n{quote_and_act},Ana Melo,Asked why she said: \n", "utf8"
    )
    with_speaker = recorded(tmp_path / "by", [tmp_path / "by.csv"])
    (tmp_path / "nobody.csv").write_text(f"quote,acts,before\n{quote_and_act},Asked why she said: \n", "utf8")
    assert rows_trained_on(with_speaker, read_data([tmp_path / "nobody.csv"])[0].to_list()) == ({0}, True)
    # Together with its context, a short quote is recognised too, whatever its id.
    head, text = "id,quote,before,acts\n", 'No,"Asked about lot 7, the mayor said: ",denial\n'
    (tmp_path / "short.csv").write_text(f"{head}a,{text}", "utf8")
    (tmp_path / "again.csv").write_text(f"{head}b,{text}", "utf8")
    short = recorded(tmp_path / "short", [tmp_path / "short.csv"])
    assert rows_trained_on(short, read_data([tmp_path / "again.csv"])[0].to_list()) == ({0}, True)
    lines = ["id,quote,acts,speaker,after\n", "mine:1,Rain fell,other,,\n"]
    lines += ["mine:2,They stole lot 7 of the old harbour,allegation,Ana Melo,\n"]
    lines += ["mine:3,They stole lot 8 of the old harbour,allegation,, says the union\n"]
    (tmp_path / "new.csv").write_text("".join(lines), "utf8")
    check_unseen([run], read_data([tmp_path / "new.csv"])[0].to_list(), own=False)


def test_a_learnt_quote_in_another_context_gives_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    quote = "They stole all that we had saved for lot {}"
    lines = "".join(f"{quote.format(i)},The firm said on Monday: ,allegation\n" for i in range(4))
    (tmp_path / "whole.csv").write_text(f"quote,before,acts\n{lines}", "utf8")
    (tmp_path / "cut.csv").write_text(f"quote,before,acts\n{lines.replace('The firm said on', '')}", "utf8")
    run = recorded(tmp_path / "run", [tmp_path / "whole.csv"])
    cut = read_data([tmp_path / "cut.csv"])[0].to_list()
    check_unseen([run], cut, own=False)
    assert f"{run.name}: has learnt the quotes of 4 statements, with other text around them" in caplog.text
    caplog.clear()
    check_unseen([run], [row | {"quote": row["quote"].replace("saved", "kept")} for row in cut], own=False)
    assert "has learnt the quote" not in caplog.text


def test_unreadable_training_data_give_a_warning_and_do_not_prevent_evaluation(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    file = table(tmp_path / "mine.csv", 40)
    run = recorded(tmp_path / "run", [file])
    rows = read_data([table(tmp_path / "new.csv", 8, first=90)])[0].to_list()
    file.write_text(file.read_text("utf8").replace("quote,acts", "said,acts"), "utf8")
    check_unseen([run], rows, own=False)
    assert f"{file}: no column quote; it has said, acts" in caplog.text
    assert f"the training data of {run.name} are unknown" in caplog.text
    file.unlink()
    check_unseen([run], rows, own=False)
    assert f"{run.name}: {file} is missing, so it is unknown whether these statements are new to it" in caplog.text


def test_a_base_model_that_has_seen_validation_statements_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    mine, more = table(tmp_path / "mine.csv", 96), table(tmp_path / "more.csv", 96, first=1000)
    recorded(tmp_path / "old", [mine], validation_size=0.15)

    def check_base(*data: Path | str, **settings: Any) -> None:
        named = {"base_model": str(tmp_path / "old"), "data": data, **settings}
        config = RunConfig.model_validate(named)
        check_start(config, checked_rows(config)[0])

    with pytest.raises(InputError, match=r"^base_model: .*/old: has learnt from \d+ of \d+ statements that this run"):
        check_base(mine, more, validation_size=0.15)
    check_base(mine, validation_size=0.15)  # split as the base run split them
    check_base(more, validation_size=0.15)
    check_base(mine, f"validation={more}")
    # A base model that is a configuration is trained first, and checked before that.
    Path("first.yaml").write_text("base_model: tiny\ndata: [mine.csv]\nvalidation_size: 0.15\n", "utf8")
    with pytest.raises(InputError, match=r"^base_model: first.yaml: has learnt from"):
        check_base("mine.csv", "more.csv", validation_size=0.15, base_model="first.yaml")
    second = {"base_model": "first.yaml", "data": ["mine.csv", "more.csv"], "validation_size": 0.15}
    with pytest.raises(InputError, match=r"^base_model: first.yaml: has learnt from"):
        train(RunConfig.model_validate(second), Path("run"))
    if find_spec("optuna"):
        with pytest.raises(InputError, match=r"^base_model: first.yaml: has learnt from"):
            search(RunConfig.model_validate(second), Path("study"), trials=1)
    assert not Path("runs").exists()
    table(mine, 120)
    with pytest.raises(
        InputError, match=r"^base_model: .*/old: the data have changed since it was trained, and it may"
    ):
        check_base(mine, validation_size=0.15)
    # Missing or unreadable data cannot be compared.
    mine.write_text("words\nThey stole lot 1\n", "utf8")
    check_base(more, validation_size=0.15)
    assert "mine.csv: no column quote; it has words" in caplog.messages[-1]
    mine.unlink()
    check_base(more, validation_size=0.15)


def test_the_bundled_model_is_checked_like_other_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert origin_of("bundled") == origin_of(str(BUNDLED)) is not None
    rows = read_data([CORPUS[0]])[0].select(range(50)).to_list()
    # Those of its data files that exist are checked.
    (tmp_path / "data/corpus").mkdir(parents=True)
    shutil.copy(CORPUS[0], tmp_path / "data/corpus/train.jsonl")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"^bundled: .* learnt from 50 of 50 statements that it would be measured on"):
        check_unseen([system("peer:scores"), system("bundled")], rows, own=False)
    assert rows_trained_on(system("bundled"), read_data([CORPUS[1]])[0].to_list()) == (set(), True)
    with pytest.raises(InputError, match=r"^bundled: is no run whose data are known; name statements with --data"):
        api.evaluate(["bundled"])


def test_bad_rows_in_training_data_do_not_prevent_evaluation(tmp_path: Path) -> None:
    mine = table(tmp_path / "mine.csv", 60, more=",allegation\n")
    run = recorded(tmp_path / "run", [mine], validation_size=0.15)
    with pytest.raises(InputError, match="1 bad rows"):
        read_data([mine])
    new = read_data([table(tmp_path / "held-out.csv", 20, first=900)])[0].to_list()
    check_unseen([run], new, own=False)
    rows = read_data([mine], leave_out_bad=True)[0].to_list()
    with pytest.raises(InputError, match=r"/run: has learnt from 52 of 60 statements"):
        check_unseen([run], rows, own=False)
    shown = trained_on(run)
    assert shown is not None
    assert len(shown) == 60
    assert {file.name for file in tmp_path.iterdir()} == {
        "mine.csv",
        "held-out.csv",
        "run",
    }  # no bad rows are set aside again


def test_errors_warns_of_statements_that_the_system_has_learnt_from(
    short: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rows, _ = read_data([short / "lots.jsonl"])
    rows = rows.select([*range(48), *range(76, 96)])
    (tmp_path / "some.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf8")
    api.errors(short / "run", tmp_path / "some.jsonl", tmp_path / "errors", splits=["train", "validation"])
    [warning] = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert warning.startswith(f"{short / 'run'}: has learnt from 48 of 68 statements, ")
    assert "`train --folds` gives predictions of each statement by a run that has not seen it" in warning
    caplog.clear()
    api.errors(short / "run", tmp_path / "some.jsonl", tmp_path / "errors")
    assert not [record for record in caplog.records if record.levelno == logging.WARNING]


def test_unlabelled_statements_give_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "open.csv").write_text("quote,acts\nThey took it away,\nThey took it back,\n", "utf8")
    data = [f"validation={table(tmp_path / 'mine.csv', 12)}", f"validation={tmp_path}/open.csv"]
    api.evaluate(f"{__name__}:threes", data, split="validation", output=tmp_path / "out", baselines=False)
    assert f"nothing in the column acts of {data[1]}, whose statements are unlabelled" in caplog.text
    assert len(api.sample(f"{__name__}:threes", tmp_path / "open.csv", tmp_path / "tasks.csv", size=2)) == 2
    (tmp_path / "new.csv").write_text("quote\nThey took it home\n", "utf8")
    with pytest.raises(InputError, match=r"new\.csv: is an input and would be overwritten"):
        api.sample(f"{__name__}:threes", tmp_path / "new.csv", tmp_path / "new.csv")


def threes(statements: Sequence[Statement]) -> list[list[float]]:
    return [[0.3, 0.3, 0.3] for _ in statements]


def test_bad_rows_of_all_files_that_sample_reads_are_set_aside_together(tmp_path: Path) -> None:
    (tmp_path / "new.jsonl").write_text(
        "".join(json.dumps({"quote": f"Another {i} is there"}) + "\n" for i in range(20)) + '{"quote": ""}\n', "utf8"
    )
    known = table(tmp_path / "known.csv", 8, more=",allegation\n")
    chosen = api.sample(
        *(f"{__name__}:threes", tmp_path / "new.jsonl", tmp_path / "tasks.csv"),
        labelled=known, size=5, skip_bad=tmp_path / "bad.jsonl",
    )  # fmt: skip
    assert len(chosen) == 5
    aside = [json.loads(line) for line in (tmp_path / "bad.jsonl").read_text("utf8").splitlines()]
    assert [(row["file"], row["row"]) for row in aside] == [(f"{tmp_path}/new.jsonl", 21), (str(known), 1)]
