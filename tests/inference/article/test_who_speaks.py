"""Who speaks and what they are called: titles, nicknames, relatives, namesakes, agents, subjects of other clauses."""

import pytest

from rejoinder.article.names.names import Names
from tests.inference.article.test_article_sources import chosen
from tests.inference.article.test_indirect import found
from tests.inference.article.test_names import resolved
from tests.inference.article.test_speakers import speakers


@pytest.mark.parametrize(
    ("mention", "name"),
    [
        ("Hotelier Wren Melo", "Wren Melo"),
        ("Lecturer Wren Melo", "Wren Melo"),
        ("the Rt Revd Wren Melo", "Wren Melo"),
        ("Harbour TD Wren Melo", "Wren Melo"),
        ("Far-left DA Wren Melo", "Wren Melo"),
        ("Da Silva", "Da Silva"),
        ("Lund-trained Wren Melo", "Wren Melo"),
        ("Wren ‘Rocky’ Melo", "Wren Melo"),
        ("Channel Six", "Channel Six"),
        ("Associated Students of Lund", "Associated Students of Lund"),
    ],
)
def test_a_name_has_neither_title_nor_modifier_nor_nickname(mention: str, name: str) -> None:
    assert resolved(f"They met {mention}, again.", mention) == name
    assert resolved(f"{mention} left.", mention) == name


@pytest.mark.parametrize(
    ("text", "mention", "name"),
    [
        ("Wren ‘Rocky’ Melo rose. Then Rocky left.", "Rocky", "Wren Melo"),
        ("Lawyers for Kito Melo rose. Melo left.", "Melo", "Kito Melo"),
        ("Engr. Kito Melo rose. Melo left.", "Melo", "Kito Melo"),
        ("It rained. The company said Norvik Foods had lied.", "The company", "The company"),
        # a spokesman of whom the text does not say for whom he speaks
        ("The Courier asked Norvik. A spokesman said so.", "A spokesman", "A spokesman"),
        ("Norvik shut the pit, a spokesman said.", "a spokesman", "a spokesman"),
        ("They left. A spokesman said so.", "A spokesman", "A spokesman"),
        ("Norvik Lines\n\nA spokesman said so.", "A spokesman", "A spokesman"),
    ],
)
def test_mentions_resolve_to_the_name_that_the_text_gives(text: str, mention: str, name: str) -> None:
    assert resolved(text, mention) == name


@pytest.mark.parametrize(
    ("text", "pronoun", "name"),
    [
        # a relative with only a given name; a person with age or title elsewhere
        ("Jon Vela rose. Brandt’s daughter, Vesna, said no. “Yes,” she said.", "she", "Vesna"),
        ("Jon Vela rose. Brandt’s mother, Ilka, wept. “Yes,” she said.", "she", "Ilka"),
        ("Ilka, 39, wept. Zed Brandt left. Then Ilka had enough. “Yes,” she said.", "she", "Ilka"),
        # the agent of a passive verb speaks, but nobody who only makes a promise does
        (
            "Philip Vela said they lied. The claim was rejected by the organiser, Davie Melo. “No,” he said.",
            "he",
            "Davie Melo",
        ),
        ("Philip Vela said no. He told of a promise by leader Kito Melo. “Yes,” he said.", "he", "Philip Vela"),
        ("Jon Vela said no. Asked by host Kito Melo, Vela left. “Yes,” he said.", "he", "Jon Vela"),
        # the leader of a group is no firm, a bishop may be a woman
        ("Philip Vela told them no. Labour group leader Wasim Melo said yes.\n\n“No,” he said.", "he", "Wasim Melo"),
        ("A survivor spoke. The Bishop of Lund, the Revd Helen Melo, wept. “Yes,” she said.", "she", "Helen Melo"),
        # people by what they are; not a description of the pronoun itself
        ("Philip Vela denied it. An official at the depot told me so. “Yes,” he said.", "he", "An official"),
        ("Deborah Melo is shy. A chemist by training, she left. “Yes,” she said.", "she", "Deborah Melo"),
    ],
)
def test_pronouns_resolve_to_the_person_who_spoke_last(text: str, pronoun: str, name: str) -> None:
    assert resolved(text, pronoun) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Jon Melo and Ana Melo left. Ana Melo said no.\n\n“Never,” Melo said.", "Ana Melo"),
        ("Jon Melo left. Melo denied it.\n\nMelo’s wife, Ana Melo, said no. “Never,” Melo said.", "Ana Melo"),
        # in another paragraph a surname keeps its bearer
        ("Jon Melo left. Melo denied it. Melo’s wife, Ana Melo, said no.\n\n“Never,” Melo said.", "Jon Melo"),
        ("Jon Melo and Ana Melo left. Kim Vela said no. “Never,” Melo said.", "Melo"),
    ],
)
def test_a_shared_surname_is_that_of_who_spoke_last(text: str, name: str) -> None:
    start = text.rindex("Melo")
    assert Names(text).speaker((start, start + 4)) == name


