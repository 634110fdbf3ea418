"""Who denies and accuses in reports of disputes, and how quoted words and pronouns in them are read."""

import pytest

from rejoinder import Prediction, read
from rejoinder.article.grammar.sentences import sentence_starts
from rejoinder.article.indirect.indirect import find_indirect
from rejoinder.article.quotes.quotes import find_quotes
from tests.inference.article.test_indirect import found
from tests.inference.article.test_names import resolved

CLAIM = "he had lied"


def labelled(text: str) -> list[tuple[str, str, str | None]]:
    """Return the quote, speaker and target of each statement, labelling each as an allegation."""
    prediction = Prediction("allegation", 0.9, ("allegation",), {"allegation": 0.9}, False, "by hand")
    statements = read(text, predict=lambda found: [prediction] * len(found)).statements
    return [
        (statement.quote, statement.speaker, statement.target.name if statement.target else None)
        for statement in statements
    ]


@pytest.mark.parametrize(
    ("text", "words", "speaker"),
    [
        # `who` refers to the person right before it
        ("The police arrested Tom Bell, who denied the charges.", "the charges", "Tom Bell"),
        ("Norvik fired Jo Lund, who denies theft.", "theft", "Jo Lund"),
        ("Police fired tear gas at marchers who accused the mayor of greed.", "greed", "marchers"),
        ("Ana Melo, a clerk at the Harbour Bank who denies theft, left.", "theft", "Ana Melo"),
        # `that` as a conjunction and as a relative pronoun
        ("The Guardian understands that Bell denies the claims.", "the claims", "Bell"),
        ("The firm that Melo founded denied the claims.", "the claims", "The firm"),
        ("The firm that runs ferries denied the claims.", "the claims", "The firm"),
        # accusations in complaints, lawsuits and other documents
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
        # `this` for the whole accusation
        ("The council disputes this.", "this", "The council"),
        ("The firm rejects this.", "this", "The firm"),
        # the passive
        ("The claims were denied by the firm.", "The claims", "the firm"),
        ("On Monday the claims were denied by the firm.", "the claims", "the firm"),
        ("The allegation has been strongly rejected by Bell.", "The allegation", "Bell"),
        (f"The claim that {CLAIM} was denied by the firm.", CLAIM, "the firm"),
        ("The claims about Vela were denied by the firm.", "The claims about Vela", "the firm"),
        # where the reported words end
        (f"Bell denied that {CLAIM} and", CLAIM, "Bell"),
        (
            "The firm denied taking bribes and accusing Lund of lying.",
            "taking bribes and accusing Lund of lying",
            "The firm",
        ),
        ("U.S. ambassador to Chad Ana Melo denied theft.", "theft", "U.S. ambassador to Chad Ana Melo"),
    ],
)
def test_denials_and_accusations_are_found_with_their_speakers(text: str, words: str, speaker: str) -> None:
    assert [statement[:2] for statement in found(text)] == [(words, speaker)]


def test_one_sentence_may_both_deny_and_accuse() -> None:
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
def test_rulings_rejected_requests_and_hypothetical_denials_are_not_found(text: str) -> None:
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
def test_scare_quotes_are_part_of_the_indirect_statement(text: str, words: str, speaker: str) -> None:
    assert [statement[:2] for statement in labelled(text)] == [(words, speaker)]


def test_quotes_after_an_indirect_denial_are_separate_statements() -> None:
    text = "Bell denied the charges. “Nonsense,” he said. He called them “a farce”."
    assert [quote for quote, _, _ in labelled(text)] == ["the charges", "Nonsense,", "a farce"]


@pytest.mark.parametrize(
    ("text", "acts", "label"),
    [
        ("Vela accused Bell of making it all up.", ("denial", "counter_accusation"), "counter_accusation"),
        ("Bell was blamed for the lie by Vela.", ("denial", "allegation"), "allegation"),
        ("The book was made up, prosecutors allege.", ("denial", "allegation"), "allegation"),
        # the verb does not accuse, no accusing act is predicted, or the verb denies
        ("Vela said that Bell had made it all up.", ("denial", "counter_accusation"), "denial"),
        ("Vela accused Bell of denying it all.", ("denial",), "denial"),
        ("Vela denied that Bell had made it up.", ("counter_accusation", "denial"), "denial"),
    ],
)
def test_the_reporting_verb_decides_between_predicted_acts(text: str, acts: tuple[str, ...], label: str) -> None:
    scores = dict(zip(acts, (0.9, 0.4), strict=False))
    prediction = Prediction(acts[0], 0.9, acts, scores, False, "by hand")
    [statement] = read(text, predict=lambda found: [prediction] * len(found)).statements
    assert (statement.label, statement.score, {*statement.acts}) == (label, scores[label], {*acts})


@pytest.mark.parametrize("mark", ['"', "“", "‘", "'", "x", " ", ""])
def test_marks_around_words_that_are_not_a_quote_are_ignored(mark: str) -> None:
    text = f"Norvik denied that its {mark}clean{mark} ferries had leaked."
    start = text.index("clean")
    [statement] = find_indirect(text, [], sentence_starts(text), [(start, start + len("clean"))])
    assert text[slice(*statement.span)] == f"its {mark}clean{mark} ferries had leaked"


@pytest.mark.parametrize(
    ("text", "pronoun", "name"),
    [
        # of two people in a dispute, one is `he` and the other `she`
        ("Priya Nair accused Arjun Rao of theft. “He stole it,” she said. “Lies,” he said.", "he said", "Arjun Rao"),
        ("Ms Nair met Mr Rao. She rose. Rao sat. Later he left.", "he", "Rao"),
        # a thing, such as a law, does not speak
        ("Ana Bell met Tom Holt. Later, he said Usk Law does not bind. “No,” he said.", "he said.", "Tom Holt"),
        # a name after a club or a job
        ("But Rovers striker Kwame Mensah, who was hurt, left. Later he sat.", "he", "Kwame Mensah"),
        ("Bell told reporter Ana Melo so. Jo Bell rose. Later he sat.", "he", "Jo Bell"),
        # whom a letter comes from, not where somebody comes from
        ("It came in a letter from Angela Moss. The board met. Later she left.", "she", "Angela Moss"),
        ("Ana Melo came from Virginia Beach. Later she left.", "she", "Ana Melo"),
    ],
)
def test_pronouns_in_disputes_resolve_to_their_antecedents(text: str, pronoun: str, name: str) -> None:
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
def test_names_with_particles_or_after_offices_are_resolved(text: str, mention: str, name: str) -> None:
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
def test_part_of_the_speaker_is_not_the_target(text: str, speaker: str) -> None:
    [statement] = labelled(text)
    assert statement[1:] == (speaker, None)


@pytest.mark.parametrize(
    "text",
    [
        "In a 64-page report titled “Spare Parts”, Norvik said it had found nothing.",
        "An essay headlined “they stole it from us”, Norvik said, was wrong.",
        'Melo says in Jo Vela\'s book, "Fire and Fury", that it rained.',
        "He said so in the film “Fear”, Vela told the court.",
    ],
)
def test_titles_of_works_are_not_statements(text: str) -> None:
    assert find_quotes(text) == []
    assert all("“" not in words for words, _, _ in labelled(text))


def test_a_quoted_sentence_after_the_word_for_a_work_is_a_statement() -> None:
    assert len(find_quotes("She wrote of the film: “It Is Fake.” And of the book “Nonsense!” she said.")) == 2
