"""Parts of the report: the examples that it chooses, its sentences and the text in its plots."""

from typing import Any

import pytest

from rejoinder_training.evaluation.report.drawing import short, width_of, wrapped
from rejoinder_training.evaluation.report.instructive import choose, nearest
from rejoinder_training.evaluation.report.page import _errors
from rejoinder_training.evaluation.report.plots import confusion, coverage_risk
from rejoinder_training.evaluation.report.summary import sentence


def test_names_are_shortened_wrapped_or_rotated_by_their_width() -> None:
    assert width_of("ww") > width_of("ii")
    assert width_of("日本語") == 33
    assert short("日本語" * 40, 310) != short("abc" * 40, 310)
    for text in ("日本語" * 40, "W" * 99, "i" * 99):
        assert 280 < width_of(short(text, 310)) <= 310
        assert all(width_of(line) <= 84 for line in wrapped(text, 84))
        assert "".join(wrapped(text, 84)) == text
    assert wrapped("engage in material cooperation", 84) == ["engage in", "material", "cooperation"]
    few = confusion(["a", "b"], ["a", "b"], ["a", "b"])
    many = confusion(["a", "b"], ["a", "b"], ["a", "b", *(f"{'long ' * 9}{i}" for i in range(8))])
    assert "rotate(-90)" not in few.svg.partition("the system says")[0]
    assert many.svg.partition("the system says")[0].count("rotate(-90)") >= 10
    assert many.height > 10 * 60


def test_equal_coverage_steps_are_stated_once() -> None:
    steps = [{"coverage": share, "risk": 0.5, "min_score": 0.4} for share in (1, 1, 0.5)]
    caption = coverage_risk({"new": steps}).caption.replace("\N{NO-BREAK SPACE}", " ")
    assert caption.endswith("new at a coverage of 100 %: 50.0 % (score from 0.40) and 50 %: 50.0 % (score from 0.40).")


def test_chosen_mistakes_alternate_between_kinds_and_clusters() -> None:
    def mistake(number: int, predicted: str, cluster: str) -> dict[str, Any]:
        score = 0.99 - number / 1000
        return {"id": str(number), "acts": [], "label": predicted, "cluster": cluster, "score": score}

    many = [mistake(i, "a", f"large {i % 2}") for i in range(50)]
    few = [mistake(100 + i, "b", "small") for i in range(3)]
    chosen = choose([*many, *few], "other", most=10)
    assert [row["id"] for row in chosen["other", "a"]] == ["0", "1", "2", "3", "4", "5", "6"]
    assert [row["id"] for row in chosen["other", "b"]] == ["100", "101", "102"]


def test_each_contradicting_pair_is_shown_once_and_together() -> None:
    # In the order of `find_errors`: three with one text, of which the last agrees with the first, and another pair.
    listed = [{"id": id, "twin": twin} for id, twin in ("ab", "ba", "cb", "xy", "yx")]
    shown = _errors({"mistakes": [], "suspects": [], "contradictions": listed}, None, "other")
    assert [[row["id"] for row in pair] for pair in shown["contradictions"]] == [["a", "b"], ["c", "b"], ["x", "y"]]
    assert shown["contradictions_total"] == 3


def test_nearest_training_statements_share_the_most_words() -> None:
    def row(id: str, quote: str) -> dict[str, str]:
        return {"id": id, "quote": quote, "before": "", "after": "", "speaker": ""}

    train = [row("same", "the dam broke"), row("half", "the dam held"), row("none", "rain"), row("me", "the dam broke")]
    [found] = nearest([row("me", "the dam broke")], train)
    assert [one["id"] for _, one in found] == ["same", "half"]
    assert found[0][0] == pytest.approx(1)
    assert nearest([row("x", "the dam")], []) == [[]]


@pytest.mark.parametrize(
    ("interval", "claim"),
    [
        ([-0.2, -0.1], "it is better than old (+0.150 [+0.100, +0.200])"),
        ([-0.3, 0.1], "these statements do not distinguish it from old (+0.150 [−0.100, +0.300])"),
        ([0.1, 0.2], "old (+0.150 [+0.100, +0.200]) is better"),
    ],
)
def test_the_summary_names_a_better_system_only_if_the_interval_excludes_0(interval: list[float], claim: str) -> None:
    figures = {"macro_f1": 0.61, "intervals": {"macro_f1": [0.5, 0.7]}}
    results = {"statements": 1200, "groups": 90, "split": "test", "systems": {"new": {"modes": {"full": figures}}}}
    difference = 0.15 if interval[0] > 0 else -0.15
    text = sentence(results, "new", "full", {"old": {"difference": difference, "interval": interval}})
    assert text == (
        "On 1,200 statements of 90 groups (test), given the quote with the text around it, new reaches a macro-F1 of "
        f"0.610 with a 95 % interval from 0.500 to 0.700; {claim}."
    )
