"""The label column: its accepted forms, missing or empty labels, and values that are refused."""

from pathlib import Path
from typing import Any

import pytest
from datasets import ClassLabel, Dataset, DatasetDict, Features, List, Value

from rejoinder import ACTS, OTHER, InputError
from rejoinder_training import api
from rejoinder_training.config import RunConfig
from rejoinder_training.data import read_data
from rejoinder_training.run_rows import check_labels
from tests.conftest import Command
from tests.files import write_jsonl


@pytest.mark.parametrize("several", [False, True])
def test_class_labels_of_a_saved_dataset_are_read_as_names(tmp_path: Path, several: bool) -> None:
    feature = ClassLabel(names=["allegation", "denial", "other"])
    values: list[Any] = [[1], [2], [0, 1], None] if several else [1, 2, 0, -1]
    features = Features({"quote": Value("string"), "acts": List(feature) if several else feature})
    data = Dataset.from_dict({"quote": [f"It rained {i}" for i in range(4)], "acts": values}, features=features)
    for path, made in ((tmp_path / "alone", data), (tmp_path / "splits", DatasetDict(test=data))):
        made.save_to_disk(str(path))
        both = ["allegation", "denial"] if several else ["allegation"]
        assert read_data([path])[0]["acts"] == [["denial"], [], both, None]


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        (
            "quote,acts\nThey lied,\nA smear, \n",
            "warning: nothing in the column acts of FILE, whose statements are unlabelled (write other there if they",
        ),
        (
            "quote,label\nThey lied,denial\n",
            "warning: no column acts in FILE, whose statements are unlabelled; it has ",
        ),
        ("quote,acts\nThey lied,other\n", ""),
    ],
)
def test_missing_labels_give_a_warning(tmp_path: Path, text: str, warning: str) -> None:
    (tmp_path / "rows.csv").write_text(text, "utf8")
    lines = [line for line in api.check(tmp_path / "rows.csv")[0].lines() if "column acts" in line]
    assert len(lines) == bool(warning)
    assert "".join(lines).startswith(warning.replace("FILE", str(tmp_path / "rows.csv")))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "quote,label\nIt rained,denial\n",
            "no column acts in rows.csv, whose statements are unlabelled; it has quote, ",
        ),
        ("quote,acts\nIt rained,\n", "nothing in the column acts of rows.csv, whose statements are unlabelled"),
    ],
)
def test_training_without_labels_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, message: str
) -> None:
    (tmp_path / "rows.csv").write_text(text, "utf8")
    (tmp_path / "c.yaml").write_text("base_model: tiny\ndata: [rows.csv]\nvalidation_size: 0.2\n", "utf8")
    monkeypatch.chdir(tmp_path)
    for call in (lambda: api.train("c.yaml", "run"), lambda: api.check(config="c.yaml")):
        with pytest.raises(InputError) as refused:
            call()
        assert message in str(refused.value)


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_an_empty_label_among_labelled_rows_is_refused_but_null_is_unlabelled(tmp_path: Path, form: str) -> None:
    rows: list[dict[str, Any]] = [
        {"quote": f"It rained {i}", "acts": acts} for i, acts in enumerate(("", "denial", " | "))
    ]
    path = tmp_path / f"rows.{form}"
    if form == "jsonl":
        write_jsonl(path, [*rows, {"quote": "It sank", "acts": None}, {"quote": "It swam", "acts": []}])
    else:
        path.write_text("quote,acts\n" + "".join(f"{row['quote']},{row['acts']}\n" for row in rows), "utf8")
    with pytest.raises(InputError) as caught:
        read_data([path])
    message = "acts: empty, where other rows have labels: write other if it has none of them, or leave the row out"
    assert str(caught.value).splitlines()[:-1] == [f"{path}: rows 1, 3: {message}"]
    with pytest.raises(
        InputError, match=r"rows 1, 3: acts: empty, where other rows have labels: write one, or lea"
    ) as without_other:
        read_data([path], other=None, single_label=True, labels=("denial", "b"))
    assert ("row 5: acts: none of denial, b, and the configuration has no `other`" in str(without_other.value)) == (
        form != "csv"
    )
    kept = read_data([path], skip_bad=tmp_path / "bad.jsonl")[0]
    assert kept["acts"] == [["denial"], *([None, []] if form == "jsonl" else [])]


