"""Whom mentions refer to."""

import re
from itertools import product

import pytest

from rejoinder.article.grammar.noun_phrases import Token, noun_phrase, tokenise
from rejoinder.article.names.mentions import bare_name
from rejoinder.article.names.names import Names
from rejoinder.article.quotes.quotes import find_quotes


def resolved(text: str, mention: str) -> str:
    """Return the fullest name for the last occurrence of `mention` in `text`."""
    start = text.rindex(mention)
    quoted = [span for quote in find_quotes(text) for span in quote.spans]
    return Names(text, quoted).resolve((start, start + len(mention)))


@pytest.mark.parametrize(
    ("mention", "speaker"),
    [
        ("Heartland Forward, a group backing state Sen. Ana Melo", "Heartland Forward"),
        ("Norvik Lines, a rival of Korvo Shipping", "Norvik Lines"),
        ("The Harbour Trust, the charity run by Ana Melo", "Harbour Trust"),
        ("Harbour Trust, a charity in Leeds", "Harbour Trust"),
        ("The Foreign Minister, the veteran diplomat Ana Melo", "Ana Melo"),
        ("Its smaller partner, the Agrarian League", "Agrarian League"),
    ],
)
def test_a_name_is_not_that_in_its_description(mention: str, speaker: str) -> None:
    assert Names(f"{mention} denied it.").speaker((0, len(mention))) == speaker


@pytest.mark.parametrize(
    ("mention", "speaker"),
    [
        ("Norvik", "Norvik Lines"),
        ("a former Norvik engineer", "a former Norvik engineer"),
        ("two former Norvik engineers", "two former Norvik engineers"),
        ("two Norvik women’s football players", "two Norvik women’s football players"),
        ("Norvik workers", "Norvik workers"),
        ("the Norvik Lines safety review", "the Norvik Lines safety review"),
        ("former Norvik chief Jon Vela", "Jon Vela"),
        ("Norvik itself", "Norvik Lines"),
        ("Norvik yesterday", "Norvik Lines"),
        ("Norvik in a statement", "Norvik Lines"),
        ("Norvik states", "Norvik states"),
        ("Angry parents", "Angry parents"),
    ],
)
def test_a_speaker_is_not_reduced_to_a_name_inside_the_mention(mention: str, speaker: str) -> None:
    text = f"Norvik Lines runs ships. {mention[0].upper() + mention[1:]} said: “They lied to us.”"
    start = text.rindex(mention[1:]) - 1
    names = Names(text)
    assert names.speaker((start, start + len(mention))).lower() == speaker.lower()
    assert {name.text for name in names.all} <= {"Norvik Lines", "Norvik", "Jon Vela"}


