"""What to look at after a model was measured: labels that are likely wrong, contradictions, kinds of mistakes."""

import warnings
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from cleanlab.internal.multilabel_utils import onehot2int
from cleanlab.multilabel_classification.filter import find_label_issues
from cleanlab.multilabel_classification.rank import get_label_quality_scores
from datasets import Dataset
from numpy.typing import NDArray
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sklearn.cluster import KMeans
from sklearn.decomposition import TruncatedSVD
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize

from rejoinder.errors import InputError
from rejoinder_training.annotation.interrupted import with_true_text
from rejoinder_training.annotation.tasks import check_output, write_tasks
from rejoinder_training.data.checks import almost_repeats, near_duplicates
from rejoinder_training.data.schema import SPLITS, Mode, multi_hot, statement_of
from rejoinder_training.evaluation.harness import thresholds_of
from rejoinder_training.evaluation.systems import System
from rejoinder_training.json_files import write_json, write_json_lines
from rejoinder_training.metrics import decide, label_scores, primary_labels

Array = NDArray[Any]
Rows = list[dict[str, Any]]

_LISTS = ("suspects", "contradictions", "mistakes")
"""What `find_errors` returns, each in files of its own."""
_CLUSTER = 15
"""Mistakes in a cluster, about."""
_MOST_CLUSTERS = 8
"""Clusters of one kind of mistake (such as: a denial taken for other), at most."""
_TERMS = 5


def find_errors(
    system: System, data: Dataset, *, splits: Sequence[str] = ("validation",), mode: Mode = "full"
) -> dict[str, Rows]:
    """Return what people should look at among the labelled statements of `splits`, the likeliest errors first.

    Each list holds rows of `data` with the system's `scores`, its `label` with the `score` of it, and the `reason` why
    the row is there:

    - `suspects`: labels that confident learning takes for wrong (Northcutt et al. 2021, by cleanlab), the lowest
      `quality` first. It believes the system, so the system must not have been trained on these statements: take
      the out-of-fold predictions of `train --folds`.
    - `contradictions`: near-duplicate quotes with different labels, beside each other; quotes of fewer than six words
      recur by chance and do not count.
    - `mistakes`: statements whose primary label the system has wrong, in clusters of similar wording for each kind of
      mistake (k-means on TF-IDF), the largest kind first.

    Raises:
        InputError: no labelled statements in these splits, or no score for one of them.
    """
    if mode not in system.modes:
        raise InputError(f"{system.name}: has no scores for the input mode {mode!r}, only {', '.join(system.modes)}")
    wrong = [split for split in splits if split not in SPLITS]
    if wrong:
        raise InputError(f"split: {wrong[0]!r} is none of {', '.join(SPLITS)}")
    splits = [split for split in SPLITS if split in splits]
    rows = [row for row in data if row["split"] in splits and row["acts"] is not None]
    if not rows:
        raise InputError(f"no labelled statements in the split {' or '.join(splits)}")
    labels, other = system.labels, str(system.other)
    # Splits by themselves, since a file of predictions says which one it lacks.
    scores = np.concatenate(
        [system.score_rows([row for row in rows if row["split"] == split], mode) for split in _there(rows, splits)]
    )
    rows = [row for split in _there(rows, splits) for row in rows if row["split"] == split]
    gold = np.array([multi_hot(row["acts"], labels) for row in rows])
    thresholds = thresholds_of(system, data)
    found = primary_labels(scores, decide(scores, thresholds), labels)
    sure = label_scores(scores, thresholds)
    rows = [
        {
            **row,
            "scores": {name: round(float(p), 4) for name, p in zip(labels, score, strict=True)},
            "label": str(label) or other,
            "score": round(float(p), 4),
        }
        for row, score, label, p in zip(rows, scores, found, sure, strict=True)
    ]
    return {
        "suspects": _suspects(rows, scores, gold, system),
        "contradictions": _contradictions(rows, other),
        "mistakes": _mistakes(rows, other),
    }


def _there(rows: Rows, splits: Sequence[str]) -> list[str]:
    return [split for split in splits if any(row["split"] == split for row in rows)]


