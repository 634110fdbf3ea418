"""Splits that replace the data's own: grouped folds, a validation split, and a share of the training rows."""

import random
import warnings
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from datasets import Dataset
from sklearn.model_selection import StratifiedGroupKFold

from rejoinder.errors import InputError
from rejoinder_training.data.checks import recurring_quotes
from rejoinder_training.data.near import components, near_duplicates
from rejoinder_training.data.schema import primary_of

_PARTS = 20
"""The maximum number of parts into which training rows are divided; validation takes whole parts."""
_OF_THE_REST = 0.2
"""The share of validation in the rows that a fold does not hold out; with more than six folds, one part is taken."""


def fold_split(
    rows: Dataset, *, folds: int, held_out: int, labels: Sequence[str], seed: int = 0, size: float | None = None
) -> Dataset:
    """Split the training and validation rows again: one of `folds` parts becomes test, the rest train and validation.

    A share `size` of the rest becomes validation, chosen as in `validation_split`; by default a fifth, or one part if
    that is less. Groups stay whole, also those joined by `_joined_groups`; each part has about the same share of each
    primary label (scikit-learn's `StratifiedGroupKFold`). The same seed gives the same parts; `held_out` is the number
    of the test part, from 0. Each labelled row is in test in exactly one of the folds.

    Raises:
        InputError: If there are fewer groups than folds, or a part lacks a label.
    """
    usable = [i for i, split in enumerate(rows["split"][:]) if split in ("train", "validation")]
    chosen = rows.select(usable)
    groups = _joined_groups(chosen)
    part = _parts(chosen, groups, folds, seed, key="folds")
    holding = _label_counts(chosen, part, labels)
    for k in range(folds):
        if lacking := [label for label, held in holding.items() if not held[k]]:
            raise InputError(
                f"folds: part {k} of {folds} would hold no {', '.join(lacking)}: take fewer folds, or label more "
                "statements in more groups"
            )
    split = _with_splits(chosen, ["test" if k == held_out else "train" for k in part])
    return _with_validation(split, groups, size or min(_OF_THE_REST, 1 / (folds - 1)), labels, seed)


def validation_split(rows: Dataset, size: float, *, labels: Sequence[str], seed: int = 0) -> Dataset:
    """Return the rows with about `size` of the labelled training rows as validation.

    Groups stay whole, and label shares about equal, as in `fold_split`: the rows are divided into up to 20 parts, and
    validation takes those that together come closest to `size`. A part that is larger than `size`, such as one large
    group, stays in training.

    Raises:
        InputError: If the rows already have a validation split, groups are too few, or validation would lack a label.
    """
    if "validation" in rows["split"][:]:
        raise InputError("validation_size: the data have a validation split of their own; remove the key")
    training = [i for i, split in enumerate(rows["split"][:]) if split == "train"]
    groups = dict(zip(training, _joined_groups(rows.select(training)) if training else (), strict=True))
    return _with_validation(rows, groups, size, labels, seed)


def _with_validation(
    rows: Dataset, joined: Sequence[int] | Mapping[int, int], size: float, labels: Sequence[str], seed: int
) -> Dataset:
    """Make the split of `validation_split`; `joined` has the group of each training row by its index in `rows`."""
    splits = rows["split"][:]
    indices = [i for i, split in enumerate(splits) if split == "train"]
    training, groups = rows.select(indices), [joined[i] for i in indices]
    primary = Counter(primary_of(acts) for acts in training["acts"] if acts is not None)
    if not primary:
        raise InputError("validation_size: there are no labelled training rows to take validation from")
    labelled = {group for group, acts in zip(groups, training["acts"], strict=True) if acts is not None}
    count = min(_PARTS, len(labelled), max(primary.values()))
    if count < 2:
        raise InputError(
            "validation_size: needs two statements of a label in two groups; label more, or name the splits"
        )
    parts = _parts(training, groups, count, seed, key="validation_size")
    taken = _covering(training, parts, size, labels)
    if lacking := [label for label, held in _label_counts(training, parts, labels).items() if not held.keys() & taken]:
        raise InputError(
            f"validation_size: the validation part would hold no {', '.join(lacking)}: take a larger share, or label "
            "more statements in more groups"
        )
    for i, k in zip(indices, parts, strict=True):
        splits[i] = "validation" if k in taken else "train"
    return _with_splits(rows, splits)


def _with_splits(rows: Dataset, splits: Sequence[str]) -> Dataset:
    # Build a new dataset: the methods for this in `datasets` (`cast`, `map`) show progress bars.
    return Dataset.from_dict({**rows[:], "split": splits}, features=rows.features)


def size_warning(size: float, rows: Dataset, *, fold: bool = False) -> str | None:
    """Return a warning if the share of validation is off the requested `size` by more than a third of it, else None.

    With `fold`, check the share of test that `fold_split` holds out instead.
    """
    counts = Counter(split for split, acts in zip(rows["split"][:], rows["acts"][:], strict=True) if acts is not None)
    key, part, instead = ("folds", "test", "") if fold else ("validation_size", "validation", ", or name the splits")
    share = counts[part] / max(1, sum(counts[split] for split in {"train", "validation", part}))
    if abs(share - size) <= size / 3:
        return None
    return (
        f"{key}: {share:.2f} of the labelled statements, not {round(size, 3):g}: groups stay whole, together with "
        f"those that share a quote or near duplicate, and are large or few here; label more groups{instead}"
    )


