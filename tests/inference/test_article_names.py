"""Whom mentions refer to in online news: pronouns that cannot mean somebody, titles, words that are no name."""

import pytest

from rejoinder.article.names import Names
from tests.inference.test_names import resolved


@pytest.mark.parametrize(
    ("text", "pronoun", "name"),
    [
        # nobody in the clause of the pronoun is meant
        ("Carl Brandt rose. Tom Lind sat. He wrote to Lind: “No.”", "He", "Carl Brandt"),
        ("Carl Brandt rose. Tom Lind sat. “No,” he said in a talk with Lind.", "he", "Carl Brandt"),
        ("Carl Brandt rose. Tom Lind sat. Seeming to answer Lind, he wrote: “No.”", "he", "Carl Brandt"),
        ("Carl Brandt rose. Tom Lind sat. When he left, Lind said: “No.”", "he", "Tom Lind"),
        ("Carl Brandt rose. Tom Lind sat. He said the Lind campaign had won.", "He", "Tom Lind"),
        ("Carl Brandt rose. Tom Lind sat. According to Lind, he said no.", "he", "Tom Lind"),
        # the same pronoun goes on, also behind other words
        ("Carl Brandt rose. Then he spread a rumour of Tom Lind. Later, he said no.", "he", "Carl Brandt"),
        ("Carl Brandt rose. Since May, he’s blamed Tom Lind for a fire, which he called a crime.", "he", "Carl Brandt"),
        # a head of state is a person, also without a title there; no body, no credit of a photo
        ("President Trump rose. Anna Holt left. Trump cast it as new. “No,” he said.", "he", "Trump"),
        ("A former Lund Coast Forces (LCF) sailor Gill Holt left. “No,” she said.", "she", "Gill Holt"),
        ("Carl Brandt sat. (Kevin Lund/Reuters) He said no.", "He", "Carl Brandt"),
        # several, and bodies
        ("Ana Melo and Carl Brandt said so. “No,” they added.", "they", "Ana Melo and Carl Brandt"),
        (
            "Ana Melo and Carl Brandt said so. “No,” the statement added. “Yes,” they said.",
            "they",
            "Ana Melo and Carl Brandt",
        ),
        ("Ana Melo and Carl Brandt said the board had told it. “No,” they said.", "they", "Ana Melo and Carl Brandt"),
        ("Norvik Lines said it would pay. “No,” they added.", "they", "Norvik Lines"),
        ("A Norvik spokesperson said so. “No,” they added.", "they", "A Norvik spokesperson"),
        ("Ana Melo said so. “No,” they added.", "they", "they"),
        ("Norvik Lines met. “Yes,” the report said. “No,” it added.", "it", "the report"),
        ("Norvik Lines met. The report is out. It denied that.", "It", "Norvik Lines"),
    ],
)
def test_pronouns_of_online_news(text: str, pronoun: str, name: str) -> None:
    assert resolved(text, pronoun) == name


@pytest.mark.parametrize(
    ("text", "mention", "name"),
    [
        # titles
        ("Chief-of-Staff Jon Brandt left.", "Chief-of-Staff Jon Brandt", "Jon Brandt"),
        (
            "Harbour Guard Agency Administrator Ana Melo left.",
            "Harbour Guard Agency Administrator Ana Melo",
            "Ana Melo",
        ),
        ("State Councilor Wei Lun left.", "State Councilor Wei Lun", "Wei Lun"),
        ("Jon Brandt rose. Candidate Brandt left.", "Candidate Brandt", "Jon Brandt"),
        # another country's president, and one whom the text does not call so
        ("President Jon Brandt met Norway’s President Wei Lun. The president left.", "The president", "Jon Brandt"),
        ("Obama rose. The president left.", "The president", "Obama"),
        # a spokesman with one article or another
        (
            "A Norvik spokesman rose. The Norvik spokesman sat. The spokesman left.",
            "The spokesman",
            "A Norvik spokesman",
        ),
        # who works somewhere is not where they work
        ("Harbour Watch met. A clerk at the site Harbour Watch left.", "A clerk at the site Harbour Watch", None),
        # a person is not the show that bears the name
        ("Jon Brandt spoke on The Jon Brandt Show.", "Jon Brandt", "Jon Brandt"),
    ],
)
def test_mentions_of_online_news(text: str, mention: str, name: str | None) -> None:
    assert resolved(text, mention) == (name or mention)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("They come from the U.S. Brandt left it. Brandt is at sea.", ["Brandt", "Brandt"]),
        ("The U.S. Senate met. The Senate rose.", ["U.S. Senate", "Senate"]),
        ("It is simple: Take Brandt seriously.", ["Brandt"]),
        ("Melo & her crew left.", ["Melo"]),
        ("First, Melo left. First Bus left.", ["Melo", "First Bus"]),
        ("The Jan. 6 crowd met Jan Melo.", ["Jan Melo"]),
    ],
)
def test_what_is_no_part_of_a_name(text: str, names: list[str]) -> None:
    assert [name.text for name in Names(text).all] == names
