"""Speakers of quotes in online news: signatures, sources that relay others, `who` clauses, spans cut mid-phrase."""

import pytest

from rejoinder.article.grammar.datelines import dateline_end
from rejoinder.article.grammar.marks import Span
from rejoinder.article.grammar.noun_phrases import tokenise
from rejoinder.article.grammar.sentences import sentence_starts
from rejoinder.article.quotes import speaker_model
from rejoinder.article.quotes.choices import choose
from rejoinder.article.quotes.quotes import Quote, find_quoted
from rejoinder.article.quotes.signatures import fills_paragraph, signed
from rejoinder.article.quotes.speaker_model import judge
from rejoinder.article.quotes.speakers import find_speaker
from tests.inference.article.test_indirect import found
from tests.inference.article.test_speakers import speakers

QUOTE = "“They sold the park behind our backs and kept the money.”"


def signature(text: str) -> str | None:
    attribution = signed(text, find_quoted(text)[-1])
    return text[slice(*attribution.speaker_span)] if attribution else None


@pytest.mark.parametrize(
    ("after", "name"),
    [
        (" — Ana Melo, Harbour Courier", "Ana Melo"),
        (" -- Rev. Ana Melo", "Rev. Ana Melo"),
        ("\n\n— Ana Melo, in a letter to residents\n\nThe council met.", "Ana Melo"),
        ("\n\n— Ana Melo and Jon Brandt's statement\n\nThe council met.", "Ana Melo and Jon Brandt"),
        ("\n\n— Ana Melo’s tweet", "Ana Melo"),
        # a sentence about somebody, a reporting clause, a line that names nobody or is too long, nothing at all
        ("\n\n— Ana Melo is the editor of the Courier.", None),
        (" — Ana Melo said so, and left.", None),
        (" — and that was all.", None),
        ("\n\n— " + "Ana Melo, of the Harbour Trust and many more, " * 3, None),
        (" — Ana Melo of the Harbour Trust left it at that.", None),
        ("", None),
    ],
)
def test_a_name_after_a_dash_signs_the_quote(after: str, name: str | None) -> None:
    assert signature(QUOTE + after) == name


def test_a_signature_names_the_speaker_unless_a_reporting_clause_does() -> None:
    text = f"The park was sold.\n\n{QUOTE} — Jon Brandt, Courier\n\n“It never was theirs to sell.” — Ana Melo, Gazette"
    judged = judge(text, find_quoted(text), speaker_model.bundled_speaker_model())
    assert [(stated, said and text[slice(*said.speaker_span)]) for stated, said in judged] == [
        (True, "Jon Brandt"),
        (True, "Ana Melo"),
    ]
    text = "“They sold the park,” said Ana Melo. “It is gone.”\n\n— Jon Brandt"
    (_, said), *_ = judge(text, find_quoted(text), None)
    assert said is not None
    assert text[slice(*said.speaker_span)] == "Ana Melo"


def test_lines_below_quotes_are_signatures_only_if_several_quotes_have_one() -> None:
    def speaker_names(text: str) -> list[str | None]:
        return [said and text[slice(*said.speaker_span)] for _, said in judge(text, find_quoted(text), None)]

    lines = ("Jon Brandt, Harbour Courier", "Ana Melo, Jo Vela, and Lea A. Or, Saltmarsh Times")
    text = "The left sees it so.\n\n" + "\n\n".join(f"{QUOTE}\n\n{line}" for line in lines)
    assert speaker_names(text) == ["Jon Brandt", "Ana Melo, Jo Vela, and Lea A. Or"]
    assert speaker_names(f"The left sees it so.\n\n{QUOTE}\n\n{lines[0]}\n\nIt rained.") == ["The left"]


def test_the_nouns_likes_and_comments_are_not_verbs() -> None:
    text = f"“No,” she wrote in a post that drew 75 likes and 30 comments. {QUOTE}"
    assert speakers(text)[-1] == ("she", "wrote")


@pytest.mark.parametrize(
    "before",
    [
        "malware known as ",
        "malware known as “Black Tide” and ",
        "the group, at times referred to as ",
        "a project called ",
    ],
)
def test_a_quoted_name_of_something_is_not_a_statement(before: str) -> None:
    text = f"They used {before}“Blue Tide” in May."
    assert [stated for stated, _ in judge(text, find_quoted(text), None)][-1] is False
    text = f"They said it was known as a “blue tide that swept all.” {QUOTE}"
    assert [stated for stated, _ in judge(text, find_quoted(text), None)] == [True, True]


