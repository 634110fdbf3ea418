"""From statements to token ids."""

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rejoinder import InputError, Statement, StatementClassifier
from rejoinder.encoding import CLOSE, OPEN, EncodingConfig, clean, encode

CONFIG = EncodingConfig()


def test_the_text_is_in_reading_order_with_the_quote_between_marks() -> None:
    statement = Statement("“not now, and not ever”", before="The firm said, “", after="” on Monday.")
    assert encode(statement, CONFIG) == ("The firm said, « not now, and not ever » on Monday.", False)


def test_the_speaker_precedes_the_quote() -> None:
    assert encode(Statement("Nonsense", speaker="Ana Melo"), CONFIG)[0] == "Ana Melo: « Nonsense »"


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("“It’s” ‘false’", "\"It's\" 'false'"),
        ("a — b – c", "a - b - c"),
        ("one\n\ntwo\tthree\xa0four", "one two three four"),
        ("safe\u202e\u200btext\x00 here", "safetext here"),
        ("«cité»", '"cité"'),
    ],
)
def test_clean_normalises_punctuation_and_white_space(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


def test_context_is_cut_at_words_and_keeps_those_nearest_to_the_quote() -> None:
    words = [f"word{n}" for n in range(500)]
    text, cut = encode(Statement("Never.", before=" ".join(words), after=" ".join(words)), CONFIG)
    before, after = text.split(f"{OPEN} Never. {CLOSE}")
    assert before.strip().endswith("word499")
    assert after.strip().startswith("word0")
    assert len(before) <= CONFIG.before + 1
    assert len(after) <= CONFIG.after + 1
    assert not cut


def test_a_long_quote_is_cut_and_leaves_less_room_for_context() -> None:
    text, cut = encode(Statement("lie " * 400, before="b " * 400, after="a " * 400), CONFIG)
    assert cut
    assert len(text) <= CONFIG.quote + (CONFIG.before + CONFIG.after) // 2 + 10
    whole, longer = "lie " * 149 + "lies", "lie " * 149 + "liars"
    assert len(whole) == CONFIG.quote
    assert encode(Statement(whole), CONFIG) == (f"{OPEN} {whole} {CLOSE}", False)
    assert encode(Statement(longer), CONFIG) == (f"{OPEN} {longer[: CONFIG.quote]} {CLOSE}", True)


def test_context_of_many_tokens_does_not_displace_the_quote(classifier: StatementClassifier) -> None:
    quote = Statement("They lied to us.")
    many = "龍龍龍龍 " * 200  # one token per character; without spaces, cutting at a word would leave nothing
    [alone, with_context] = classifier.encoder([quote, Statement(quote.quote, before=many)])
    assert with_context == alone
    # The text after the quote is dropped first.
    lead = Statement(quote.quote, before="We said: " * 40)
    [led, with_context] = classifier.encoder([lead, replace(lead, after=many)])
    assert with_context == led
    assert len(led) > len(alone)


def test_white_space_before_a_quote_does_not_count_towards_its_length() -> None:
    assert encode(Statement(" " * 5000 + "Never."), CONFIG) == (f"{OPEN} Never. {CLOSE}", False)


@given(st.text(), st.text(), st.text(), st.text())
def test_any_text_gives_one_line_within_bounds(quote: str, before: str, after: str, speaker: str) -> None:
    text, _ = encode(Statement(quote, before, after, speaker), CONFIG)
    assert "\n" not in text
    assert text.count(OPEN) == text.count(CLOSE) == 1
    assert len(text) <= 1.3 * (CONFIG.quote + CONFIG.before + CONFIG.after)


@given(st.lists(st.text(max_size=300), min_size=1, max_size=5))
def test_tokens_never_exceed_max_length(classifier: StatementClassifier, quotes: list[str]) -> None:
    encoded = classifier.encoder([Statement(quote, before=quote * 3, after=quote) for quote in quotes])
    assert all(2 <= len(ids) <= CONFIG.max_length for ids in encoded)


def test_from_text_puts_the_interrupting_clause_after_the_quote() -> None:
    text = 'It began. "We saw it," Ana said, "and told you." He left.'
    statement = Statement.from_text(text, [(11, 21), (34, 47)])
    assert statement.quote == "We saw it, … and told you."
    assert statement.before == 'It began. "'
    assert statement.after == 'Ana said, … " He left.'


def test_from_text_accepts_one_span_and_refuses_invalid_arguments() -> None:
    assert Statement.from_text("He said: No.", (9, 12)) == Statement.from_text("He said: No.", [(9, 12)])
    assert Statement.from_text("He said: No.", np.array([[9, 12]])).quote == "No."
    for spans in ([], [()], [(9, 12, 13)], ["No"], 9, (12, 9), (-3, -1), (9, 13), [(9, 12), (0, 2)], [(0, 7), (3, 9)]):
        with pytest.raises(InputError, match=r"spans: .*; give \(start, end\) within the 12 characters, or a list"):
            Statement.from_text("He said: No.", spans)  # type: ignore[arg-type]
    for window in (-1, "x", 1.5, None, True, np.array([5, 6])):
        with pytest.raises(InputError, match=re.escape(f"window: {window!r}; it must be a whole number of at least 0")):
            Statement.from_text("He said: No.", (9, 12), window=window)  # type: ignore[arg-type]
    for text in (None, b"He said: No."):
        with pytest.raises(InputError, match=f"text: is a {type(text).__name__}; give the text that contains"):
            Statement.from_text(text, (9, 12))  # type: ignore[arg-type]
