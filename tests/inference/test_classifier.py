"""StatementClassifier on the bundled model."""

import json
import pickle
import re
import subprocess
import sys
import warnings
from collections import deque, namedtuple
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rejoinder
from rejoinder import InputError, Prediction, Statement, StatementClassifier, label_file, read
from rejoinder.engine import EngineName


def test_one_statement_gives_one_prediction(classifier: StatementClassifier) -> None:
    prediction = classifier.predict("We never sold a single camera to the army, not now and not ever.")
    assert isinstance(prediction, Prediction)
    assert set(prediction.scores) == set(rejoinder.ACTS)
    assert prediction.model == classifier.config.version
    assert not prediction.truncated
    json.dumps(prediction.to_dict())


def test_predict_proba_has_a_column_for_each_act(classifier: StatementClassifier) -> None:
    scores = classifier.predict_proba(["It is false.", Statement("They lied.", before="The union said: ")])
    assert scores.shape == (2, len(classifier.acts))
    assert ((scores > 0) & (scores < 1)).all()
    assert classifier.predict_proba([]).shape == (0, len(classifier.acts))
    for statement in ("It is false.", Statement("It is false.")):  # one row, and not one for each character
        assert classifier.predict_proba(statement).tolist() == classifier.predict_proba([statement]).tolist()


def test_label_and_score_follow_the_thresholds(classifier: StatementClassifier) -> None:
    quote = "The minister stole the money and covered it up."
    everything = classifier.predict(quote, thresholds=0.0)
    assert set(everything.acts) == set(classifier.acts)
    assert everything.label == max(everything.scores, key=everything.scores.__getitem__)
    assert everything.score == everything.scores[everything.label]
    nothing = classifier.predict(quote, thresholds=1.0)
    assert (nothing.acts, nothing.label) == ((), "other")
    assert nothing.score == pytest.approx(1 - max(nothing.scores.values()))
    prediction = classifier.predict(quote, thresholds={"allegation": 0.0, "denial": 1.0, "counter_accusation": 1.0})
    assert prediction.acts == ("allegation",)


@pytest.mark.parametrize(
    ("thresholds", "message"),
    [
        ({"insult": 0.5}, "no act named insult"),
        *(
            (wrong, "give a probability between 0 and 1")
            for wrong in (1.5, -0.1, [0.3, 0.4, 0.5], "x", {"denial": None}, True, np.array(0.5))
        ),
    ],
)
def test_wrong_thresholds_are_refused(classifier: StatementClassifier, thresholds: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        classifier.predict("It is false.", thresholds=thresholds)  # type: ignore[call-overload]


def test_below_min_score_it_abstains(classifier: StatementClassifier) -> None:
    quote = "The minister stole the money and covered it up."
    sure = classifier.predict(quote)
    assert classifier.predict(quote, min_score=sure.score) == sure
    unsure = classifier.predict([quote], min_score=sure.score + 1e-6)[0]
    assert (unsure.label, unsure.acts, unsure.score, unsure.scores) == (None, (), sure.score, sure.scores)
    for wrong in (1.5, None, "0.5", True, np.array([0.5])):
        with pytest.raises(InputError, match=re.escape(f"min_score: {wrong!r}; it must be a probability")):
            classifier.predict(quote, min_score=wrong)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"^min_score: 'x{49}…; it must"):
        classifier.predict(quote, min_score="x" * 1000)  # type: ignore[call-overload]


def test_another_prior_multiplies_the_odds(classifier: StatementClassifier) -> None:
    statements = ["The minister stole the money.", "It is false.", "Rain is expected."]
    old = classifier.config.prior
    assert old is not None
    rarer = classifier.with_prior({"denial": 0.05})
    before, after = classifier.predict_proba(statements), rarer.predict_proba(statements)
    ratio = 0.05 / 0.95 / (old["denial"] / (1 - old["denial"]))
    np.testing.assert_allclose(after[:, 1] / (1 - after[:, 1]), ratio * before[:, 1] / (1 - before[:, 1]), rtol=1e-3)
    np.testing.assert_array_equal(after[:, [0, 2]], before[:, [0, 2]])  # acts that it does not name are unchanged
    np.testing.assert_allclose(rarer.with_prior(old).predict_proba(statements), before, atol=1e-6)


