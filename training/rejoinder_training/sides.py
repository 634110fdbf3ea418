"""Whose side speaks: which words name the speaker, the accusers and the accused, learnt beside the acts.

Whether an attack hits back depends on three steps, who accuses whom, who speaks, and on whose side that is. From acts
alone an encoder of this size does not come upon them: pairs of statements in which only the speaker differs keep the
same probabilities, on what it trains on too. Shown which words play which part, it does (docs/experiments.md).
The layers that say so are left out of the trained model.
"""

import csv
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from rejoinder.encoding import CLOSE, OPEN, Encoder, clean, encode
from rejoinder.errors import InputError
from rejoinder.statement import Statement
from rejoinder_training.data.schema import QUOTE_HASH, check_once, check_quotes

SIDES = ("accused", "accuser", "neither", "none")
"""Of a statement: on whose side its speaker is; "none" where no charge stands around the quote."""
PARTS = ("speaker", "accuser", "accused")
"""What a mention is of."""
COLUMNS = ("id", QUOTE_HASH, "side", *PARTS)
UNKNOWN = -100
"""In the place of a label: counts in no loss (torch's `ignore_index`)."""

Spans = list[tuple[int, int]]


@dataclass(frozen=True)
class Sides:
    """Whose side the speaker of a statement is on, and who is named around the quote."""

    side: str
    mentions: dict[str, Spans]
    """Of each of `PARTS`, characters counted from the quote: below 0 in the text before it, from 0 on in that after."""

    def words(self, part: str, statement: Statement) -> list[str]:
        """Return what names `part` in the text around the quote."""
        around, at = statement.before + statement.after, len(statement.before)
        cut = [around[max(0, at + a) : max(0, at + b)] for a, b in self.mentions[part]]
        return [words for words in map(clean, cut) if words]


def read_sides(file: Path, quotes: Mapping[str, str] | None = None) -> dict[str, Sides]:
    """Return the sides by statement id; `quotes` by their ids are those that they are taken for.

    Raises:
        InputError: the file cannot be read or has other columns, a row is wrong, or it tells of other quotes.
    """
    try:
        with file.open(encoding="utf8", newline="") as stream:
            head, *rows = csv.reader(stream, delimiter="\t", quoting=csv.QUOTE_NONE)
    except (OSError, ValueError, csv.Error) as error:
        raise InputError(f"{file}: cannot be read ({getattr(error, 'strerror', None) or error})") from error
    if head != [*COLUMNS]:
        raise InputError(f"{file}: columns {', '.join(head)}; expected {', '.join(COLUMNS)}")
    sides = {}
    for number, row in enumerate(rows, 1):
        try:
            id, _, side, *parts = row
            mentions = {part: _spans(cell) for part, cell in zip(PARTS, parts, strict=True)}
            if side not in SIDES:
                raise ValueError(f"{side!r} is no side")
            sides[id] = Sides(side, mentions)
        except ValueError as error:
            raise InputError(
                f"{file}: row {number}: needs {len(COLUMNS)} fields, a side of {', '.join(SIDES)}, and mentions as "
                f"START:END;START:END, counted from the quote ({error})"
            ) from error
    check_once((row[0] for row in rows), file)
    check_quotes({row[0]: row[1] for row in rows}, quotes or {}, f"{file}: has sides")
    return sides


def _spans(cell: str) -> Spans:
    spans = [(int(start), int(end)) for start, _, end in (span.partition(":") for span in cell.split(";") if span)]
    if any(start >= end or start < 0 < end for start, end in spans):
        raise ValueError(f"{cell!r} holds what is no span before or after the quote")
    return spans


@dataclass(frozen=True)
class TokenSides:
    """What each token of a statement names: labels of two losses, and the side of its speaker for a third."""

    parts: NDArray[np.int64]
    """Tokens × `PARTS`: 1 where the token belongs to a mention of that part."""
    same: NDArray[np.int64]
    """Of tokens that name accusers or accused: 1 where the speaker is on their side. Elsewhere `UNKNOWN`."""
    side: int
    """Place in `SIDES`."""


def token_sides(
    statement: Statement,
    sides: Sides,
    encoder: Encoder,
    ids: list[int],
    *,
    shown: Statement | None = None,
    put: Callable[[str], str] = str,
) -> TokenSides | None:
    """Return the labels of a statement's tokens, which must be `ids`; None where it is too long to be shown whole.

    A mention counts wherever its words stand around the quote: the same name is the same part. Where the statement is
    `shown` with other names, `put` puts these into words of it.
    """
    text = encode(shown or statement, encoder.config)[0]
    row = encoder.tokenizer.encode(text)
    if row.ids != ids:
        return None
    starts, ends = np.array(row.offsets).T
    quote = text.index(OPEN), text.rindex(CLOSE)
    parts = np.zeros((len(ids), len(PARTS)), dtype=np.int64)
    for column, part in enumerate(PARTS):
        for words in map(put, sides.words(part, statement)):
            for found in re.finditer(rf"(?<!\w){re.escape(words)}(?!\w)", text):
                if found.end() <= quote[0] or found.start() > quote[1]:
                    parts[(starts < found.end()) & (ends > found.start()) & (ends > starts), column] = 1
    same = np.full(len(ids), UNKNOWN)
    for side in ("accuser", "accused"):
        same[parts[:, PARTS.index(side)] == 1] = sides.side == side
    return TokenSides(parts, same, SIDES.index(sides.side))


class SideHeads(nn.Module):
    """What says in training, from the encoder's last states, which part each token plays and whose side speaks."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.parts = nn.Linear(width, len(PARTS))
        self.same = nn.Linear(width, 2)
        self.side = nn.Linear(width, len(SIDES))

    def loss(self, states: torch.Tensor, parts: torch.Tensor, same: torch.Tensor, side: torch.Tensor) -> torch.Tensor:
        """Return the sum of five losses, of each of `PARTS`, `same` and `side`: means over what is known of the batch.

        `states` are batch × tokens × width; `parts` batch × tokens × 3, `same` batch × tokens, `side` batch.
        """
        states = states.float()
        known = parts != UNKNOWN
        if not known.any():
            return states.sum() * 0
        loss = nn.functional.binary_cross_entropy_with_logits(self.parts(states).float()[known], parts[known].float())
        loss = len(PARTS) * loss + _mean_loss(self.side(states[:, 0]).float(), side)
        return loss + _mean_loss(self.same(states).float().flatten(0, 1), same.flatten())


def _mean_loss(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    known = labels != UNKNOWN
    return nn.functional.cross_entropy(logits[known], labels[known]) if known.any() else logits.sum() * 0
