"""How far annotators agree, against figures that were published or worked out by hand."""

from pathlib import Path

import pytest

from rejoinder_training import api
from rejoinder_training.annotation.agreement import agreement_of_all, krippendorff_alpha, pair_agreement
from rejoinder_training.annotation.importing import read_answers
from tests.training.annotators import annotated, refused, save, statement, tasks_of


@pytest.mark.parametrize(
    ("observers", "published"),
    [
        # Krippendorff (2011), "Computing Krippendorff's alpha-reliability", examples A, B and C.
        (["0100000010", "1110010000"], 0.095),
        (["aabbdcccedda", "babbbccceddd"], 0.692),
        (["123321412   ", "1233224125 3", " 3332342251 ", "12332441251 "], 0.743),
    ],
)
def test_alpha_is_that_of_the_paper(observers: list[str], published: float) -> None:
    units = [[value for value in unit if value.strip()] for unit in zip(*observers, strict=True)]
    assert krippendorff_alpha(units) == pytest.approx(published, abs=5e-4)


def test_alpha_of_one_value_throughout_is_unknown() -> None:
    assert krippendorff_alpha([["a", "a"], ["a", "a", "a"]]) is None
    assert krippendorff_alpha([["a"], ["b"]]) is None


def test_second_labels_count(tmp_path: Path) -> None:
    tasks = tasks_of(tmp_path, *(statement(n) for n in range(6)))
    said = [(["denial"], ["denial"])] * 2 + [(["denial", "allegation"], ["denial"])] * 2
    said += [(["denial", "allegation"], ["denial", "allegation"]), (["other"], ["other"])]
    people = [[(1, a), (2, b)][:: 1 if n % 2 else -1] for n, (a, b) in enumerate(said)]  # whoever answers first
    exported = [annotated(task, n, *people[n]) for n, task in enumerate(tasks)]
    answers = read_answers([save(tmp_path / "e.json", exported)])
    [pair] = pair_agreement(answers)
    assert (pair.same, pair.kappa, pair.exact) == (1, 1, pytest.approx(4 / 6))
    # Of the allegation they say the same in four of six, where chance would make 3/6 * 1/6 + 3/6 * 5/6 of them alike.
    assert pair.kappas == {"denial": 1, "allegation": pytest.approx((4 / 6 - 1 / 2) / (1 - 1 / 2))}
    every = agreement_of_all(answers)
    assert (every.annotators, every.statements, every.alpha) == (2, 6, 1)
    # Twelve sets: six of a denial alone, four with an allegation, two of none; those of two statements differ.
    differing, total, expected = 2 * 2, 12, 12**2 - (6**2 + 4**2 + 2**2)
    assert every.alpha_of_sets == pytest.approx(1 - (total - 1) * differing / expected)


def test_annotators_without_a_name_are_numbered_and_no_pair(tmp_path: Path) -> None:
    tasks = tasks_of(tmp_path, *(statement(n) for n in range(5)))
    exported = [annotated(task, n, (1, ["denial"]), (2, ["other"])) for n, task in enumerate(tasks)]
    for task in exported:
        for annotation in task["annotations"]:
            del annotation["completed_by"]
    export = save(tmp_path / "e.json", exported)
    told: list[str] = []
    said = refused(api.import_labels, export, tmp_path / "out.jsonl", tell=told.append)
    assert "s0 (unknown 1: denial; unknown 2: other)" in said
    assert "alpha" in told[-1]
    assert "unknown" not in "".join(told)  # who answers one statement as the first may answer the next as the second