@pytest.mark.parametrize(
    ("text", "mention", "name"),
    [
        ("Finance minister Ana Melo spoke. Nobody asked. Melo left.", "Melo", "Ana Melo"),
        ("Ana Melo spoke first. Then Mrs Melo left.", "Mrs Melo", "Ana Melo"),
        ("Relief Minister Ana Melo spoke.", "Relief Minister Ana Melo", "Ana Melo"),
        ("Minister of Finance Ana Melo spoke. Melo left.", "Melo", "Ana Melo"),
        ("Secretary of the Treasury Ana Melo spoke. Melo left.", "Melo", "Ana Melo"),
        ("Ex-treasurer Ana Melo spoke. Melo left.", "Melo", "Ana Melo"),
        ("The law professor and former aide Jo Vela rose.", "The law professor and former aide Jo Vela", "Jo Vela"),
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
        # The text does not say who these are.
        ("A neighbour saw it. The widow said nothing.", "The widow", "The widow"),
        ("Ana Melo and Jon Brandt met the mayor.", "the mayor", "the mayor"),
        # The subject of a verb does not describe its object.
        ("The judge told Ana Melo to sit. The judge left.", "The judge", "The judge"),
        ("The company sacked Thandiwe Sithole. “No,” the company said.", "the company", "the company"),
        # Countries and organisations are not the things named after them.
        ("Sudan met South Sudan. Later Sudan left.", "Sudan", "Sudan"),
        ("The House sat. The White House laughed.", "House", "House"),
        ("China sat. China Telecom was fined.", "China", "China"),
        ("The US sat. The US Supreme Court sat.", "US", "US"),
        ("Ash sat. The Ash Foundation laughed.", "Ash", "Ash"),
        ("The Ash Foundation sat. Ash laughed.", "Ash", "Ash Foundation"),
        ("The High Court sat. The Court said so.", "The Court", "High Court"),
        ("Denzel Washington sat. Later Washington said so.", "Washington", "Denzel Washington"),
        ("The Sunday Times sat. The paper said so.", "The Sunday Times", "Sunday Times"),
        # Several people in one mention, and object pronouns.
        ("Ana Melo sat by Jon Brandt. So Melo and Brandt left.", "Melo and Brandt", "Ana Melo and Jon Brandt"),
        ("Ana Melo sat. They accused her of theft.", "her", "Ana Melo"),
        ("Jon Brandt sat. They accused him of theft.", "him", "Jon Brandt"),
        # Where somebody is from is not part of the name.
        ("Senator Kim Vela of Leeds rose. Vela left.", "Vela", "Kim Vela"),
        ("Labour chairman Kim Vela of Leeds rose.", "Labour chairman Kim Vela of Leeds", "Kim Vela"),
        # Nor is a capitalised word that begins a sentence, or the organisation that an office belongs to.
        ("Removing Norvik would be wrong. Later Norvik left.", "Norvik", "Norvik"),
        ("A clerk sat in a document that the Ash Trust sent. The document says so.", "The document", "The document"),
        (
            "Kim Vela was a Liberal campaign manager. The Ash campaign manager left.",
            "The Ash campaign manager",
            "The Ash campaign manager",
        ),
        # A short name does not mean a person of that name who is introduced later.
        ("Norvik sat. Norvik left. The daughter Kim Norvik came. So Norvik fell.", "Norvik", "Norvik"),
        ("Leader Kim Vela of Leeds rose. Vela left.", "Vela", "Kim Vela"),
        ("Facebook sat. Libra Facebook fell. So Facebook left.", "Facebook", "Facebook"),
        ("Norvik manager Kim Vela sat. The Ash manager left.", "The Ash manager", "The Ash manager"),
        ("Remember Norvik sat. Later Norvik left.", "Norvik", "Norvik"),
        ("Follow Ana Melo on Courier Live. Later Melo left.", "Melo", "Ana Melo"),
        ("Mayor-elect Ana Melo sat. Then Melo left.", "Melo", "Ana Melo"),
        ("Norvik Director and Founder Ana Melo sat.", "Norvik Director and Founder Ana Melo", "Ana Melo"),
        ("Kim Vela met Jo Vela. They met former Vela.", "Vela", "Vela"),
    ],
)
def test_mentions_resolve_to_the_fullest_name(text: str, mention: str, name: str) -> None:
    assert resolved(text, mention) == name


@pytest.mark.parametrize(
    ("text", "mention", "name"),
    [
        # A surname ends a name.
        ("The Trump International Hotel shut. Donald Trump spoke. “It is false,” Trump said.", "Trump", "Donald Trump"),
        ("Donald Trump spoke of the Trump Organization. Trump left.", "Trump", "Donald Trump"),
        ("Norvik Lines was fined. Anders Norvik rose. Norvik left.", "Norvik", "Anders Norvik"),
        ("Robert Kennedy Jr. rose. “No,” Kennedy said.", "Kennedy", "Robert Kennedy Jr."),
        # Otherwise it begins one, but a person is not a building.
        ("The Trump Tower shut. “It is false,” Mr. Trump said.", "Mr. Trump", "Trump"),
        ("Xi Jinping spoke. Nobody asked. Mr. Xi left.", "Mr. Xi", "Xi Jinping"),
        ("Norvik Lines was fined. Norvik will appeal.", "Norvik", "Norvik Lines"),
        ("Norvik Lines was fined. Anders Norvik rose. The carrier Norvik left.", "The carrier Norvik", "Norvik Lines"),
        ("Ana Melo spoke. The Ana Melo Foundation closed. Ana Melo left.", "Ana Melo", "Ana Melo"),
        ("Jo Vela spoke. Jo Vela Jr. rose. “No,” Jo Vela said.", "Jo Vela", "Jo Vela"),
        ("The Bank of England met. Later England lost.", "England", "England"),
        # Variants of one name are the same person.
        ("Hillary Clinton spoke. Hillary Rodham Clinton rose. Clinton left.", "Clinton", "Hillary Rodham Clinton"),
        ("J. Melo spoke. Jon Melo rose. Melo left.", "Melo", "Jon Melo"),
        ("Ana Melo spoke. Nobody asked. Mrs. Melo left.", "Mrs. Melo", "Ana Melo"),
    ],
)
def test_surnames_resolve_to_their_bearer(text: str, mention: str, name: str) -> None:
    assert resolved(text, mention) == name