@pytest.mark.parametrize(
    ("text", "fills"),
    [
        (f"The park is gone.\n\n{QUOTE}\n\nThe council met.", True),
        ("“The Park That Was Sold Behind Our Backs”", False),
        ("“The park is gone.”", False),
        (f"{QUOTE} The council met.", False),
    ],
)
def test_a_quote_that_fills_a_paragraph_is_a_statement(text: str, fills: bool) -> None:
    assert fills_paragraph(text, find_quoted(text)[0], signed=False) is fills


def chosen(text: str, predicted: str, index: int = 0) -> str | None:
    """Return the speaker that `choose` takes for a quote if the model predicts the last occurrence of `predicted`."""
    starts, quote = sentence_starts(text), find_quoted(text)[index]
    start = text.rindex(predicted)
    span: Span = (start, start + len(predicted))
    attribution = choose(text, starts, quote, find_speaker(text, quote, starts), span)
    return text[slice(*attribution.speaker_span)] if attribution else None


@pytest.mark.parametrize(
    ("text", "predicted", "speaker"),
    [
        # a source relays what somebody else says
        ("“I never sold it,” she said at trial, according to the Harbour Courier.", "the Harbour Courier", "she"),
        ("“I never sold it,” the firm wrote, according to a memo.", "memo", "the firm"),
        ("“The park is gone,” according to the Harbour Courier.", "the Harbour Courier", "the Harbour Courier"),
        ("According to the Courier, a spokesman said: “The park is gone.”", "the Courier", "a spokesman"),
        # without an adverb, and not the object of a preposition
        ("Ana Melo famously said, “The park is gone.”", "Ana Melo famously", "Ana Melo"),
        ("The Courier is since the sale asking if “the park is gone for good.”", "since the sale", "The Courier"),
        # the whole noun phrase, with its article
        ("On the site, fan edits called it “a sad day for us”.", "fan", "fan edits"),
        (
            "A 17-year-old Norvik girl who met him blamed it for “a sad day”.",
            "Norvik girl",
            "A 17-year-old Norvik girl",
        ),
        ("A Norvik.org petition asks them to stop “a sad day for us”.", "org petition", "A Norvik.org petition"),
        ("A young Norvik girl “had a sad day”, all thought.", "Norvik girl", "A young Norvik girl"),
        # the subject of `as … put it`
        (
            "The sale was “a sad day for us,” as clerk Ana Melo put it, and Jon Brandt left.",
            "Jon Brandt",
            "clerk Ana Melo",
        ),
        # the antecedent of `who`
        ("It was condemned by Ana Melo, who called it “a farce from start to end.”", "who", "Ana Melo"),
        ("The rules are old. “No,” said Ana Melo, who added that it “was a farce to the end.”", "who", "Ana Melo"),
        # the clause after a colon
        ("What they say: Ana Melo said that the park was “never theirs to sell.”", "they", "Ana Melo"),
        # the reporting clause after the quote, unless the model's speaker comes right before the quote
        ("Norvik has struck a “definitive” deal with the town, the mayor said.", "Norvik", "the mayor"),
        ("Norvik sought to “hinder all who tried to help” reads a joint statement.", "Norvik", "a joint statement"),
        ("Melo’s “definitive” deal is none, the mayor said.", "Melo’s", "Melo’s"),
        # whoever calls it so, not somebody else in the sentence
        ("Melo vowed to end what officials call “loopholes of the law.”", "Melo", "officials"),
        ("Melo had asked them to face what he called a “spike of crimes of all kinds.”", "Melo", "Melo"),
        ("The Courier wonders why Melo calls it “fake from start to end.”", "The Courier", "Melo"),
        (
            "It is what the Harbour Courier editor calls a “farce to the end.”",
            "the Harbour Courier editor",
            "the Harbour Courier editor",
        ),
        # a leading `while` clause about somebody else
        (
            "While Rep. Jo Vela spoke too, Ana Melo laughed and said it was “a farce to the end.”",
            "Rep. Jo Vela",
            "Ana Melo",
        ),
        ("While Jo Vela boasted of “a park that is ours,” Ana Melo laughed and said no.", "Jo Vela", "Jo Vela"),
        # a span that includes the verb and what follows it
        (
            "“I got it,” Melo texted Brandt on May 3, according to Vela.",
            "Melo texted Brandt on May 3, according to Vela",
            "Melo",
        ),
        ("“It is a farce,” said the clerk per the Courier.", "the clerk per the Courier", "the clerk"),
        # spans that begin or end in the middle of a word or clause
        ("Another was that Norvik kept its “beautiful and costly park.”", "Another was that Norvik", "Norvik"),
        ("In her small home, Ana Melo told of “a farce from start to end.”", "her small home, Ana Melo", "Ana Melo"),
        ("Ana Melo lied: A memo shows “a farce from start to end.”", "Ana Melo lied: A memo", "A memo"),
        ("Of Leeds she said it was “a farce from start to end.”", "Leeds she", "she"),
        ("“A choice from start to end” trumped all else.", "trump", None),
        ("He writes: I’m glad of “a farce from start to end.”", "I", "I"),
    ],
)
def test_rules_correct_the_speaker_that_the_model_predicts(text: str, predicted: str, speaker: str | None) -> None:
    assert chosen(text, predicted, -1) == speaker


