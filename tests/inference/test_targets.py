"""Whom a statement may accuse: who is looked at, and who never is."""

import pytest

from rejoinder import Prediction, read
from rejoinder.article.names import Names
from rejoinder.article.reading import accusation_of
from rejoinder.article.targets import Accusation, candidates


def accused(text: str) -> list[str]:
    """Return who may be accused by the last statement of a text."""
    accuses = Prediction("allegation", 0.9, ("allegation",), {"allegation": 0.9}, False, "by hand")
    statements = read(text, predict=lambda found: [accuses] * len(found)).statements
    names = Names(text, [span for one in statements if not one.indirect for span in one.spans])
    return [name for name, _, _ in candidates(text, accusation_of(statements[-1], [], names), names)]


def test_who_may_be_accused_can_act() -> None:
    text = (
        "Jo Vela left. “He’s lying, I’ve seen it, the fact is very clear. The Mill Trust stole. Ripping us,” said Ash."
    )
    start, end = text.index("He’s"), text.index(",” said")
    one = Accusation([(start, end)], (14, len(text)), "Ash", hits_back=False, earlier=[])
    found = [(text[slice(*span)], name) for name, span, _ in candidates(text, one, Names(text, [(start, end)]))]
    assert ("He", "Jo Vela") in found
    assert ("The Mill Trust", "Mill Trust") in found
    assert {mention for mention, _ in found}.isdisjoint(["I", "I’ve", "the fact", "very", "Ripping", "us"])


@pytest.mark.parametrize(
    ("text", "who", "never"),
    [
        # the capital of a sentence makes no name
        ("“Let the firm show the books,” Ana Melo said.", "the firm", "Let"),
        ("“Vela lied. Nobody asked,” Ana Melo said, as Vela left.", "Vela", "Ana Melo"),
        ("“Tesla lied to us all,” Ana Melo said.", "Tesla", "us"),
        # it, as an object or of what is
        ("Norvik Lines left. “The clerk gave it back,” Ana Melo said.", "The clerk", "it"),
        # what somebody owns or does is theirs
        ("“The council’s failure killed two men,” Ana Melo said.", "The council", "The council’s failure"),
        ("“My client was robbed by the guard,” Ana Melo said.", "the guard", "My client"),
        # who hears it, where the report is from, and the speaker again
        ("A farmer told the court that soldiers had burned his house.", "soldiers", "the court"),
        ("LAGOS: The union accused the firm of theft. “The firm lied,” Ana Melo said.", "The firm", "LAGOS"),
        ("A civil group, the Open Coalition, alleged that the state had lied.", "the state", "Open Coalition"),
        ("A friend of the star spoke. “The studio lied,” the friend said.", "The studio", "A friend of the star"),
        ("Rep. Ana Melo, R-Ohio, said: “The union lied to us.”", "The union", "R-Ohio"),
        # the own side
        ("Tom Reed's brother, Carl Moss, said: “Reed asked, and the board lied.”", "the board", "Tom Reed"),
    ],
)
def test_who_may_be_accused_and_who_not(text: str, who: str, never: str) -> None:
    found = accused(text)
    assert who in found
    assert never not in found


def test_a_pronoun_in_a_quote_is_who_was_named_in_it() -> None:
    assert accused("Jane Moss left. “Ms. Vos lied to us. She took it,” Peter Daal said.")[:2] == ["Vos", "Vos"]


def test_nobody_is_accused_by_a_pronoun_that_stays_one() -> None:
    accuses = Prediction("allegation", 0.9, ("allegation",), {"allegation": 0.9}, False, "by hand")
    text = "The governor sent three men home, accusing them of spying for a neighbour."
    [told] = read(text, predict=lambda found: [accuses] * len(found)).statements
    assert told.speaker == "The governor"
    assert told.target is None or told.target.score < 1
