"""Whom a statement may accuse: who is a candidate, and who never is."""

import pytest

from rejoinder import Prediction, read
from rejoinder.article.links.accusable import whole_phrase
from rejoinder.article.links.accused import Accusation, mentioned
from rejoinder.article.links.linking import accusation_of
from rejoinder.article.links.targets import candidates
from rejoinder.article.names.names import Names


def candidate_names(text: str) -> list[str]:
    """Return the names of the candidate targets of the last statement of a text."""
    accuses = Prediction("allegation", 0.9, ("allegation",), {"allegation": 0.9}, False, "by hand")
    statements = read(text, predict=lambda found: [accuses] * len(found)).statements
    names = Names(text, [span for one in statements if not one.indirect for span in one.spans])
    return [name for name, _, _ in candidates(text, accusation_of(statements[-1], [], names), names)]


def test_candidates_are_only_those_who_can_act() -> None:
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
    ("text", "included", "excluded"),
    [
        # the capital at the start of a sentence does not make a name
        ("“Let the firm show the books,” Ana Melo said.", "the firm", "Let"),
        ("“Vela lied. Nobody asked,” Ana Melo said, as Vela left.", "Vela", "Ana Melo"),
        ("“Tesla lied to us all,” Ana Melo said.", "Tesla", "us"),
        # `it` as an object
        ("Norvik Lines left. “The clerk gave it back,” Ana Melo said.", "The clerk", "it"),
        # a deed or policy stands for its owner, but a person does not
        ("“The council’s failure killed two men,” Ana Melo said.", "The council", "The council’s failure"),
        ("“The council’s policies killed two men,” Ana Melo said.", "The council", "The council’s policies"),
        ("“The council’s lawyer lied to two men,” Ana Melo said.", "The council’s lawyer", "The council"),
        ("“My client was robbed by the guard,” Ana Melo said.", "the guard", "My client"),
        # hearers, the place of a dateline, and the speaker under another description
        ("A farmer told the court that soldiers had burned his house.", "soldiers", "the court"),
        ("LAGOS: The union accused the firm of theft. “The firm lied,” Ana Melo said.", "The firm", "LAGOS"),
        ("A civil group, the Open Coalition, alleged that the state had lied.", "the state", "Open Coalition"),
        ("A friend of the star spoke. “The studio lied,” the friend said.", "The studio", "A friend of the star"),
        ("Rep. Ana Melo, R-Ohio, said: “The union lied to us.”", "The union", "R-Ohio"),
        # the speaker's own side
        (
            "“The union lied,” Norvik Lines spokesman Jon Vela told Norvik Lines's board.",
            "The union",
            "Norvik Lines's board",
        ),
        ("Tom Reed's brother, Carl Moss, said: “Reed asked, and the board lied.”", "the board", "Tom Reed"),
    ],
)
def test_candidates_include_the_accused_but_not_everybody_mentioned(text: str, included: str, excluded: str) -> None:
    found = candidate_names(text)
    assert included in found
    assert excluded not in found


def test_people_of_a_body_are_not_the_body() -> None:
    assert candidate_names("“Norvik workers lied to two men,” Ana Melo said.") == ["Norvik workers", "two men"]


def test_a_pronoun_in_a_quote_refers_to_the_person_named_in_it() -> None:
    assert candidate_names("Jane Moss left. “Ms. Vos lied to us. She took it,” Peter Daal said.")[:2] == ["Vos", "Vos"]


def test_an_unresolved_pronoun_is_not_a_certain_target() -> None:
    accuses = Prediction("allegation", 0.9, ("allegation",), {"allegation": 0.9}, False, "by hand")
    text = "The governor sent three men home, accusing them of spying for a neighbour."
    [statement] = read(text, predict=lambda found: [accuses] * len(found)).statements
    assert statement.speaker == "The governor"
    assert statement.target is None or statement.target.score < 1


def candidate_features(
    text: str, quote: str, *likely: tuple[str, float], speaker: str = "Ash"
) -> dict[str, dict[str, float]]:
    """Return the features of each candidate target of `quote` by name, given the model's predictions `likely`."""
    start = text.index(quote)
    predictions = [((text.index(words), text.index(words) + len(words)), share) for words, share in likely]
    spans = [(start, start + len(quote))]
    one = Accusation(spans, (0, len(text)), speaker, hits_back=False, earlier=[], likely=predictions)
    return {name: features for name, _, features in candidates(text, one, Names(text, spans))}


def test_predictions_support_candidates_of_the_rules_and_add_others() -> None:
    text = "Jo Vela left the yard. “Vela’s own cousin took it, and that video hides it,” said Ash."
    quote = "Vela’s own cousin took it, and that video hides it,"
    found = candidate_features(text, quote, ("Vela’s own cousin", 0.6), ("that video", 0.2), ("Ash", 0.1))
    assert found["Vela’s own cousin"]["read"] == 0.6
    assert found["Vela’s own cousin"]["read_most"] == 1
    assert "read" not in found["Jo Vela"]  # only part of a predicted phrase
    assert found["that video"]["unseen"] == 1
    assert found["that video"]["read"] == 0.2
    assert "Ash" not in found  # the speaker does not accuse herself


def test_a_sure_prediction_corrects_the_extent_of_a_phrase() -> None:
    text = "They left. “Jo Vela brazenly robbed them in May,” said Ash."
    found = candidate_features(text, "Jo Vela brazenly robbed them in May,", ("Jo Vela", 0.9))
    assert found["Jo Vela"]["in"] == found["Jo Vela"]["read_most"] == 1
    assert not any(name.startswith("Jo Vela ") for name in found)


