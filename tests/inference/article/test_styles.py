"""Accusations and denials in the styles of different newsrooms."""

import pytest

from rejoinder import StatementClassifier, read
from rejoinder.article.quotes.quotes import find_quotes
from tests.inference.article.test_indirect import found
from tests.inference.article.test_transcripts import labelled


@pytest.mark.parametrize(
    ("text", "words", "speaker", "target"),
    [
        ("Ana Melo accused her husband of theft.", "theft", "Ana Melo", "her husband"),
        ("Ana Melo accused her of theft.", "theft", "Ana Melo", "her"),
        ("Melo accused Kai Brandt (BJP) of lying.", "lying", "Melo", "Kai Brandt"),
        ("Melo accused Sen. Kai Brandt, R-Ky., of lying.", "lying", "Melo", "Sen. Kai Brandt"),
        ("Melo accused Brandt – the mayor – of lying.", "lying", "Melo", "Brandt"),
        ("Melo accused the head of the fund (NPF), Dr Lea Or, of lying.", "lying", "Melo", "the head of the fund"),
        # words between the auxiliary and the verb
        ("The firm has in the past denied wrongdoing.", "wrongdoing", "The firm", None),
        ("Ash has repeatedly and without proof accused Melo of fraud.", "fraud", "Ash", "Melo"),
        # introductory phrases without a comma
        ("Late on Monday Norvik denied the claims.", "the claims", "Norvik", None),
        ("This week Norvik accused the union of sabotage.", "sabotage", "Norvik", "the union"),
        ("On May 3, 2014, Norvik left, accusing the union of fraud.", "fraud", "Norvik", "the union"),
        ("A week later the union accused Norvik of fraud.", "fraud", "the union", "Norvik"),
        ("The morning papers accused Norvik of fraud.", "fraud", "The morning papers", "Norvik"),
        # a lower-case word after the first one, whose capital makes no name
        ("Baggage handlers accused the airport of neglect.", "neglect", "Baggage handlers", "the airport"),
        ("Multiple lawsuits accused the airport of neglect.", "neglect", "Multiple lawsuits", "the airport"),
        ("Norvik denies the charges.", "the charges", "Norvik", None),
        ("State media accused the union of sabotage.", "sabotage", "State media", "the union"),
        ("Norvik offers refunds and denied the claims.", "the claims", "Norvik", None),
        (
            "Norvik managing director Jo Vela denied the claims.",
            "the claims",
            "Norvik managing director Jo Vela",
            None,
        ),
        # datelines
        ("SEOUL, June 9 (Yonhap) -- The ministry denied the claims.", "the claims", "The ministry", None),
        ("LONDON, Tuesday — The ministry denied the claims.", "the claims", "The ministry", None),
        ("AUSTIN, Oct. 12, 2024 /PRNewswire/ -- Norvik denied the claims.", "the claims", "Norvik", None),
        ("KATHMANDU, July 2: The ministry denied the claims.", "the claims", "The ministry", None),
        ("Ana Melo – the mayor – denied the claims.", "the claims", "Ana Melo", None),
        # pronouns for the whole charge, and `it` as a subject
        ("The company denies it.", "it", "The company", None),
        ("Norvik denied this on Monday.", "this", "Norvik", None),
        ("Brandt denied everything and left.", "everything", "Brandt", None),
        ("She denied it was raining.", "it was raining", "She", None),
    ],
)
def test_words_speaker_and_target_of_charges_and_denials(
    text: str, words: str, speaker: str, target: str | None
) -> None:
    assert found(text) == [(words, speaker, target)]


@pytest.mark.parametrize(
    ("text", "denied"),
    [
        ("Critics accuse the minister of lying, charges he denies.", "charges"),
        ("Critics accuse the minister of lying, something he denies.", "lying"),
        ("Critics accused the minister of lying – which he denies.", "lying"),
        ("Critics accused the minister of lying (which he denies).", "lying"),
    ],
)
def test_a_charge_denied_in_its_own_sentence_gives_two_statements(text: str, denied: str) -> None:
    assert found(text) == [("lying", "Critics", "the minister"), (denied, "he", None)]


def test_denying_somebody_a_loan_is_not_a_denial() -> None:
    assert found("The bank denied it a loan.") == []


@pytest.mark.parametrize(
    ("text", "denier"),
    [
        ("Tom Vela accused Jon Brandt of theft. He denied the charge.", "Jon Brandt"),
        ("Tom Vela accused Jon Brandt of theft, which he denies.", "Jon Brandt"),
        ("Tom Vela accused Jon Brandt of theft. Vela denied that it was about money.", "Tom Vela"),
        ("Tom Vela accused the firm of theft. He denied that it was about money.", "Tom Vela"),
    ],
)
def test_the_accuser_does_not_deny_the_charge(text: str, denier: str) -> None:
    assert [statement.speaker for statement in labelled(text).statements] == ["Tom Vela", denier]


@pytest.mark.parametrize(
    ("line", "is_read"),
    [
        ("Read more: ‘My daughter’s data was sold’", False),
        ("READ ALSO: “They stole our votes” – Melo", False),
        ("Related: “Are trade wars any good?”", False),
        ("He read more: “They stole our votes,” it said.", True),
        ("Melo: “They stole our votes.”", True),
    ],
)
def test_links_to_other_articles_contain_no_statements(line: str, is_read: bool, tiny: StatementClassifier) -> None:
    assert bool(find_quotes(f"Tom Vela left.\n\n{line}\n\nIt rained.")) == is_read
    assert bool(read(f"Tom Vela left.\n\n{line}\n\nIt rained.", classifier=tiny).statements) == is_read


@pytest.mark.parametrize(
    ("speaker", "named"),
    [
        ("The family of Jordan Melo", "The family of Jordan Melo"),
        ("A group of former employees of Norvik Lines", "A group of former employees of Norvik Lines"),
        ("One of 340 former patients of Smile Direct", "One of 340 former patients of Smile Direct"),
        ("A spokesman of Norvik Lines", "Norvik Lines"),
        ("The Bank of England", "Bank of England"),
        ("Dilma da Silva e Costa", "Dilma da Silva e Costa"),
        ("Noor binti Hassan", "Noor binti Hassan"),
    ],
)
def test_speakers_are_not_mistaken_for_a_name_in_their_description(speaker: str, named: str) -> None:
    article = labelled(f"{speaker} accused the police of fraud.", "allegation")
    assert [statement.speaker for statement in article.statements] == [named]


@pytest.mark.parametrize(
    ("text", "speaker"),
    [
        ("BEIRUT: Lebanon on Sunday rejected as “fabrications” claims that its army had allowed it.", "Lebanon"),
        ("GENEVA: Investigators said on Tuesday that it was “systematic torture” in May.", "Investigators"),
        ("MELO: “They stole every vote in this town.”", "MELO"),
    ],
)
def test_a_dateline_that_ends_in_a_colon_is_not_a_speaker(text: str, speaker: str, tiny: StatementClassifier) -> None:
    [one] = [one for one in read(f"{text}\n\nIt rained.", classifier=tiny).statements if not one.indirect]
    assert one.speaker_mention == speaker


def test_titles_of_works_and_broadcasts_have_no_speaker(tiny: StatementClassifier) -> None:
    text = "Vela, best known for “The Queen’s Last Move,” left the show.\n\nThe host of NBC’s “Today” show left."
    assert [one.speaker for one in read(text, classifier=tiny).statements if one.speaker] == []
