"""`read`: what the statements of an article have in common."""

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


def test_words_quoted_again_do_what_they_do_where_they_stand_last(classifier: StatementClassifier) -> None:
    statements = read(TEXT, classifier=classifier).statements
    first, again, other, short, shorter = (one for one in statements if not one.indirect)
    alone = classifier.predict([one.statement for one in (first, again, other, short, shorter)])
    assert first.prediction == again.prediction != alone[0]
    # The last occurrence is read as it is; so are the words of somebody else, and words that recur by chance.
    assert [one.prediction.label for one in (again, other, short, shorter)] == [one.label for one in alone[1:]]
    assert short.prediction.scores != shorter.prediction.scores


DISPUTE = """Harbour Trust accused the shipping firm Norvik Lines of pumping oil into the bay.

“Norvik has poisoned every mussel bed north of the light,” said Ana Melo, the trust's director.

Its chief executive, Jon Brandt, denied that the firm had ever cleaned a tank at sea. “Ms Melo wants a donation and \
dresses it up as biology,” he said.
"""


def test_who_says_what_of_whom_in_answer_to_what() -> None:
    acts = ("allegation", "allegation", "denial", "counter_accusation")  # labelled by hand: what links them is tested
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


def test_who_is_accused_is_not_the_one_who_accuses() -> None:
    text = "David Brandt left in May. Frank Melo accused him of theft. “He lied to us all,” Melo said."

    accuses = Prediction("allegation", 0.9, ("allegation",), {"allegation": 0.9}, False, "by hand")
    told = read(text, predict=lambda found: [accuses] * len(found)).statements
    assert [(one.speaker, one.target and one.target.name) for one in told] == [("Frank Melo", "David Brandt")] * 2
    # What is reported of her may speak of herself.
    text = "Ana Brandt runs the clinic. Rosa Vela alleged that she was pushed by guards."
    [told] = read(text, predict=lambda found: [accuses] * len(found)).statements
    assert told.speaker == "Rosa Vela"
    assert told.target is None or told.target.name != "Ana Brandt"


def test_who_is_accused_of_quoted_words_is_named_by_the_verb() -> None:
    text = "Dan Pell, the mayor, accused the dock union of “holding the whole city hostage for a day”, and left."
    accuses = Prediction("allegation", 0.9, ("allegation",), {"allegation": 0.9}, False, "by hand")
    [told] = read(text, predict=lambda found: [accuses] * len(found)).statements
    assert told.target is not None
    assert (told.speaker, told.target.name, told.target.score) == ("Dan Pell", "the dock union", 1.0)


def test_a_sentence_with_its_own_reporting_verb_goes_before_the_model_and_no_byline_speaks() -> None:
    text = """Rovers accused their rivals of breaking rules. “We have written to the league,” Lord Aldous told a radio.

Kestrel insisted they had “followed all procedures”. Ferrante's agent, Luca Monti, said his client was “hurt” by it.
"""
    speakers = {one.statement.quote: one.speaker for one in read(text).statements}
    assert speakers["followed all procedures"] == "Kestrel"
    lead = "A phone without a purpose\n\nBy Nell Sharman\n\nOrbit calls its handset “the most personal phone of all”."
    assert [one.speaker for one in read(lead).statements if not one.indirect] == ["Orbit"]


@pytest.mark.parametrize(
    "text",
    [
        "Melo is accused of taking bribes. It is a charge he denies.",
        "The union says Norvik Lines dumped waste, which the company denies.",
        "Ana Melo, who was fined for theft, which she denies, left.",
    ],
)
def test_a_denial_whose_verb_stands_behind_it_is_read(text: str) -> None:
    denies = Prediction("denial", 0.9, ("denial",), {"denial": 0.9}, False, "by hand")
    found = read(text, predict=lambda asked: [denies] * len(asked)).statements
    assert "denies" in [text[slice(*one.cue_span)] for one in found if one.cue_span]


def test_a_spokesman_counts_as_the_body_where_statements_are_linked() -> None:
    text = "Charities accused the Home Office of neglect. A Home Office spokesman said: “That is simply untrue.”"
    denies = Prediction("denial", 0.9, ("denial",), {"denial": 0.9}, False, "by hand")
    *_, told = read(text, predict=lambda found: [denies] * len(found)).statements
    assert told.speaker == "A Home Office spokesman"
    assert turn_of(told, "", Names(text)).sides == {"A Home Office spokesman", "Home Office"}


