"""Facts about the data and the training of a model, for a report."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import yaml
from datasets import Dataset

from rejoinder_training.choices import SPLITS


def counts(data: Dataset, labels: Sequence[str], other: str | None) -> dict[str, Any]:
    """Count the statements of each split, source, label and combination of labels."""
    columns = (*labels, *filter(None, [other]), "unlabelled")
    parts: dict[tuple[str, str], Counter[str]] = {}
    groups: dict[tuple[str, str], set[str]] = {}
    mixes: dict[str, Counter[str]] = {}
    for row in data:
        split, place, acts = row["split"], (row["split"], row["source"]), row["acts"]
        names = ["unlabelled"] if acts is None else [*dict.fromkeys(acts)] or [str(other)]
        parts.setdefault(place, Counter()).update(["statements", *names])
        groups.setdefault(place, set()).add(row["group"])
        if acts is not None:
            mixes.setdefault(" + ".join(sorted(names)), Counter()).update([split])
    splits = [split for split in SPLITS if any(place[0] == split for place in parts)]
    totals = {split: sum((mix[split] for mix in mixes.values()), 0) for split in splits}
    return {
        "columns": columns,
        "splits": splits,
        "parts": [
            {"split": place[0], "source": place[1], "groups": len(groups[place]), "counts": parts[place]}
            for place in sorted(parts, key=lambda place: (SPLITS.index(place[0]), place[1]))
        ],
        "labelled": totals,
        "mixes": sorted(mixes.items(), key=lambda mix: (-mix[1].total(), mix[0])),
    }


def training_facts(training: dict[str, Any]) -> dict[str, Any]:
    """Return how a run was trained: its seed, its data, and its configuration as YAML."""
    config = training.get("config", {})
    return {
        "seed": config.get("seed"),
        "data_sha256": training.get("data_sha256"),
        "git_revision": training.get("git_revision"),
        "minutes": training.get("minutes"),
        "statements": training.get("statements", {}),
        "config": yaml.safe_dump(config, sort_keys=True, allow_unicode=True).strip() if config else "",
    }
