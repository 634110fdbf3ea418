"""Whom descriptions such as `the mayor` refer to, and who is meant by a name that several people share."""

import pytest

from rejoinder.article.names.names import Names
from tests.inference.article.test_names import resolved


@pytest.mark.parametrize(
    ("text", "mention", "name"),
    [
        # a spokesman introduced earlier with the organisation or person he speaks for
        ("A spokesman for Norvik denied it. “No,” the spokesman said.", "the spokesman", "Norvik"),
        ("A Norvik spokesman denied it. “No,” the spokesman said.", "the spokesman", "A Norvik spokesman"),
        ("Melo's spokeswoman denied it. “No,” the spokeswoman said.", "the spokeswoman", "Melo's spokeswoman"),
        ("A Norvik spokesman left. A spokesman for Korona sat. “No,” the spokesman said.", "the spokesman", None),
        ("“A Norvik spokesman denied it,” Vela said. “No,” the spokesman said.", "the spokesman", None),
        ("A spokesman left. A Norvik spokesman sat. “No,” the spokesman said.", "the spokesman", "A Norvik spokesman"),
        ("A company spokesman left. “No,” the spokesman said.", "the spokesman", None),
        ("Later a company spokesman left. “No,” the spokesman said.", "the spokesman", None),
        # nationalities with less common suffixes
        ("Pau Melo met Norvik. “No,” the Catalan said.", "the Catalan", "Pau Melo"),
        # another word for the holder of a post
        ("Senator Luis Vela met Ana Melo. “No,” the lawmaker said.", "the lawmaker", "Luis Vela"),
        ("Luis Vela, the MP for Leeds, met Ana Melo. “No,” the lawmaker said.", "the lawmaker", "Luis Vela"),
        ("Luis Vela, Norvik's CEO, met Ana Melo. “No,” the chief executive said.", "the chief executive", "Luis Vela"),
        # former and current holders of a post, and related posts: a `deputy mayor` is not `the mayor`
        ("Mayor Ana Melo met former mayor Jo Vela. “No,” the mayor said.", "the mayor", "Ana Melo"),
        ("Mayor Ana Melo met former mayor Jo Vela. “No,” the former mayor said.", "the former mayor", "Jo Vela"),
        ("Ana Melo, the deputy mayor, met Mayor Jo Vela. “No,” the mayor said.", "the mayor", "Jo Vela"),
        ("Ana Melo, the deputy mayor, met Mayor Jo Vela. “No,” the deputy mayor said.", "the deputy mayor", "Ana Melo"),
        ("Deputy mayor Ana Melo met Jo Vela. “No,” the mayor said.", "the mayor", None),
        ("The head teacher, Ana Melo, met Jo Vela. “No,” the teacher said.", "the teacher", None),
        ("President Ana Melo met Jo Vela. “No,” the former president said.", "the former president", None),
        ("Former mayor Jo Vela rose. “No,” the mayor said.", "the mayor", "Jo Vela"),
        ("Jo Vela, 50, met her former husband, Max Vela. The former husband left.", "The former husband", "Max Vela"),
        ("Head coach Jo Vela met Ana Melo. “No,” the coach said.", "the coach", "Jo Vela"),
        ("Prime Minister Jo Vela spoke. “No,” the minister said.", "the minister", "Jo Vela"),
        ("Prime Minister Jo Vela met Minister Ana Melo. “No,” the minister said.", "the minister", "Ana Melo"),
        ("Prime Minister Jo Vela spoke. “No,” the deputy minister said.", "the deputy minister", None),
        ("Assistant Secretary Jo Vela left. “No,” the secretary said.", "the secretary", "Jo Vela"),
        ("Head coach Jo Vela met assistant coach Ana Melo. “No,” the coach said.", "the coach", None),
        ("Coach Jo Vela met Ana Melo. “No,” the assistant coach said.", "the assistant coach", None),
        ("Ex-mayor Jo Vela met Mayor Ana Melo. “No,” the former mayor said.", "the former mayor", "Jo Vela"),
        ("Former mayor Jo Vela met Mayor Ana Melo. “No,” the ex-mayor said.", "the ex-mayor", "Jo Vela"),
        ("Ex-mayor Jo Vela met Mayor Ana Melo. “No,” the mayor said.", "the mayor", "Ana Melo"),
        ("Mayor Ana Melo met Jo Vela. “No,” the ex-mayor said.", "the ex-mayor", None),
        ("Former mayor Jo Vela met Ana Melo. “No,” her ex said.", "her ex", None),
        # a post given with a place or an organisation, or after an age
        ("Jo Vela met the mayor of York, Ana Melo. “No,” the mayor said.", "the mayor", "Ana Melo"),
        ("The Labour leader, Ana Melo, met the Tory leader, Jo Bell. The Tory leader", "The Tory leader", "Jo Bell"),
        ("The bishop, the Right Reverend Jo Vela, met Ana Melo. “No,” the bishop said.", "the bishop", "Jo Vela"),
        ("The bishop, former banker Jo Vela, met Ana Melo. “No,” the bishop said.", "the bishop", "Jo Vela"),
        ("The bishop, the historian Jo Vela and Ana Melo met. “No,” the bishop said.", "the bishop", None),
        ("They met the bishop, the historian Jo Vela, and others. “No,” the bishop said.", "the bishop", None),
        ("After he met the bishop, the historian Jo Vela, 54, left. “No,” the bishop said.", "the bishop", None),
        ("He sued the bishop, the Lund Courier (LC) wrote. “No,” the bishop said.", "the bishop", None),
        ("Jo Vela, a former Norvik director, rose. “No,” the former director said.", "the former director", "Jo Vela"),
        ("Ana Melo, 54, a retired teacher, met Jo Vela. “No,” the teacher said.", "the teacher", "Ana Melo"),
        ("Ana Melo, a 54-year-old farmer, met Jo Vela. “No,” the farmer said.", "the farmer", "Ana Melo"),
        # of several holders of a post, the one of the article's own country, or mentioned outside quotes
        ("President Ana Melo met Norwegian President Jo Vela. “No,” the president said.", "the president", "Ana Melo"),
        ("U.S. President Ana Melo met Norwegian President Jo Vela. “No,” the president said.", "the president", None),
        ("Norwegian President Jo Vela left. “No,” the president said.", "the president", "Jo Vela"),
        ("House Speaker Ana Melo met Speaker Jo Vela. “No,” the speaker said.", "the speaker", None),
        ("President Ana Melo said: “President Jo Vela was late.” The president left.", "The president", "Ana Melo"),
        # or the only one mentioned in the preceding sentences
        ("Sen. Jo Vela rose. It rained. Sen. Ana Melo sat. The senator left.", "The senator", None),
        (
            "Sen. Jo Vela rose. It rained. It was cold. It was late. It snowed. Sen. Ana Melo sat. The senator left.",
            "The senator",
            "Ana Melo",
        ),
        (
            "Sen. Jo Vela and Sen. Ana Melo met. It rained. It was cold. It was late. Melo sat. The senator left.",
            "The senator",
            "Ana Melo",
        ),
        (
            "President Obama rose. Jo Bush, the former president, sat. It rained. It snowed. The president left.",
            "The president",
            "Obama",
        ),
        (
            "Mayor Ana Melo met Mayor Jo Vela of Lund. Melo rose. Melo left. The mayor came back.",
            "The mayor",
            "Ana Melo",
        ),
        ("At the White House, the president met President Ana Melo. The president left.", "The president", "Ana Melo"),
        # a resolved description keeps `she` from referring to somebody else
        ("President Obama rose. The president met Lea Melo, 40, a nurse. “No,” she said.", "she", "Lea Melo"),
        ("President Macron met Chancellor Merkel. The chancellor sat. “No,” she said.", "she", "Merkel"),
        # of several holders of a post, the one who represents the state in the description
        ("Sen. Ana Melo (D-Mont.) met Sen. Jo Vela. The Montana senator left.", "The Montana senator", "Ana Melo"),
        ("Montana Sen. Ana Melo met Oregon Sen. Jo Vela. The Montana senator left.", "The Montana senator", "Ana Melo"),
        ("Jo Vela (D-N.Y.) met Rep. Ana Melo (D-Va.). The New York Democrat left.", "The New York Democrat", "Jo Vela"),
        ("Jo Vela (D-Va.) met Rep. Ana Melo (D-N.Y.). The Virginia Democrat left.", "The Virginia Democrat", "Jo Vela"),
        ("Sen. Ana Melo (D-Ohio) met Norvik. “No,” the No. 3 Democrat said.", "the No. 3 Democrat", "Ana Melo"),
        # not a description of the name before a comma: the subject of a verb, a plural, a person after a country
        ("To save Iran, the secretary demurred. “No,” the secretary said.", "the secretary", None),
        ("In Korvo, multiple sources who had seen it spoke. “No,” the sources said.", "the sources", None),
        ("The guns came from Korvo, the official said. “No,” the official said.", "the official", None),
        # nor is the object of a verb, or the speaker in a reporting clause
        ("Ana Melo, left the mayor. “No,” the mayor said.", "the mayor", None),
        ("It rained at Leeds, Norvik's director has said. The director left.", "The director", None),
    ],
)  # fmt: skip
def test_descriptions_resolve_to_the_person_they_refer_to(text: str, mention: str, name: str | None) -> None:
    assert resolved(text, mention) == (mention if name is None else name)


