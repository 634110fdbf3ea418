"""`read` and `read_all`: the statements of an article, how they are linked, and which arguments are rejected."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rejoinder import InputError, Prediction, StatementClassifier, read
from rejoinder.article import read_all
from rejoinder.article.links import answers
from rejoinder.article.links.linear import probability
from rejoinder.article.links.linking import turn_of
from rejoinder.article.links.turns import Turn
from rejoinder.article.names.names import Names
from tests.conftest import ROOT

TEXT = """“They are paid for by the rivals of the mill,” said Ana Melo.

The report accuses the mill of dumping waste in the river and lying about it, and names its director, Ana Melo.

“They are paid for by the rivals of the mill,” said Ana Melo.

“They are paid for by the rivals of the mill,” said Jo Brandt.

“Never,” said Ana Melo. The report says that she knew of it. “Never,” said Ana Melo.
"""


def test_a_repeated_quote_takes_the_prediction_of_its_last_occurrence(classifier: StatementClassifier) -> None:
    statements = read(TEXT, classifier=classifier).statements
    first, again, other, short, short_again = (statement for statement in statements if not statement.indirect)
    alone = classifier.predict([said.statement for said in (first, again, other, short, short_again)])
    assert first.prediction == again.prediction != alone[0]
    # Kept as predicted: the last occurrence, the same words of another speaker, and few words that recur by chance.
    assert [said.prediction.label for said in (again, other, short, short_again)] == [made.label for made in alone[1:]]
    assert short.prediction.scores != short_again.prediction.scores


DISPUTE = """Harbour Trust accused the shipping firm Norvik Lines of pumping oil into the bay.

“Norvik has poisoned every mussel bed north of the light,” said Ana Melo, the trust's director.

Its chief executive, Jon Brandt, denied that the firm had ever cleaned a tank at sea. “Ms Melo wants a donation and \
dresses it up as biology,” he said.
"""


def test_speakers_targets_and_answers_of_a_dispute() -> None:
    acts = ("allegation", "allegation", "denial", "counter_accusation")  # labelled by hand: only the links are tested
    article = read(
        DISPUTE, predict=lambda _: [Prediction(act, 0.9, (act,), {act: 0.9}, False, "by hand") for act in acts]
    )
    charge, spoken, denial, back = article.statements
    assert [one.indirect for one in article.statements] == [True, False, True, False]
    assert [one.speaker for one in article.statements] == ["Harbour Trust", "Ana Melo", "Jon Brandt", "Jon Brandt"]
    assert (back.speaker_mention, DISPUTE[slice(*charge.spans[0])]) == ("he", "pumping oil into the bay")
    assert charge.target is not None
    assert charge.target.name == "Norvik Lines"
    assert spoken.target is not None
    assert spoken.target.name == "Norvik Lines"
    assert back.target is not None
    assert (back.target.name, DISPUTE[slice(*back.target.span)]) == ("Ana Melo", "Ms Melo")
    assert denial.target is None
    assert denial.answers is not None
    assert denial.answers.id in (charge.id, spoken.id)
    assert back.answers is not None
    assert back.answers.id == spoken.id
    assert charge.answers is spoken.answers is None


def test_the_target_is_not_the_accuser() -> None:
    text = "David Brandt left in May. Frank Melo accused him of theft. “He lied to us all,” Melo said."
    accuses = Prediction("allegation", 0.9, ("allegation",), {"allegation": 0.9}, False, "by hand")
    statements = read(text, predict=lambda found: [accuses] * len(found)).statements
    assert [(one.speaker, one.target and one.target.name) for one in statements] == [("Frank Melo", "David Brandt")] * 2
    # In an indirect statement, `she` may be the speaker.
    text = "Ana Brandt runs the clinic. Rosa Vela alleged that she was pushed by guards."
    [statement] = read(text, predict=lambda found: [accuses] * len(found)).statements
    assert statement.speaker == "Rosa Vela"
    assert statement.target is None or statement.target.name != "Ana Brandt"


def test_the_object_of_accused_is_the_target_of_quoted_words() -> None:
    text = "Dan Pell, the mayor, accused the dock union of “holding the whole city hostage for a day”, and left."
    accuses = Prediction("allegation", 0.9, ("allegation",), {"allegation": 0.9}, False, "by hand")
    [statement] = read(text, predict=lambda found: [accuses] * len(found)).statements
    assert statement.target is not None
    target = statement.target
    assert (statement.speaker, target.name, target.score) == ("Dan Pell", "the dock union", 1.0)


def test_a_reporting_verb_overrules_the_model_and_a_byline_is_not_a_speaker() -> None:
    text = """Rovers accused their rivals of breaking rules. “We have written to the league,” Lord Aldous told a radio.

