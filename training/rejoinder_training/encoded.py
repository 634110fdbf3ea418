"""Encoded statements for the Trainer, with context dropout drawn anew in each epoch."""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import torch
from datasets import Dataset
from torch.utils.data import Dataset as TorchDataset
from torch.utils.data import Sampler

from rejoinder.batching import pad
from rejoinder.encoding import Encoder
from rejoinder_training.choices import MODES, Mode
from rejoinder_training.config import ContextDropout
from rejoinder_training.data.schema import exclusive_probabilities, multi_hot, statement_of
from rejoinder_training.data.substitution import substitute
from rejoinder_training.sides import PARTS, UNKNOWN, Sides, TokenSides, token_sides

_MEGABATCH = 50
"""Number of batches that are sorted by length together: little padding, and still a mixed order."""

_WHOLE: tuple[Mode, bool] = ("full", True)
"""The draw of a row of which everything is shown: its input mode, and whether its speaker is named."""


class EncodedStatements(TorchDataset[dict[str, Any]]):
    """Rows as token ids and targets (one probability per label), each in the input mode drawn for it in this epoch."""

    def __init__(
        self,
        rows: Dataset,
        targets: Sequence[Sequence[float]],
        encoder: Encoder,
        *,
        dropout: ContextDropout | None = None,
        contrast_repeats: int = 1,
        substitute_names: float = 0.0,
        sides: Mapping[str, Sides] | None = None,
        seed: int = 0,
    ) -> None:
        self.targets = [list(map(float, target)) for target in targets]
        self._rows = rows.to_list()  # a Dataset builds a row anew each time it is accessed
        self._encoder = encoder
        self._dropout = dropout
        self._substituted = substitute_names
        self._sides = sides or {}
        self._seed = seed
        paired = [i for i, row in enumerate(self._rows) if row["contrast"]]
        self._always_full = _differ_in_context(rows, paired) if dropout and not dropout.contrast else set[int]()
        self.epoch = [*range(len(self)), *paired * (contrast_repeats - 1)]
        """The row indices of an epoch, in which members of contrast pairs appear `contrast_repeats` times."""
        self._epoch: int | None = None
        self._ids: list[list[int]] = []
        self._token_sides: list[TokenSides | None] = []
        self.set_epoch(0)

    def set_epoch(self, epoch: int) -> None:
        """Draw the input mode and names of each row and encode it; the same seed and epoch give the same draw."""
        if epoch == self._epoch:
            return
        self._epoch = epoch
        drawn = self._draw_modes(epoch)
        renamed = [self._with_other_names(row, epoch) for row in self._rows]
        shown = [statement_of(row, mode) for (row, _), (mode, _) in zip(renamed, drawn, strict=True)]
        shown = [one if named else replace(one, speaker="") for one, (_, named) in zip(shown, drawn, strict=True)]
        self._ids = [encoded.ids for encoded in self._encoder(shown)]
        self._token_sides = [None] * len(self)
        for i, row in enumerate(self._rows):
            if drawn[i] == _WHOLE and (known := self._sides.get(row["id"])):
                original, (_, put) = statement_of(row), renamed[i]
                self._token_sides[i] = token_sides(
                    original, known, self._encoder, self._ids[i], shown=shown[i], put=put
                )

    def _draw_modes(self, epoch: int) -> list[tuple[Mode, bool]]:
        """Draw the input mode of each row, and whether its speaker is named (always, in the mode without a speaker)."""
        if self._dropout is None:
            return [_WHOLE] * len(self)
        draw = random.Random(f"{self._seed}/{epoch}")
        full = 1 - self._dropout.quote - self._dropout.attribution
        modes = draw.choices(MODES, (self._dropout.quote, self._dropout.attribution, full), k=len(self))
        named = [draw.random() >= self._dropout.speaker for _ in modes]
        return [
            _WHOLE if i in self._always_full else (mode, named[i] or mode == "quote" or not self._rows[i]["speaker"])
            for i, mode in enumerate(modes)
        ]

    def _with_other_names(self, row: dict[str, Any], epoch: int) -> tuple[dict[str, Any], Callable[[str], str]]:
        """Return a row as it is or with other names, and what replaces the names in a piece of its text.

        Groups are drawn as a whole, so that contrast pairs and articles stay consistent.
        """
        if not self._substituted:
            return row, str
        seed = f"{self._seed}/{epoch}/{row['group']}"
        if random.Random(seed).random() >= self._substituted:
            return row, str
        renamed, put = substitute(statement_of(row), seed)
        return row | asdict(renamed), put

    @property
    def shown_targets(self) -> list[list[float]]:
        """The targets of an epoch's rows, not in the order in which they are shown."""
        return [self.targets[i] for i in self.epoch]

    def __len__(self) -> int:
        return len(self.targets)

    def __getitem__(self, index: int) -> dict[str, Any]:
        return {"input_ids": self._ids[index], "sides": self._token_sides[index], "labels": self.targets[index]}

    def length(self, index: int) -> int:
        """Return the number of tokens of a row as it is shown in this epoch."""
        return len(self._ids[index])


