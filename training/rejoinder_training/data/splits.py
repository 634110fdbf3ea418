"""Other splits than the data's own: grouped folds, and a share of the training rows."""

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
"""Parts of which validation is made up: shares of a twentieth."""
_OF_THE_REST = 0.2
"""Of what a fold does not hold out, the share that becomes validation; a part is less where there are six or more."""


def fold_split(
    rows: Dataset, *, folds: int, held_out: int, labels: Sequence[str], seed: int = 0, size: float | None = None
) -> Dataset:
    """Return the training and validation rows split anew: one of `folds` parts becomes test, the rest train.

    Of the rest, `size` becomes validation as `validation_split` chooses it; by default a fifth, or a part where that is
    less. Groups stay whole, and so do those that `_joined_groups` joins; each part has about the same share of each
    primary label (scikit-learn's `StratifiedGroupKFold`). The same seed gives the same parts; `held_out`, the part that
    becomes test, counts from 0. Each labelled row is test in one of the folds.

    Raises:
        InputError: fewer groups than folds, or a label that a part lacks.
    """
    usable = [i for i, split in enumerate(rows["split"][:]) if split in ("train", "validation")]
    chosen = rows.select(usable)
    groups = _joined_groups(chosen)
    part = _parts(chosen, groups, folds, seed, key="folds")
    holding = _holding(chosen, part, labels)
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

    Groups stay whole, and labels have about the same shares, as in `fold_split`: the rows are split into up to 20
    parts, of which validation takes those whose statements together come nearest to `size`. A larger part, as of one
    large group, is for training.

    Raises:
        InputError: the rows have a validation split, or too few groups, or the part lacks a label.
    """
    if "validation" in rows["split"][:]:
        raise InputError("validation_size: the data have a validation split of their own; leave the key away")
    training = [i for i, split in enumerate(rows["split"][:]) if split == "train"]
    groups = dict(zip(training, _joined_groups(rows.select(training)) if training else (), strict=True))
    return _with_validation(rows, groups, size, labels, seed)


def _with_validation(
    rows: Dataset, joined: Sequence[int] | Mapping[int, int], size: float, labels: Sequence[str], seed: int
) -> Dataset:
    """Return what `validation_split` does; `joined` are the groups of training rows by their places."""
    splits = rows["split"][:]
    places = [i for i, split in enumerate(splits) if split == "train"]
    training, groups = rows.select(places), [joined[i] for i in places]
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
    if lacking := [label for label, held in _holding(training, parts, labels).items() if not held.keys() & taken]:
        raise InputError(
            f"validation_size: the validation part would hold no {', '.join(lacking)}: take a larger share, or label "
            "more statements in more groups"
        )
    for i, k in zip(places, parts, strict=True):
        splits[i] = "validation" if k in taken else "train"
    return _with_splits(rows, splits)


def _with_splits(rows: Dataset, splits: Sequence[str]) -> Dataset:
    # Made anew: what datasets have for it (`cast`, `map`) draws progress bars.
    return Dataset.from_dict({**rows[:], "split": splits}, features=rows.features)


def far_from(size: float, rows: Dataset, *, fold: bool = False) -> str | None:
    """Return what to say where `validation_split` has come no nearer than a third to the `size` asked for.

    With a `fold`, where `fold_split` holds out so much more or less.
    """
    counts = Counter(split for split, acts in zip(rows["split"][:], rows["acts"][:], strict=True) if acts is not None)
    key, part, instead = ("folds", "test", "") if fold else ("validation_size", "validation", ", or name the splits")
    share = counts[part] / max(1, sum(counts[split] for split in {"train", "validation", part}))
    if abs(share - size) <= size / 3:
        return None
    return (
        f"{key}: {share:.2f} of the labelled statements, not {round(size, 3):g}: groups stay whole, together with "
        f"those that share a quote or nearly, and here they are large or few; label more groups{instead}"
    )


def _covering(rows: Dataset, parts: Sequence[int | None], size: float, labels: Sequence[str]) -> set[int]:
    """Return parts with about `size` of the labelled rows that together hold each label, the first ones if they do.

    At least half of each label is left for training, as far as its groups and `size` let it.
    """
    holding = _holding(rows, parts, labels)
    counts = Counter(k for k, acts in zip(parts, rows["acts"][:], strict=True) if k is not None and acts is not None)
    wanted, taken = size * counts.total(), set[int]()

    def fits(k: int) -> bool:
        """Whether a part brings what is taken nearer to what is wanted."""
        return counts[k] <= wanted and counts[k] < 2 * (wanted - sum(counts[one] for one in taken))

    for held in sorted(holding.values(), key=len):
        # A label of one part alone stays where it is: the training rows need it too.
        if len(held) > 1 and not held.keys() & taken and (fitting := [k for k in held if fits(k)]):
            # Of a label in few groups a small part may hold most, which the training rows need as well.
            taken.add(min(fitting, key=lambda k: (max(size, held[k] / held.total()), k)))
    most = max(0.5, 1.5 * size)  # of a label; where half of all is wanted, some labels have a little more
    for k in sorted(counts):
        shares = (sum(held[one] for one in taken | {k}) / held.total() for held in holding.values() if k in held)
        if fits(k) and max(shares, default=0.0) <= most:
            taken.add(k)
    if not taken:  # every part is larger than what is wanted
        lacking = {k: sum(len(held) > 1 and k not in held for held in holding.values()) for k in counts}
        taken.add(min(counts, key=lambda k: (lacking[k], counts[k], k)))
    return taken


def _holding(rows: Dataset, parts: Sequence[int | None], labels: Sequence[str]) -> dict[str, Counter[int]]:
    """Return of each label how many statements of each part that holds it have it."""
    marks = [(k, acts) for k, acts in zip(parts, rows["acts"][:], strict=True) if k is not None and acts]
    return {label: Counter(k for k, acts in marks if label in acts) for label in labels}


def _parts(rows: Dataset, groups: Sequence[int], count: int, seed: int, *, key: str) -> list[int | None]:
    """Return the number of each row's part; None for groups without labels. `key` is what the user wrote."""
    acts = rows["acts"][:]
    labelled = [i for i, one in enumerate(acts) if one is not None]
    if len({groups[i] for i in labelled}) < count:
        raise InputError(
            f"{key}: {count} parts need as many groups of labelled statements that share no quote, nor nearly"
        )
    primary = [primary_of(acts[i]) for i in labelled]
    splitter = StratifiedGroupKFold(count, shuffle=True, random_state=seed)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of rare labels, which are looked for afterwards
            parts = [part for _, part in splitter.split(labelled, primary, [groups[i] for i in labelled])]
    except ValueError as error:  # fewer statements of every label than parts
        raise InputError(f"{key}: {error}") from error
    number = {groups[labelled[j]]: k for k, part in enumerate(parts) for j in part}
    return [number.get(group) for group in groups]


def _joined_groups(rows: Dataset) -> list[int]:
    """Return a number for each row's group; rows must not be empty.

    It is the same for groups that share a quote or almost do, and for those of statements that `contrast` pairs: parts
    of such would be measured by a model that has learnt from the others.
    """
    names, group = np.unique(np.array(rows["group"][:], dtype=object), return_inverse=True)
    quotes, place = rows["quote"][:], {id: i for i, id in enumerate(rows["id"][:])}
    pairs = ([i, place[twin]] for i, twin in enumerate(rows["contrast"][:]) if twin in place)
    alike = [*recurring_quotes(quotes, rows["before"][:], rows["after"][:]), *near_duplicates(quotes), *pairs]
    links = np.array([(first, other) for first, *others in alike for other in others], dtype=int).reshape(-1, 2)
    joined: list[int] = components(len(names), *group[links.T])[group].tolist()
    return joined


def share_of_train(rows: Dataset, share: float, *, seed: int = 0) -> Dataset:
    """Return the rows with about `share` of the labelled training rows, whole groups of them, and all others.

    With the same seed a smaller share is part of a larger one.
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
    away = sizes.keys() - kept
    return rows.select([i for i, (split, group, _) in enumerate(marks) if split != "train" or group not in away])
