"""Who denies and accuses in the sentences of disputes, and what quoted words and pronouns are among these."""

import pytest

from rejoinder import Prediction, read
from rejoinder.article.grammar.sentences import sentence_starts
from rejoinder.article.indirect.indirect import find_indirect
from rejoinder.article.quotes.quotes import find_quotes
from tests.inference.article.test_indirect import found
from tests.inference.article.test_names import resolved

HELD = "he had lied"


def told(text: str) -> list[tuple[str, str, str | None]]:
    """Return words, speaker and target of each statement, all of which accuse."""
    accuses = Prediction("allegation", 0.9, ("allegation",), {"allegation": 0.9}, False, "by hand")
    statements = read(text, predict=lambda found: [accuses] * len(found)).statements
    return [(one.quote, one.speaker, one.target.name if one.target else None) for one in statements]


@pytest.mark.parametrize(
    ("text", "words", "speaker"),
    [
        # `who` tells of the person right before it
        ("The police arrested Tom Bell, who denied the charges.", "the charges", "Tom Bell"),
        ("Norvik fired Jo Lund, who denies theft.", "theft", "Jo Lund"),
        ("Police fired tear gas at marchers who accused the mayor of greed.", "greed", "marchers"),
        ("Ana Melo, a clerk at the Harbour Bank who denies theft, left.", "theft", "Ana Melo"),
        # a conjunction, and a pronoun that begins a relative clause
        ("The Guardian understands that Bell denies the claims.", "the claims", "Bell"),
        ("The firm that Melo founded denied the claims.", "the claims", "The firm"),
        ("The firm that runs ferries denied the claims.", "the claims", "The firm"),
        # who brings something before a court
        ("Melo filed a complaint with the police alleging that Vela stole it.", "Vela stole it", "Melo"),
        ("Melo lodged a claim with the court accusing Vela of theft.", "theft", "Melo"),
        ("The union submitted a motion alleging that Vela stole it.", "Vela stole it", "The union"),
        ("Melo filed a complaint, with her lawyer accusing Vela of theft.", "theft", "her lawyer"),
        (
            "Former employees of the bank filed lawsuits in May, alleging that it lied to us.",
            "it lied to us",
            "Former employees of the bank",
        ),
        ("Moments before he was to be heard, Bell issued a statement denying the assault.", "the assault", "Bell"),
        # one word for all of it
        ("The council disputes this.", "this", "The council"),
        ("The firm rejects this.", "this", "The firm"),
        # the passive
        ("The claims were denied by the firm.", "The claims", "the firm"),
        ("On Monday the claims were denied by the firm.", "the claims", "the firm"),
        ("The allegation has been strongly rejected by Bell.", "The allegation", "Bell"),
        (f"The claim that {HELD} was denied by the firm.", HELD, "the firm"),
        ("The claims about Vela were denied by the firm.", "The claims about Vela", "the firm"),
        # the end of what is reported
        (f"Bell denied that {HELD} and", HELD, "Bell"),
        (
            "The firm denied taking bribes and accusing Lund of lying.",
            "taking bribes and accusing Lund of lying",
            "The firm",
        ),
        ("U.S. ambassador to Chad Ana Melo denied theft.", "theft", "U.S. ambassador to Chad Ana Melo"),
    ],
)
def test_who_denies_or_charges_what(text: str, words: str, speaker: str) -> None:
    assert [one[:2] for one in found(text)] == [(words, speaker)]


def test_who_denies_one_thing_may_accuse_in_the_same_breath() -> None:
    text = "Bell left, denying that he had taken the money and accusing Lund of lying."
    assert found(text) == [("he had taken the money", "Bell", None), ("lying", "Bell", "Lund")]


@pytest.mark.parametrize(
    "text",
    [
        "The High Court rejected this.",
        "The council rejects this: nobody was asked.",
        "The committee rejected it.",
        "Bell rejected that and sued the board.",
        "The charges were dismissed by the judge.",
        "Her claim was rejected by the Home Office.",
        "His asylum claim was denied by officials.",
        "The claims were not denied by the firm.",
        "The claims may be denied by the firm.",
        "The plan was rejected by the council.",
        "The claims were denied by Monday.",
    ],
)
def test_what_is_turned_down_or_unreal_is_no_denial(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "words", "speaker"),
    [
        ('Vela accused Bell of engaging in "smear" tactics.', 'engaging in "smear" tactics', "Vela"),
        ("Norvik denied that its “clean” ferries had leaked.", "its “clean” ferries had leaked", "Norvik"),
        ("The firm “categorically” denied the report.", "the report", "The firm"),
        ("Vela accused Bell of “dirty” tricks.", "“dirty” tricks", "Vela"),
    ],
)
def test_words_in_scare_quotes_are_a_part_of_what_is_reported(text: str, words: str, speaker: str) -> None:
    assert [one[:2] for one in told(text)] == [(words, speaker)]


