"""Charges that an article makes in its own words, and the statements that answer them."""

import pytest

from rejoinder import Prediction, Statement, read
from rejoinder.article import Answer
from rejoinder.article.grammar.sentences import sentence_starts
from rejoinder.article.links.linking import narrated_charges, turn_of
from rejoinder.article.links.narrated_charges import NarratedCharges
from rejoinder.article.links.turns import Turn
from rejoinder.article.names.names import Names

CHARGED = "Prosecutors suspect that the mayor rigged tenders for eleven playgrounds without telling the council"
DENIED = (
    f"The town hall is closed on Tuesday.\n\n{CHARGED}.\n\n“I have never rigged a tender,” said Ana Melo, the mayor.\n"
)


DENIES = Prediction("denial", 0.9, ("denial",), {"denial": 0.9}, False, "by hand")


def answer(text: str, *acts: str) -> Answer | None:
    """Return what the last statement answers if the last statements are labelled `acts`, and those before `other`."""

    def predict(statements: list[Statement]) -> list[Prediction]:
        labels = ["other"] * (len(statements) - len(acts)) + list(acts)
        return [Prediction(act, 0.9, (act,) if act != "other" else (), {act: 0.9}, False, "by hand") for act in labels]

    return read(text, predict=predict).statements[-1].answers


def test_a_denial_answers_a_charge_in_the_articles_own_words() -> None:
    found = answer(DENIED, "denial")
    assert found is not None
    assert (found.id, DENIED[slice(*found.span)]) == (None, f"{CHARGED}.")
    assert 0.25 <= found.score <= 1


def test_a_denial_may_answer_what_was_reported_to_be_denied() -> None:
    report = "The trust rejected on Monday allegations in the Courier that it had paid for a villa in Osthaven."
    text = f"The trust is ten years old.\n\n{report}\n\n“We never paid for any villa,” said its director, Ana Melo.\n"
    found = answer(text, "denial", "denial")
    assert found is not None
    assert (found.id, text[slice(*found.span)]) == (None, report)


def test_a_sentence_with_two_denials_is_one_charge() -> None:
    sentence = "Norvik denied that it had sold the data and denied that it had hidden the sale."
    text = f"{sentence}\n\n“That is untrue,” said Jo Lund."
    statements = read(text, predict=lambda asked: [DENIES] * len(asked)).statements
    assert len(statements) == 3
    found = narrated_charges(text, statements).candidates(turn_of(statements[-1], "", Names(text)), [])
    assert [text[slice(*span)] for span, _ in found] == [sentence]


def test_other_acts_and_denials_without_a_charge_answer_nothing() -> None:
    assert answer(DENIED, "allegation") is None
    assert answer(DENIED, "other") is None
    assert answer("“I have never rigged a tender,” said Ana Melo, the mayor.", "denial") is None


def test_a_charge_in_a_statement_is_preferred_to_one_in_the_articles_own_words() -> None:
    spoken = "“The mayor rigged every tender for our playgrounds,” said Jo Brandt of the council.\n\n"
    text = DENIED.replace("“I have", f"{spoken}“I have")
    found = answer(text, "allegation", "denial")
    assert found is not None
    assert found.id == "s1"
    assert text[slice(*found.span)] == "The mayor rigged every tender for our playgrounds,"


@pytest.mark.parametrize(
    ("text", "contains_charge"),
    [
        ("The trust, which is based in Osthaven, denied allegations that it had misled donors.", False),
        ("A close friend of Jo Brandt denied claims that she had misled donors.", False),
        ("The mayor, who was suspended over claims that she rigged tenders, denied wrongdoing.", True),
    ],
)
def test_a_reporting_clause_is_a_charge_only_if_it_contains_one(text: str, *, contains_charge: bool) -> None:
    assert (answer(text, "denial") is not None) == contains_charge
    followed = f"{text} “She never did any of it,” said Ana Melo."
    assert (answer(followed, "other", "denial") is not None) == contains_charge


@pytest.mark.parametrize(
    ("between", "contains_charge"),
    [
        ("Ana Melo told reporters in Osthaven on Tuesday morning", False),
        ("said Ana Melo, who was accused of rigging a tender in May", True),
    ],
)
def test_a_clause_inside_a_quote_is_a_charge_only_if_it_contains_one(between: str, *, contains_charge: bool) -> None:
    text = f"“It is warm,” {between}. “Nobody need be cold there.”\n\n“That is untrue,” said Jo Lund."
    statements = read(text, predict=lambda asked: [DENIES] * len(asked)).statements
    found = narrated_charges(text, statements).candidates(turn_of(statements[-1], "", Names(text)), [])
    assert bool([*found]) == contains_charge


@pytest.mark.parametrize("line_end", ["\n\n", "\r\n\r\n", " "])
def test_only_text_outside_statements_can_be_a_charge(line_end: str) -> None:
    quoted = "“We never sold any of it, and we never will sell it to them,” she said to the council of the town."
    text = line_end.join([CHARGED + ".", quoted, "Then they went home."])
    start, end = text.index("We never"), text.index(",” she said")
    found = NarratedCharges(text, sentence_starts(text), [(start, end)])
    turn = Turn("s2", (len(text), len(text)), "Not true.", "Ana Melo", "", ("denial",))
    spans = [span for span, _ in found.candidates(turn, [])]
    assert [text[slice(*span)] for span in spans] == ["she said to the council of the town.", CHARGED + "."]


@pytest.mark.parametrize(
    ("poster", "is_charge"), [("Ana Melo (@anamelo)", False), ("Jo Brandt (@jobrandt)", True), ("   (@anamelo)", True)]
)
def test_a_post_by_the_speaker_is_not_a_charge_against_her(poster: str, *, is_charge: bool) -> None:
    text = f"{CHARGED}, they claim. It is untrue. — {poster} May 3, 2021\n\n“I never did,” said Ana Melo.\n"
    assert (answer(text, "denial") is not None) == is_charge


def test_a_long_article_is_not_searched_to_its_beginning() -> None:
    text = "\n\n".join([f"{CHARGED} number {n}." for n in range(500)])
    turn = Turn("s1", (len(text), len(text)), "Not true.", "", "", ("denial",))
    assert len(list(NarratedCharges(text, sentence_starts(text), []).candidates(turn, []))) < 50