def _covering(rows: Dataset, parts: Sequence[int | None], size: float, labels: Sequence[str]) -> set[int]:
    """Choose parts with about `size` of the labelled rows that together contain each label, lower numbers preferred.

    At least half of each label is left for training, as far as its groups and `size` allow.
    """
    holding = _label_counts(rows, parts, labels)
    counts = Counter(k for k, acts in zip(parts, rows["acts"][:], strict=True) if k is not None and acts is not None)
    wanted, taken = size * counts.total(), set[int]()

    def fits(k: int) -> bool:
        """Return whether adding the part brings the number of rows taken closer to the number wanted."""
        return counts[k] <= wanted and counts[k] < 2 * (wanted - sum(counts[part] for part in taken))

    for held in sorted(holding.values(), key=len):
        # A label that occurs in one part only stays in training, which needs it too.
        if len(held) > 1 and not held.keys() & taken and (fitting := [k for k in held if fits(k)]):
            # If a label has few groups, even a small part may contain most of its statements, which training needs.
            taken.add(min(fitting, key=lambda k: (max(size, held[k] / held.total()), k)))
    most = max(0.5, 1.5 * size)  # share of any label; for a `size` near a half, some labels must exceed a half
    for k in sorted(counts):
        shares = (sum(held[part] for part in taken | {k}) / held.total() for held in holding.values() if k in held)
        if fits(k) and max(shares, default=0.0) <= most:
            taken.add(k)
    if not taken:  # every part is larger than what is wanted
        lacking = {k: sum(len(held) > 1 and k not in held for held in holding.values()) for k in counts}
        taken.add(min(counts, key=lambda k: (lacking[k], counts[k], k)))
    return taken


def _label_counts(rows: Dataset, parts: Sequence[int | None], labels: Sequence[str]) -> dict[str, Counter[int]]:
    """Return, for each label, the number of its statements in each part that has any."""
    marks = [(k, acts) for k, acts in zip(parts, rows["acts"][:], strict=True) if k is not None and acts]
    return {label: Counter(k for k, acts in marks if label in acts) for label in labels}


def _parts(rows: Dataset, groups: Sequence[int], count: int, seed: int, *, key: str) -> list[int | None]:
    """Return the part number of each row, None in groups without labels; `key` is the configuration key for errors."""
    acts = rows["acts"][:]
    labelled = [i for i, row_acts in enumerate(acts) if row_acts is not None]
    if len({groups[i] for i in labelled}) < count:
        raise InputError(
            f"{key}: {count} parts need as many groups of labelled statements that share no quote or near duplicate"
        )
    primary = [primary_of(acts[i]) for i in labelled]
    splitter = StratifiedGroupKFold(count, shuffle=True, random_state=seed)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # about rare labels, which are checked afterwards
            parts = [part for _, part in splitter.split(labelled, primary, [groups[i] for i in labelled])]
    except ValueError as error:  # fewer statements of every label than parts
        raise InputError(f"{key}: {error}") from error
    number = {groups[labelled[j]]: k for k, part in enumerate(parts) for j in part}
    return [number.get(group) for group in groups]


def _joined_groups(rows: Dataset) -> list[int]:
    """Return a group number for each row; rows must not be empty.

    Groups get the same number if they share a quote or near duplicate, or have statements paired by `contrast`:
    otherwise a model might be evaluated on statements much like those it was trained on.
    """
    names, group = np.unique(np.array(rows["group"][:], dtype=object), return_inverse=True)
    quotes, place = rows["quote"][:], {id: i for i, id in enumerate(rows["id"][:])}
    pairs = ([i, place[twin]] for i, twin in enumerate(rows["contrast"][:]) if twin in place)
    alike = [*recurring_quotes(quotes, rows["before"][:], rows["after"][:]), *near_duplicates(quotes), *pairs]
    links = np.array([(first, other) for first, *others in alike for other in others], dtype=int).reshape(-1, 2)
    joined: list[int] = components(len(names), *group[links.T])[group].tolist()
    return joined


def share_of_train(rows: Dataset, share: float, *, seed: int = 0) -> Dataset:
    """Drop whole groups of training rows so that about `share` of the labelled training rows is left.

    All other rows are kept. With the same seed, a smaller share is a subset of a larger one.
    """
    if share == 1:
        return rows
    marks = list(zip(rows["split"][:], rows["group"][:], rows["acts"][:], strict=True))
    sizes = Counter(group for split, group, acts in marks if split == "train" and acts is not None)
    order = sorted(sizes)
    random.Random(seed).shuffle(order)
    wanted, kept = share * sizes.total(), set()
    for group in order:
        if wanted <= 0:
            break
        kept.add(group)
        wanted -= sizes[group]
    dropped = sizes.keys() - kept
    return rows.select([i for i, (split, group, _) in enumerate(marks) if split != "train" or group not in dropped])