def _differ_in_context(rows: Dataset, paired: Sequence[int]) -> set[int]:
    """Return the indices of those members of contrast pairs that differ from the other member around the quote."""
    around = {row["id"]: (row["before"], row["after"], row["speaker"]) for row in rows.select(paired)}
    return {
        i
        for i, row in zip(paired, rows.select(paired), strict=True)
        if around[row["id"]] != around.get(row["contrast"])
    }


class LengthGroupedSampler(Sampler[int]):
    """Shuffles rows by seed and epoch and keeps rows of similar length together.

    transformers' own group_by_length measures lengths once, before training, and so cannot
    follow the input modes, which are drawn anew in each epoch.
    """

    def __init__(self, dataset: EncodedStatements, batch_size: int, *, seed: int) -> None:
        self._dataset = dataset
        self._batch_size = batch_size
        self._seed = seed
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Tell the sampler and its dataset which epoch begins (the Trainer calls this)."""
        self._epoch = epoch
        self._dataset.set_epoch(epoch)

    def __len__(self) -> int:
        return len(self._dataset.epoch)

    def __iter__(self) -> Iterator[int]:
        order = random.Random(f"{self._seed}/{self._epoch}")
        indices = self._dataset.epoch.copy()
        order.shuffle(indices)
        size = self._batch_size
        batches: list[list[int]] = []
        for start in range(0, len(indices), size * _MEGABATCH):
            chunk = sorted(indices[start : start + size * _MEGABATCH], key=self._dataset.length, reverse=True)
            batches += [chunk[i : i + size] for i in range(0, len(chunk), size)]
        # A short batch must stay last, since the data loader cuts the sequence into batches by count.
        short = [batches.pop()] if len(batches[-1]) < size else []
        order.shuffle(batches)
        for batch in [*batches, *short]:
            yield from batch


class PaddingCollator:
    """Pads token ids to the longest of the batch."""

    def __init__(self, pad_id: int) -> None:
        self._pad_id = pad_id

    def __call__(self, rows: Sequence[dict[str, Any]]) -> dict[str, torch.Tensor]:
        batch = padded(rows, self._pad_id)
        longest = batch["input_ids"].shape[1]
        labels = torch.tensor([row["labels"] for row in rows], dtype=torch.float32)
        return {**batch, "labels": labels, **_side_labels([row.get("sides") for row in rows], longest)}


def padded(rows: Sequence[Mapping[str, Any]], pad_id: int) -> dict[str, torch.Tensor]:
    """Return the padded token ids and attention mask of a batch, made as for inference."""
    ids, mask = map(torch.from_numpy, pad([row["input_ids"] for row in rows], pad_id))
    return {"input_ids": ids, "attention_mask": mask}


def _side_labels(known: Sequence[TokenSides | None], longest: int) -> dict[str, torch.Tensor]:
    """Return the labels that `SideHeads.loss` takes, padded to `longest` tokens; empty if no row has any."""
    if not any(known):
        return {}
    parts = torch.full((len(known), longest, len(PARTS)), UNKNOWN)
    same = torch.full((len(known), longest), UNKNOWN)
    side = torch.full((len(known),), UNKNOWN)
    for i, sides in enumerate(known):
        if sides:
            parts[i, : len(sides.parts)] = torch.from_numpy(sides.parts)
            same[i, : len(sides.same)] = torch.from_numpy(sides.same)
            side[i] = sides.side
    return {"parts": parts, "same": same, "side": side}


def targets(
    rows: Dataset,
    labels: Sequence[str],
    teacher: dict[str, list[float]] | None = None,
    weight: float = 0.5,
    *,
    single_label: bool = False,
    rest: bool = False,
) -> list[list[float] | None]:
    """Return the target of each row: its labels, mixed with the teacher's probabilities, which have the share `weight`.

    A row with only labels or only a teacher gets those alone, a row with neither None. With `single_label`, targets are
    probabilities that sum to 1; with `rest`, they end with the probability of none of the labels.
    """
    mixed: list[list[float] | None] = []
    for id, acts in zip(rows["id"][:], rows["acts"][:], strict=True):
        soft = (teacher or {}).get(id)
        hard = None if acts is None else multi_hot(acts, labels)
        if soft and hard:
            mixed.append([weight * s + (1 - weight) * h for s, h in zip(soft, hard, strict=True)])
        else:
            mixed.append(soft or hard)
    return [
        exclusive_probabilities(target, rest=rest) if single_label and target is not None else target
        for target in mixed
    ]