def test_several_articles_are_read_as_each_by_itself(classifier: StatementClassifier) -> None:
    texts = [DISPUTE, "Nobody said a word.", TEXT]
    apart = [read(text, classifier=classifier) for text in texts]
    for together, alone in zip(read_all(texts, classifier=classifier), apart, strict=True):
        assert together.text == alone.text
        assert [(one.id, one.spans, one.speaker, one.target, one.answers) for one in together.statements] == [
            (one.id, one.spans, one.speaker, one.target, one.answers) for one in alone.statements
        ]


def test_nobody_answers_the_own_side() -> None:
    charge = Turn("s1", (0, 20), "The mill stole it.", "Orvania", "the mill", ("allegation",))
    minister = Turn("s2", (30, 50), "That is a lie.", "Ana Haas", "", ("denial",), "Orvania")
    assert [*answers.candidates(minister, [charge])] == []
    assert [turn.id for turn, _ in answers.candidates(replace(minister, side="Kestland"), [charge])] == ["s1"]


def test_who_is_charged_speaks_where_the_sentence_goes_on_to_say_so(classifier: StatementClassifier) -> None:
    text = "Ana Melo was charged with fraud and said: “I have never stolen a cent.”"
    *_, told = read(text, classifier=classifier).statements
    assert told.speaker == "Ana Melo"


def test_statements_that_stand_far_apart_are_linked_with_a_probability() -> None:
    assert 0 <= probability("answer", {"between": 1e6}) < 0.01
    assert 0.99 < probability("answer", {"shared": 1e6}) <= 1


def test_marks_without_words_are_no_statement(classifier: StatementClassifier) -> None:
    text = "Ana Melo replied: “!!!” He accused her of @_. “We lied to nobody,” Melo said."
    assert [text[slice(*one.spans[0])] for one in read(text, classifier=classifier).statements] == [
        "We lied to nobody,"
    ]


def test_thresholds_and_min_score_are_those_of_predict(classifier: StatementClassifier) -> None:
    plain = read(TEXT, classifier=classifier).statements
    quoted = [one for one in plain if not one.indirect]
    surest = max(one.prediction.score for one in quoted)
    for options in ({"thresholds": 0.0}, {"min_score": surest}):
        wanted = {one.spans: classifier.decide(one.prediction, **options) for one in quoted}
        assert wanted != {one.spans: one.prediction for one in quoted}
        [article] = read_all([TEXT], classifier=classifier, **options)
        assert {one.spans: one.prediction for one in article.statements if not one.indirect} == wanted


def test_predict_takes_the_place_of_a_classifier(classifier: StatementClassifier) -> None:
    cases: list[dict[str, Any]] = [{"classifier": classifier}, {"thresholds": 0.5}]
    for options in cases:
        with pytest.raises(InputError, match="predict: labels in the place of a classifier; leave out"):
            read(TEXT, predict=classifier.predict, **options)


@pytest.mark.parametrize("text", [None, Path("news.txt"), b"No.", ["No."]])
def test_what_is_no_text_is_told(text: Any) -> None:
    with pytest.raises(InputError, match=f"text: is a {type(text).__name__}; give the article's text"):
        read(text)


@pytest.mark.parametrize("text", ["news.txt", "my news/page 1.HTML", "/data/shard-3.jsonl"])
def test_a_path_is_not_read_as_a_text(text: str) -> None:
    with pytest.raises(InputError, match="text: is the name of a file; give what that holds"):
        read(text)
    with pytest.raises(InputError, match="is the name of a file"):
        read_all([TEXT, text])
    assert not read(f"The list stands in {text}.").statements


@pytest.mark.parametrize(
    "head", ["<!doctype html><body class=“lead”>", '\n<HTML lang="en">', "<!-- a --> <body id='b'>"]
)
def test_the_source_of_a_page_is_not_read_as_a_text(head: str) -> None:
    with pytest.raises(InputError, match=r"text: is the source of a web page; give its text, as web_page\(…\)\.text"):
        read(f"{head}<p>{TEXT}</p>")
    assert read(f"The page begins with {head}: {TEXT}").statements


def test_what_a_statement_says_and_does_is_at_hand(classifier: StatementClassifier) -> None:
    for one in read(TEXT, classifier=classifier).statements:
        told = one.to_dict()
        assert (one.quote, one.label, one.score) == (told["quote"], told["label"], told["score"])
        assert list(one.acts) == told["acts"]


def test_one_text_is_not_read_as_many() -> None:
    with pytest.raises(InputError, match="texts: is one text; give several, or use read"):
        read_all("“No,” said Ana Melo.")


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        (None, "texts: expected several strings, got NoneType"),
        ({"text": TEXT}, "texts: got dict; give the texts of its column"),
        ([TEXT, float("nan")], "text 1: is a float; give the article's text"),
    ],
)
def test_what_is_not_several_texts_is_told(texts: Any, told: str) -> None:
    with pytest.raises(InputError, match=told):
        read_all(texts)


