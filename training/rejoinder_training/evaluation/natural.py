"""Weights that give data another mix of labels, such as the natural one if rare labels were oversampled."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rejoinder.errors import InputError
from rejoinder.probabilities import as_number


def label_weights(primary: Sequence[str], labels: Sequence[str], prior: Mapping[str, float]) -> NDArray[Any]:
    """Return the weight of each statement with which primary labels are as frequent as `prior` says.

    It is the ratio of its primary label's share in `prior` to that in the data (importance weights for label shift,
    Saerens et al. 2002). The remainder of the prior's shares to 1 is the share of statements with none of the labels
    ("").

    Raises:
        InputError: If the shares are not probabilities of these labels, a label with a share is missing from the data,
            or a label in the data has no share.
    """
    unknown = [label for label in prior if label not in labels]
    if unknown:
        raise InputError(f"prior: {unknown[0]!r} is none of {', '.join(labels)}")
    # With other priors, a label that is not named keeps its frequency; here the shares must add up.
    if unnamed := [label for label in labels if label not in prior and label in primary]:
        raise InputError(
            f"prior: has no share for {', '.join(unnamed)}; shares are of primary labels, and each label of the data "
            f"needs one: {unnamed[0]}=0 if there is none"
        )
    shares = {**dict.fromkeys(labels, 0.0), **{label: as_number(share) for label, share in prior.items()}}
    rest = 1 - sum(shares.values())
    if not min(shares.values()) >= 0 or not rest >= -1e-9:  # negated, so that NaN, which text becomes, is refused too
        raise InputError("prior: shares must be 0 or more, and at most 1 together")
    shares[""] = max(0.0, rest)
    counts = Counter(primary)
    lacking = [label or "none of the labels" for label, share in shares.items() if share > 1e-9 and not counts[label]]
    if lacking:
        raise InputError(f"prior: gives a share to {', '.join(lacking)}, but no statement has that primary label")
    return np.array([shares[label] * len(primary) / counts[label] for label in primary])
