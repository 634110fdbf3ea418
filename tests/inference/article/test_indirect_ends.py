"""Where indirect denials and accusations end, and sentences that only look like them."""

import pytest

from tests.inference.article.test_indirect import found


@pytest.mark.parametrize(
    ("text", "words", "speaker"),
    [
        ("While Bell denied taking bribes and lying, its board has left.", "taking bribes and lying", "Bell"),
        ("Last year, after Bell accused Acme of theft, Melo left.", "theft", "Bell"),
        ("Bell denied that he had lied, yet many doubt it.", "he had lied", "Bell"),
        ("Bell denied being late, and on Monday, the board met.", "being late", "Bell"),
        ("Bell charged Acme with theft, and while it was tried, Melo left.", "theft", "Bell"),
        ("Bell accused Acme of sinking boats, citing a film of it.", "sinking boats", "Bell"),
        ("Bell denied Melo’s claims, writing that they were old.", "Melo’s claims", "Bell"),
        ("Bell initially denied talking to Acme but later changed his story.", "talking to Acme", "Bell"),
        ("Bell accused Acme of wasting money and formed its own club.", "wasting money", "Bell"),
        ("Bell accused Acme of wasting money and left the club.", "wasting money", "Bell"),
        ("Bell accused Acme of being bribed and robbed.", "being bribed and robbed", "Bell"),
        (
            "Bell accused Acme of having stolen cash and hidden the books.",
            "having stolen cash and hidden the books",
            "Bell",
        ),
        ("Bell blamed Acme for the fire and Norvik for the delay.", "the fire", "Bell"),
        ("Bell denied any knowledge of a secret list, and left.", "any knowledge of a secret list", "Bell"),
        ("Bell denied theft or fraud in a letter.", "theft or fraud", "Bell"),
        ("Bell denied Melo’s version of the talks, as did its chairman.", "Melo’s version of the talks", "Bell"),
        ("Bell alleged that Acme used spies and suggested that Melo knew.", "Acme used spies", "Bell"),
    ],
)
def test_the_end_of_a_denial_or_accusation_is_found(text: str, words: str, speaker: str) -> None:
    assert [statement[:2] for statement in found(text)] == [(words, speaker)]


def test_a_denial_within_an_aside_ends_with_the_aside() -> None:
    text = "Melo, citing Acme’s denial that it leaked oil, accused Bell of theft."
    assert [statement[:2] for statement in found(text)] == [("it leaked oil", "Acme"), ("theft", "Melo")]


def test_a_denied_accusation_is_found_once() -> None:
    text = "Bell denied Melo’s accusation that he had hidden the books."
    assert found(text) == [("he had hidden the books", "Bell", None)]


def test_a_clause_after_but_has_its_own_speaker() -> None:
    text = "Bell denied its men were behind it but big banks dismissed the claim."
    assert [statement[:2] for statement in found(text)] == [
        ("its men were behind it", "Bell"),
        ("the claim", "big banks"),
    ]


