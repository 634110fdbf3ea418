"""Weights that give data another mix of labels, as the natural one where rare labels were collected."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rejoinder.errors import InputError
from rejoinder.probabilities import as_number


def label_weights(primary: Sequence[str], labels: Sequence[str], prior: Mapping[str, float]) -> NDArray[Any]:
    """Return how many statements each one counts for where primary labels are as frequent as `prior` says.

    That is how much rarer its primary label is in the data than in `prior` (importance weights for label shift,
    Saerens et al. 2002); what the prior's shares lack to 1 is none of the labels ("").

    Raises:
        InputError: shares that are no probabilities of these labels, one of a label that the data lack, or none of a
            label that they have.
    """
    unknown = [label for label in prior if label not in labels]
    if unknown:
        raise InputError(f"prior: {unknown[0]!r} is none of {', '.join(labels)}")
    # Elsewhere a label that is not named stays as frequent as it is, which shares of a whole cannot mean.
    if unnamed := [label for label in labels if label not in prior and label in primary]:
        raise InputError(
            f"prior: has no share for {', '.join(unnamed)}; shares are of primary labels, and each label of the data "
            f"needs one: {unnamed[0]}=0 if there is none"
        )
    shares = {**dict.fromkeys(labels, 0.0), **{label: as_number(share) for label, share in prior.items()}}
    rest = 1 - sum(shares.values())
    if not min(shares.values()) >= 0 or not rest >= -1e-9:  # NaN is neither, as text is
        raise InputError("prior: shares must be 0 or more, and at most 1 together")
    shares[""] = max(0.0, rest)
    counts = Counter(primary)
    lacking = [label or "none of the labels" for label, share in shares.items() if share > 1e-9 and not counts[label]]
    if lacking:
        raise InputError(f"prior: no statement whose primary label is {', '.join(lacking)} to take for it")
    return np.array([shares[label] * len(primary) / counts[label] for label in primary])
