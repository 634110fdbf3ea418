"""What the speaker model learns from: quoted strings, who says them, and strings that quote nobody."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch.utils.data import Dataset

from rejoinder.article.marks import Span
from rejoinder.article.quotes import Quote, find_quoted
from rejoinder.article.speaker_encoding import EncodedQuote, SpeakerEncoder
from rejoinder.errors import InputError
from rejoinder_training.speakers.mentions import mentions
from rejoinder_training.speakers.polnear import PolnearArticle


@dataclass(frozen=True, slots=True)
class Example:
    """A quoted string of an article, as somebody marked it."""

    quote: Quote
    quoted: bool
    """Whether it is somebody's words."""
    speaker: Span | None
    """The name that it is shown with; None where the text gives none."""


@dataclass(frozen=True, slots=True)
class MarkedArticle:
    """An article with the quoted strings in it that are marked."""

    text: str
    examples: tuple[Example, ...]


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
    """Return the direct quotes of the written corpus whose speaker is marked.

    Raises:
        InputError: the file cannot be read, or is no part of the corpus.
    """
    marked = []
    try:
        for line in file.read_text("utf8").splitlines():
            row = json.loads(line)
            spoken = [one for one in row["statements"] if not one["indirect"] and one["speaker_span"]]
            examples = tuple(_example(row["text"], one) for one in spoken)
            marked.append(MarkedArticle(row["text"], examples))
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror})") from error
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{file}: no articles of the written corpus ({type(error).__name__}: {error})") from error
    return marked


def _example(text: str, statement: dict[str, Any]) -> Example:
    start, end = statement["speaker_span"]
    quote = Quote(tuple((a, b) for a, b in statement["spans"]))
    return Example(quote, True, shown(text, (start, end)))


def shown(text: str, source: Span) -> Span:
    """Return the part of a source that the reader shows: the name beside its first noun phrase, or that phrase."""
    return mentions(text, source)[-1]


class SpeakerExamples(Dataset[dict[str, Any]]):
    """Examples as token ids with the first and last token of the speaker's name, both 0 where none is given.

    An example whose speaker is out of the encoder's sight is left out.
    """

    def __init__(self, articles: Sequence[MarkedArticle], encoder: SpeakerEncoder) -> None:
        self.examples: list[Example] = []
        self.encoded: list[EncodedQuote] = []
        self._targets: list[tuple[int, int]] = []
        self.out_of_sight = 0
        for article in articles:
            quoted = find_quoted(article.text)
            rows = encoder(article.text, [one.quote for one in article.examples], quoted)
            for example, row in zip(article.examples, rows, strict=True):
                target = row.tokens_of(example.speaker) if example.speaker else (0, 0)
                if target is None:
                    self.out_of_sight += 1
                    continue
                self.examples.append(example)
                self.encoded.append(row)
                self._targets.append(target)

    def __len__(self) -> int:
        return len(self.examples)

    def __getitem__(self, index: int) -> dict[str, Any]:
        labels = [*self._targets[index], int(self.examples[index].quoted)]
        return {"input_ids": self.encoded[index].ids, "labels": labels}
