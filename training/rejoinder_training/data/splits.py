"""Other splits than the data's own: grouped folds, and a share of the training rows."""

import random
from collections import Counter
from collections.abc import Sequence

from datasets import Dataset
from sklearn.model_selection import StratifiedGroupKFold

from rejoinder.errors import InputError


def fold_split(rows: Dataset, *, folds: int, held_out: int, labels: Sequence[str], seed: int = 0) -> Dataset:
    """Return the training and validation rows split anew: one of `folds` parts is validation, the others train.

    Groups stay whole, and each part has about the same share of each primary label (scikit-learn's
    `StratifiedGroupKFold`). The same seed gives the same parts; `held_out` counts from 0.

    Raises:
        InputError: fewer groups than folds, or a label that only one side of the split has.
    """
    usable = [i for i, split in enumerate(rows["split"]) if split in ("train", "validation")]
    acts, groups = rows["acts"], rows["group"]
    labelled = [i for i in usable if acts[i] is not None]
    if len({groups[i] for i in labelled}) < folds:
        raise InputError(f"folds: {folds} folds need as many groups of labelled statements")
    primary = [acts[i][0] if acts[i] else "" for i in labelled]
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    parts = list(splitter.split(labelled, primary, [groups[i] for i in labelled]))
    train, validation = ({label for j in part for label in acts[labelled[j]]} for part in parts[held_out])
    lacking = [label for label in labels if (label in train) != (label in validation)]
    if lacking:
        raise InputError(
            f"folds: {', '.join(lacking)} would be on one side only of fold {held_out} of {folds}: "
            "take fewer folds, or label more statements in more groups"
        )
    away = {groups[labelled[j]] for j in parts[held_out][1]}
    splits = ["validation" if group in away else "train" for group in groups]
    chosen = rows.select(usable)
    return chosen.remove_columns("split").add_column("split", [splits[i] for i in usable]).cast(rows.features)


def share_of_train(rows: Dataset, share: float, *, seed: int = 0) -> Dataset:
    """Return the rows with about `share` of the training rows, whole groups of them, and all others.

    With the same seed a smaller share is part of a larger one.
    """
    if share == 1:
        return rows
    sizes = Counter(group for group, split in zip(rows["group"], rows["split"], strict=True) if split == "train")
    order = sorted(sizes)
    random.Random(seed).shuffle(order)
    wanted, kept = share * sizes.total(), set()
    for group in order:
        if wanted <= 0:
            break
        kept.add(group)
        wanted -= sizes[group]
    marks = zip(rows["split"], rows["group"], strict=True)
    return rows.select([i for i, (split, group) in enumerate(marks) if split != "train" or group in kept])
