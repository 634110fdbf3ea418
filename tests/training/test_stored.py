"""Stored probabilities: files of predictions, and the check that an id still belongs to the same quote."""

import gzip
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from datasets import Dataset

from rejoinder import ACTS, InputError, Statement
from rejoinder_training import api
from rejoinder_training.data import read_data
from rejoinder_training.data.schema import FEATURES
from rejoinder_training.distill import read_teacher
from rejoinder_training.evaluation import load_system, load_systems
from rejoinder_training.evaluation.harness import thresholds_of
from rejoinder_training.json_files import write_json
from tests.conftest import CORPUS, ROOT
from tests.files import write_jsonl

DATA = CORPUS[1]
ROWS = read_data([DATA])[0].to_list()


def fixed(statements: Sequence[Statement]) -> list[list[float]]:
    return [[0.3, 0.3, 0.3] for _ in statements]


def test_stored_scores_are_refused_if_their_ids_now_belong_to_other_quotes(tmp_path: Path) -> None:
    rows = [f"They sank ferry {i},{act}\n" for i, act in enumerate([*ACTS, "other"] * 4)]
    data, program = tmp_path / "quotes.csv", f"{__name__}:fixed"
    data.write_text("quote,acts\n" + "".join(rows), "utf8")
    teacher, predictions = tmp_path / "taught.tsv.gz", tmp_path / "out/predictions.jsonl"
    api.score(program, [data], teacher)
    api.evaluate([program], [f"validation={data}"], baselines=False, output=tmp_path / "out")

    def read_stored_teacher() -> None:
        found = read_data([data])[0]
        assert len(read_teacher(teacher, ACTS, dict(zip(found["id"], found["quote"], strict=True)))) == len(rows)

    def score_stored_predictions() -> None:
        load_system(f"{predictions}::{program}").score_rows(list(read_data([data])[0]), "full")

    read_stored_teacher()
    score_stored_predictions()
    data.write_text("quote,acts\n" + "".join(rows[1:]), "utf8")
    changed = r" of other quotes for 15 statements \(quotes:1, quotes:2, .*\): the data have changed since it was"
    with pytest.raises(InputError, match=r"taught\.tsv\.gz: has probabilities" + changed):
        read_stored_teacher()
    with pytest.raises(InputError, match="has predictions" + changed):
        score_stored_predictions()
    # Files of earlier versions do not record quotes.
    assert len(read_teacher(ROOT / "data/annotations/teacher.tsv.gz", ACTS, {"T0000": "It rained."})) > 50_000


def test_the_seed_decides_which_unlabelled_statements_are_scored(tmp_path: Path) -> None:
    data, program = tmp_path / "quotes.jsonl", f"{__name__}:fixed"
    rows = [{"quote": "They sank the ferry", "acts": ["allegation"]}]
    rows += [{"quote": f"Rain fell on day {i}", "acts": None} for i in range(30)]
    data.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf8")
    found = read_data([data])[0]
    quotes = dict(zip(found["id"], found["quote"], strict=True))

    def scored(seed: int) -> set[str]:
        teacher = tmp_path / f"taught-{seed}.tsv.gz"
        assert api.score(program, [data], teacher, sample=5, seed=seed) == 6
        return {quotes[id] for id in read_teacher(teacher, ACTS, quotes)}

    assert scored(1) == scored(1) != scored(2)
    assert "They sank the ferry" in scored(1) & scored(2)


@pytest.mark.parametrize("id", ["a\tb", "a\rb", "a\nb"])
def test_an_id_with_a_tab_or_line_break_is_refused(tmp_path: Path, id: str) -> None:
    (tmp_path / "quotes.jsonl").write_text(json.dumps({"id": id, "quote": "They sank it", "acts": None}) + "\n", "utf8")
    with pytest.raises(InputError, match=r"id: 'a.*b' contains a tab or a line break") as refused:
        api.score(f"{__name__}:fixed", tmp_path / "quotes.jsonl", tmp_path / "taught.tsv.gz")
    assert repr(id) in str(refused.value)
    assert not (tmp_path / "taught.tsv.gz").exists()


def test_a_repeated_id_in_a_teachers_scores_is_refused(tmp_path: Path) -> None:
    lines = ["\t".join(["id", *ACTS]), "a\t0.1\t0.2\t0.3", "a\t0.9\t0.2\t0.3"]
    (tmp_path / "taught.tsv.gz").write_bytes(gzip.compress("\n".join(lines).encode()))
    with pytest.raises(InputError, match=r"taught\.tsv\.gz: the id 'a' occurs twice"):
        read_teacher(tmp_path / "taught.tsv.gz", ACTS)


