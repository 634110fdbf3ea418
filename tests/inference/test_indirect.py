"""Accusing and denying without quotation marks."""

import pytest

from rejoinder.article.indirect import find_indirect
from rejoinder.article.quotes import find_quotes
from rejoinder.article.sentences import sentence_starts


def found(text: str, *, certain: bool = True) -> list[tuple[str, str, str | None]]:
    """Return words, speaker and target of each that the verb makes certain, or of the others."""
    quoted = [span for quote in find_quotes(text) for span in quote.spans]
    return [
        (
            text[slice(*one.span)],
            text[slice(*one.attribution.speaker_span)],
            text[slice(*one.target_span)] if one.target_span else None,
        )
        for one in find_indirect(text, quoted, sentence_starts(text))
        if one.certain == certain
    ]


@pytest.mark.parametrize(
    ("text", "words", "speaker", "target"),
    [
        ("The firm denied that it had set a limit.", "it had set a limit", "The firm", None),
        ("The packer denied using phosphate, although it has.", "using phosphate", "The packer", None),
        ("Lamine denied ever having received a loan.", "having received a loan", "Lamine", None),
        ("Melo rejected the claim that she lied to us.", "she lied to us", "Melo", None),
        ("Brandt denied in a short letter that it was his.", "it was his", "Brandt", None),
        ("The union accused the firm of hiding the books.", "hiding the books", "The union", "the firm"),
        ("He blames Norvik Lines for the dead fish.", "the dead fish", "He", "Norvik Lines"),
        ("Residents allege that the owner shut the water off.", "the owner shut the water off", "Residents", None),
        ("The firm denied any links to the fund.", "any links to the fund", "The firm", None),
        ("Melo accused him of theft.", "theft", "Melo", "him"),
        ("Ash accused Melo and her allies of hiding it.", "hiding it", "Ash", "Melo and her allies"),
        ("Brandt hit back, accusing the trust of greed.", "greed", "Brandt", "the trust"),
        ("Melo accused Petrov of fraud.", "fraud", "Melo", "Petrov"),
        ("The union accused the firm of fraud.", "fraud", "The union", "the firm"),
        ("Ash accused the Bank of England of fraud.", "fraud", "Ash", "the Bank of England"),
        ("Ash accused Petrov of abuse of power.", "abuse of power", "Ash", "Petrov"),
        ("He blames the lawyer for the delay.", "the delay", "He", "the lawyer"),
        ("Ash blamed the fire on the owner.", "the fire on the owner", "Ash", "the owner"),
        ("Melo was accused by the union of hiding the books.", "hiding the books", "the union", "Melo"),
        ("The firm, which runs ferries, on Tuesday accused the port of greed.", "greed", "The firm", "the port"),
        ("The firm denied the charges.", "the charges", "The firm", None),
        ("The firm denied the claims, and will appeal.", "the claims", "The firm", None),
        ("Melo has denied wrongdoing.", "wrongdoing", "Melo", None),
        ("Melo denied all the allegations against him.", "all the allegations against him", "Melo", None),
        ("She denied she had lied to the court.", "she had lied to the court", "She", None),
        ("Petrov, who denies that he stole it, left.", "he stole it", "Petrov", None),
    ],
)
def test_what_is_denied_or_charged(text: str, words: str, speaker: str, target: str | None) -> None:
    assert found(text) == [(words, speaker, target)]


@pytest.mark.parametrize(
    "text",
    [
        "The firm did not deny that it had set a limit.",
        "She refused to deny that it was hers.",
        "Melo was accused of hiding the books.",
        "She denied that he fell, and said it was late.",  # too short
        "They denied entry to forty people at the gate.",
        "“He denied that it was his,” said Ana Melo.",
        "The firm denied that it had “set any limit at all on gates”.",
        "Nobody disputes that it rained on the day.",
        "The court denied the appeal.",
    ],
)
def test_what_is_none(text: str) -> None:
    assert found(text) == []


def test_what_goes_on_in_a_quote_is_left_to_the_quote() -> None:
    text = "She said that the officer had “cut two sisters apart on a Friday”."
    assert found(text, certain=False) == []


def test_what_verbs_of_saying_report_has_to_be_looked_at() -> None:
    text = "The coach told reporters that nobody was paid. He said the bag was empty."
    assert found(text) == []
    assert found(text, certain=False) == [("nobody was paid", "The coach", None), ("the bag was empty", "He", None)]
