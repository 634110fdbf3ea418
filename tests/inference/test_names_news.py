"""Whom mentions refer to, in the ways of courts, local papers and agencies."""

import pytest

from rejoinder.article.names import Names
from rejoinder.article.quotes import find_quotes
from tests.inference.test_names import resolved


@pytest.mark.parametrize(
    ("text", "mention", "name"),
    [
        # a person is not the body that they belong to
        ("A former employee of Norvik Lines spoke.", "A former employee of Norvik Lines", None),
        ("The bishop of Saltmarsh spoke.", "The bishop of Saltmarsh", None),
        ("A spokesman of Norvik Lines spoke.", "A spokesman of Norvik Lines", "Norvik Lines"),
        ("Superintendent of Police Ana Melo spoke.", "Superintendent of Police Ana Melo", "Ana Melo"),
        # a firm is no union
        ("The carrier Fleetline said so. Fleetline left. Fleetline sued. The union met.", "The union", None),
        # a plural possessive inside the name of a body
        ("The Norvik Workers' Union met.", "The Norvik Workers' Union", "Norvik Workers' Union"),
        ("The Norvik Lines' board met.", "Norvik Lines", "Norvik Lines"),
        # not another's spokesman
        ("Harker's spokesman, Ty Bell, left. Then Vela's spokesman came.", "Vela's spokesman", None),
        ("Harker's spokesman, Ty Bell, left. Then Harker's spokesman came.", "Harker's spokesman", "Ty Bell"),
        ("The mayor's lawyer, Ty Bell, left. The firm's lawyer came.", "The firm's lawyer", None),
        # what a noun only modifies
        ("The board president, Linda Farr, left. The board met.", "The board", None),
        # a fronted phrase is no description
        ("According to the indictment, Marcus Teo paid. The indictment is long.", "The indictment", None),
        ("In a letter to the trust, Ana Melo resigned. The trust met.", "The trust", None),
        ("By its director, Ana Melo, the firm was told. The director left.", "The director", "Ana Melo"),
        # contractions and parties are no names
        ("“I'm Janine Harker,” she says. Harker left.", "Harker", "Janine Harker"),
        # honours behind a name, one name inside a longer one, an occupation before it
        ("Helen Marsh KC rose. Then Ms Marsh sat.", "Ms Marsh", "Helen Marsh KC"),
        ("Jason Teo Wei Liang rose. Then Mr Teo sat.", "Mr Teo", "Jason Teo Wei Liang"),
        ("Sprinter Ana Melo rose. Then Melo sat.", "Melo", "Ana Melo"),
        # titles in short and in full
        ("Rep. Luis Vela came. The congressman left.", "The congressman", "Luis Vela"),
        ("Sen. Luis Vela came. The senator left.", "The senator", "Luis Vela"),
        # where a report is from
        ("BRISTOL, Jan. 14 — The firm left. “No,” it said.", "it", None),
        ("Norvik Lines – Europe's largest ferry firm – left. “No,” it said.", "it", "Norvik Lines"),
        ("AIPEC – which spent a million – left. “No,” it said.", "it", "AIPEC"),
    ],
)
def test_mentions_of_the_news(text: str, mention: str, name: str | None) -> None:
    assert resolved(text, mention) == (mention if name is None else name)


@pytest.mark.parametrize(
    ("text", "pronoun", "name"),
    [
        ("Brightcot Homes disputed it. Then it said so.", "it", "Brightcot Homes"),
        ("The HSE rejects the charge. In a note, it said so.", "it", "HSE"),
        ("The Open Trust spoke on Instagram. Then it said so.", "it", "Open Trust"),
        ("Norvik Lines left. The dock union disputes this. Then it said so.", "it", "The dock union"),
        ("At the Rosary Cathedral, the archbishop spoke. Then he said so.", "he", "he"),
        ("Jon Brandt came with his lawyer, Carl Moss. Then he spoke.", "he", "Jon Brandt"),
        ("Prosecutors said the coach, Jon Brandt, had lied. Then he spoke.", "he", "Jon Brandt"),
        ("The St. Brendan sank. Jon Brandt swam, and later he spoke.", "he", "Jon Brandt"),
    ],
)
def test_pronouns_of_the_news(text: str, pronoun: str, name: str) -> None:
    assert resolved(text, pronoun) == name


@pytest.mark.parametrize(
    ("text", "mention", "side"),
    [
        ("A Home Office spokesman said so.", "A Home Office spokesman", "Home Office"),
        ("Norvik's director, Ana Melo, said so.", "Ana Melo", "Norvik"),
        ("Tom Reed's brother-in-law, Carl Moss, said so.", "Carl Moss", "Tom Reed"),
        ("The chairman of Norvik Lines said so.", "The chairman of Norvik Lines", "Norvik Lines"),
        ("Ana Melo, the chairman of Norvik Lines, said so.", "Ana Melo", "Norvik Lines"),
        ("Jon Brandt left. His lawyer said so.", "His lawyer", "Jon Brandt"),
        ("Ana Melo said so.", "Ana Melo", None),
    ],
)
def test_whose_side_somebody_is_on(text: str, mention: str, side: str | None) -> None:
    start = text.index(mention)
    quoted = [span for quote in find_quotes(text) for span in quote.spans]
    assert Names(text, quoted).spoken_for((start, start + len(mention))) == side