@pytest.mark.parametrize("wrong", ["nan", "1.5", "-2.1"])
def test_a_teachers_scores_must_be_probabilities(tmp_path: Path, wrong: str) -> None:
    lines = ["\t".join(["id", *ACTS]), "a\t0.1\t0.2\t0.3", f"b\t0.1\t{wrong}\t0.3"]
    (tmp_path / "taught.tsv.gz").write_bytes(gzip.compress("\n".join(lines).encode()))
    with pytest.raises(InputError, match=r"row 2: .* are not probabilities between 0 and 1"):
        read_teacher(tmp_path / "taught.tsv.gz", ACTS)


def test_the_error_for_missing_validation_predictions_says_why_they_are_needed(tmp_path: Path) -> None:
    row = {"id": "a", "scores": dict.fromkeys(ACTS, 0.5)}
    system = load_system(str(write_jsonl(tmp_path / "predictions.jsonl", [row])))
    with pytest.raises(InputError, match=r"\(full\) for 1 validation .*; thresholds are chosen on validation if no"):
        thresholds_of(system, Dataset.from_list([ROWS[0]], features=FEATURES))
    write_json(tmp_path / "metrics.json", {"systems": {"": {"thresholds": dict.fromkeys(ACTS, 0.5)}}})
    stored = load_system(str(tmp_path / "predictions.jsonl"))
    with pytest.raises(InputError, match=rf"\(full\) for 1 validation statements: {ROWS[0]['id']}$"):
        stored.score_rows([ROWS[0]], "full")


@pytest.mark.parametrize(
    ("second", "message"),
    [
        ({"id": 7.0, "scores": {}}, r"row 2: a second prediction \(full\) for 7"),
        ({"id": "b", "mode": "whole", "scores": {}}, "row 2: mode 'whole' is none of quote, attribution, full"),
    ],
)
def test_repeated_predictions_and_unknown_modes_are_refused_by_row(
    tmp_path: Path, second: dict[str, object], message: str
) -> None:
    lines = [{"id": "7", "scores": {}}, second]
    (tmp_path / "p.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), "utf8")
    with pytest.raises(InputError, match=message):
        load_system(str(tmp_path / "p.jsonl"))


def test_a_repeated_prediction_is_refused_in_a_file_of_several_systems(tmp_path: Path) -> None:
    lines = [{"system": name, "id": "7", "scores": {}} for name in ("a", "b", "b")]
    (tmp_path / "p.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), "utf8")
    with pytest.raises(InputError, match=r"row 3: a second prediction \(full\) for 7"):
        load_system(f"{tmp_path / 'p.jsonl'}::b")


def test_a_prediction_file_defines_its_own_labels(tmp_path: Path) -> None:
    line = {"id": ROWS[0]["id"], "scores": {"promise": 0.25, "threat": 0.75}}
    (tmp_path / "p.jsonl").write_text(json.dumps(line) + "\n", "utf8")
    system = load_system(str(tmp_path / "p.jsonl"))
    assert system.labels == ("promise", "threat")
    assert system.score_rows(ROWS[:1], "full").tolist() == [[0.25, 0.75]]


def test_predictions_without_label_names_get_the_default_labels(tmp_path: Path) -> None:
    (tmp_path / "p.jsonl").write_text(json.dumps({"id": ROWS[0]["id"], "scores": [0.25, 0.5, 0.75]}) + "\n", "utf8")
    system = load_system(str(tmp_path / "p.jsonl"))
    assert system.labels == ACTS
    assert system.score_rows(ROWS[:1], "full").tolist() == [[0.25, 0.5, 0.75]]


def test_predictions_without_a_mode_count_as_full(tmp_path: Path) -> None:
    lines = [{"id": row["id"], "scores": dict.fromkeys(ACTS, 0.5)} for row in ROWS]
    (tmp_path / "p.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), "utf8")
    [system, bundled] = load_systems([str(tmp_path / "p.jsonl"), "bundled"])
    assert (system.modes, system.labels) == (("full",), bundled.labels)
    assert thresholds_of(system, read_data([DATA])[0]).tolist() == pytest.approx([0.27] * 3, abs=0.05)
    assert system.score_rows(ROWS[:2], "full").tolist() == [[0.5] * 3] * 2
