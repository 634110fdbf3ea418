"""Evaluates systems and writes the results as one self-contained page."""

import json
import logging
import time
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from datasets import Dataset
from jinja2 import Environment, PackageLoader, StrictUndefined

from rejoinder.errors import InputError
from rejoinder_training import hardware
from rejoinder_training.choices import Mode, check_choice
from rejoinder_training.config import changed, without_run_settings
from rejoinder_training.data.readers import ReadReport
from rejoinder_training.data.schema import labelled_in, primary_of
from rejoinder_training.evaluation.bootstrap import AP_RESAMPLES, RESAMPLES
from rejoinder_training.evaluation.compare import compare
from rejoinder_training.evaluation.errors import find_errors
from rejoinder_training.evaluation.harness import evaluate, make_folder, measured_with, save_results
from rejoinder_training.evaluation.report import facts, instructive, summary, words
from rejoinder_training.evaluation.report.curve import read_curve
from rejoinder_training.evaluation.report.gallery import PLOT_NAMES, draw_all
from rejoinder_training.evaluation.systems import System
from rejoinder_training.evaluation.tables import bracketed
from rejoinder_training.json_files import write_text
from rejoinder_training.origin import Origin, model_record, origin_of
from rejoinder_training.run_folder import stored_config
from rejoinder_training.wording import listed

logger = logging.getLogger(__name__)

Results = dict[str, Any]

ERRORS = 100
"""The maximum number of mistakes on the page."""
SUSPECTS = 50
"""The maximum number of suspects, and of pairs of contradicting statements, on the page."""


def report(
    systems: Sequence[System],
    data: Dataset,
    folder: Path,
    *,
    read: ReadReport,
    train: Dataset | None = None,
    split: str = "validation",
    mode: Mode | None = None,
    slice_columns: Sequence[str] = ("source",),
    curve: Path | None = None,
    command: str = "",
) -> Path:
    """Write a report on the first of `systems`, compared with the others, to `folder`/report.html; return its path.

    `plots/*.svg`, `metrics.json` and `predictions.jsonl` (as from `evaluate -o`) are written next to it. Plots and
    errors are for `mode`, by default the one with the most text that the first system has scores for. `read` is the
    report of `read_data` on the files of `data`, `train` holds the training rows to show with similar errors, `curve`
    is the `summary.json` of a learning curve (by default that in the folder `RUN-curve` next to a run), and `command`
    is the command that the page says it was made with.

    Raises:
        InputError: As in `evaluate` and `find_errors`, or if the first system has no scores in `mode`, `curve` is not
            the summary of a learning curve, or the folder cannot be written.
    """
    began = time.monotonic()
    first, *others = systems
    mode = _mode(first, mode)
    summaries = read_curve(curve) if curve else _curve_beside(first.name)
    make_folder(folder / "plots")
    results, predictions = evaluate(systems, data, split=split, slice_columns=slice_columns)
    differences = {
        other.name: compare(first, other, data, split=split, mode=mode, slice_columns=slice_columns)[0]["modes"][mode]
        for other in others
        if mode in other.modes
    }
    errors = find_errors(first, data, splits=[split], mode=mode)
    names = words.shown_names([system.name for system in systems])
    model = model_record(first.name)
    first = replace(first, name=names[first.name])
    shown = results | {"systems": {names[name]: figures for name, figures in results["systems"].items()}}
    groups = draw_all(first, data, shown, mode, summaries)
    page = {
        "name": first.name,
        "mode": mode,
        "model": model,
        "training": facts.training_facts(model.get("training", {})),
        **_summary(shown, first, mode, {names[name]: difference for name, difference in differences.items()}),
        "groups": groups,
        **_errors(errors, train, str(first.other)),
        "data": facts.counts(data, first.labels, first.other),
        "read": read,
        "command": command,
        "provenance": hardware.provenance(),
    }
    text = _render(page, seconds=time.monotonic() - began)
    asked = {"split": split, "mode": mode, "slices": [*slice_columns]}
    made = measured_with(systems, read.record(), began=began, **asked)
    save_results(results, predictions, folder, made=made)
    drawn = [plot for group in groups for plot in group.plots]
    for plot in drawn:
        write_text(folder / "plots" / f"{plot.name}.svg", plot.svg)
    _remove_earlier(folder / "plots", {plot.name for plot in drawn})
    write_text(folder / "report.html", text)
    return folder / "report.html"