def _suspects(rows: Rows, scores: Array, gold: Array, system: System) -> Rows:
    varied = gold.min(axis=0) < gold.max(axis=0)  # else nothing tells from what a label differs: cleanlab refuses it
    if not varied.any():
        return []
    gold, scores = gold[:, varied], scores[:, varied]
    if gold.shape[1] == 1:  # cleanlab needs two labels or more: this one, and that it does not hold
        gold, scores = np.hstack([gold, 1 - gold]), np.hstack([scores, 1 - scores])
    labels = onehot2int(gold.astype(int))
    # One process: cleanlab forks its pool from a process with torch's threads, which now and then never returns.
    order = find_label_issues(labels, scores, return_indices_ranked_by="self_confidence", n_jobs=1)
    quality = get_label_quality_scores(labels, scores)
    return [
        {
            **rows[i],
            "quality": round(float(quality[i]), 4),
            "reason": f"labelled {_named(rows[i]['acts'], str(system.other))}, but the model says "
            f"{_surest(rows[i], system)}",
        }
        for i in order
    ]


def _contradictions(rows: Rows, other: str) -> Rows:
    listed = []
    for group in near_duplicates(row["quote"] for row in rows):
        labelled: dict[frozenset[str], Rows] = defaultdict(list)
        for i in group:
            labelled[frozenset(rows[i]["acts"])].append(rows[i])
        for row in (rows[i] for i in group):
            others = (one for acts, those in labelled.items() if acts != frozenset(row["acts"]) for one in those)
            twin = next((one for one in others if almost_repeats(one["quote"], row["quote"])), None)
            if twin:
                what = f"almost the words of {twin['id']}, which is labelled {_named(twin['acts'], other)}"
                listed.append({**row, "twin": twin["id"], "reason": what})
    return listed


def _mistakes(rows: Rows, other: str) -> Rows:
    kinds: dict[tuple[str, str], Rows] = defaultdict(list)
    for row in rows:
        real = row["acts"][0] if row["acts"] else other
        if row["label"] != real:
            kinds[real, row["label"]].append(row)
    listed = []
    for (real, found), members in sorted(kinds.items(), key=lambda kind: -len(kind[1])):
        clusters, terms = _clusters(members)
        for cluster in range(len(terms)):
            name = f"{real} taken for {found}: {', '.join(terms[cluster])}"
            listed += [
                {**row, "cluster": name, "reason": name}
                for row, its in zip(members, clusters, strict=True)
                if its == cluster
            ]
    return listed


