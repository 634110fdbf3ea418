"""Functions for data: start a project, check statements, join labels with texts."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from datasets import Dataset

from rejoinder.errors import InputError
from rejoinder_training.api.places import Place, Places, several
from rejoinder_training.config import RunConfig, load_config
from rejoinder_training.data.checks import SHOWN as MOST_NAMED
from rejoinder_training.data.checks import Findings, check_data
from rejoinder_training.data.cues import cue_statements
from rejoinder_training.data.readers import ReadReport, read_data
from rejoinder_training.data.standoff import prepare as join
from rejoinder_training.init import init as make
from rejoinder_training.json_files import check_not_read, write_json_lines, write_text
from rejoinder_training.run_rows import check_labels, check_some_labelled, choose_rows, size_doubts

SHOWN = 20
"""Maximum number of refused labels to print; if there are more, all are written to a file."""


def init(folder: Place) -> Path:
    """Create a project that can be trained as it is: a commented configuration, sample data, a README."""
    make(Path(folder))
    return Path(folder)


def check(
    data: Places | None = None,
    *,
    config: Place | None = None,
    columns: Mapping[str, str] | None = None,
    skip_bad: Place | None = None,
    most: int = MOST_NAMED,
) -> tuple[Findings, Dataset, ReadReport]:
    """Look for duplicates, groups that cross splits, contradictions and bad rows; also return the rows and the report.

    At most `most` places are named for each finding.
    """
    data = several(data)
    settings = (
        load_config(Path(config)) if config else RunConfig.model_validate({"base_model": "tiny", "data": data or []})
    )
    if not (data or settings.data):
        raise InputError("check: name files of statements, or a configuration with --config")
    mapped = {**settings.columns, **(columns or {})}
    rows, read = read_data(
        data or settings.data,
        columns=mapped,
        labels=settings.labels,
        other=settings.other,
        single_label=settings.single_label,
        skip_bad=Path(skip_bad) if skip_bad else None,
    )
    whole = bool(config and not data)
    if whole:
        check_some_labelled(settings, read)
        rows = choose_rows(settings, rows)
    findings = check_data(rows, max_quote=settings.encoding.quote, other=settings.other, most=most)
    findings.warnings += read.doubts(mapped.get("acts", "acts"), settings.other)
    if whole:
        findings.warnings += size_doubts(settings, rows)
        try:
            findings.warnings += check_labels(settings, rows)
        except InputError as error:
            findings.errors.append(str(error))
    return findings, rows, read


def prepare(
    labels: Places, texts: Places, output: Place, *, cues: bool = False
) -> tuple[list[dict[str, Any]], list[str]]:
    """Join standoff labels with their texts; return the statements, and why each refused label was refused.

    If more than `SHOWN` labels are refused, all of them are listed in a file next to `output`.
    """
    output, files, places = Path(output), [*map(Path, several(labels))], [*map(Path, several(texts))]
    check_not_read(output, [*files, *places])
    rows, refused = join(files, places)
    if cues:
        rows = cue_statements(rows)
    output.parent.mkdir(parents=True, exist_ok=True)
    write_json_lines(output, rows)
    if len(refused) > SHOWN:
        write_text(refused_file(output), "\n".join(refused) + "\n")
    return rows, refused


def refused_file(output: Path) -> Path:
    """Return the path to which `prepare` writes refused labels."""
    return output.with_suffix(".refused.txt")
