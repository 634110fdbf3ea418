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
        # titles and offices are parts of the names of bodies
        ("A spokesman for the State Department spoke.", "A spokesman for the State Department", "State Department"),
        ("A lawyer for the Central Bank spoke.", "the Central Bank", "Central Bank"),
        ("The Premier League spoke.", "The Premier League", "Premier League"),
        ("The Attorney General's Office spoke.", "The Attorney General's Office", "Attorney General's Office"),
        ("The Queen Mary University spoke.", "The Queen Mary University", "Queen Mary University"),
        ("Captain Ana Church spoke. Church left.", "Church", "Ana Church"),
        ("Chair of the Finance Committee Ana Melo rose. Melo sat.", "Melo", "Ana Melo"),
        ("Leader of the Opposition Ana Melo rose. Melo sat.", "Melo", "Ana Melo"),
        (
            "The Department for Work and Pensions met.",
            "The Department for Work and Pensions",
            "Department for Work and Pensions",
        ),
        ("The Department of Justice and Norvik met.", "Norvik", "Norvik"),
        # what stands before a name at the start of a sentence
        ("Mum Gemma Platt rose. Then Platt sat.", "Platt", "Gemma Platt"),
        ("Mum-of-three Gemma Platt rose. Then Platt sat.", "Platt", "Gemma Platt"),
        ("Ex-wife Gemma Platt rose. Then Platt sat.", "Platt", "Gemma Platt"),
        ("Attorney-General Gemma Platt rose. Then Platt sat.", "Platt", "Gemma Platt"),
        ("Co-director Gemma Platt rose. Then Platt sat.", "Platt", "Gemma Platt"),
        ("Jean-Pierre Platt rose. Then Platt sat.", "Platt", "Jean-Pierre Platt"),
        ("Engr. Musa Bello rose. Then Bello sat.", "Bello", "Musa Bello"),
        # nicknames in quotation marks
        ("Jim “The Fish” Vela rose. Then Vela sat.", "Vela", "Jim Vela"),
        ('The boxer Jim "The Fish" Vela rose.', 'The boxer Jim "The Fish" Vela', "Jim Vela"),
        ("Vela said “Norvik Lines” Brandt left.", "Brandt", "Brandt"),
        # small words inside names
        ("Ursula von der Leyen rose. Leyen sat.", "Leyen", "Ursula von der Leyen"),
        ("Piet van Loon rose. Van Loon sat.", "Van Loon", "Piet van Loon"),
        # persons of what is itself of something
        ("The mayor of the city of Saltmarsh spoke.", "The mayor of the city of Saltmarsh", None),
        ("Supporters of Norvik Lines spoke.", "Supporters of Norvik Lines", None),
        ("A member of the board Ana Melo rose.", "A member of the board Ana Melo", "Ana Melo"),
        # titles among the text have all words in capitals
        ("News\n\nAna Melo Denies Bullying Staff\n\nAna Melo rose. Then Melo sat.", "Melo", "Ana Melo"),
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
        ("The chair of the Elders' Forum, Chief Ferdinand Brandt, left. Then he spoke.", "he", "Ferdinand Brandt"),
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
