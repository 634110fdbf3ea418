"""PolNeAR (Newell et al., LREC 2018): who said what, marked by people. The texts are not in this repository."""

import gzip
import hashlib
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rejoinder.article.grammar.marks import Span
from rejoinder.errors import InputError

Split = Literal["train", "tuning", "validation"]

_WITHIN = 0.8
"""Of a quoted string's characters, how many an attribution's content must hold for the string to be its quote."""
_PARTS = 5
"""The training articles are split by a hash: one part in so many is for tuning."""


@dataclass(frozen=True, slots=True)
class Attributed:
    """An attribution: what somebody is said to have said or thought."""

    source: Span | None
    """From the first to the last character of the source's words; None where it is implied."""
    content: tuple[Span, ...]
    cue: Span | None = None
    """From the first to the last character of the words that say so."""


@dataclass(frozen=True, slots=True)
class PolnearArticle:
    """An article with all that it attributes to somebody."""

    doc: str
    text: str
    attributions: tuple[Attributed, ...]

    def attribution_of(self, span: Span) -> Attributed | None:
        """Return the attribution that the quoted string is the content of, the narrowest if several; else None."""
        needed = _WITHIN * (span[1] - span[0])
        around = [one for one in self.attributions if sum(overlap(part, span) for part in one.content) >= needed]
        return min(around, key=lambda one: sum(end - start for start, end in one.content), default=None)


def read_polnear(file: Path, split: Split) -> list[PolnearArticle]:
    """Return the articles of a split: `validation` is PolNeAR's own, `tuning` a fifth of its training articles.

    Raises:
        InputError: the file cannot be read, or is none of PolNeAR's.
    """
    articles = []
    try:
        with gzip.open(file, "rt", encoding="utf8") as stream:
            for line in stream:
                row = json.loads(line)
                if _split_of(row["doc"], row["split"]) == split:
                    marks = [one for one in row["attributions"] if one.get("content")]
                    found = tuple(
                        Attributed(
                            _hull(one.get("source")), tuple((a, b) for a, b in one["content"]), _hull(one.get("cue"))
                        )
                        for one in marks
                    )
                    articles.append(PolnearArticle(row["doc"], row["text"], found))
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{file}: cannot be read ({getattr(error, 'strerror', None) or error})") from error
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{file}: no articles with attributions ({type(error).__name__}: {error})") from error
    return articles


def overlap(one: Span, other: Span) -> int:
    """Return how many characters two spans share."""
    return max(0, min(one[1], other[1]) - max(one[0], other[0]))


def _split_of(doc: str, split: str) -> str:
    digest = int(hashlib.sha256(doc.encode()).hexdigest(), 16)
    return "tuning" if split == "train" and digest % _PARTS == 0 else split


def _hull(spans: Sequence[Sequence[int]] | None) -> Span | None:
    return (spans[0][0], spans[-1][1]) if spans else None