@pytest.mark.parametrize(
    ("prior", "message"),
    [
        ({"insult": 0.5}, "no act named insult"),
        ({"denial": 0.0}, "a share between 0 and 1"),
        ({"denial": "0.1"}, "denial: '0.1'; each must be a share between 0 and 1"),
        (0.1, "give a share for each act"),
    ],
)
def test_a_wrong_prior_is_refused(classifier: StatementClassifier, prior: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        classifier.with_prior(prior)


def test_a_model_without_a_prior_cannot_be_given_one(classifier: StatementClassifier) -> None:
    silent = StatementClassifier(replace(classifier.config, prior=None), classifier.encoder, classifier.engine)
    with pytest.raises(InputError, match="does not state how frequent"):
        silent.with_prior({"denial": 0.05})


@pytest.mark.parametrize("quote", ["", "  \n", Statement("")])
def test_an_empty_quote_is_refused(classifier: StatementClassifier, quote: str | Statement) -> None:
    with pytest.raises(InputError, match="empty"):
        classifier.predict(quote)


@pytest.fixture(scope="module")
def exact() -> StatementClassifier:
    return StatementClassifier.from_pretrained(engine="onnxruntime")


@pytest.mark.parametrize("engine", ["onnxruntime-int8", "openvino", "openvino-int8"])
def test_every_engine_gives_the_same_scores_with_the_bundled_model(
    engine: EngineName, exact: StatementClassifier
) -> None:
    if engine.startswith("openvino"):
        pytest.importorskip("openvino", reason="the extra openvino is not installed")
    statements = ["It is false.", Statement("They lied to all of us.", before="The union, after the strike: ")]
    other = StatementClassifier.from_pretrained(engine=engine)
    np.testing.assert_allclose(other.predict_proba(statements), exact.predict_proba(statements), atol=0.05)


def test_the_public_names() -> None:
    assert sorted(rejoinder.__all__) == [
        "ACTS",
        "Answer",
        "Article",
        "EngineName",
        "InputError",
        "LabelSummary",
        "MissingExtraError",
        "ModelError",
        "OTHER",
        "PartlyDoneError",
        "Prediction",
        "ReadStatement",
        "RejoinderError",
        "Statement",
        "StatementClassifier",
        "Target",
        "WebPage",
        "__version__",
        "label_file",
        "read",
        "read_all",
        "read_file",
        "web_page",
    ]
    for name in rejoinder.__all__:
        assert getattr(rejoinder, name)
        assert name in dir(rejoinder)
    with pytest.raises(AttributeError, match="module 'rejoinder' has no attribute 'raed'"):
        rejoinder.raed  # type: ignore[attr-defined]  # noqa: B018


ARTICLE = "“It is a lie,” said Ana Melo."


class Mine(StatementClassifier):
    """A subclass defined by a user."""


def test_a_subclass_is_kept_by_pickling_and_with_prior(smoke_model: Path) -> None:
    classifier = Mine.from_pretrained(smoke_model)
    assert type(pickle.loads(pickle.dumps(classifier))) is type(classifier.with_prior({"denial": 0.1})) is Mine
    assert repr(classifier).startswith("<Mine ")


def test_results_can_be_hashed(tiny: StatementClassifier) -> None:
    article, again = (read(ARTICLE, classifier=tiny) for _ in range(2))
    assert len({*article.statements, *article.statements, *again.statements}) == 1
    assert {article: 1}[again]


def test_invalid_options_are_refused_before_the_first_statement_is_read(classifier: StatementClassifier) -> None:
    for options in ({"thresholds": 7}, {"min_score": 7}, {"window": "3"}, {"window": 0}, {"window": 2**63}):
        with pytest.raises(InputError):
            classifier.predict_iter(["Fine."], **options)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"^thresholds: 7; give a probability"):
        read("Nothing is quoted here.", thresholds=7)
    for threads, message in (
        (0, "0; it must be a whole number"),
        ([1], r"\[1\]; it must"),
        (10**9, "1000000000; at most"),
    ):
        with pytest.raises(InputError, match=f"^threads: {message}"):
            read(ARTICLE, classifier=classifier, threads=threads)  # type: ignore[arg-type]


def test_decide_refuses_a_prediction_with_other_acts(classifier: StatementClassifier) -> None:
    other = replace(classifier.predict("Fine."), scores={"praise": 0.5})
    with pytest.raises(InputError, match=r"^prediction: has praise; this model knows allegation, "):
        classifier.decide(other)
    with pytest.raises(InputError, match=r"^prediction: 'Fine.'; give one that predict returned"):
        classifier.decide("Fine.")  # type: ignore[arg-type]
    for scores in (None, dict.fromkeys(classifier.acts, "0.5")):
        with pytest.raises(InputError, match="prediction: has the scores"):
            classifier.decide(replace(other, scores=scores))  # type: ignore[arg-type]