@pytest.mark.parametrize(
    ("text", "mention", "name"),
    [
        ("Bill Clinton spoke. Mrs. Hillary Clinton left. “No,” Ms. Clinton said.", "Ms. Clinton", "Hillary Clinton"),
        ("Mr. Bill Clinton spoke. Hillary Clinton left. “No,” Mrs. Clinton said.", "Mrs. Clinton", "Hillary Clinton"),
        ("Mr. Bill Clinton spoke. Hillary Clinton left. “No,” Mr. Clinton said.", "Mr. Clinton", "Bill Clinton"),
        (
            "President Bill Clinton rose. Hillary Clinton left. President Clinton sat.",
            "President Clinton",
            "Bill Clinton",
        ),
        # A person not yet mentioned is not meant.
        ("Bill Clinton spoke. Clinton’s wife, Hillary, left. So did Hillary Clinton.", "Clinton’s", "Bill Clinton"),
        # Given names indicate the sex, too.
        ("Bill Clinton spoke. Hillary Clinton left. “No, no,” Mrs. Clinton said.", "Mrs. Clinton", "Hillary Clinton"),
        # The text does not say which one is meant.
        ("Bill Clinton spoke. Hillary Clinton left. “No, never,” Clinton said.", "Clinton", "Clinton"),
        ("Mr. Bill Clinton spoke. Nobody asked. Mrs. Clinton left.", "Mrs. Clinton", "Mrs. Clinton"),
        ("Norvik Lines and Norvik Bank were fined. Norvik will appeal.", "Norvik", "Norvik"),
    ],
)
def test_a_title_disambiguates_a_shared_surname(text: str, mention: str, name: str) -> None:
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
        ("Mr Bill Melo met Mrs Ana Melo. Later he left.", "he", "Bill Melo"),
        ("Mrs Ana Melo met Mr Bill Melo. Later she left.", "she", "Ana Melo"),
        ("Ana Melo rose. Petrov rejected the charge. She lied, he said.", "he", "Petrov"),
        ("It rained. He said so.", "He", "He"),
        # Organisations and places are not persons.
        ("Ana Melo spoke to CBS News. “It is late,” she said.", "she", "Ana Melo"),
        ("Ana Melo spoke of the Harbour Times-Union and New Lisbon. She left.", "She", "Ana Melo"),
        # A given name indicates the sex if nothing else does, and only if few people of the other sex have it.
        ("David Brandt met Susan Melo. Later he left.", "he", "David Brandt"),
        ("David Brandt met Susan Melo. Later she left.", "she", "Susan Melo"),
        ("In a speech, Kim Melo spoke of Jo Brandt. She left.", "She", "Kim Melo"),
        # Whoever has just spoken goes on speaking.
        ("When asked about Jo Vela, the aide Kim Melo said little. “It rains,” she added.", "she", "Kim Melo"),
        ("“It is late,” said Milena, 37. She left.", "She", "Milena"),
        ("The board’s chairman, Kim Melo, rose. He left.", "He", "Kim Melo"),
        ("Ana Vela, the chairman, left. The board’s chairman, Kim Melo, rose. He sat.", "He", "Kim Melo"),
        # A person may have initials, or a surname that is also a common noun.
        ("JD Melo met Ana Vela. Melo said so. “It is good,” he said.", "he", "JD Melo"),
        ("Officer Frank Law rose. Later he left.", "he", "Frank Law"),
        ("Kim Melo MP rose. “It is late,” she said.", "she", "Kim Melo MP"),
        ("Lord Chancellor Kim Melo met Pat Vela. She left.", "She", "Kim Melo"),
        # A name that only modifies a noun is not meant: `the Kim Melo administration`.
        ("Jo Vela rose. It was under the Kim Melo administration. Later he left.", "he", "Jo Vela"),
        ("Former White House adviser Jo Vela sat. All met the White House. Later he left.", "he", "Jo Vela"),
        ("Jo Vela rose. The lesson was long. So he left.", "he", "Jo Vela"),
    ],
)
def test_pronouns_resolve_to_their_antecedents(text: str, pronoun: str, name: str) -> None:
    assert resolved(text, pronoun) == name