@pytest.mark.parametrize(
    "text",
    [
        "“We never sold any data,” Norvik said. More: https://news.example/story.html",
        "Norvik denied the report. Full statement: norvik-statement.pdf",
    ],
)
def test_a_short_text_may_end_in_an_address_or_the_name_of_a_file(text: str, classifier: StatementClassifier) -> None:
    assert read(text, classifier=classifier).statements


@pytest.mark.parametrize("blank", ["\r\n\r\n", "\n \t\n", "\r\r"])
def test_line_ends_of_other_systems_change_nothing(blank: str, classifier: StatementClassifier) -> None:
    end = blank[: len(blank) // 2] if "\r" in blank else "\n"
    title = "Fury over “a theft from start to finish” in town council sale"
    plain = (
        f"{title}\n\n{DISPUTE}\nThe sale was “a theft from start to finish”, the\nmayor, Jo Lund, told the council.\n"
    )
    text = plain.replace("\n\n", "\0").replace("\n", end).replace("\0", blank)
    wanted, found = read_all([plain, text], classifier=classifier)
    assert found.statements[0].speaker == wanted.statements[0].speaker == "Jo Lund"
    for one, other in zip(wanted.statements, found.statements, strict=True):
        assert [" ".join(text[slice(*span)].split()) for span in other.spans] == [
            " ".join(plain[slice(*span)].split()) for span in one.spans
        ]
        assert (other.speaker, other.label) == (one.speaker, one.label)
        assert (other.target and other.target.name) == (one.target and one.target.name)
        assert (other.answers and other.answers.id) == (one.answers and one.answers.id)


def test_what_a_verb_of_denying_reports_is_a_denial_before_all_else() -> None:
    scores = {"denial": 0.4, "counter_accusation": 0.6}
    for acts, wanted in ((("counter_accusation", "denial"), "denial"), (("counter_accusation",), "counter_accusation")):
        made = Prediction("counter_accusation", 0.6, acts, scores, False, "by hand")
        [one] = read("Norvik denied that it had hidden the books.", predict=lambda _, made=made: [made]).statements  # type: ignore[misc]
        assert (one.label, one.score, set(one.acts)) == (wanted, scores[wanted], set(acts))
        assert one.acts[0] == wanted


@pytest.mark.parametrize(("min_score", "label", "acts"), [(0.4, "denial", 2), (0.5, None, 0), (0.7, None, 0)])
def test_a_denial_below_min_score_has_no_label(min_score: float, label: str | None, acts: int) -> None:
    scores = {"denial": 0.4, "counter_accusation": 0.6}
    made = Prediction("counter_accusation", 0.6, ("counter_accusation", "denial"), scores, False, "by hand")
    told = read("Norvik denied that it had hidden the books.", predict=lambda _: [made], min_score=min_score)
    [one] = told.statements
    assert (one.label, one.score, len(one.acts)) == (label, 0.4, acts)


@pytest.mark.parametrize(
    ("predict", "told"),
    [
        (lambda _: [], "gave 0 predictions for 4 statements"),
        (lambda _: None, "gave a NoneType; it must return a list of a Prediction of each"),
        (lambda _: [1], "gave a int among the predictions"),
        (lambda _: [None] * 4, "gave a NoneType among the predictions"),
        ("x", "is a str; give what takes statements and returns predictions"),
        ("", "is a str"),
    ],
)
def test_what_gives_no_predictions_is_told(predict: Any, told: str) -> None:
    with pytest.raises(InputError, match=f"predict: {told}"):
        read(DISPUTE, predict=predict)


@pytest.mark.parametrize("classifier", [StatementClassifier, 3, ["bundled"], ()])
def test_what_is_no_classifier_is_told(classifier: Any) -> None:
    with pytest.raises(InputError, match=r"classifier: .*; give what StatementClassifier.from_pretrained\(\) returns"):
        read(DISPUTE, classifier=classifier)


def test_a_room_of_the_article_imports_none_that_stands_behind_it() -> None:
    rooms = ["grammar", "names", "quotes", "indirect", "links"]
    for before, room in enumerate(rooms):
        for file in (ROOT / "inference/rejoinder/article" / room).glob("*.py"):
            imported = set(re.findall(r"^ *from rejoinder\.article\.(\w+)", file.read_text("utf8"), re.MULTILINE))
            assert imported.isdisjoint(rooms[before + 1 :]), file
