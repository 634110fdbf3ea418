"""From a Statement to the encoder's input; training imports this same code.

One sequence in reading order, the quote between marks::

    the report names the firm. The firm, through a spokesman: « not now, and not ever » he said on

Windows are counted in characters, so that a text of any length is cut before it is
tokenised, and the quote takes its share first.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tokenizers import Tokenizer

from rejoinder.errors import InputError
from rejoinder.statement import FIELDS, Statement

OPEN, CLOSE = "«", "»"
PLAIN_MARKS = dict.fromkeys("“”„‟«»″", '"') | dict.fromkeys("‘’‚‛′`´", "'") | dict.fromkeys("–—―‒", "-")
"""The plain form of marks that are written in many ways, one character for one."""
_SAME = str.maketrans(PLAIN_MARKS | {"\xad": None})
_SPACES = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
_EDGE = " \"'"


@dataclass(frozen=True, slots=True)
class EncodingConfig:
    """How much of a statement the encoder reads: characters of each part, tokens in all."""

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
    """Turns statements into token ids with a fast tokenizer (which it sets to truncate, not to pad)."""

    def __init__(self, tokenizer: Tokenizer, config: EncodingConfig | None = None) -> None:
        self.config = config or EncodingConfig()
        self.tokenizer = tokenizer
        tokenizer.no_padding()
        tokenizer.enable_truncation(self.config.max_length)

    def __call__(self, statements: Sequence[Statement]) -> list[Encoded]:
        """Return the token ids of each statement, at most `max_length` of them.

        Where text with many tokens to a character would push the quote out, the text behind
        it is left out, and where that is not enough, all the text around it.
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

    A quote that takes more than half of its own share leaves less room around it, down to
    half of `before` and `after`.
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
    """Return whether there is anything in a quote to read."""
    return any(map(str.isalnum, quote))


def wordless(text: str) -> str:
    """Return what a text without words is: empty, or marks alone."""
    return "without a word" if text.strip() else "empty"


def as_statement(item: str | Statement, number: int) -> Statement:
    """Return what is labelled, the `number`-th of several; a string is a quote alone.

    Raises:
        InputError: it is no statement, or its quote has no words.
    """
    statement = Statement(item) if isinstance(item, str) else item
    if not isinstance(statement, Statement):
        row = "; make one of it, as Statement(**row)" if isinstance(item, Mapping) else ""
        raise InputError(f"statement {number}: expected a string or a Statement, got {type(item).__name__}{row}")
    for name in FIELDS:
        if not isinstance(text := getattr(statement, name), str):  # as None or NaN of a table's empty cells
            told = "give the words that are quoted" if name == "quote" else "give a string, '' for none"
            raise InputError(f"statement {number}: its {name} is {text!r}; {told}")
    if not has_words(statement.quote):
        raise InputError(f"statement {number}: the quote is {wordless(statement.quote)}: {statement.quote[:40]!r}")
    return statement


def clean(text: str) -> str:
    """Return `text` in one line, with one kind of quote mark, apostrophe and dash.

    Control characters and the invisible marks of the Unicode category Cf (bidirectional
    overrides, zero-width spaces) are left out.
    """
    text = text.translate(_SAME)
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFC", text) if unicodedata.category(c) not in ("Cf", "Cs"))
    return _SPACES.sub(" ", text).strip()