def test_capitalised_headline_words_are_not_part_of_a_name() -> None:
    text = "Frank Melo Denies Fraud Claims\n\nFrank Melo spoke. Melo left."
    assert resolved(text, "Melo") == "Frank Melo"
    assert resolved(text.replace("Denies Fraud Claims", "denies it"), "Melo") == "Frank Melo"


def test_he_may_refer_to_a_person_with_a_male_given_name() -> None:
    text = "Dominic Asante is accused of murdering Lee Farrow. He denies murder. Mr Farrow was found dead in May."
    assert resolved(text, "He ") == "Dominic Asante"


def test_a_given_name_that_ends_in_ly_is_not_an_adverb() -> None:
    text = "Emily Rask, a nurse, spoke. Rask left. Sadly Norvik stayed."
    assert [resolved(text, mention) for mention in ("Rask", "Norvik")] == ["Emily Rask", "Norvik"]


def test_the_name_passed_as_other_than_is_excluded() -> None:
    text = "David Brandt left in May. Frank Melo accused him of theft."
    names, place = Names(text), text.index("him")
    assert names.resolve((place, place + 3)) == "Frank Melo"
    assert names.resolve((place, place + 3), other_than="Frank Melo") == "David Brandt"
    text = "Norvik Lines was fined. Harbour Steel Inc. said that it lied."
    place = text.index("it lied")
    assert Names(text).resolve((place, place + 2), other_than="Harbour Steel Inc.") == "Norvik Lines"


def test_a_possessive_ends_the_name_of_a_person() -> None:
    assert [name.text for name in Names("Vela’s Council met the Millers’ Union.").all] == [
        "Vela",
        "Council",
        "Millers’ Union",
    ]


def test_an_article_alone_is_not_a_noun_phrase() -> None:
    tokens = tokenise("the — mill", 0, 10)
    assert [noun_phrase(tokens, i) for i in (0, 2)] == [0, 3]


def test_a_name_is_compared_without_its_title() -> None:
    assert bare_name("Dr. Ana Melo") == bare_name("the surgeon Ana Melo") == "ana melo"
    assert bare_name("the company") == "company"


def test_a_word_of_millions_of_letters_is_checked_quickly() -> None:
    word = "a" * 2_000_000
    assert not Token(word, 0, len(word)).is_name  # a pattern that looks back from each letter would take hours
    assert Token("McMelo", 0, 6).is_name


def test_a_mention_without_a_word_names_nobody() -> None:
    names = Names("Vela left. \u200b", [])
    assert names.resolve((11, 12)) == ""
    assert names.spoken_for((5, 12)) is None


@pytest.mark.parametrize(
    ("template", "name"),
    [
        ("Mayor {} left. The mayor spoke. ", "The mayor"),
        ("President Trump met {}. The president left. ", "Trump"),
        ("Captain {} Vela left. The captain spoke. ", "The captain"),
    ],
)
def test_thousands_of_people_with_one_title_are_resolved_quickly(template: str, name: str) -> None:
    text = "".join(
        template.format("".join(letters).title()) for letters in product("bdfklmnr", "aeiou", "vstz", "aeiou", "lm")
    )
    names = Names(text)
    found = {names.resolve(mention.span()) for mention in re.finditer(r"The \w+", text)}
    assert name in found  # this would take a minute if each mention scanned all names
