"""Training examples of the speaker model: quoted strings with their speakers or with none, and accusations."""

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
"""The label of an output for which an example has no annotation."""


@dataclass(frozen=True, slots=True)
class Example:
    """A quoted string of an article with its annotation."""

    quote: Quote
    quoted: bool
    """Whether it is somebody's words."""
    speaker: Span | None
    """The words by which the speaker is shown; None if the text names nobody."""


@dataclass(frozen=True, slots=True)
class Accused:
    """A statement that accuses somebody, and the words that name the target."""

    statement: Quote
    target: Span


@dataclass(frozen=True, slots=True)
class MarkedArticle:
    """An article with its annotated quoted strings and accusations."""

    text: str
    examples: tuple[Example, ...] = ()
    accused: tuple[Accused, ...] = ()


def polnear_examples(articles: Sequence[PolnearArticle]) -> list[MarkedArticle]:
    """Return every quoted string of PolNeAR's articles; the first attributed part of a joined quote gives its label."""
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
    """Return the direct quotes of the written corpus with an annotated speaker, and the accusations with a target.

    Raises:
        InputError: If the file cannot be read, or is not part of the corpus.
    """
    marked = []
    try:
        for line in file.read_text("utf8").rstrip("\n").split("\n"):  # a text may contain other line breaks
            row = json.loads(line)
            direct = [one for one in row["statements"] if not one["indirect"] and one["speaker_span"]]
            examples = tuple(_example(row["text"], statement) for statement in direct)
            accusing = [one for one in row["statements"] if one["target"] and one["target"]["span"]]
            marked.append(MarkedArticle(row["text"], examples, tuple(_accused(row["text"], accusing))))
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror})") from error
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{file}: not articles of the written corpus ({type(error).__name__}: {error})") from error
    return marked


def news_examples(file: Path, texts: Sequence[Path], split: str) -> list[MarkedArticle]:
    """Return the accusations in real news that name their target; for arguments and errors see `read_targets`."""
    found: dict[str, list[Accused]] = defaultdict(list)
    for row in read_targets(file, texts, split):
        if row.target:
            found[row.text].append(Accused(row.statement, row.target))
    return [MarkedArticle(text, accused=tuple(accused)) for text, accused in found.items()]


def _example(text: str, statement: dict[str, Any]) -> Example:
    start, end = statement["speaker_span"]
    return Example(_quote(statement), True, shown(text, (start, end)))


def _accused(text: str, statements: Sequence[dict[str, Any]]) -> Iterator[Accused]:
    """Yield the accusations; if the target is a pronoun, it is replaced by the last mention of its name before it."""
    names = Names(text)
    for statement in statements:
        start, end = statement["target"]["span"]
        if text[start:end].lower() in PRONOUNS:
            same = bare_name(statement["target"]["name"])
            before = [name for name in names.all if name.end <= start and bare_name(names.fullest(name).text) == same]
            start, end = (before[-1].start, before[-1].end) if before else (start, end)
        yield Accused(_quote(statement), (start, end))


def _quote(statement: dict[str, Any]) -> Quote:
    return Quote(tuple((a, b) for a, b in statement["spans"]))


def shown(text: str, source: Span) -> Span:
    """Return the part of a source by which it is shown: the name next to its first noun phrase, or that phrase."""
    return mentions(text, source)[-1]


class SpeakerExamples(Dataset[dict[str, Any]]):
    """Examples as token ids with labels for `OUTPUTS`, `IGNORED` for outputs without an annotation.

    For a quote these are the indices of the first and last token of the speaker's name, both 0 if none is given, and
    whether it quotes somebody; for an accusation, the indices of the first and last token of the target's name.

    Examples whose name is not in the encoded text are left out and counted in `out_of_sight`.
    """

    def __init__(self, articles: Sequence[MarkedArticle], encoder: SpeakerEncoder) -> None:
        self.examples: list[Example | Accused] = []
        self.encoded: list[EncodedQuote] = []
        self._labels: list[list[int]] = []
        self.out_of_sight = 0
        for article in articles:
            quoted = find_quoted(article.text)
            rows = encoder(article.text, [example.quote for example in article.examples], quoted)
            for example, row in zip(article.examples, rows, strict=True):
                tokens = row.tokens_of(example.speaker) if example.speaker else (0, 0)
                self._add(example, row, tokens and [*tokens, int(example.quoted), IGNORED, IGNORED])
            whole = encoder.whole(article.text, [accused.statement for accused in article.accused])
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
        """The number of quotes (`right`) and of accusations (`target`), by the figure that is measured on them."""
        accused = sum(isinstance(example, Accused) for example in self.examples)
        return {"right": len(self.examples) - accused, "target": accused}

    def __len__(self) -> int:
        return len(self.examples)

    def __getitem__(self, index: int) -> dict[str, Any]:
        return {"input_ids": self.encoded[index].ids, "labels": self._labels[index]}