def test_modules_for_articles_and_files_are_imported_at_first_use() -> None:
    code = """
import sys, rejoinder
print([m for m in ("rejoinder.article", "rejoinder.files") if m in sys.modules])
print(*map(callable, (rejoinder.web_page, rejoinder.PartlyDoneError, rejoinder.read, rejoinder.label_file)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\nTrue True True True\n"


def test_importing_the_package_imports_no_heavy_dependencies() -> None:
    heavy = ["torch", "transformers", "openvino", "pyarrow", "trafilatura"]
    code = f"import sys, rejoinder, rejoinder.cli; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_sequences_that_cannot_be_sliced_are_accepted(tiny: StatementClassifier) -> None:
    quotes = [f"It is false, says number {n % 7}." for n in range(1_100)]
    assert tiny.predict(deque(quotes)) == tiny.predict(quotes)


@pytest.mark.parametrize("work", [read, lambda _, **options: label_file("in.csv", "out.csv", **options)])
def test_a_model_name_is_not_accepted_as_a_classifier(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, work: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("in.csv").write_text("quote\nNo.\n", "utf8")
    with pytest.raises(
        InputError, match=r"classifier: 'bundled' is only a name or path; give what .*from_pretrained\('bundled'\)"
    ):
        work("“No,” said Ana Melo.", classifier="bundled")


Row = namedtuple("Row", ["quote", "before"])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"quote": "It never happened."}, "statements: got dict; convert it with Statement(**row)"),
        (["Fine.", Statement("No.", before=None)], "statement 1: its before is None; give a string, '' for none"),  # type: ignore[arg-type]
        ([Statement(float("nan"))], "statement 0: its quote is nan; give the quoted words"),  # type: ignore[arg-type]
        (["Fine.", "Fine.", " — "], "statement 2: the quote is without words: ' — '"),
        (["Fine.", "🙂"], "statement 1: the quote is without words: '🙂'"),
        (
            [{"quote": "Fine."}],
            "statement 0: expected a string or a Statement, got dict; convert it with Statement(",
        ),
        (["Fine.", 7], "statement 1: expected a string or a Statement, got int"),
        ([None], "statement 0: expected a string or a Statement, got None, a missing value; leave such rows out"),
        (
            ["Fine.", np.nan],
            "statement 1: expected a string or a Statement, got nan, a missing value; leave such rows out",
        ),
        (
            [Row("Fine.", "He said:")],
            "statement 0: expected a string or a Statement, got Row; convert it with Statement(quote, before=…)",
        ),
        (None, "statements: expected a string, a Statement or an iterable of them, got NoneType"),
        (7, "statements: expected a string, a Statement or an iterable of them, got int"),
        (
            np.array("Fine."),
            "statements: expected a string, a Statement or an iterable of them, got a zero-dimensional ndarray",
        ),
        (Row("Fine.", "He said:"), "statements: got Row, a row with quote, before; convert it"),
        ([*["Fine."] * 1_500, ""], "statement 1500: the quote is empty"),
    ],
)
def test_invalid_statements_are_reported_with_their_index(tiny: StatementClassifier, given: Any, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        tiny.predict(given)


def test_a_data_frame_row_is_not_taken_for_a_column_of_quotes(tiny: StatementClassifier) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"quote": ["It is false."], "speaker": ["Ana Melo"]})
    for label in (lambda: tiny.predict(frame.iloc[0]), lambda: frame.apply(tiny.predict, axis=1)):
        with pytest.raises(InputError, match="got Series, a row with quote, speaker; convert it"):
            label()
    with pytest.raises(InputError, match="statement 1: expected a string or a Statement, got <NA>, a missing value"):
        tiny.predict(pandas.Series(["It is false.", None], dtype="string"))
    for column in (frame["quote"], frame.set_index("speaker")["quote"]):
        assert tiny.predict(column) == [tiny.predict("It is false.")]


def test_numpy_integers_are_accepted_as_options(smoke_model: Path, tmp_path: Path) -> None:
    classifier = StatementClassifier.from_pretrained(smoke_model, threads=np.int64(1))  # type: ignore[arg-type]
    assert type(classifier.threads) is int
    assert [*classifier.predict_iter(["Fine."], window=np.int32(1))] == classifier.predict(["Fine."])  # type: ignore[arg-type]
    (tmp_path / "in.csv").write_text("quote\nNo.\nNever.\n", "utf8")
    options: dict[str, Any] = {"part_rows": np.int64(1), "workers": np.int64(1)}
    assert label_file(tmp_path / "in.csv", tmp_path / "out.csv", classifier=classifier, **options).failures == 0


def test_a_prior_near_zero_does_not_overflow(tiny: StatementClassifier) -> None:
    classifier = tiny.with_prior({"denial": 1e-40})
    with warnings.catch_warnings(action="error"):
        assert classifier.predict("It never happened.").scores["denial"] == 0
