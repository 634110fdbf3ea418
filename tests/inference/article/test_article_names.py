"""Whom mentions refer to in online news: pronouns, titles, and words that are not part of a name."""

import pytest

from rejoinder.article.names.names import Names
from tests.inference.article.test_names import resolved


@pytest.mark.parametrize(
    ("text", "pronoun", "name"),
    [
        # a pronoun does not refer to a name in its own clause
        ("Carl Brandt rose. Tom Lind sat. He wrote to Lind: “No.”", "He", "Carl Brandt"),
        ("Carl Brandt rose. Tom Lind sat. “No,” he said in a talk with Lind.", "he", "Carl Brandt"),
        ("Carl Brandt rose. Tom Lind sat. Seeming to answer Lind, he wrote: “No.”", "he", "Carl Brandt"),
        ("Carl Brandt rose. Tom Lind sat. When he left, Lind said: “No.”", "he", "Tom Lind"),
        ("Carl Brandt rose. Tom Lind sat. He said the Lind campaign had won.", "He", "Tom Lind"),
        ("Carl Brandt rose. Tom Lind sat. According to Lind, he said no.", "he", "Tom Lind"),
        # a repeated pronoun keeps its antecedent, even after other words
        ("Carl Brandt rose. Then he spread a rumour of Tom Lind. Later, he said no.", "he", "Carl Brandt"),
        ("Carl Brandt rose. Since May, he’s blamed Tom Lind for a fire, which he called a crime.", "he", "Carl Brandt"),
        # a head of state is a person even without the title; not an organisation or the photographer of a picture
        ("President Trump rose. Anna Holt left. Trump cast it as new. “No,” he said.", "he", "Trump"),
        ("A former Lund Coast Forces (LCF) sailor Gill Holt left. “No,” she said.", "she", "Gill Holt"),
        ("Carl Brandt sat. (Kevin Lund/Reuters) He said no.", "He", "Carl Brandt"),
        # the last subject; not somebody who is only talked about, or after whom a show or dinner is named
        ("Carl Brandt kept on, saying Tom Lind had won. He left.", "He", "Carl Brandt"),
        ("A man Ilva Lind had met left. Mayor Vela left Rep. Lind as he sat.", "he", "Vela"),
        ("Mike Brandt rose. Brandt denied it. On Monday Beto Lind left. “No,” he said.", "he", "Beto Lind"),
        ("Speaking at the Al Brandt dinner, Mitt Lind laughed. “No,” he said.", "he", "Mitt Lind"),
        (
            "Attorney General Tom Lind rose. It rained. The attorney general told of Jon Holt’s trip. Then he left.",
            "he",
            "Tom Lind",
        ),
        ("Ora Melo left. Then the Jon Brandt Show began. “No,” he said.", "he", "Ora Melo"),
        # several people, and organisations
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
def test_pronouns_in_online_news_resolve_to_their_antecedents(text: str, pronoun: str, name: str) -> None:
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
        # not another country's president; a president whom the text does not give that title
        ("President Jon Brandt met Norway’s President Wei Lun. The president left.", "The president", "Jon Brandt"),
        ("Obama rose. The president left.", "The president", "Obama"),
        # a spokesman mentioned first with `a`, later with `the`
        (
            "A Norvik spokesman rose. The Norvik spokesman sat. The spokesman left.",
            "The spokesman",
            "A Norvik spokesman",
        ),
        # a person is not resolved to their workplace
        ("Harbour Watch met. A clerk at the site Harbour Watch left.", "A clerk at the site Harbour Watch", None),
        # an office that contains a place, a subject or an organisation, whether or not the given name is a known one
        (
            "Then US Attorney for the Southern District of Lund Geoffrey Brandt rose.",
            "US Attorney for the Southern District of Lund Geoffrey Brandt",
            "Geoffrey Brandt",
        ),
        ("Inspector General for Investigations Timothy Brandt rose. Brandt left.", "Brandt left", "Timothy Brandt"),
        ("The lawyer for Mary Ann Brandt left.", "Mary Ann Brandt", "Mary Ann Brandt"),
        ("Then Melo’s Chief of Staff Saikat Vela rose.", "Melo’s Chief of Staff Saikat Vela", "Saikat Vela"),
        (
            "Then former Harbour Safety Administration (HSA) Commissioner Jo Vela rose.",
            "former Harbour Safety Administration (HSA) Commissioner Jo Vela",
            "Jo Vela",
        ),
        (
            "Then Guard the Boats Founder Catherine Vela rose.",
            "Guard the Boats Founder Catherine Vela",
            "Catherine Vela",
        ),
        ("Then American Alan Vela rose. Vela left.", "Vela left", "Alan Vela"),
        ("Then Inspector General for Tax Matters J. Russell Vela rose. Vela left.", "Vela left", "J. Russell Vela"),
        ("Secretary of State Rex W. Vela rose. Vela left.", "Vela left", "Rex W. Vela"),
        ("The Ambassador to the United Nations Nikki Vela rose. Vela left.", "Vela left", "Nikki Vela"),
        ("Harbour Guard Action Fund Executive Vice President Jo Vela rose. Vela left.", "Vela left", "Jo Vela"),
        # with a middle name or without
        ("Ana R. Melo rose. Ana Melo left.", "Ana Melo", "Ana R. Melo"),
        ("Ana Maria Melo rose. Ana Melo left.", "Ana Melo", "Ana Maria Melo"),
        ("Mr Zed Q. Melo rose. Zed Melo left.", "Zed Melo", "Zed Q. Melo"),
        ("Norvik Ferry Lines rose. Norvik Lines left.", "Norvik Lines", "Norvik Lines"),
        ("Then former speaker and long-time Melo backer Jo Vela rose.", "former speaker", "Jo Vela"),
        ("Then the mayor and long-time Melo backer Jo Vela rose.", "the mayor", "Jo Vela"),
        ("Then the mayor and Judge Jo Vela rose.", "the mayor", None),
        ("Mr. Saikat Vela rose. “No,” says Vela of KLM.", "Vela of KLM", "Saikat Vela"),
        ("The Deutsche Bank rose. “No,” says the Bank of Lund.", "Bank of Lund", "Bank of Lund"),
        ("Martin Luther King Jr. rose. King left.", "King", "Martin Luther King Jr."),
        # several people
        ("Senators Ted Vela and Lisa Brandt rose. Vela left.", "Vela left", "Ted Vela"),
        (
            "Sens. Ted Vela (R-Ariz.) and Lisa Brandt (D-Md.) left.",
            "Sens. Ted Vela (R-Ariz.) and Lisa Brandt (D-Md.)",
            "Ted Vela and Lisa Brandt",
        ),
        ("Ana Melo, Jo Vela, and Lea Orr left.", "Ana Melo, Jo Vela, and Lea Orr", "Ana Melo and Jo Vela and Lea Orr"),
        ("Both Ana Melo and Jo Vela left.", "Both Ana Melo and Jo Vela", "Ana Melo and Jo Vela"),
        ("Senators Ted Vela and Lisa Brandt rose. The senators left.", "The senators", None),
        # descriptions that share a word with an earlier mention but refer to something else
        ("The Brandt Rule came first. The party’s rule is new.", "The party’s rule", None),
        ("The Lund Bankruptcy Court met. The appeals court rose.", "The appeals court", None),
        ("The study’s author, Ana Melo, rose. Another study is old.", "Another study", None),
        ("They came to Lund, police said. Then police left.", "police", None),
        # organisations
        (
            "The Lund Centers for Disease Control and Prevention met.",
            "Lund Centers",
            "Lund Centers for Disease Control and Prevention",
        ),
        (
            "The Lund-based Sea Observatory for Rights met. The Observatory rose.",
            "The Observatory",
            "Sea Observatory for Rights",
        ),
        # a person is not resolved to a show, doctrine or headline that contains the name
        ("The Trump Doctrine is new. President Trump rose.", "Trump", "Trump"),
        ("Obama rose. “Obama Embraced by All,” it read.", "Obama", "Obama"),
        ("Jon Brandt spoke on The Jon Brandt Show.", "Jon Brandt", "Jon Brandt"),
    ],
)
def test_mentions_in_online_news_resolve_to_the_fullest_name(text: str, mention: str, name: str | None) -> None:
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
        ("They shot Park in a park. Park fell. Union men left.", ["Park", "Park"]),
        ("It was he: Park Sang-hak. They shot Park in a park.", ["Park Sang-hak", "Park"]),
        ("The Lund-led Sea Watch met.", ["Sea Watch"]),
        ("Jo Lund rose.\n\nWATCH MAYOR LUND'S TALK TONIGHT ON 'SEA REPORT'\n\nIt rained.", ["Jo Lund"]),
    ],
)
def test_names_exclude_words_that_only_look_like_part_of_them(text: str, names: list[str]) -> None:
    assert [name.text for name in Names(text).all] == names