@pytest.mark.parametrize(
    ("text", "words", "speaker", "target"),
    [
        ("Democrats allege President Vela withheld aid.", "President Vela withheld aid", "Democrats", None),
        ("The memo alleges abuse of power.", "abuse of power", "The memo", None),
        ("Melo, Vela’s lawyer, alleges the school lied.", "the school lied", "Melo", None),
        (
            "Melo alleged Bell and Rowe, with Holt, were to blame.",
            "Bell and Rowe, with Holt, were to blame",
            "Melo",
            None,
        ),
        ("A jury charged the men, alleging tax fraud.", "tax fraud", "A jury", None),
        ("Bell denied any political bias.", "any political bias", "Bell", None),
        ("Bell denied the remarks Melo heard.", "the remarks", "Bell", None),
        ("Bell disputed Melo’s version of events.", "Melo’s version of events", "Bell", None),
        ("Vela filed a suit against the port and the town alleging they hid leaks.", "they hid leaks", "Vela", None),
        ("It is contested, with some critics accusing the mayor of theft.", "theft", "some critics", "the mayor"),
        ("The campaign attacked the state, while blaming Melo for cuts.", "cuts", "The campaign", "Melo"),
        ("Several women came forward to accuse Melo of bullying.", "bullying", "Several women", "Melo"),
        ("She accused Melo and other top officials of lying.", "lying", "She", "Melo and other top officials"),
        ("Bell alleges that, while they worked, Melo hit her.", "while they worked, Melo hit her", "Bell", None),
        (
            "Bell blamed the bombing of a North Holm local party office on Melo’s men.",
            "the bombing of a North Holm local party office on Melo’s men",
            "Bell",
            "Melo’s men",
        ),
        ("Aides denied the April reports.", "the April reports", "Aides", None),
        ("Melo disputed that.", "that", "Melo", None),
        ("Two former Norvik employees accused it of theft.", "theft", "Two former Norvik employees", "it"),
        ("Both the mill and the union denied bribery.", "bribery", "Both the mill and the union", None),
        ("Ruggiero, who is retired, denied that through the police union.", "that", "Ruggiero", None),
        ("The mayor disputed that, releasing a list of nine meetings.", "that", "The mayor", None),
        ("Bell went on air Monday accusing Melo of theft.", "theft", "Bell", "Melo"),
        ("Bell spoke for an hour — accusing Melo of theft.", "theft", "Bell", "Melo"),
        ("Some accused the firm of fraud.", "fraud", "Some", "the firm"),
        ("It was late, but many blamed Melo for it.", "it", "many", "Melo"),
        ("Bell blamed past U.S. policies for the war.", "the war", "Bell", "past U.S. policies"),
        ("She accused a big lobbying group of bribery.", "bribery", "She", "a big lobbying group"),
        ("Bell charged that Acme deals with Norvik hid losses.", "Acme deals with Norvik hid losses", "Bell", None),
        # reported by a noun: `accusation`, `denial`
        ("The union’s latest accusation that Bell hid losses is false.", "Bell hid losses", "The union", None),
        ("Despite Norvik’s denial that it had leaked oil, the port was shut.", "it had leaked oil", "Norvik", None),
        ("No clerk would support Ana Melo’s charge that Bell hid losses.", "Bell hid losses", "Ana Melo", None),
        ("He read out his government’s denial that it sold gas.", "it sold gas", "his government", None),
        ("Asked about her allegation that Bell hid losses, Lund laughed.", "Bell hid losses", "her", None),
        ("The latest charges by a former guard that Melo hid keys were read.", "Melo hid keys", "a former guard", None),
        ("An allegation from his first wife, Jo Lund, that Bell hit her is old.", "Bell hit her", "Jo Lund", None),
        # a participle after a noun or an adverb: `the woman accusing`, `strongly denying`
        ("The woman accusing Melo of theft is not planning to sue.", "theft", "The woman", "Melo"),
        ("Bell was met by a crowd of workers accusing him of greed.", "greed", "a crowd of workers", "him"),
        ("Several women came forward alleging that Bell hit them.", "Bell hit them", "Several women", None),
        ("Melo left early, strongly denying claims that Bell ran it.", "Bell ran it", "Melo", None),
        # where it ends
        ("Bell denied the claims, and the charges were dropped in May.", "the claims", "Bell", None),
        ("Bell disputed the report in a video post on Monday.", "the report", "Bell", None),
        ("Bell accused Lund of using bad oil, implied that he lied, and left.", "using bad oil", "Bell", "Lund"),
        ("Acme deals hid losses -- a claim Bell denies.", "Acme deals hid losses", "Bell", None),
        ("It was said on air that Lund stole it -- a charge that he denies.", "Lund stole it", "he", None),
    ],
)
def test_less_common_forms_of_denials_and_accusations_are_found(
    text: str, words: str, speaker: str, target: str | None
) -> None:
    assert found(text) == [(words, speaker, target)]


@pytest.mark.parametrize(
    "text",
    [
        "The police know of criminal charges that could be brought.",
        "The party wants to combat charges that it is late.",
        "All involve disputes between firms that were solved long ago.",
        "There is little dispute that the union is poor.",
        "Bell clashed with the board over the ferries — disputes that led him to go.",
        "The bill is about a sharply charged matter with many sides.",
        "It is the kind of gridlock Bell accused Acme of when it ruled.",
        "They were called liars, blamed and shamed for being late.",
        "Some accused priests of the town have left.",
        "The bank denied any asylum.",
        "Bell disputed that information in an open letter.",
        "There was no charge by Melo that Bell had lied.",
        "The court heard a suit against Melo accusing her of theft.",
        "Nobody heard of any workers accusing Bell of theft.",
        "The judge weighed charges from May that he had set aside.",
        # a verb that does not accuse by itself: see the next test
        "The board argued that Bell had hidden the losses.",
    ],
)
def test_words_that_only_look_like_denying_or_accusing_verbs_are_ignored(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize("verb", ["argued", "complained", "stated publicly", "concluded", "testified"])
def test_statements_after_other_verbs_with_that_are_not_certain(verb: str) -> None:
    text = f"The board {verb} that Bell had hidden the losses."
    assert found(text, certain=False) == [("Bell had hidden the losses", "The board", None)]
    assert found(text.replace("that ", ""), certain=False) == []
    assert found(text.replace(verb, "thought"), certain=False) == []
    assert found(f"The board {verb} that Bell denied the charges.") == [("the charges", "Bell", None)]
