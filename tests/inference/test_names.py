"""Whom mentions refer to."""

import pytest

from rejoinder.article.mentions import bare_name
from rejoinder.article.names import Names
from rejoinder.article.noun_phrases import Token
from rejoinder.article.quotes import find_quotes


def resolved(text: str, mention: str) -> str:
    """Return the fullest name of the last occurrence of a mention."""
    start = text.rindex(mention)
    quoted = [span for quote in find_quotes(text) for span in quote.spans]
    return Names(text, quoted).resolve((start, start + len(mention)))


@pytest.mark.parametrize(
    ("text", "mention", "name"),
    [
        ("Finance minister Ana Melo spoke. Nobody asked. Melo left.", "Melo", "Ana Melo"),
        ("Ana Melo spoke first. Then Mrs Melo left.", "Mrs Melo", "Ana Melo"),
        ("Relief Minister Ana Melo spoke.", "Relief Minister Ana Melo", "Ana Melo"),
        ("The firm's chair, Sir Alan Threlk, said so.", "The firm's chair, Sir Alan Threlk", "Alan Threlk"),
        ("Jo Vela of the Harbour Wheelers said so.", "Jo Vela of the Harbour Wheelers", "Jo Vela"),
        ("Captain Ana Melo came. Nobody saw the captain leave.", "the captain", "Ana Melo"),
        ("Jon Brandt, the managing partner of Helvi, rose. The partner sat.", "The partner", "Jon Brandt"),
        ("Jose\u0301 Melo spoke. Nobody asked. Melo left.", "Melo", "Jose\u0301 Melo"),
        ("Ana Me\xadlo Costa spoke. Nobody asked. Costa left.", "Costa", "Ana Me\xadlo Costa"),
        ("Anne\u2011Marie Melo spoke. Nobody asked. Melo left.", "Melo", "Anne\u2011Marie Melo"),
        ("The maker, Norvik Lines, was fined. The company will appeal.", "The company", "Norvik Lines"),
        ("The World Trade Office met. Later the WTO adjourned.", "WTO", "World Trade Office"),
        ("Norvik Lines is a ferry company. Nobody came. The company will appeal.", "The company", "Norvik Lines"),
        ("They fined Norvik Lines. The company will appeal.", "The company", "Norvik Lines"),
        (
            "Norvik Lines, a carrier, was fined. A spokesman for the firm left.",
            "A spokesman for the firm",
            "Norvik Lines",
        ),
        ("Norvik Lines, a carrier, was fined. A spokesman for the firm left.", "A spokesman", "Norvik Lines"),
        # Nothing tells who these are.
        ("A neighbour saw it. The widow said nothing.", "The widow", "The widow"),
        ("Ana Melo and Jon Brandt met the mayor.", "the mayor", "the mayor"),
    ],
)
def test_mentions_get_the_fullest_name(text: str, mention: str, name: str) -> None:
    assert resolved(text, mention) == name


@pytest.mark.parametrize(
    ("text", "pronoun", "name"),
    [
        ("Ana Melo, 40, wrote the report. She said so.", "She", "Ana Melo"),
        ("Mr Jon Brandt met Mrs Ana Melo. She said so.", "She", "Ana Melo"),
        ("Mr Jon Brandt met Mrs Ana Melo. Later he left.", "he", "Jon Brandt"),
        ("Ana Melo wrote it. The lawyer, who had read it, shrugged. “Jo Brandt lied,” he said.", "he", "The lawyer"),
        ("The brewer Norvik Lines was fined in May. It will appeal, it said.", "it", "Norvik Lines"),
        ("Mr. Brandt met Ms. Melo. Later she left.", "she", "Melo"),
        ("Ana Melo rose. Petrov rejected the charge. She lied, he said.", "he", "Petrov"),
        ("It rained. He said so.", "He", "He"),
    ],
)
def test_pronouns_get_who_was_spoken_of(text: str, pronoun: str, name: str) -> None:
    assert resolved(text, pronoun) == name


def test_a_name_is_compared_without_its_title() -> None:
    assert bare_name("Dr. Ana Melo") == bare_name("the surgeon Ana Melo") == "ana melo"
    assert bare_name("the company") == "company"


def test_a_word_of_millions_of_letters_takes_no_time() -> None:
    word = "a" * 2_000_000
    assert not Token(word, 0, len(word)).is_name  # a pattern that looks back from each letter would take hours
    assert Token("McMelo", 0, 6).is_name