def test_a_spokesman_speaks_for_the_organisation_he_was_introduced_with() -> None:
    text = "A Norvik spokesman denied it. “No,” the spokesman said."
    start = text.index("the spokesman")
    assert Names(text).spoken_for((start, start + len("the spokesman"))) == "Norvik"


@pytest.mark.parametrize("description", ["a 54-year-old line cook", "the Harbour Trust group leader"])
def test_a_description_of_a_persons_job_does_not_make_them_a_firm(description: str) -> None:
    names = Names(f"Ana Melo, {description}, left.")
    assert not names.is_firm(names.all[0])


def test_a_person_who_left_the_company_is_not_the_company() -> None:
    text = "Rupert’s brother, Miles Melo, left the company. Melo blamed Rupert. “He lied,” he said."
    assert resolved(text, "he said"[:2]) == "Miles Melo"


@pytest.mark.parametrize(
    ("text", "mention", "name"),
    [
        # a short name keeps its bearer if another one of that name is introduced later
        ("Bell Canada sued. “No,” Bell said. Bell Mobility left. So Bell sat.", "Bell sat", "Bell Canada"),
        ("Bell Canada sued Bell Mobility. “No,” Bell said.", "Bell said", "Bell"),
        ("Ford Motors sank. Ford rose. Bill Ford left. So Ford denied it.", "Ford denied", "Ford Motors"),
        ("Ford Motors sank. Ford rose. Bill Ford left. So Mr Ford denied it.", "Mr Ford", "Bill Ford"),
        ("Ford Motors sank. Bill Ford left. So Ford denied it.", "Ford denied", "Bill Ford"),
        # a title decides between people with the same surname
        ("Priya Rao and her brother left. Ms Rao sat. So Mr Rao rose.", "Mr Rao", "Mr Rao"),
        ("Priya Rao met Mr Arjun Rao. Ms Rao sat. So Mr Rao rose.", "Ms Rao", "Priya Rao"),
        ("Councillor Jo Marsh met Kim Marsh. So Cllr Marsh rose.", "Cllr Marsh", "Jo Marsh"),
    ],
)
def test_names_shared_by_several_are_disambiguated(text: str, mention: str, name: str) -> None:
    words = mention if mention.split()[0] in ("Mr", "Ms", "Cllr") else mention.split()[0]
    start = text.rindex(mention)
    assert resolved(text[: start + len(words)], words) == name


@pytest.mark.parametrize(
    ("text", "mention", "name"),
    [
        ("Rosa Diaz left. A spokeswoman for the board denied it. “No,” she said.", "she", None),
        ("Norvik's ministry met Korona. Norvik's ministry denied it. It said so.", "It", "Norvik's ministry"),
        ("Bell Canada rose. Bell Canada sat. Bell Canada fell. “No,” the regulator said.", "the regulator", None),
    ],
)  # fmt: skip
def test_a_pronoun_refers_to_the_previous_speaker(text: str, mention: str, name: str | None) -> None:
    fallback = "A spokeswoman for the board" if mention == "she" else mention
    assert resolved(text, mention) == (fallback if name is None else name)