def test_what_is_quoted_of_a_charge_is_read_beside_it() -> None:
    text = "Bell denied the charges. “Nonsense,” he said. He called them “a farce”."
    assert [one[0] for one in told(text)] == ["the charges", "Nonsense,", "a farce"]


@pytest.mark.parametrize(
    ("text", "acts", "label"),
    [
        ("Vela accused Bell of making it all up.", ("denial", "counter_accusation"), "counter_accusation"),
        ("Bell was blamed for the lie by Vela.", ("denial", "allegation"), "allegation"),
        ("The book was made up, prosecutors allege.", ("denial", "allegation"), "allegation"),
        # the verb does not say it, the words do not, or they deny it before all else
        ("Vela said that Bell had made it all up.", ("denial", "counter_accusation"), "denial"),
        ("Vela accused Bell of denying it all.", ("denial",), "denial"),
        ("Vela denied that Bell had made it up.", ("counter_accusation", "denial"), "denial"),
    ],
)
def test_what_a_verb_of_accusing_reports_is_a_charge_if_it_may_be_one(
    text: str, acts: tuple[str, ...], label: str
) -> None:
    scores = dict(zip(acts, (0.9, 0.4), strict=False))
    told = Prediction(acts[0], 0.9, acts, scores, False, "by hand")
    [one] = read(text, predict=lambda found: [told] * len(found)).statements
    assert (one.label, one.score, {*one.acts}) == (label, scores[label], {*acts})


@pytest.mark.parametrize("mark", ['"', "“", "‘", "'", "x", " ", ""])
def test_what_is_no_quote_is_read_as_if_it_had_no_marks(mark: str) -> None:
    text = f"Norvik denied that its {mark}clean{mark} ferries had leaked."
    start = text.index("clean")
    [one] = find_indirect(text, [], sentence_starts(text), [(start, start + len("clean"))])
    assert text[slice(*one.span)] == f"its {mark}clean{mark} ferries had leaked"


@pytest.mark.parametrize(
    ("text", "pronoun", "name"),
    [
        # of two in a dispute one is `he` and one is `she`
        ("Priya Nair accused Arjun Rao of theft. “He stole it,” she said. “Lies,” he said.", "he said", "Arjun Rao"),
        ("Ms Nair met Mr Rao. She rose. Rao sat. Later he left.", "he", "Rao"),
        # an object is not who speaks
        ("Ana Bell met Tom Holt. Later, he said Usk Law does not bind. “No,” he said.", "he said.", "Tom Holt"),
        # a body to which somebody belongs
        ("But Rovers striker Kwame Mensah, who was hurt, left. Later he sat.", "he", "Kwame Mensah"),
        ("Bell told reporter Ana Melo so. Jo Bell rose. Later he sat.", "he", "Jo Bell"),
        # from whom something comes
        ("It came in a letter from Angela Moss. The board met. Later she left.", "she", "Angela Moss"),
        ("Ana Melo came from Virginia Beach. Later she left.", "she", "Ana Melo"),
    ],
)
def test_pronouns_of_disputes(text: str, pronoun: str, name: str) -> None:
    word = pronoun.split()[0]
    start = text.rindex(pronoun)
    assert resolved(text[: start + len(word)], word) == name


@pytest.mark.parametrize(
    ("text", "mention", "name"),
    [
        ("U.S. ambassador to Chad Marie Melo rose.", "U.S. ambassador to Chad Marie Melo", "Marie Melo"),
        ("Pieter van der Meulen rose. Van der Meulen sat.", "Van der Meulen", "Pieter van der Meulen"),
        ("Hassan al-Khatib rose. Al-Khatib sat.", "Al-Khatib", "Hassan al-Khatib"),
    ],
)
def test_names_with_particles_and_behind_offices(text: str, mention: str, name: str) -> None:
    assert resolved(text, mention) == name


@pytest.mark.parametrize(
    ("text", "speaker"),
    [
        (
            "Former employees of the bank filed lawsuits in May, alleging that it had cheated them.",
            "Former employees of the bank",
        ),
        ("Pieter van der Meulen rose. Van der Meulen called that “beneath contempt”.", "Pieter van der Meulen"),
        ('The mother-of-two told the court: "He lied."', "The mother-of-two"),
    ],
)
def test_a_part_of_who_speaks_is_not_accused(text: str, speaker: str) -> None:
    [one] = told(text)
    assert one[1:] == (speaker, None)


@pytest.mark.parametrize(
    "text",
    [
        "In a 64-page report titled “Spare Parts”, Norvik said it had found nothing.",
        "An essay headlined “they stole it from us”, Norvik said, was wrong.",
        'Melo says in Jo Vela\'s book, "Fire and Fury", that it rained.',
        "He said so in the film “Fear”, Vela told the court.",
    ],
)
def test_titles_of_works_are_no_statements(text: str) -> None:
    assert find_quotes(text) == []
    assert all("“" not in words for words, _, _ in told(text))


def test_a_sentence_behind_the_word_for_a_work_is_a_statement() -> None:
    assert len(find_quotes("She wrote of the film: “It Is Fake.” And of the book “Nonsense!” she said.")) == 2
