"""Interviews and transcripts, which have no quotation marks."""

import pytest

from rejoinder import Prediction, read
from rejoinder.article import Article

INTERVIEW = """Mayor Ana Melo is accused of selling the port. She spoke to us on Monday.

Q: Did you sell the port to a friend?

A: That is a lie. I have never met the man.

Q: The union says that you “took the money and ran”.

A: The union is run by people who lost the election.
"""
DEBATE = """ANCHOR: Good evening. The senator is accused of taking bribes.

SEN. VELA: It never happened, and they know it.

ANCHOR: The prosecutor, Lea Or, says that you did.

SEN. VELA: She is running for office, and she needs a headline.

Tom Vela is a senator from Ohio.
"""
LIST = """What is on this week.

Where: Town Hall
When: Monday

Where: The Castle
When: Tuesday
"""


def labelled(text: str, act: str = "denial") -> Article:
    """Read a text, labelling every statement with the same act."""
    return read(text, predict=lambda asked: [Prediction(act, 0.9, (act,), {act: 0.9}, False, "by hand")] * len(asked))


def test_questions_and_answers_are_statements_that_include_nested_quotes() -> None:
    statements = [one for one in labelled(INTERVIEW).statements if not one.indirect]
    assert [one.quote for one in statements] == [line[3:] for line in INTERVIEW.splitlines() if line[1:3] == ": "]
    assert {one.speaker for one in statements} == {""}


def test_speakers_in_capitals_get_their_names_from_the_text() -> None:
    statements = [one for one in labelled(DEBATE).statements if not one.indirect]
    assert [one.speaker for one in statements] == ["ANCHOR", "Tom Vela", "ANCHOR", "Tom Vela"]
    assert [one.speaker_mention for one in statements][1::2] == ["SEN. VELA"] * 2
    assert statements[3].quote == "She is running for office, and she needs a headline."


@pytest.mark.parametrize(
    "text",
    [
        LIST,
        "Photo: Ana Melo at the port.\n\nPhoto: Tom Vela at home.\n\nIt rained.",
        "A: The first of the lots is a boat.\n\nB: The second is a cart.\n\nNobody came.",
        "Melo: It rained all day.\n\nVela: It was dry.\n\nNobody came.",  # each speaker only once
        "London: A man fell off a boat.\n\nLondon: He was saved.\n\nNobody came.",  # only one speaker
    ],
)
def test_lists_captions_and_datelines_are_not_statements(text: str) -> None:
    assert not labelled(text).statements