def _mode(system: System, wanted: Mode | None) -> Mode:
    if wanted is None:
        return system.modes[-1]
    check_choice("mode", wanted, Mode)
    if wanted not in system.modes:
        raise InputError(f"{system.name}: has no scores for the input mode {wanted}, only for {listed(system.modes)}")
    return wanted


def _summary(results: Results, first: System, mode: Mode, differences: Mapping[str, Results]) -> Results:
    return {
        "results": results,
        "tiles": summary.tiles(results["systems"][first.name]),
        "sentence": summary.sentence(results, first.name, mode, differences),
        "notes": summary.notes(results, first.name, mode),
        "systems": summary.systems_table(results, mode, differences),
        "labels": summary.labels_table(results["systems"][first.name], results["labels"], mode),
    }


def _errors(errors: Mapping[str, list[Results]], learnt: Dataset | None, other: str) -> Results:
    chosen = instructive.choose(errors["mistakes"], other, most=ERRORS)
    rows = [row for kind in chosen.values() for row in kind]
    train = labelled_in(learnt or (), "train")
    near = dict(zip((row["id"] for row in rows), instructive.nearest(rows, train), strict=True))
    totals = Counter((primary_of(row["acts"], other), row["label"]) for row in errors["mistakes"])
    pairs = instructive.contradicting(errors["contradictions"])
    return {
        "mistakes": len(errors["mistakes"]),
        "shown": len(rows),
        "kinds": [{"real": k[0], "said": k[1], "total": totals[k], "rows": its} for k, its in chosen.items() if its],
        "near": near,
        "train": len(train),
        "other": other,
        "suspects": errors["suspects"][:SUSPECTS],
        "suspects_total": len(errors["suspects"]),
        "contradictions": pairs[:SUSPECTS],
        "contradictions_total": len(pairs),
    }


def _remove_earlier(folder: Path, names: Collection[str]) -> None:
    """Remove the plots of an earlier report that this one does not have; keep files that are not plots of a report."""
    for file in folder.glob("*.svg"):
        if file.stem not in names and PLOT_NAMES.fullmatch(file.stem):
            file.unlink()


def _curve_beside(run: str) -> Mapping[str, Mapping[str, Any]]:
    """Return the learning curve that `learning-curve` wrote next to a run; empty if there is none that fits."""
    file = Path(f"{run.rstrip('/')}-curve", "summary.json")
    try:
        if not file.is_file():
            return {}
        curve, record, origin = read_curve(file), json.loads(file.read_text("utf8")), origin_of(run)
        of_curve = Origin(stored_config(record.get("config"), f"{file}: config"), record.get("data_sha256"))
        if not origin or _what_trains(origin) != _what_trains(of_curve):
            raise InputError(f"{file}: is of other data or another configuration than {run}; run learning-curve again")
        return curve
    except (InputError, OSError) as error:  # OSError: for example, the name is a long command
        logger.warning("no learning curve in the report: %s", error)
        return {}


def _what_trains(origin: Origin) -> Origin:
    """Return an origin without what differs between the runs of a curve or does not affect the trained model."""
    config = changed(without_run_settings(origin.config), {"weights": "fp32", "report_to": [], "search": None})
    return origin._replace(config=config)


def _render(page: Results, *, seconds: float) -> str:
    environment = Environment(
        loader=PackageLoader("rejoinder_training.evaluation.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "f3": lambda value: f"{value:.3f}",
        "count": lambda value: f"{value:,}",
        "percent": words.percent,
        "signed": words.signed,
        "bracketed": bracketed,
        "signed_bracketed": words.signed_bracketed,
        "listed": listed,
        "breakable": words.breakable,
        "clip": instructive.clip,
        "excerpt": instructive.excerpt,
    }
    template = environment.get_template("report.html.jinja")
    made = {"seconds": seconds, "written": time.strftime("%Y-%m-%d %H:%M %Z")}
    return template.render(**page, **made, mode_names=words.MODE_NAMES, resamples=(RESAMPLES, AP_RESAMPLES))
