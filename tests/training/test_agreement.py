"""Agreement between annotators, compared with figures that were published or worked out by hand."""

from pathlib import Path

import pytest

from rejoinder_training import api
from rejoinder_training.annotation.agreement import agreement_of_all, krippendorff_alpha, pair_agreement
from rejoinder_training.annotation.importing import read_answers
from tests.training.annotators import annotated, label_studio_tasks, refused, save, statement


@pytest.mark.parametrize(
    ("observers", "published"),
    [
        # Krippendorff (2011), "Computing Krippendorff's alpha-reliability", examples A, B and C.
        (["0100000010", "1110010000"], 0.095),
        (["aabbdcccedda", "babbbccceddd"], 0.692),
        (["123321412   ", "1233224125 3", " 3332342251 ", "12332441251 "], 0.743),
    ],
)
def test_alpha_matches_published_examples(observers: list[str], published: float) -> None:
    units = [[value for value in unit if value.strip()] for unit in zip(*observers, strict=True)]
    assert krippendorff_alpha(units) == pytest.approx(published, abs=5e-4)


def test_alpha_is_none_if_all_values_are_equal_or_no_unit_has_two() -> None:
    assert krippendorff_alpha([["a", "a"], ["a", "a", "a"]]) is None
    assert krippendorff_alpha([["a"], ["b"]]) is None


def test_agreement_takes_labels_beyond_the_primary_one_into_account(tmp_path: Path) -> None:
    tasks = label_studio_tasks(tmp_path, *(statement(n) for n in range(6)))
    pairs_of_acts = [(["denial"], ["denial"])] * 2 + [(["denial", "allegation"], ["denial"])] * 2
    pairs_of_acts += [(["denial", "allegation"], ["denial", "allegation"]), (["other"], ["other"])]
    people = [[(1, a), (2, b)][:: 1 if n % 2 else -1] for n, (a, b) in enumerate(pairs_of_acts)]  # in either order
    exported = [annotated(task, n, *people[n]) for n, task in enumerate(tasks)]
    answers = read_answers([save(tmp_path / "e.json", exported)])
    [pair] = pair_agreement(answers)
    assert (pair.same, pair.kappa, pair.exact) == (1, 1, pytest.approx(4 / 6))
    # On the allegation they agree in four of six; by chance they would in 3/6 * 1/6 + 3/6 * 5/6.
    assert pair.kappas == {"denial": 1, "allegation": pytest.approx((4 / 6 - 1 / 2) / (1 - 1 / 2))}
    overall = agreement_of_all(answers)
    assert (overall.annotators, overall.statements, overall.alpha) == (2, 6, 1)
    # Twelve sets: six of a denial alone, four with an allegation too, two empty. In two statements the sets differ.
    differing, total, expected = 2 * 2, 12, 12**2 - (6**2 + 4**2 + 2**2)
    assert overall.alpha_of_sets == pytest.approx(1 - (total - 1) * differing / expected)


def test_unnamed_annotators_are_numbered_and_not_paired(tmp_path: Path) -> None:
    tasks = label_studio_tasks(tmp_path, *(statement(n) for n in range(5)))
    exported = [annotated(task, n, (1, ["denial"]), (2, ["other"])) for n, task in enumerate(tasks)]
    for task in exported:
        for annotation in task["annotations"]:
            del annotation["completed_by"]
    export = save(tmp_path / "e.json", exported)
    messages: list[str] = []
    error = refused(api.import_labels, export, tmp_path / "out.jsonl", tell=messages.append)
    assert "s0 (unknown 1: denial; unknown 2: other)" in error
    assert "alpha" in messages[-1]
    assert "unknown" not in "".join(messages)  # the first to answer one statement may be the second for the next
