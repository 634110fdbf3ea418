"""The evaluation section of a model card, generated from the results of `evaluate -o`."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from huggingface_hub import EvalResult, ModelCard, ModelCardData

from rejoinder.errors import InputError, ModelError
from rejoinder.model_folder import ModelConfig, open_model_folder, sha256
from rejoinder_training.data.readers import read_data
from rejoinder_training.data.schema import primary_of
from rejoinder_training.evaluation.slices import caveat
from rejoinder_training.evaluation.tables import with_interval
from rejoinder_training.exporting.card import NOT_MEASURED, is_ours
from rejoinder_training.json_files import read_json_lines, write_manifest, write_text
from rejoinder_training.run_folder import stored_config

_HEADING = "## Evaluation"
_SECTION = re.compile(rf"^{_HEADING}\n.*?(?=^## |\Z)", re.M | re.S)
_EXAMPLES = 8
_SHOWN = 160
"""Characters of the text on each side of a quote."""
_MARKUP = re.compile(r"[\\`*<>|\[\]&~]|(?<!\w)_|_(?!\w)")
"""Characters with a meaning in Markdown, in text and in table cells."""
_NEXT = re.compile(r"^## Limits\n", re.M)
_MODES = {"quote": "the quote alone", "attribution": "with its sentence", "full": "with the text around"}
_INDEXED = (
    ("macro_f1", "macro-F1", "f1", {"average": "macro"}),
    ("primary_accuracy", "primary accuracy", "accuracy", None),
)
"""Figures of `model-index`: key, title, and the hub's metric with its arguments."""
_PER_LABEL = {
    "precision": "precision",
    "recall": "recall",
    "f1": "F1",
    "average_precision": "average precision",
    "expected_calibration_error": "calibration error",
}
_STRATA = {
    "R": "at random",
    "A": "for signs of an allegation",
    "D": "for signs of a denial",
    "C": "for signs of a counter-accusation",
    "U": "because a model was unsure",
}
"""How each stratum of this project's news was sampled (`data/README.md`)."""
_KINDS = {
    "charge": "whether a charge against the speaker's side stands around the same words",
    "swap": "who speaks, or who is accused",
    "negation": "a negation, added or removed",
    "literal": 'words that look like an act ("denied entry"), or the act',
    "opinion": "a charge of a wrong, or an opinion",
    "demand": "a charge, or a demand, question, warning or report",
    "meaning": "what is told before the same words",
    "fragment": "a few quoted words, or the reporter's sentence around them",
    "answer": "an answer that contests a charge, or one that does not",
    "reply": "an answer that hits back, or one that does not",
    "bystander": "a charge in sight that is not against the speaker's side, or none",
    "said": 'a telling verb next to the quote, or "said"',
    "marks": "punctuation and quotation marks",
    "names": "the names of persons",
    "parties": "the names of parties",
    "countries": "the names of countries",
    "sexes": "the sexes of persons",
    "religions": "the names of religions",
}
"""What the members of a pair differ in, for each kind of pair in this project."""

Figures = Mapping[str, Any]


