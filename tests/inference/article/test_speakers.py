"""The speaker of a quote, found by rules in the text around it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rejoinder.article.grammar.sentences import sentence_starts
from rejoinder.article.grammar.verbs import is_reporting
from rejoinder.article.quotes.quotes import find_quotes
from rejoinder.article.quotes.speaker_model import find_attributed
from rejoinder.article.quotes.speakers import cue_beside, find_speaker


def speakers(text: str) -> list[tuple[str, str] | None]:
    """Return the speaker and cue of each quote, the cue empty if there is none; None if no speaker is found."""
    starts = sentence_starts(text)
    found: list[tuple[str, str] | None] = []
    for quote in find_quotes(text):
        said = find_speaker(text, quote, starts)
        cue = text[slice(*said.cue_span)] if said and said.cue_span else ""
        found.append((text[slice(*said.speaker_span)], cue) if said else None)
    return found


@pytest.mark.parametrize(
    ("text", "speaker", "cue"),
    [
        # verb and subject after the quote
        ("“We never sold it,” said Ana Melo, who leads the firm.", "Ana Melo", "said"),
        ("“We never sold it”, said Ana Melo of the Harbour Trust.", "Ana Melo of the Harbour Trust", "said"),
        ("“We never sold it,” says the firm.", "the firm", "says"),
        ("“Did we ever sell it?” asked Prime Minister Ivan Petrov on Monday.", "Prime Minister Ivan Petrov", "asked"),
        ("“We never sold it,” insisted a spokesman for the firm.", "a spokesman for the firm", "insisted"),
        (
            "“We never sold it,” said Justice Ministry spokeswoman Lea Or.",
            "Justice Ministry spokeswoman Lea Or",
            "said",
        ),
        ("“We never sold it,” according to the writ.", "the writ", "according to"),
        # subject and verb after the quote
        ("“We never sold it,” she said.", "she", "said"),
        ("“We never sold it,” Melo later told reporters.", "Melo", "told"),
        ("“We never sold it,” Melo, who leads the firm, told reporters.", "Melo", "told"),
        ("“We never sold it,” Melo (who leads the firm) has claimed.", "Melo", "claimed"),
        ("“We never sold it,” the firm’s lawyer told reporters.", "the firm’s lawyer", "told"),
        ("“We never sold it,” the French transport ministry wrote.", "the French transport ministry", "wrote"),
        ("“We never sold it,” the firm hit back.", "the firm", "hit"),
        ("“He said ‘never sell it,’” Melo recalled.", "Melo", "recalled"),
        ("''We never sold it,'' Melo recalled.", "Melo", "recalled"),
        # inside the quote
        ("“We never sold it,” the firm said, “and never will.”", "the firm", "said"),
        ("“We never sold it,” Gerhardt added. “And never will.”", "Gerhardt", "added"),
        # before the quote
        ("Melo said: “We never sold it.”", "Melo", "said"),
        ("Said Ana Melo: “We never sold it.”", "Ana Melo", "Said"),
        ("Melo, who leads the firm, said “we never sold it”.", "Melo", "said"),
        ("Ana Melo, 45, of Porto, said that it was “never sold at all”.", "Ana Melo", "said"),
        ("On Tuesday the firm also denied “selling a single one”.", "the firm", "denied"),
        ("In March the firm said it had “never sold a single one”.", "the firm", "said"),
        ("In a statement, the firm said: “We never sold it.”", "the firm", "said"),
        ("The firm said in a statement that it had “never sold it”.", "The firm", "said"),
        ("According to Ana Melo, the firm “never sold a single one”.", "Ana Melo", "According to"),
        ("Inspectors who came on Sunday reported that they “never saw it”.", "Inspectors", "reported"),
        ("The ministry commented on the case, saying that the court “hunts honest firms”.", "The ministry", "saying"),
        ("Melo thanked the crew and called the charge “a cheap lie”.", "Melo", "called"),
        ("“It was a lie,” said Melo, adding that “nobody ever sold it”.", "Melo", "said"),
        ("The meeting ended with Melo shouting: “We never sold it.”", "Melo", "shouting"),
        ("The paper quoted Ana Melo as saying “we never sold it”.", "Ana Melo", "saying"),
        ("Ana Melo was quoted as saying “we never sold it”.", "Ana Melo", "quoted"),
        ("The makers, says the petition, “never sold a single one”.", "the petition", "says"),
        ("Melo said the claims are “a story for children”.", "Melo", "said"),
        ("He says if people think so it is “a story for children”.", "He", "says"),
        ("PORTO — Melo said: “We never sold it.”", "Melo", "said"),
        ("Melo said: ''We never sold it.''", "Melo", "said"),
        ("''We left,'' Melo said. ''We never sold it to anyone.''", "Melo", "said"),
        # a description with the name next to it
        ("“We never sold it,” said its director, Ana Melo.", "Ana Melo", "said"),
        # around the quote
        ("The plan was “a story for children” from the start, the firm said.", "the firm", "said"),
        ("The plan was called “a story for children” by the firm.", "the firm", "called"),
        # the accused is not the speaker
        ("Leeds council was condemned by inspectors for “ignoring the abuse”.", "inspectors", "condemned"),
        ("The union has been accused of “lying to its members” by the firm.", "the firm", "accused"),
        ("The boss was branded “a coward of a man” by stranded families.", "stranded families", "branded"),
        ("Melo was charged with fraud by the council and said: “I stole nothing.”", "Melo", "said"),
        ("Ana Melo, who was sued by Norvik Lines, was clear: “They lied to us all.”", "Ana Melo", ""),
        # another clause with a subject of its own
        ("The mayor resigned after the union claimed that he “stole from the fund”.", "the union", "claimed"),
        ("Melo denied the claim and the council said it was “a plain lie”.", "the council", "said"),
        ("Melo accused the firm of putting “its price above us all”.", "Melo", "accused"),
        ("They met with Melo calling it “a lie” and Vela calling it “a fraud of a deal”.", "Vela", "calling"),
        ("On his part, the builder, Jon Brandt, said it was “never sold”.", "Jon Brandt", "said"),
        ("Its lawyer, former Sen. Jon Brandt, said it was “never sold”.", "Sen. Jon Brandt", "said"),
        ("The mayor of Leeds, Jon Brandt, said it was “never sold”.", "Jon Brandt", "said"),
        # a relative clause without a pronoun, `a letter the union described`, and phrases that look like one
        ("Ana Melo met Jo Vela over claims the minister called “a plain lie”.", "the minister", "called"),
        ("Norvik sent a letter the union described as “a story for children”.", "the union", "described"),
        ("Norvik signed a deal Jo Vela called “a story for children”.", "Jo Vela", "called"),
        ("The army accused the ASF of theft, a charge the ASF rejected as “a plain lie”.", "the ASF", "rejected"),
        ("Ash accused Norvik of theft, an allegation Norvik dismissed as “a plain lie”.", "Norvik", "dismissed"),
        ("A former actor Jo Vela called it “a story for children”.", "A former actor Jo Vela", "called"),
        ("The paper Ash Post called it “a story for children”.", "The paper Ash Post", "called"),
        ("The staff all called it “a story for children”.", "The staff", "called"),
        # a participle before a noun, and openings such as `that is why`
        ("Newly released files show that it was “never sold”.", "Newly released files", "show"),
        ("A newly released memo said that it was “never sold”.", "A newly released memo", "said"),
        ("And that’s why firms are laughing and saying: “We never sold it.”", "firms", "saying"),
        ("That is why firms are laughing and saying: “We never sold it.”", "firms", "saying"),
        # `close to` and `familiar with` belong to a description
        ("A source close to Melo said it was “never sold”.", "A source close to Melo", "said"),
        ("People familiar with the deal said it was “never sold”.", "People familiar with the deal", "said"),
        ("Melo, close to tears, said it was “never sold”.", "Melo", "said"),
        ("Melo slammed the firm and Brandt said it was “never sold”.", "Brandt", "said"),
        # verbs with a doubled letter, and those that report only with nothing after them
        ("“It was all a lie,” Ana Melo shrugged.", "Ana Melo", "shrugged"),
        ("Brandt slammed the plan as “a story for children”.", "Brandt", "slammed"),
        ("Brandt termed the plan “a story for children”.", "Brandt", "termed"),
        ("“It was all a lie,” she stormed.", "she", "stormed"),
        ("Crowds stormed the hall as Brandt said it was “never sold”.", "Brandt", "said"),
        # the sentence before the quote
        ("The firm rejected the claim. “We never sold it to anyone.”", "The firm", ""),
        ("Ana Melo laughed.\n\n“We never sold it to anyone.”", "Ana Melo", ""),
        ("Ana Melo told the court:\n\n“We never sold it to anyone.”", "Ana Melo", "told"),
        ("The grip slid because it was old, Melo said. “We never sold it to anyone.”", "Melo", "said"),
    ],
)
def test_speaker_and_cue(text: str, speaker: str, cue: str) -> None:
    assert speakers(text)[-1] == (speaker, cue)


@pytest.mark.parametrize(
    "text",
    [
        "The jury was told that he “stole the lot”.",
        "Bishop “never read the letters at all”, tribunal told",
        "Melo was fined for “stealing from the fund”.",
        "Ana Melo, who was sued by Norvik Lines, had “nothing at all to hide from them”.",
    ],
)
def test_hearers_and_the_accused_are_not_speakers(text: str) -> None:
    assert speakers(text) == [None]


def test_the_subject_of_the_sentence_before_is_the_speaker() -> None:
    text = "“We never sold it,” said Ana Melo. She shook her head. “I was in Porto.” “You may ask there.”"
    assert speakers(text)[0] == ("Ana Melo", "said")
    assert speakers(text)[1] == ("She", "")


def test_quotes_in_successive_sentences_have_their_own_speakers() -> None:
    text = '"It was a sad day," declared the Post. "It was a good day," determined the Herald.'
    assert speakers(text) == [("the Post", "declared"), ("the Herald", "determined")]


@pytest.mark.parametrize(
    ("clause", "first", "second"),
    [
        ("Melo said, but the firm responded,", ("Melo", "said"), ("the firm", "responded")),
        ("Melo said, and Petrov replied,", ("Melo", "said"), ("Petrov", "replied")),
        ("Melo said, and Petrov, the mayor, replied,", ("Melo", "said"), ("Petrov", "replied")),
        ("Melo said, but Ivan Petrov, the mayor, replied,", ("Melo", "said"), ("Ivan Petrov", "replied")),
        ("Melo said, but in a statement, the firm responded,", ("Melo", "said"), ("the firm", "responded")),
        ("Melo said, but the firm, which makes it, responded,", ("Melo", "said"), ("the firm", "responded")),
        ("Melo said; the firm responded on Monday,", ("Melo", "said"), ("the firm", "responded")),
        ("Melo said, to which Petrov replied,", ("Melo", "said"), ("Petrov", "replied")),
        ("Melo told Petrov, who said,", ("Melo", "told"), ("Petrov", "said")),
        ("said Melo, while the minister said,", ("Melo", "said"), ("the minister", "said")),
        ("Melo said, as the firm replied,", ("Melo", "said"), ("the firm", "replied")),
        ("Melo said, prompting Petrov to respond,", ("Melo", "said"), ("Petrov", "respond")),
        ("Melo said, which led the firm to reply,", ("Melo", "said"), ("the firm", "reply")),
        ("he said, and she answered,", ("he", "said"), ("she", "answered")),
        ("according to Melo, but the firm\nresponded,", ("Melo", "according to"), ("the firm", "responded")),
        ("Melo said, but the firm denied it.", ("Melo", "said"), ("the firm", "denied")),
        ("tweeted @ana_melo, while the firm said,", ("@ana_melo", "tweeted"), ("the firm", "said")),
    ],
)
def test_two_speakers_in_one_sentence_are_kept_apart(
    clause: str, first: tuple[str, str], second: tuple[str, str]
) -> None:
    assert speakers(f"“They stole it,” {clause} “That is a lie.”\n\nThat was all.") == [first, second]


def test_an_introduced_quote_does_not_take_the_speaker_of_the_reply() -> None:
    text = "Melo shouted, “You stole it!” Petrov replied, “That is a lie.”"
    assert speakers(text) == [("Melo", "shouted"), ("Petrov", "replied")]


@pytest.mark.parametrize(
    ("text", "speaker", "cue"),
    [
        ("Told that Brandt had called him “a thief”, Melo laughed.", "Brandt", "called"),
        ("In response to Brandt’s claim that she “robbed the poor”, Melo laughed.", "Brandt", "claim"),
        ("Asked about the union’s claim that he was “rotten to the core”, Melo laughed.", "the union", "claim"),
        ("Melo rejected Norvik Lines' claim of a “political vendetta”.", "Norvik Lines", "claim"),
        ("Melo called Norvik’s claim of theft “a political vendetta”.", "Melo", "called"),
        ("Melo dismissed Norvik’s claim that he stole it as “a pack of lies”.", "Melo", "dismissed"),
        ("Told about the claim, Melo called it “a pack of lies”.", "Melo", "called"),
    ],
)
def test_a_claim_and_the_reaction_to_it_have_different_speakers(text: str, speaker: str, cue: str) -> None:
    assert speakers(text) == [(speaker, cue)]
    assert [said and text[slice(*said.speaker_span)] for _, said in find_attributed(text)] == [speaker]


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("text", "speaker", "cue"),
    [
        ("“We never sold it,” said\nAna Melo on Monday.\n\nEnd.", "Ana Melo", "said"),
        ("“Did we sell it?”\nMelo asked.\n\nEnd.", "Melo", "asked"),
        ("Ana Melo\nsaid: “We never\nsold it.”\n\nEnd.", "Ana Melo", "said"),
    ],
)
def test_speakers_are_found_across_wrapped_lines(text: str, speaker: str, cue: str, line_end: str) -> None:
    assert speakers(text.replace("\n", line_end)) == [(speaker, cue)]


def test_the_next_paragraph_is_not_searched_for_a_speaker() -> None:
    assert speakers("“Did we sell it?”\nMelo asked for more.\nEnd.") == [None]
    assert speakers("“Did we sell it?”\n\nMelo asked for\nmore.") == [None]


@pytest.mark.parametrize(
    "text",
    [
        "“We never sold it to anyone.”",
        "The plan, “a story for children”, was dropped.",
        "Who sold it? “We never sold it to anyone.”",
        "He was accused of “selling every single one”.",
    ],
)
def test_no_speaker_is_found_if_the_text_names_none(text: str) -> None:
    assert speakers(text) == [None]


@pytest.mark.parametrize(
    ("word", "following", "expected"),
    [
        ("said", "", True),
        ("denies", "", True),
        ("accusing", "", True),
        ("admitted", "", True),
        ("wrote", "", True),
        ("hit", "back", True),
        ("hit", "the", False),
        ("sold", "", False),
    ],
)
def test_forms_of_reporting_verbs(word: str, following: str, expected: bool) -> None:
    assert is_reporting(word, following) is expected


_WORDS = (
    "Melo",
    " the ",
    "firm",
    " said ",
    "who ",
    "according to ",
    "by ",
    " and ",
    "called",
    " as saying ",
    "was ",
    "In ",
)
_MARKS = (
    "“",
    "”",
    '"',
    "'",
    "’",
    " ",
    "\n\n",
    ", ",
    ". ",
    "? ",
    ": ",
    "—",
    "(",
    ")",
    "\x00",
    " with ",
    "a hoax it was",
)


@given(st.lists(st.sampled_from(_WORDS + _MARKS), max_size=30).map("".join) | st.text())
def test_spans_lie_inside_any_text(text: str) -> None:
    starts = sentence_starts(text)
    for quote in find_quotes(text):
        found = find_speaker(text, quote, starts)
        for span in (found.speaker_span, found.cue_span) if found else ():
            assert span is None or 0 <= span[0] < span[1] <= len(text)


def test_a_sentence_of_a_million_characters_does_not_hang() -> None:
    text = "“We never sold it” and " * 40_000
    starts = sentence_starts(text)
    assert all(find_speaker(text, quote, starts) is None for quote in find_quotes(text)[:500])


def test_the_cue_of_a_speaker_is_the_verb_of_the_main_clause() -> None:
    text = "Peck, who has pleaded guilty to fraud, told jurors that it was “a mess of his own making”."
    cue = cue_beside(text, (0, 4), sentence_starts(text))
    assert cue is not None
    assert text[slice(*cue)] == "told"