def test_of_predictions_that_overlap_only_the_likeliest_is_a_candidate() -> None:
    text = "They left. “We had men at the gate who it says were paid,” said Ash."
    found = candidate_features(
        text, "We had men at the gate who it says were paid,", ("men at the gate", 0.4), ("men at the gate who it", 0.1)
    )
    assert found["men at the gate"]["read"] == pytest.approx(0.5)  # those of what it overlaps included
    assert not any(name.endswith(" it") for name in found)


@pytest.mark.parametrize(
    ("text", "likely", "accused"),
    [
        ("I know that the courts will bear us out.", "the courts will bear", "the courts"),
        ("They saw dozens of boats were sunk in Lund.", "dozens of boats were sunk", "dozens of boats"),
        ("He made Melo’s false statements his own.", "Melo’s false", "Melo"),
        ("He met Melo’s office manager.", "Melo’s office manager", "Melo’s office manager"),
        ("He met Melo’s office.", "Melo’s office", "Melo’s office"),
        ("So Judge Melo’s son lied.", "Judge", "Judge Melo"),
        ("Rebels in North Korea lied.", "North", "North Korea"),
        ("Then foreign leaders lied.", "foreign", "foreign leaders"),
        ("Lund police lied.", "Lund", "Lund"),
        ("VELA SLAMS MELO", "VELA", "VELA"),
        ("The plans of Melo’s board failed.", "Melo’s board", "Melo’s board"),
        ("So Melo’s policies failed.", "Melo’s policies", "Melo"),
        ("In breach of the prefect’s ban, they drove.", "the prefect’s", "the prefect"),
        ("So @melo lied.", "@", "@melo"),
        ("They saw the mayor of Lund there.", "mayor of Lund", "mayor of Lund"),
    ],
)
def test_a_predicted_target_is_adjusted_to_a_whole_phrase(text: str, likely: str, accused: str) -> None:
    start = text.index(likely)
    assert text[slice(*whole_phrase(text, (start, start + len(likely))))] == accused


def test_probabilities_of_mentions_of_one_name_add_up() -> None:
    text = "Jo Vela left. Mr. Vela was seen. “Ripped us off,” said Ash."
    found = candidate_features(text, "Ripped us off,", ("Jo Vela", 0.3), ("Mr. Vela", 0.4))
    assert found["Jo Vela"]["read"] == pytest.approx(0.7)


def test_without_predictions_there_are_no_features_of_the_model() -> None:
    text = "Jo Vela left. “Vela ripped us off,” said Ash."
    assert not any("read" in features for features in candidate_features(text, "Vela ripped us off,").values())


@pytest.mark.parametrize(
    ("text", "quote", "likely", "never"),
    [
        ("“Shame on us. We stole it,” said Ash.", "Shame on us. We stole it,", "us. We", "us. We"),
        (
            "“My client was robbed of everything,” said Ash.",
            "My client was robbed of everything,",
            "My client",
            "My client",
        ),
        (
            "“It was ours, they took what was ours,” said Ash.",
            "It was ours, they took what was ours,",
            "they took",
            "they took",
        ),
        ("LONDON (AP) — Norvik lied. “It is so,” said Ash.", "It is so,", "LONDON", "LONDON"),
        (
            "“You sold the site to your friend,” said Ash.",
            "You sold the site to your friend,",
            "the site to your",
            "the site to your",
        ),
        ("“Mr Vela took it,” said Ash.", "Mr Vela took it,", "Mr", "Mr"),
        ("Vela met\n\nthe board. “Not true,” said Ash.", "Not true,", "Vela met\n\nthe board", "Vela met the board"),
    ],
)
def test_predictions_that_name_nobody_are_ignored(text: str, quote: str, likely: str, never: str) -> None:
    found = candidate_features(text, quote, (likely, 0.9))
    assert never not in {" ".join(name.split()) for name in found}
    assert not any("read_most" in features for features in found.values())


def test_a_prediction_of_the_speaker_under_another_name_is_ignored() -> None:
    text = "A civil group, the Open Coalition, alleged that the state had lied."
    quote = "the state had lied"
    start = text.index(quote)
    said = text.index("the Open Coalition"), text.index("the Open Coalition") + len("the Open Coalition")
    civil = (0, len("A civil group"))
    one = Accusation(
        [(start, start + len(quote))], (0, len(text)), "A civil group", False, [], True, "", civil,
        (text.index("alleged"), text.index("alleged") + 7), [(said, 0.9)],
    )  # fmt: skip
    names = [name for name, _, _ in candidates(text, one, Names(text))]
    assert "the state" in names
    assert not any("Coalition" in name for name in names)


def test_he_is_the_speaker_between_the_parts_of_a_quote_but_not_inside_them() -> None:
    text = "Jo Vela met Ivan Ash. “Ms. Reed stole it. She hid it,” he said, “and he lied about it.”"
    parts = [(text.index("Ms. Reed"), text.index(",” he said")), (text.index("and he lied"), text.index("it.”") + 3)]
    one = Accusation(parts, (22, len(text)), "Ivan Ash", hits_back=False, earlier=[])
    names = Names(text, parts)
    between, inside, she = text.index("he said"), text.index("he lied"), text.index("She hid")
    assert mentioned(text, (between, between + 2), one, names)[0] == "Ivan Ash"
    assert mentioned(text, (inside, inside + 2), one, names)[0] != "Ivan Ash"
    assert mentioned(text, (she, she + 3), one, names)[0] == "Reed"