@pytest.mark.parametrize(
    ("text", "speaker"),
    [
        ("Last fall Brandt said that the park “was never theirs to sell.”", "Brandt"),
        ("Despite Brandt’s charge in his letter that “it was a farce,” the council slept.", "Brandt"),
        ("Melo laughed at Brandt’s claim that charges against the mayor are “thin and old news.”", "Brandt"),
        ("What now: Melo and Brandt said the park was “never theirs to sell.”", "Melo and Brandt"),
        ("Perhaps because it failed, Brandt gave a new reason: “The park was never theirs to sell.”", "Brandt"),
        ("Ultimately, the Courier printed it. “The claim that it was sold is true, we found.”", "the Courier"),
        ("First, the mayor claimed that “the park was never theirs to sell.”", "the mayor"),
        ("In the words of Ana Melo, the board was “asleep for years”.", "Ana Melo"),
        ("To quote the Courier’s Ana Melo, it is “our job and nobody else’s”.", "the Courier’s Ana Melo"),
        ("Ana Melo said on Monday that Brandt “stole the park,” according to the Courier.", "Ana Melo"),
        ("Ana Melo said that Brandt left and “stole the park,” according to the Courier.", "the Courier"),
        ("One of the alleged victims, Ana Melo, has said that the park “was never theirs to sell.”", "Ana Melo"),
        ("In a note, Ana Melo, of the trust, argued that “the park was never theirs to sell.”", "Ana Melo"),
        ("“The council should … tell them so,” and close the plant, says Vela of the trust.", "Vela of the trust"),
        ("The day after the vote on the park failed, Ana Melo left and said it was “a farce to the end”.", "Ana Melo"),
        ("We do not mean to split hairs about whether Melo believes it was “a farce from start to end”.", "Melo"),
    ],
)
def test_the_subject_of_the_clause_is_the_speaker(text: str, speaker: str) -> None:
    speaker_and_cue = speakers(text)[-1]
    assert speaker_and_cue is not None
    assert speaker_and_cue[0] == speaker


@pytest.mark.parametrize(
    ("text", "words", "speaker"),
    [
        ("Vela denied in a post that she had lied to him.", "she had lied to him", "Vela"),
        ("Vela, for instance, denied in an open letter that she had lied.", "she had lied", "Vela"),
        ("Vela fought back against accusations that she hates them.", "she hates them", "Vela"),
        (
            "Guards kept a log showing it; Vela and Brandt allege that it was forged.",
            "it was forged",
            "Vela and Brandt",
        ),
        ("Since May, he’s denied that it was forged.", "it was forged", "he"),
    ],
)
def test_indirect_statements_in_online_news_are_found(text: str, words: str, speaker: str) -> None:
    assert found(text) == [(words, speaker, None)]


def test_a_report_rejected_on_a_given_day_is_a_denial() -> None:
    text = "The trust rejected on Wednesday a newspaper report that it had bought a house."
    assert found(text) == [("it had bought a house", "The trust", None)]


@pytest.mark.parametrize(
    "text",
    ["It rained.\n\nNOW WATCH: ‘They stole it from the town’", "On the NBS show “Blue Tide,” the host denied it."],
)
def test_titles_of_videos_and_shows_are_not_statements(text: str) -> None:
    assert [stated for stated, _ in judge(text, find_quoted(text), None)] == [False]


@pytest.mark.parametrize("show", ["60 Minutes", "48 Hours"])
def test_a_show_title_that_begins_with_a_number_is_not_a_statement(show: str) -> None:
    text = f"Melo told NBS’ “{show},” a show, that she had left."
    assert [stated for stated, _ in judge(text, find_quoted(text), None)] == [False]
    assert find_quoted(text) == [Quote(((text.index(show), text.index(show) + len(show) + 1),))]


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("Leeds (CNN) Removing the mayor would cost votes.", "Removing"),
        ("New York (CNN Business) The firm said so.", "The"),
        ("Harbour Guard (HG) Chief Ana Melo said so.", "Harbour"),
        ("Leeds (CNN) has a studio.", "Leeds"),
    ],
)
def test_an_agency_in_brackets_ends_a_dateline(text: str, after: str) -> None:
    tokens = tokenise(text, 0, len(text))
    assert tokens[dateline_end(tokens)].text == after
