"""From a Statement to the encoder's input, in inference and in training.

The input is one sequence in reading order, with the quote between marks::

    the report names the firm. The firm, through a spokesman: « not now, and not ever » he said on

Windows are measured in characters, so that a text of any length is cut before it is
tokenised, and the quote is given its share first.
"""

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tokenizers import Tokenizer

from rejoinder.errors import InputError
from rejoinder.statement import FIELDS, Statement

OPEN, CLOSE = "«", "»"
PLAIN_MARKS = dict.fromkeys("“”„‟«»″", '"') | dict.fromkeys("‘’‚‛′`´", "'") | dict.fromkeys("–—―‒", "-")
"""Maps variants of quotation marks, apostrophes and dashes to ASCII, one character to one character."""
_NORMALIZED = str.maketrans(PLAIN_MARKS | {"\xad": None})
_SPACES = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
_EDGE = " \"'"


@dataclass(frozen=True, slots=True)
class EncodingConfig:
    """How much of a statement the encoder reads: characters of each part, and `max_length` tokens in total."""

    quote: int = 600
    before: int = 320
    after: int = 160
    max_length: int = 192


@dataclass(frozen=True, slots=True)
class Encoded:
    """Token ids of one statement, and whether part of its quote was cut off."""

    ids: list[int]
    truncated: bool

    def __len__(self) -> int:
        return len(self.ids)


class Encoder:
    """Turns statements into token ids with a fast tokenizer, which it configures to truncate but not pad."""

    def __init__(self, tokenizer: Tokenizer, config: EncodingConfig | None = None) -> None:
        self.config = config or EncodingConfig()
        self.tokenizer = tokenizer
        tokenizer.no_padding()
        tokenizer.enable_truncation(self.config.max_length)

    def __call__(self, statements: Sequence[Statement]) -> list[Encoded]:
        """Return the token ids of each statement, at most `max_length` of them.

        If text with many tokens per character would truncate the sequence, the text after the quote is dropped, and
        if that is not enough, all the text around it.
        """
        texts = [encode(statement, self.config) for statement in statements]
        rows = self.tokenizer.encode_batch_fast([text for text, _ in texts])
        encoded = []
        for statement, (_, cut), row in zip(statements, texts, rows, strict=True):
            if row.overflowing:
                row = self.tokenizer.encode(encode(replace(statement, after=""), self.config)[0])
            if row.overflowing:
                row = self.tokenizer.encode(encode(Statement(statement.quote), self.config)[0])
            encoded.append(Encoded(row.ids, cut or bool(row.overflowing)))
        return encoded


def encode(statement: Statement, config: EncodingConfig) -> tuple[str, bool]:
    """Return the text that the encoder reads and whether the quote was cut.

    A quote that takes more than half of its own share leaves less room for the text around
    it, down to half of `before` and `after`.
    """
    whole = statement.quote.strip()
    quote = clean(whole[: 2 * config.quote]).strip(_EDGE)
    cut = len(quote) > config.quote or len(whole) > 2 * config.quote
    quote = quote[: config.quote]
    room = min(1.0, 1.5 - len(quote) / config.quote)
    before_room, after_room = int(config.before * room), int(config.after * room)
    before = clean(statement.before[max(0, len(statement.before) - 2 * config.before) :]).rstrip(_EDGE)
    after = clean(statement.after[: 2 * config.after]).lstrip(_EDGE)
    if len(before) > before_room:
        before = before[len(before) - before_room :].partition(" ")[2]
    if len(after) > after_room:
        after = after[:after_room].rpartition(" ")[0]
    speaker = clean(statement.speaker[:100]).strip(_EDGE)
    parts = [before, f"{speaker}:" if speaker else "", OPEN, quote, CLOSE, after]
    return " ".join(part for part in parts if part), cut


def has_words(quote: str) -> bool:
    """Return whether a quote contains a letter or digit."""
    return any(map(str.isalnum, quote))


def describe_wordless(text: str) -> str:
    """Describe a text without words for an error message: it is empty, or has only punctuation or symbols."""
    return "without words" if text.strip() else "empty"


def as_statement(item: str | Statement, number: int) -> Statement:
    """Return an item as a statement, treating a string as a quote alone; `number` identifies it in errors.

    Raises:
        InputError: If it is not a statement, a field is not a string, or its quote has no words.
    """
    statement = Statement(item) if isinstance(item, str) else item
    if not isinstance(statement, Statement):
        raise InputError(f"statement {number}: expected a string or a Statement, got {_describe(item)}")
    for name in FIELDS:
        if not isinstance(text := getattr(statement, name), str):  # such as None or NaN from an empty table cell
            advice = "give the quoted words" if name == "quote" else "give a string, '' for none"
            raise InputError(f"statement {number}: its {name} is {text!r}; {advice}")
    if not has_words(statement.quote):
        raise InputError(
            f"statement {number}: the quote is {describe_wordless(statement.quote)}: {statement.quote[:40]!r}"
        )
    return statement


def _describe(item: Any) -> str:
    """Describe an item that is no statement for an error message, with what to do where that is known."""
    kind = type(item).__name__
    if item is None or kind in ("NAType", "NaTType") or (isinstance(item, float) and math.isnan(item)):
        return f"{item}, a missing value; leave such rows out"
    if isinstance(item, Mapping):
        return f"{kind}; convert it with Statement(**row)"
    if isinstance(item, tuple | list):
        return f"{kind}; convert it with Statement(quote, before=…)"
    return kind


def clean(text: str) -> str:
    """Normalize text to one line, with one kind of quotation mark, apostrophe and dash.

    Runs of white space and control characters become one space. Soft hyphens, other invisible characters of the
    Unicode category Cf (bidirectional overrides, zero-width spaces) and surrogates are removed.
    """
    text = text.translate(_NORMALIZED)
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFC", text) if unicodedata.category(c) not in ("Cf", "Cs"))
    return _SPACES.sub(" ", text).strip()
