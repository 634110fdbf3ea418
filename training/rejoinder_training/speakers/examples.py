"""What the speaker model learns from: quoted strings, who says them, strings that quote nobody, and who is accused."""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch.utils.data import Dataset

from rejoinder.article.grammar.marks import Span
from rejoinder.article.grammar.words import PRONOUNS
from rejoinder.article.names.mentions import bare_name
from rejoinder.article.names.names import Names
from rejoinder.article.quotes.quotes import Quote, find_quoted
from rejoinder.article.quotes.speaker_encoding import EncodedQuote, SpeakerEncoder
from rejoinder.errors import InputError
from rejoinder_training.data.links import read_targets
from rejoinder_training.speakers.mentions import mentions
from rejoinder_training.speakers.polnear import PolnearArticle

IGNORED = -100
"""The label of an output that an example says nothing of."""


@dataclass(frozen=True, slots=True)
class Example:
    """A quoted string of an article, as somebody marked it."""

    quote: Quote
    quoted: bool
    """Whether it is somebody's words."""
    speaker: Span | None
    """The name that it is shown with; None where the text gives none."""


@dataclass(frozen=True, slots=True)
class Accused:
    """A statement that accuses, and the words that name whom."""

    statement: Quote
    target: Span


@dataclass(frozen=True, slots=True)
class MarkedArticle:
    """An article with the quoted strings and the accusations in it that are marked."""

    text: str
    examples: tuple[Example, ...] = ()
    accused: tuple[Accused, ...] = ()


def polnear_examples(articles: Sequence[PolnearArticle]) -> list[MarkedArticle]:
    """Return every quoted string of PolNeAR's articles; of a joined quote the first part that is attributed tells."""
    marked = []
    for article in articles:
        examples = []
        for quote in find_quoted(article.text):
            found = next(filter(None, map(article.attribution_of, quote.spans)), None)
            speaker = shown(article.text, found.source) if found and found.source else None
            examples.append(Example(quote, found is not None, speaker))
        marked.append(MarkedArticle(article.text, tuple(examples)))
    return marked


def corpus_examples(file: Path) -> list[MarkedArticle]:
    """Return the direct quotes of the written corpus whose speaker is marked, and the accusations with whom they name.

    Raises:
        InputError: the file cannot be read, or is no part of the corpus.
    """
    marked = []
    try:
        for line in file.read_text("utf8").rstrip("\n").split("\n"):  # other line breaks may stand in a text
            row = json.loads(line)
            spoken = [one for one in row["statements"] if not one["indirect"] and one["speaker_span"]]
            examples = tuple(_example(row["text"], one) for one in spoken)
            aimed = [one for one in row["statements"] if one["target"] and one["target"]["span"]]
            marked.append(MarkedArticle(row["text"], examples, tuple(_accused(row["text"], aimed))))
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror})") from error
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{file}: no articles of the written corpus ({type(error).__name__}: {error})") from error
    return marked


def news_examples(file: Path, texts: Sequence[Path], split: str) -> list[MarkedArticle]:
    """Return the accusations of real news that name whom they accuse; arguments and errors as of `read_targets`."""
    found: dict[str, list[Accused]] = defaultdict(list)
    for one in read_targets(file, texts, split):
        if one.target:
            found[one.text].append(Accused(one.statement, one.target))
    return [MarkedArticle(text, accused=tuple(accused)) for text, accused in found.items()]


def _example(text: str, statement: dict[str, Any]) -> Example:
    start, end = statement["speaker_span"]
    return Example(_quote(statement), True, shown(text, (start, end)))


def _accused(text: str, statements: Sequence[dict[str, Any]]) -> Iterator[Accused]:
    """Yield who is accused: of a pronoun the name before it that it stands for, where the text gives that in full."""
    names = Names(text)
    for one in statements:
        start, end = one["target"]["span"]
        if text[start:end].lower() in PRONOUNS:
            same = bare_name(one["target"]["name"])
            before = [told for told in names.all if told.end <= start and bare_name(names.fullest(told).text) == same]
            start, end = (before[-1].start, before[-1].end) if before else (start, end)
        yield Accused(_quote(one), (start, end))


def _quote(statement: dict[str, Any]) -> Quote:
    return Quote(tuple((a, b) for a, b in statement["spans"]))


def shown(text: str, source: Span) -> Span:
    """Return the part of a source that the reader shows: the name beside its first noun phrase, or that phrase."""
    return mentions(text, source)[-1]


class SpeakerExamples(Dataset[dict[str, Any]]):
    """Examples as token ids with labels for `OUTPUTS`, `IGNORED` where an example does not tell.

    Of a quote these are the first and last token of the speaker's name, both 0 where none is given, and whether it
    quotes somebody; of an accusation the first and last token of the name of whom it accuses.

    An example whose name is out of the encoder's sight is left out.
    """

    def __init__(self, articles: Sequence[MarkedArticle], encoder: SpeakerEncoder) -> None:
        self.examples: list[Example | Accused] = []
        self.encoded: list[EncodedQuote] = []
        self._labels: list[list[int]] = []
        self.out_of_sight = 0
        for article in articles:
            quoted = find_quoted(article.text)
            rows = encoder(article.text, [one.quote for one in article.examples], quoted)
            for example, row in zip(article.examples, rows, strict=True):
                tokens = row.tokens_of(example.speaker) if example.speaker else (0, 0)
                self._add(example, row, tokens and [*tokens, int(example.quoted), IGNORED, IGNORED])
            whole = encoder.whole(article.text, [one.statement for one in article.accused])
            for accused, row in zip(article.accused, whole, strict=True):
                tokens = row.tokens_of(accused.target)
                self._add(accused, row, tokens and [IGNORED, IGNORED, IGNORED, *tokens])

    def _add(self, example: Example | Accused, row: EncodedQuote, labels: list[int] | None) -> None:
        if labels is None:
            self.out_of_sight += 1
            return
        self.examples.append(example)
        self.encoded.append(row)
        self._labels.append(labels)

    @property
    def numbers(self) -> dict[str, int]:
        """How many examples tell who speaks (`right`), and how many whom a statement accuses (`target`)."""
        accused = sum(isinstance(example, Accused) for example in self.examples)
        return {"right": len(self.examples) - accused, "target": accused}

    def __len__(self) -> int:
        return len(self.examples)

    def __getitem__(self, index: int) -> dict[str, Any]:
        return {"input_ids": self.encoded[index].ids, "labels": self._labels[index]}
