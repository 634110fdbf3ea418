"""Whose side speaks: which words name the speaker, the accusers and the accused, learnt in addition to the acts.

Whether an attack is a counter-accusation follows in three steps: who accuses whom, who speaks, and on whose side that
speaker is. An encoder of this size does not discover these steps from acts alone: pairs of statements that differ only
in the speaker keep getting the same probabilities, even those that it is trained on. It does when it is shown which
words play which part (docs/experiments.md). The layers for this are not part of the trained model.
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
"""On whose side the speaker of a statement is; "none" if there is no charge around the quote."""
PARTS = ("speaker", "accuser", "accused")
"""The parts that those who are mentioned can play."""
COLUMNS = ("id", QUOTE_HASH, "side", *PARTS)
UNKNOWN = -100
"""In place of a label: ignored by the losses (torch's `ignore_index`)."""

Spans = list[tuple[int, int]]


@dataclass(frozen=True)
class Sides:
    """Whose side the speaker of a statement is on, and who is named around the quote."""

    side: str
    mentions: dict[str, Spans]
    """Character spans by part, counted from the quote: below 0 in the text before it, from 0 on in the text after."""

    def words(self, part: str, statement: Statement) -> list[str]:
        """Return the words that name `part` in the text around the quote."""
        around, at = statement.before + statement.after, len(statement.before)
        mentions = [around[max(0, at + start) : max(0, at + end)] for start, end in self.mentions[part]]
        return [words for words in map(clean, mentions) if words]


def read_sides(file: Path, quotes: Mapping[str, str] | None = None) -> dict[str, Sides]:
    """Return the sides by statement id.

    `quotes` maps ids to the quotes that the sides will be used for, and which they must have been made for.

    Raises:
        InputError: If the file cannot be read or has other columns, a row is wrong, or it was made for other quotes.
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
                raise ValueError(f"{side!r} is not a side")
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
        raise ValueError(f"{cell!r} contains something other than spans before or after the quote")
    return spans


@dataclass(frozen=True)
class TokenSides:
    """The labels of a statement for the losses of `SideHeads`: two for each token, and the side of its speaker."""

    parts: NDArray[np.int64]
    """Shape (tokens, `PARTS`): 1 if the token belongs to a mention of that part, else 0."""
    same: NDArray[np.int64]
    """For tokens that name accusers or accused: 1 if the speaker is on their side, else 0. `UNKNOWN` for others."""
    side: int
    """Index in `SIDES`."""


def token_sides(
    statement: Statement,
    sides: Sides,
    encoder: Encoder,
    ids: list[int],
    *,
    shown: Statement | None = None,
    put: Callable[[str], str] = str,
) -> TokenSides | None:
    """Return the labels of a statement's tokens, which must be `ids`; None if it is too long to be shown in full.

    Every occurrence of a mention's words around the quote counts: the same name plays the same part. If the statement
    is `shown` with other names, `put` replaces the names in a piece of its text.
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
    """Layers that predict, from the encoder's last states, which part each token plays and whose side speaks.

    They are used in training only.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.parts = nn.Linear(width, len(PARTS))
        self.same = nn.Linear(width, 2)
        self.side = nn.Linear(width, len(SIDES))

    def loss(self, states: torch.Tensor, parts: torch.Tensor, same: torch.Tensor, side: torch.Tensor) -> torch.Tensor:
        """Return the sum of five losses, for each of `PARTS`, `same` and `side`: means over a batch's known labels.

        Shapes: `states` (batch, tokens, width), `parts` (batch, tokens, 3), `same` (batch, tokens), `side` (batch,).
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