@pytest.mark.parametrize(
    ("text", "predicted", "speaker"),
    [
        # the one who is sent a statement, and the one who is met
        ("Ana Melo left but sent Norvik the following note: “We never sold it.”", "Norvik", "Ana Melo"),
        ("Vela met the mayor, Ana Melo, who on Monday called it “a sale like none”.", "Vela", "Ana Melo"),
        ("Vela told us that men who spoke were “sold and never told”.", "Vela", "Vela"),
    ],
)
def test_the_speaker_is_not_the_receiver_nor_outside_the_relative_clause(
    text: str, predicted: str, speaker: str
) -> None:
    assert chosen(text, predicted) == speaker


@pytest.mark.parametrize(
    ("text", "speaker", "cue"),
    [
        ("Melo’s widow, Irene, said they were “all in on it”.", "Irene", "said"),
        ("In Lund, Ohio Senator Ana Melo, 81, said they were “all in on it”.", "Ohio Senator Ana Melo", "said"),
        ("The mayor, Leeds, said they were “all in on it”.", "The mayor", "said"),
        ("A minister for works in Lund, Engr. Ana Melo, said “we paid”.", "Engr. Ana Melo", "said"),
        ("Melo said the book was “doctored”, a claim flatly denied by Norvik.", "Melo", "said"),
        ("Two Lund women’s football players say it was “cruel”.", "Two Lund women’s football players", "say"),
    ],
)  # fmt: skip
def test_the_whole_subject_is_the_speaker(text: str, speaker: str, cue: str) -> None:
    assert speakers(text) == [(speaker, cue)]


@pytest.mark.parametrize(
    ("text", "speaker"),
    [
        ("Hopes of a deal fell when the union left the talks, accusing Norvik of greed.", "the union"),
        ("The ruling is a blow to Ash County, which sued in May, accusing Norvik of greed.", "Ash County"),
        ("Melo resigned after the union left the talks, accusing Norvik of greed.", "Melo"),
        ("The ruling came late, accusing Norvik of greed.", "The ruling"),
    ],
)
def test_a_participle_after_a_subordinate_clause_belongs_to_who_can_speak(text: str, speaker: str) -> None:
    assert found(text) == [("greed", speaker, "Norvik")]


@pytest.mark.parametrize(
    ("opening", "name"),
    [
        ("Under cross-examination by Kito Melo", "Jon Vela"),
        ("Under questioning from Kito Melo", "Jon Vela"),
        ("Pressed by the chair, Kito Melo, on the missing books", "Jon Vela"),
        ("Cross-examined by Kito Melo, for the trust", "Jon Vela"),
        ("In reply to Kito Melo", "Jon Vela"),
        ("In a letter sent by his brother, Kito Melo", "Kito Melo"),
    ],
)
def test_who_asks_is_not_who_answers(opening: str, name: str) -> None:
    assert resolved(f"Jon Vela, a clerk, gave evidence. {opening}, he said no.", "he") == name