def test_labels_joined_by_another_separator_are_refused_naming_the_right_one(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text('quote,acts\nIt sank,"counter_accusation, denial"\n', "utf8")
    message = r"acts: 'counter_accusation, denial' is none of allegation, .*, other \(write \| between several\)\n"
    with pytest.raises(InputError, match=message):
        read_data([tmp_path / "rows.csv"])


def test_a_repeated_label_counts_once(tmp_path: Path) -> None:
    rows = [{"quote": "It sank", "acts": "denial|allegation|denial"}, {"quote": "It swam", "acts": ["denial"] * 2}]
    assert read_data([write_jsonl(tmp_path / "rows.jsonl", rows)])[0]["acts"] == [["denial", "allegation"], ["denial"]]


def test_output_does_not_overwrite_an_input(tmp_path: Path) -> None:
    data = write_jsonl(tmp_path / "quotes.jsonl", [{"quote": "It rained."}, {"quote": ""}])
    before = data.read_bytes()
    with pytest.raises(InputError, match=r"quotes\.jsonl: is an input and would be overwritten; name another file"):
        read_data([f"test={data}"], skip_bad=data)
    with pytest.raises(InputError, match="would be overwritten"):
        api.prepare(tmp_path / "labels.tsv", data, data)
    assert data.read_bytes() == before


def test_labels_written_by_rejoinder_are_read(tmp_path: Path, rejoinder: Command) -> None:
    (tmp_path / "in.csv").write_text("quote\nThey lied to us.\nRain is expected.\n“\n", "utf8")
    assert rejoinder("label", tmp_path / "in.csv", "-o", tmp_path / "out.csv").returncode == 1
    with pytest.raises(InputError) as caught:
        read_data([tmp_path / "out.csv"])
    assert [line.partition(": ")[2] for line in str(caught.value).splitlines()[:-1]] == [
        "row 3: quote: missing, or without a letter or digit"
    ]
    assert read_data([tmp_path / "out.csv"], leave_out_bad=True)[0]["acts"] == [["allegation"], []]
    with pytest.raises(InputError, match=r"out.csv: no column topic; its column acts holds what a model has predicted"):
        read_data([tmp_path / "out.csv"], columns={"acts": "topic"})


def test_if_all_rows_are_bad_the_first_error_is_reported(tmp_path: Path) -> None:
    (tmp_path / "new.csv").write_text("quote,acts\nThey lied,praise\nRain fell,praise\n", "utf8")
    message = r"^no statements in .*new.csv: all 2 rows are bad, the first \(.*new.csv, row 1\): .*praise.* none of"
    with pytest.raises(InputError, match=message):
        read_data([tmp_path / "new.csv"], skip_bad=tmp_path / "bad.jsonl")


def test_many_bad_rows_are_summarised_in_a_few_lines(tmp_path: Path) -> None:
    def refusal() -> list[str]:
        with pytest.raises(InputError) as refused:
            api.check(tmp_path / "mine.csv")
        return str(refused.value).splitlines()

    labels = ["praise", "blame", "denial"]
    lines = [f"Number {i} of all the lots,{labels[i % 3]}\n" for i in range(300)]
    (tmp_path / "mine.csv").write_text("quote,acts\n" + "".join(lines), "utf8")
    known = f"{', '.join(ACTS)}, {OTHER}"
    first, second, last = refusal()
    assert first == f"{tmp_path / 'mine.csv'}: rows 1, 4, 7, 10, 13 and 95 more: acts: 'praise' is none of {known}"
    assert second == f"{tmp_path / 'mine.csv'}: rows 2, 5, 8, 11, 14 and 95 more: acts: 'blame' is none of {known}"
    assert last.startswith("200 bad rows; fix them, or set them aside with --skip-bad")
    assert "labels of your own are named in a configuration (`labels: [praise, blame]`)" in last
    (tmp_path / "mine.csv").write_text("quote,acts\n" + "".join(f"A lot,{i}\n" for i in range(30)), "utf8")
    messages = refusal()
    assert len(messages) == 12
    assert messages[10] == "and 20 more, for other reasons"


def test_a_mistyped_label_or_column_gets_a_suggestion(tmp_path: Path) -> None:
    (tmp_path / "new.csv").write_text("quote,acts\nThey lied,Allegation\nRain fell,other\nNo,praise\n", "utf8")
    with pytest.raises(InputError) as refused:
        read_data([tmp_path / "new.csv"])
    known = f"{', '.join(ACTS)}, {OTHER}"
    assert f"'Allegation' is none of {known} (did you mean 'allegation'?)" in str(refused.value)
    assert f"'praise' is none of {known}\n" in f"{refused.value}\n"
    (tmp_path / "new.csv").write_text("quote, acts\nThey lied,allegation\n", "utf8")
    _, report = read_data([tmp_path / "new.csv"])
    [doubt] = report.doubts("acts", OTHER)
    assert "it has quote,  acts (did you mean ' acts'?)" in doubt


def test_uninformative_or_rare_labels_give_warnings() -> None:
    config = RunConfig.model_validate({"base_model": "tiny", "labels": ["a", "b"]})
    acts = [["a"], ["a", "b"], ["a"], ["a", "b"]]
    rows = Dataset.from_dict({"split": ["train", "train", "validation", "validation"], "acts": acts})
    constant, *rare = [warning for warning in check_labels(config, rows) if "'other'" not in warning]
    assert constant == "every training statement has the label a: it cannot be learnt"
    assert [warning.partition(":")[0] for warning in rare] == [
        "only 2 validation statements have the label a",
        "only 1 validation statement has the label b",
    ]