def _clusters(rows: Rows) -> tuple[list[int], list[list[str]]]:
    """Return the cluster of each row, the largest first, and the words that mark each cluster."""
    texts = []
    for row in rows:
        shown = statement_of(row, "attribution")
        texts.append(f"{shown.before} {shown.quote} {shown.after}")
    vectorizer = TfidfVectorizer(sublinear_tf=True, stop_words="english", token_pattern=r"(?u)\b[^\W\d_]{3,}\b")
    try:
        words = vectorizer.fit_transform(texts)
    except ValueError:  # nothing but stop words
        return [0] * len(rows), [[]]
    count = max(1, min(_MOST_CLUSTERS, len(rows) // _CLUSTER))
    if count == 1:
        groups = np.zeros(len(rows), dtype=int)
    else:
        width = min(50, words.shape[1] - 1, len(rows) - 1)
        reduced = normalize(TruncatedSVD(width, random_state=0).fit_transform(words)) if width > 1 else words.toarray()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # of mistakes with the same words
            groups = KMeans(count, n_init=3, random_state=0).fit_predict(reduced)
    names = vectorizer.get_feature_names_out()
    order = [group for group, _ in Counter(groups.tolist()).most_common()]
    centres = [np.asarray(words[groups == group].mean(axis=0)).ravel() for group in order]
    terms = [
        [str(names[i]) for i in np.argsort(-centre, kind="stable")[:_TERMS] if centre[i] > 0] for centre in centres
    ]
    return [order.index(group) for group in groups.tolist()], terms


def _named(acts: Sequence[str], other: str) -> str:
    return " and ".join(acts) or other


def _surest(row: Mapping[str, Any], system: System) -> str:
    """Return what the scores say most clearly against the labels, as `denial 0.91` or `no denial 0.88`.

    Where labels exclude each other, another one.
    """
    wrong = {name: p for name, p in row["scores"].items() if name not in row["acts"]}
    if not system.single_label:
        wrong |= {f"no {name}": 1 - row["scores"][name] for name in row["acts"]}
    elif row["acts"] and system.other:
        wrong[system.other] = max(0.0, 1 - sum(row["scores"].values()))
    name = max(wrong, key=wrong.__getitem__)
    return f"{name} {wrong[name]:.2f}"


def check_outputs(folder: Path) -> None:
    """Make sure, best before hours of scoring, that no list in `folder` is lost that somebody has filled in.

    Raises:
        InputError: a table that somebody has filled in.
    """
    for name in _LISTS:
        check_output(folder / f"{name}.csv")


def save_errors(
    errors: Mapping[str, Rows],
    folder: Path,
    *,
    made: Mapping[str, Any],
    system: System,
    thresholds: Mapping[str, float] | None = None,
    files: Iterable[str] = (),
    keep: Sequence[str] = (),
) -> None:
    """Write each list as JSON lines into `folder`, and `errors.json` with their counts and what they were made with.

    `made` is what `hardware.result_record` tells. Each is also written for those who label anew (`write_tasks`, which
    takes `thresholds`): as tasks for Label Studio and as a table to fill in. `files` are those of the data, where
    interrupted quotes may have kept their text, and `keep` names further columns of the rows.

    Raises:
        InputError: a table there that somebody has filled in, or a file that cannot be written.
    """
    check_outputs(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in errors.items():
        write_json_lines(folder / f"{name}.jsonl", rows)
        tasks = [folder / f"{name}{suffix}" for suffix in (".json", ".csv")]
        for file in [*tasks, folder / f"{name}.xml"] if not rows else []:  # of an earlier call
            file.unlink(missing_ok=True)
        for file in tasks if rows else []:
            write_tasks(
                with_true_text(_once(rows), files),
                file,
                labels=system.labels,
                other=system.other,
                model_version=system.version or system.name,
                thresholds=thresholds,
                multi_label=not system.single_label,
                keep=keep,
            )
    counts = {name: len(rows) for name, rows in errors.items()}
    write_json(folder / "errors.json", {**made, "system": system.name, "counts": counts})


def _once(rows: Rows) -> Rows:
    """Return each statement once, with all the reasons why it is listed."""
    merged: dict[str, dict[str, Any]] = {}
    for row in rows:
        kept = merged.setdefault(row["id"], row)
        if kept is not row:
            merged[row["id"]] = kept | {"reason": f"{kept['reason']}; {row['reason']}"}
    return [*merged.values()]


def print_errors(errors: Mapping[str, Rows], console: Console, folder: Path, *, shown: int = 10) -> None:
    """Print the first suspects and contradictions, and the clusters of mistakes with their sizes."""
    for name in ("suspects", "contradictions"):
        table = Table(title=f"{len(errors[name])} {name}")
        for column in ("id", "quote", "why"):
            table.add_column(column)
        for row in errors[name][:shown]:
            table.add_row(escape(row["id"]), escape(_short(row["quote"])), escape(row["reason"]))
        console.print(table)
    table = Table(title=f"{len(errors['mistakes'])} mistakes")
    table.add_column("kind: words that mark the cluster")
    table.add_column("statements", justify="right")
    for name, count in Counter(row["cluster"] for row in errors["mistakes"]).items():
        table.add_row(escape(name), str(count))
    console.print(table)
    more = any(len(errors[name]) > shown for name in ("suspects", "contradictions"))
    told = f"The first {shown} of each are shown; all" if more else "All"
    console.print(f"{told} stand in the lists in {folder}.", markup=False)


def _short(text: str, most: int = 80) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
