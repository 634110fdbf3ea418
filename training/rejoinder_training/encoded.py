"""Encoded statements for the Trainer, with context dropped anew at each epoch."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, cast

import torch
from datasets import Dataset
from torch.utils.data import Dataset as TorchDataset
from torch.utils.data import Sampler

from rejoinder.batching import pad
from rejoinder.encoding import Encoder
from rejoinder.statement import Statement
from rejoinder_training.choices import MODES, Mode
from rejoinder_training.config import ContextDropout
from rejoinder_training.data.schema import exclusive, multi_hot, statement_of
from rejoinder_training.data.substitution import substitute
from rejoinder_training.sides import PARTS, UNKNOWN, Sides, TokenSides, token_sides

_MEGABATCH = 50
"""Batches that are sorted by length together: little padding, and still a mixed order."""


class EncodedStatements(TorchDataset[dict[str, Any]]):
    """Rows as token ids and targets (one probability for each label), in one drawn input mode each."""

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
        self._rows = rows
        self._encoder = encoder
        self._dropout = dropout
        self._substituted = substitute_names
        self._told = sides or {}
        self._seed = seed
        modes: tuple[Mode, ...] = MODES if dropout else ("full",)
        listed = rows.to_list()  # a dataset makes each row anew, each time
        spoken = {i for i, row in enumerate(listed) if row["speaker"]}
        shown: dict[str, list[Statement]] = {mode: [statement_of(row, mode) for row in listed] for mode in modes}
        if dropout and spoken:
            for mode in ("attribution", "full"):
                shown[f"{mode} unnamed"] = [replace(statement, speaker="") for statement in shown[mode]]
        self._ids = {mode: [one.ids for one in encoder(statements)] for mode, statements in shown.items()}
        self._sides: dict[int, TokenSides] = {}
        for i, row in enumerate(listed):
            if known := self._told.get(row["id"]):
                told = token_sides(shown["full"][i], known, encoder, self._ids["full"][i])
                self._sides |= {i: told} if told else {}
        paired = [i for i, row in enumerate(listed) if row["contrast"]]
        self._whole = _told_apart_around(rows, paired) if dropout and not dropout.contrast else set[int]()
        self._named = spoken - self._whole
        self.epoch = [*range(len(self)), *paired * (contrast_repeats - 1)]
        """The indices that an epoch goes through."""
        self._epoch: int | None = None
        self._drawn: list[str] = []
        self._others: dict[int, dict[str, Any]] = {}
        self.set_epoch(0)

    def set_epoch(self, epoch: int) -> None:
        """Draw the input mode and names of each row; the same seed and epoch draw the same."""
        if epoch == self._epoch:
            return
        self._epoch = epoch
        if self._dropout is None:
            self._drawn = ["full"] * len(self)
            return
        draw = random.Random(f"{self._seed}/{epoch}")
        full = 1 - self._dropout.quote - self._dropout.attribution
        weights = (self._dropout.quote, self._dropout.attribution, full)
        drawn = draw.choices(MODES, weights, k=len(self))
        self._drawn = ["full" if i in self._whole else mode for i, mode in enumerate(drawn)]
        hide = self._dropout.speaker
        unnamed: dict[str, str] = {mode: f"{mode} unnamed" for mode in MODES if f"{mode} unnamed" in self._ids}
        self._drawn = [
            unnamed.get(mode, mode) if draw.random() < hide and i in self._named else mode
            for i, mode in enumerate(self._drawn)
        ]
        self._others = dict(self._with_other_names(epoch)) if self._substituted else {}

    def _with_other_names(self, epoch: int) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield what is shown with other names: whole groups, so that pairs and articles still fit together."""
        for i, (id, group) in enumerate(zip(self._rows["id"][:], self._rows["group"][:], strict=True)):
            seed = f"{self._seed}/{epoch}/{group}"
            if random.Random(seed).random() >= self._substituted:
                continue
            whole = statement_of(self._rows[i])
            others, put = substitute(whole, seed)
            if others == whole:
                continue
            mode, _, unnamed = self._drawn[i].partition(" ")
            shown = statement_of(asdict(others), cast(Mode, mode))
            [one] = self._encoder([replace(shown, speaker="") if unnamed else shown])
            told = self._told.get(id) if self._drawn[i] == "full" else None
            sides = token_sides(whole, told, self._encoder, one.ids, shown=shown, put=put) if told else None
            yield i, {"input_ids": one.ids, "sides": sides}

    @property
    def shown_targets(self) -> list[list[float]]:
        """The targets that an epoch shows, in no order."""
        return [self.targets[i] for i in self.epoch]

    def __len__(self) -> int:
        return len(self.targets)

    def __getitem__(self, index: int) -> dict[str, Any]:
        shown = self._others.get(index) or {
            "input_ids": self._ids[self._drawn[index]][index],
            "sides": self._sides.get(index) if self._drawn[index] == "full" else None,
        }
        return shown | {"labels": self.targets[index]}

    def length(self, index: int) -> int:
        """Return the tokens of a row as it is shown in this epoch."""
        return len(self[index]["input_ids"])


def _told_apart_around(rows: Dataset, paired: Sequence[int]) -> set[int]:
    """Return those of the members of contrast pairs whose text around the quote differs from the other's."""
    around = {row["id"]: (row["before"], row["after"], row["speaker"]) for row in rows.select(paired)}
    return {
        i
        for i, row in zip(paired, rows.select(paired), strict=True)
        if around[row["id"]] != around.get(row["contrast"])
    }


class LengthGroupedSampler(Sampler[int]):
    """Shuffles by seed and epoch and keeps rows of similar length together.

    transformers' own group_by_length takes the lengths once, before training, and so cannot
    follow the input modes, which are drawn anew at each epoch.
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
        # The last batch may be short; it stays last, since the data loader cuts batches by count.
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
        return {**batch, "labels": labels, **_sides([row.get("sides") for row in rows], longest)}


def padded(rows: Sequence[Mapping[str, Any]], pad_id: int) -> dict[str, torch.Tensor]:
    """Return the token ids and attention mask of a batch, as a network is given them when it scores."""
    ids, mask = map(torch.from_numpy, pad([row["input_ids"] for row in rows], pad_id))
    return {"input_ids": ids, "attention_mask": mask}


def _sides(known: Sequence[TokenSides | None], longest: int) -> dict[str, torch.Tensor]:
    """Return what `SideHeads.loss` takes beside the states, or nothing where nothing is known."""
    if not any(known):
        return {}
    parts = torch.full((len(known), longest, len(PARTS)), UNKNOWN)
    same = torch.full((len(known), longest), UNKNOWN)
    side = torch.full((len(known),), UNKNOWN)
    for i, told in enumerate(known):
        if told:
            parts[i, : len(told.parts)] = torch.from_numpy(told.parts)
            same[i, : len(told.same)] = torch.from_numpy(told.same)
            side[i] = told.side
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
    """Return the target of each row: its labels, mixed with its teacher's probabilities by `weight`.

    A row without labels takes the teacher's alone, and None where there is neither. With `single_label` they
    are probabilities that sum to 1, of which `rest` says that the last one is of none of the labels.
    """
    mixed: list[list[float] | None] = []
    for id, acts in zip(rows["id"][:], rows["acts"][:], strict=True):
        soft = (teacher or {}).get(id)
        hard = None if acts is None else multi_hot(acts, labels)
        if soft and hard:
            mixed.append([weight * s + (1 - weight) * h for s, h in zip(soft, hard, strict=True)])
        else:
            mixed.append(soft or hard)
    return [exclusive(one, rest=rest) if single_label and one is not None else one for one in mixed]