def add_evaluation(model: Path, evaluations: Mapping[Path, str], *, examples: Sequence[Path] = ()) -> None:
    """Add the results of evaluations to the card of an exported model: a section, and `model-index` metadata.

    `evaluations` maps folders of `evaluate -o` to the names of their data. `examples` are files of statements that may
    be published; the model's most confident mistakes among them are shown. An earlier evaluation section is replaced,
    and the folder's manifest is updated.

    Raises:
        ModelError: If `model` is no model folder, or a damaged one.
        InputError: If a folder has no `metrics.json`, or none with results of this very model; or for bad `examples`.
    """
    config = open_model_folder(model)
    network = sha256(model / "model.onnx")
    measured = [(name, *_measured(folder, config.version, network)) for folder, name in evaluations.items()]
    file = model / "README.md"
    try:
        card = ModelCard(file.read_text("utf8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{file}: no model card ({error}); export the model again") from error
    results_of = [
        EvalResult(
            task_type="text-classification",
            dataset_type=re.sub(r"\W+", "-", name.lower()).strip("-"),
            dataset_name=name,
            dataset_split=results["split"],
            dataset_revision=results["data_sha256"],
            metric_type=metric,
            metric_args=arguments,
            metric_name=f"{title}, {_MODES[mode]}",
            metric_value=round(figures[kind], 4),
        )
        for name, results, system in measured
        for mode, figures in system["modes"].items()
        for kind, title, metric, arguments in _INDEXED
    ]
    front = {key: value for key, value in card.data.to_dict().items() if key != "model-index"}
    card.data = ModelCardData(**front, model_name=config.version, eval_results=results_of)
    parts = [_part(*one, ours=is_ours(config)) for one in measured]
    if examples:
        parts.append(_failures(evaluations, config, network, examples))
    text = "\n".join([_HEADING, "", *parts]) + "\n"
    card.text = _SECTION.sub("", card.text).replace(NOT_MEASURED, "")
    place = _NEXT.search(card.text)
    cut = place.start() if place else len(card.text)
    card.text = f"{card.text[:cut]}{text}{card.text[cut:]}"
    write_text(file, str(card))
    write_manifest(model)


def _measured(folder: Path, version: str, network: str) -> tuple[Figures, Figures]:
    """Return the results of one evaluation, and those of the model among them."""
    file = folder / "metrics.json"
    try:
        results = json.loads(file.read_text("utf8"))
        systems = results["systems"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{file}: no results of `rejoinder-train evaluate -o` ({error!r})") from error
    for system in systems.values():
        if system.get("model_sha256") == network:
            return results, system
    raise InputError(f"{file}: holds no figures of this very {version}; evaluate the exported model itself")


def _part(dataset_name: str, results: Figures, system: Figures, *, ours: bool) -> str:
    modes = system["modes"]
    fullest = [*modes][-1]
    pairs = modes[fullest]["contrast_pairs"]
    only_pairs = pairs and 2 * pairs["pairs"] == results["statements"]
    intervals = (
        "Wilson's, which take pairs as independent"
        if only_pairs
        else "by bootstrap over groups (Wilson's of shares that are 0 or 1)"
    )
    lines = [
        f"{_escaped(dataset_name)}, split {results['split']}: {results['statements']} statements of "
        f"{results['groups']} groups (sha256 of the data `{results['data_sha256'][:16]}…`, "
        f"code {results['git_revision'] or 'unknown'}). In brackets 95 % intervals, {intervals}. "
        "Written by `rejoinder-train card`.",
        "",
    ]
    if only_pairs:
        return "\n".join([*lines, *_pairs(pairs, _KINDS if ours else {}), ""])
    if doubt := caveat(results):
        lines += [_escaped(doubt), ""]
    overall = ("macro_f1", "primary_accuracy", "exact_match")
    rows = [[_MODES[mode], *_cells(one, one["intervals"], overall)] for mode, one in modes.items()]
    lines += _table(("input", "macro-F1", "primary accuracy", "exact match"), rows)
    figures = modes[fullest]
    labels = [(label, figures[label], figures["intervals"][label]) for label in results["labels"]]
    rows = [[_escaped(label), str(one["support"]), *_cells(one, ends, _PER_LABEL)] for label, one, ends in labels]
    lines += ["", f"Each label, {_MODES[fullest]}:", "", *_table(("label", "statements", *_PER_LABEL.values()), rows)]
    if parts := figures["slices"]:
        rows = [
            [_escaped(name), str(one["statements"]), with_interval(one["macro_f1"], one["interval"])]
            for name, one in parts.items()
        ]
        lines += ["", *_table(("part", "statements", "macro-F1"), rows), *(_what_parts_are([*parts]) if ours else [])]
    rows = [
        [f"{one['coverage']:.0%}", with_interval(one["risk"], one["interval"], ".1%"), f"{one['min_score']:.2f}"]
        for one in figures["coverage_risk"]
    ]
    return "\n".join([*lines, "", *_table(("answered when sure", "wrong", "lowest score"), rows), ""])


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a Markdown table."""
    rule = "|" + "---|" * len(headings)
    return [f"| {' | '.join(headings)} |", rule, *(f"| {' | '.join(cells)} |" for cells in rows)]


def _what_parts_are(names: Sequence[str]) -> list[str]:
    """Return lines that explain the names of slices by columns of this project's data."""
    strata = [name.removeprefix("stratum: ") for name in names if name.startswith("stratum: ")]
    explanations = []
    if any(name.startswith("doubt: ") for name in names):
        explanations.append("doubt: whether a reader who labelled the statement saw two readings.")
    if strata and {*strata} <= _STRATA.keys():
        explanations.append(
            f"stratum: how the statement was chosen: {'; '.join(f'{one}, {_STRATA[one]}' for one in strata)}."
        )
    return ["", " ".join(explanations)] if explanations else []


def _pairs(pairs: Figures, kinds: Mapping[str, str]) -> list[str]:
    rows = []
    for name, one in {"all": pairs, **pairs["parts"]}.items():
        right = with_interval(one["both_right"], one["interval"])
        flipped = "" if one["flipped"] is None else with_interval(one["flipped"], one["flipped_interval"])
        kind = name.removeprefix("kind: ")
        what = f": {kinds[kind]}" if kind in kinds else ""
        rows.append((f"{_escaped(kind)}{what}", str(one["pairs"]), right, flipped))
    headings = ("what differs", "pairs", "both right", "two labels where one is due")
    return ["Pairs that differ in one thing alone, with all their text:", "", *_table(headings, rows)]


def _failures(evaluations: Mapping[Path, str], config: ModelConfig, network: str, files: Sequence[Path]) -> str:
    """Return the model's most confident mistakes among the statements of `files`, starting with one of each kind."""
    # Files may use the columns of the training data or the field names of this project.
    trained = config.training.get("config")
    columns = stored_config(trained, "the model's config.json: training.config").columns if trained else {}
    task: dict[str, Any] = {"labels": config.labels, "other": config.other, "single_label": config.single_label}
    rows, _ = read_data(files, columns=columns, needed=(), **task)
    texts = {row["id"]: row for row in rows}
    mistakes: dict[str, tuple[float, str, str, Figures]] = {}
    taken = sum if config.single_label else max
    for folder in evaluations:
        results = json.loads((folder / "metrics.json").read_text("utf8"))
        ours = {name for name, one in results["systems"].items() if one.get("model_sha256") == network}
        for one in _predictions(folder / "predictions.jsonl"):
            due = primary_of(one["acts"], config.other or "")
            if one["system"] in ours and one["mode"] == "full" and one["id"] in texts and one["label"] != due:
                sure = one["scores"].get(one["label"], 1 - taken(one["scores"].values()))
                mistakes[one["id"]] = sure, due, one["label"], texts[one["id"]]
    surest = sorted(mistakes.values(), key=lambda one: -one[0])
    kinds = {(due, found): place for place, (_, due, found, _) in reversed([*enumerate(surest)])}
    first = [surest[place] for place in sorted(kinds.values())]
    chosen = [*first, *(one for one in surest if one not in first)][:_EXAMPLES]
    named = ", ".join(f"`{file.name if file.is_absolute() else file}`" for file in files)
    lines = ["In the examples the quote stands in bold between « and », in the text around it.", ""]
    lines += [f"Its surest mistakes, one of each kind first, in the statements of {named}:", ""]
    for sure, due, found, row in chosen:
        before, after = (row["before"] or "")[-_SHOWN:], (row["after"] or "")[:_SHOWN]
        words = " ".join(f"{_escaped(before)}**«{_escaped(row['quote'])}»**{_escaped(after)}".split())
        lines.append(f"- {_escaped(due)}, taken for {_escaped(found)} ({sure:.2f}): {words}")
    return "\n".join([*lines, ""])


def _predictions(file: Path) -> Iterator[Figures]:
    try:
        yield from read_json_lines(file)
    except (OSError, ValueError) as error:
        raise InputError(f"{file}: no predictions of `rejoinder-train evaluate -o` ({error})") from error


def _escaped(text: str) -> str:
    """Return a text escaped so that Markdown shows it verbatim."""
    return _MARKUP.sub(r"\\\g<0>", text)


def _cells(figures: Figures, intervals: Figures, keys: Iterable[str]) -> list[str]:
    return [with_interval(figures[key], intervals[key]) for key in keys]
