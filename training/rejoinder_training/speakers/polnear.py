"""PolNeAR (Newell et al., LREC 2018): attributions annotated by people. The texts are not in this repository."""

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
"""Minimum share of a quoted string's characters in the content of an attribution for it to attribute the string."""
_PARTS = 5
"""The training articles are split by a hash into this many parts, of which one is for tuning."""


@dataclass(frozen=True, slots=True)
class Attributed:
    """An attribution: what somebody is reported to have said or thought."""

    source: Span | None
    """From the first to the last character of the words for the source; None if it is implied."""
    content: tuple[Span, ...]
    cue: Span | None = None
    """From the first to the last character of the reporting words; None if there are none."""


@dataclass(frozen=True, slots=True)
class PolnearArticle:
    """An article with all its attributions."""

    doc: str
    text: str
    attributions: tuple[Attributed, ...]

    def attribution_of(self, span: Span) -> Attributed | None:
        """Return the narrowest attribution whose content includes the quoted string, or None if none does."""
        needed = _WITHIN * (span[1] - span[0])
        around = [said for said in self.attributions if sum(overlap(part, span) for part in said.content) >= needed]
        return min(around, key=lambda said: sum(end - start for start, end in said.content), default=None)


def read_polnear(file: Path, split: Split) -> list[PolnearArticle]:
    """Return the articles of a split: `validation` is PolNeAR's own, `tuning` a fifth of its training articles.

    Raises:
        InputError: If the file cannot be read, or is not one of PolNeAR's.
    """
    articles = []
    try:
        with gzip.open(file, "rt", encoding="utf8") as stream:
            for line in stream:
                row = json.loads(line)
                if _split_of(row["doc"], row["split"]) == split:
                    marks = [mark for mark in row["attributions"] if mark.get("content")]
                    found = tuple(
                        Attributed(
                            _hull(mark.get("source")), tuple((a, b) for a, b in mark["content"]), _hull(mark.get("cue"))
                        )
                        for mark in marks
                    )
                    articles.append(PolnearArticle(row["doc"], row["text"], found))
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{file}: cannot be read ({getattr(error, 'strerror', None) or error})") from error
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{file}: not articles with attributions ({type(error).__name__}: {error})") from error
    return articles


def overlap(one: Span, other: Span) -> int:
    """Return how many characters two spans share."""
    return max(0, min(one[1], other[1]) - max(one[0], other[0]))


def _split_of(doc: str, split: str) -> str:
    digest = int(hashlib.sha256(doc.encode()).hexdigest(), 16)
    return "tuning" if split == "train" and digest % _PARTS == 0 else split


def _hull(spans: Sequence[Sequence[int]] | None) -> Span | None:
    return (spans[0][0], spans[-1][1]) if spans else None