Kestrel insisted they had “followed all procedures”. Ferrante's agent, Luca Monti, said his client was “hurt” by it.
"""
    speakers = {statement.quote: statement.speaker for statement in read(text).statements}
    assert speakers["followed all procedures"] == "Kestrel"
    lead = "A phone without a purpose\n\nBy Nell Sharman\n\nOrbit calls its handset “the most personal phone of all”."
    assert [statement.speaker for statement in read(lead).statements if not statement.indirect] == ["Orbit"]


@pytest.mark.parametrize(
    "text",
    [
        "Melo is accused of taking bribes. It is a charge he denies.",
        "The union says Norvik Lines dumped waste, which the company denies.",
        "Ana Melo, who was fined for theft, which she denies, left.",
    ],
)
def test_a_denial_before_its_verb_is_found(text: str) -> None:
    denies = Prediction("denial", 0.9, ("denial",), {"denial": 0.9}, False, "by hand")
    statements = read(text, predict=lambda asked: [denies] * len(asked)).statements
    assert "denies" in [text[slice(*statement.cue_span)] for statement in statements if statement.cue_span]


def test_a_spokesman_counts_as_the_body_when_statements_are_linked() -> None:
    text = "Charities accused the Home Office of neglect. A Home Office spokesman said: “That is simply untrue.”"
    denies = Prediction("denial", 0.9, ("denial",), {"denial": 0.9}, False, "by hand")
    *_, denial = read(text, predict=lambda found: [denies] * len(found)).statements
    assert denial.speaker == "A Home Office spokesman"
    assert turn_of(denial, "", Names(text)).sides == {"A Home Office spokesman", "Home Office"}


def test_read_all_gives_the_same_statements_as_read(classifier: StatementClassifier) -> None:
    texts = [DISPUTE, "Nobody said a word.", TEXT]
    apart = [read(text, classifier=classifier) for text in texts]
    for together, alone in zip(read_all(texts, classifier=classifier), apart, strict=True):
        assert together.text == alone.text
        assert [(one.id, one.spans, one.speaker, one.target, one.answers) for one in together.statements] == [
            (one.id, one.spans, one.speaker, one.target, one.answers) for one in alone.statements
        ]


def test_statements_do_not_answer_their_own_side() -> None:
    charge = Turn("s1", (0, 20), "The mill stole it.", "Orvania", "the mill", ("allegation",))
    minister = Turn("s2", (30, 50), "That is a lie.", "Ana Haas", "", ("denial",), "Orvania")
    assert [*answers.candidates(minister, [charge])] == []
    assert [turn.id for turn, _ in answers.candidates(replace(minister, side="Kestland"), [charge])] == ["s1"]


def test_the_subject_of_was_charged_and_said_is_the_speaker(classifier: StatementClassifier) -> None:
    text = "Ana Melo was charged with fraud and said: “I have never stolen a cent.”"
    *_, quoted = read(text, classifier=classifier).statements
    assert quoted.speaker == "Ana Melo"


def test_extreme_features_still_give_a_probability() -> None:
    assert 0 <= probability("answer", {"between": 1e6}) < 0.01
    assert 0.99 < probability("answer", {"shared": 1e6}) <= 1


def test_quotes_without_words_are_not_statements(classifier: StatementClassifier) -> None:
    text = "Ana Melo replied: “!!!” He accused her of @_. “We lied to nobody,” Melo said."
    assert [text[slice(*statement.spans[0])] for statement in read(text, classifier=classifier).statements] == [
        "We lied to nobody,"
    ]


def test_thresholds_and_min_score_have_the_same_effect_as_in_predict(classifier: StatementClassifier) -> None:
    plain = read(TEXT, classifier=classifier).statements
    quoted = [one for one in plain if not one.indirect]
    highest = max(one.prediction.score for one in quoted)
    for options in ({"thresholds": 0.0}, {"min_score": highest}):
        expected = {one.spans: classifier.decide(one.prediction, **options) for one in quoted}
        assert expected != {one.spans: one.prediction for one in quoted}
        [article] = read_all([TEXT], classifier=classifier, **options)
        assert {one.spans: one.prediction for one in article.statements if not one.indirect} == expected


def test_predict_excludes_a_classifier_and_thresholds(classifier: StatementClassifier) -> None:
    cases: list[dict[str, Any]] = [{"classifier": classifier}, {"thresholds": 0.5}]
    for options in cases:
        with pytest.raises(InputError, match="predict: replaces the classifier; leave out"):
            read(TEXT, predict=classifier.predict, **options)


@pytest.mark.parametrize("text", [None, Path("news.txt"), b"No.", ["No."]])
def test_an_input_that_is_not_a_text_is_rejected(text: Any) -> None:
    with pytest.raises(InputError, match=f"text: is a {type(text).__name__}; give the article's text"):
        read(text)


@pytest.mark.parametrize("text", ["news.txt", "my news/page 1.HTML", "/data/shard-3.jsonl"])
def test_a_file_name_is_not_accepted_as_a_text(text: str) -> None:
    with pytest.raises(InputError, match="text: is the name of a file; give its contents"):
        read(text)
    with pytest.raises(InputError, match="is the name of a file"):
        read_all([TEXT, text])
    assert not read(f"The list stands in {text}.").statements


@pytest.mark.parametrize(
    "head", ["<!doctype html><body class=“lead”>", '\n<HTML lang="en">', "<!-- a --> <body id='b'>"]
)
def test_html_source_is_not_accepted_as_a_text(head: str) -> None:
    with pytest.raises(InputError, match=r"text: is the source of a web page; give its text, as web_page\(…\)\.text"):
        read(f"{head}<p>{TEXT}</p>")
    assert read(f"The page begins with {head}: {TEXT}").statements


def test_the_properties_of_a_statement_match_its_dictionary(classifier: StatementClassifier) -> None:
    for one in read(TEXT, classifier=classifier).statements:
        record = one.to_dict()
        assert (one.quote, one.label, one.score) == (record["quote"], record["label"], record["score"])
        assert list(one.acts) == record["acts"]


def test_read_all_rejects_a_single_text() -> None:
    with pytest.raises(InputError, match="texts: is one text; give several, or use read"):
        read_all("“No,” said Ana Melo.")


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (None, "texts: expected several strings, got NoneType"),
        ({"text": TEXT}, "texts: got dict; give the texts of its column"),
        ([TEXT, float("nan")], "text 1: is a float; give the article's text"),
    ],
)
def test_read_all_rejects_anything_but_several_texts(texts: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_all(texts)


@pytest.mark.parametrize(
    "text",
    [
        "“We never sold any data,” Norvik said. More: https://news.example/story.html",
        "Norvik denied the report. Full statement: norvik-statement.pdf",
    ],
)
def test_a_short_text_may_end_in_a_url_or_file_name(text: str, classifier: StatementClassifier) -> None:
    assert read(text, classifier=classifier).statements


@pytest.mark.parametrize("blank", ["\r\n\r\n", "\n \t\n", "\r\r"])
def test_line_ends_of_other_systems_do_not_change_the_result(blank: str, classifier: StatementClassifier) -> None:
    end = blank[: len(blank) // 2] if "\r" in blank else "\n"
    title = "Fury over “a theft from start to finish” in town council sale"
    plain = (
        f"{title}\n\n{DISPUTE}\nThe sale was “a theft from start to finish”, the\nmayor, Jo Lund, told the council.\n"
    )
    text = plain.replace("\n\n", "\0").replace("\n", end).replace("\0", blank)
    expected, found = read_all([plain, text], classifier=classifier)
    assert found.statements[0].speaker == expected.statements[0].speaker == "Jo Lund"
    for one, other in zip(expected.statements, found.statements, strict=True):
        assert [" ".join(text[slice(*span)].split()) for span in other.spans] == [
            " ".join(plain[slice(*span)].split()) for span in one.spans
        ]
        assert (other.speaker, other.label) == (one.speaker, one.label)
        assert (other.target and other.target.name) == (one.target and one.target.name)
        assert (other.answers and other.answers.id) == (one.answers and one.answers.id)


def test_denial_is_the_first_act_of_a_statement_reported_as_denied() -> None:
    scores = {"denial": 0.4, "counter_accusation": 0.6}
    for acts, label in ((("counter_accusation", "denial"), "denial"), (("counter_accusation",), "counter_accusation")):
        made = Prediction("counter_accusation", 0.6, acts, scores, False, "by hand")
        [one] = read("Norvik denied that it had hidden the books.", predict=lambda _, made=made: [made]).statements  # type: ignore[misc]
        assert (one.label, one.score, set(one.acts)) == (label, scores[label], set(acts))
        assert one.acts[0] == label


@pytest.mark.parametrize(("min_score", "label", "acts"), [(0.4, "denial", 2), (0.5, None, 0), (0.7, None, 0)])
def test_a_denial_below_min_score_has_no_label(min_score: float, label: str | None, acts: int) -> None:
    scores = {"denial": 0.4, "counter_accusation": 0.6}
    made = Prediction("counter_accusation", 0.6, ("counter_accusation", "denial"), scores, False, "by hand")
    article = read("Norvik denied that it had hidden the books.", predict=lambda _: [made], min_score=min_score)
    [one] = article.statements
    assert (one.label, one.score, len(one.acts)) == (label, 0.4, acts)


@pytest.mark.parametrize(
    ("predict", "message"),
    [
        (lambda _: [], "returned 0 predictions for 4 statements"),
        (lambda _: None, "returned a NoneType; it must return a list with one Prediction per statement"),
        (lambda _: [1], "returned a int among the predictions"),
        (lambda _: [None] * 4, "returned a NoneType among the predictions"),
        ("x", "is a str; give a function from statements to predictions"),
        ("", "is a str"),
    ],
)
def test_an_invalid_predict_function_is_rejected(predict: Any, message: str) -> None:
    with pytest.raises(InputError, match=f"predict: {message}"):
        read(DISPUTE, predict=predict)


@pytest.mark.parametrize("classifier", [StatementClassifier, 3, ["bundled"], ()])
def test_an_invalid_classifier_is_rejected(classifier: Any) -> None:
    with pytest.raises(InputError, match=r"classifier: .*; give what StatementClassifier.from_pretrained\(\) returns"):
        read(DISPUTE, classifier=classifier)


def test_packages_of_article_import_only_earlier_ones() -> None:
    packages = ["grammar", "names", "quotes", "indirect", "links"]
    for position, package in enumerate(packages):
        for file in (ROOT / "inference/rejoinder/article" / package).glob("*.py"):
            imported = set(re.findall(r"^ *from rejoinder\.article\.(\w+)", file.read_text("utf8"), re.MULTILINE))
            assert imported.isdisjoint(packages[position + 1 :]), file
