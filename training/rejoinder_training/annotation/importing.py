"""Annotators' answers as training data: checked, compared, and merged into one row for each statement."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from rejoinder.acts import ACTS, OTHER
from rejoinder.errors import InputError
from rejoinder_training.annotation.answers import Answer, names_of
from rejoinder_training.annotation.exports import read_export
from rejoinder_training.annotation.interrupted import source_text
from rejoinder_training.annotation.tables import ANSWER_PREFIX, is_own, read_rows
from rejoinder_training.annotation.tasks import LABEL_STUDIO, TABLES
from rejoinder_training.choices import Disagreement
from rejoinder_training.data.readers import file_names
from rejoinder_training.data.rows import checked_row
from rejoinder_training.data.schema import primary_of
from rejoinder_training.wording import first_items


@dataclass
class Answers:
    """The usable answers by the id of their statement, and the number of answers in special cases."""

    by_statement: dict[str, list[Answer]] = field(default_factory=dict)
    cancelled: int = 0
    empty: int = 0
    """Without acts: tasks without annotations, rows not filled in."""
    replaced: int = 0
    """Followed by a later answer of the same annotator."""


@dataclass
class Imported:
    """Rows in the schema with `annotator`, `doubt`, `stratum` and the user's columns, and what became of answers."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    """The quote of each row with the text around it, as annotators saw it."""
    disagreeing: list[str] = field(default_factory=list)
    """Statements whose annotators disagree, each with their answers."""
    left_out: list[str] = field(default_factory=list)
    """Ids of statements left out because the rule does not settle the disagreement."""
    relabelled: int = 0
    """Statements that had other acts before."""
    requoted: int = 0
    """Statements whose quote was marked again."""


def read_answers(
    files: Sequence[Path],
    *,
    labels: Sequence[str] = ACTS,
    other: str | None = OTHER,
    single_label: bool = False,
) -> Answers:
    """Read Label Studio's exports (`.json`) and filled-in tables (`.csv`, `.tsv`, `.jsonl`).

    Raises:
        InputError: If a file cannot be read or was not written by `write_tasks`, answers cannot be used (the first of
            each kind are named), or there are none.
    """
    answers, problems = Answers(), defaultdict[str, list[str]](list)
    for file, answer in _read_all(files, other):
        if answer.cancelled:
            answers.cancelled += 1
            continue
        if answer.problem is None and answer.row.get("acts") is None:
            answers.empty += 1
            continue
        problem = answer.problem
        if problem is None:
            found, row = checked_row(dict(answer.row), file, 0, {}, labels, other, single_label=single_label)
            problem = ": ".join(found) if found else None
        if problem is None and not answer.row.get("id"):
            problem = "id: missing"
        if problem is None:
            own = {name: value for name, value in answer.row.items() if is_own(name)}
            kept = {"stratum": str(answer.row.get("stratum") or "")} | source_text(answer.row)
            problem = _add(answers, replace(answer, row=row | own | kept))
        if problem:
            problems[problem].append(answer.place)
    if problems:
        lines = [f"{first_items(places)}: {problem}" for problem, places in problems.items()]
        hint = f"{sum(map(len, problems.values()))} answers cannot be used; fix them"
        if [*labels] == [*ACTS] and any("is none of" in problem for problem in problems):
            hint += ", or name labels of your own with --config or --label"
        raise InputError("\n".join([*lines, hint]))
    if not answers.by_statement:
        raise InputError(
            f"{', '.join(map(str, files))}: no answers ({answers.empty} tasks without labels, "
            f"{answers.cancelled} cancelled)"
        )
    return answers


def _read_all(files: Sequence[Path], other: str | None) -> Iterator[tuple[str, Answer]]:
    """Yield each answer with the name of its file."""
    names = file_names(files)
    for file in files:
        if file.suffix == LABEL_STUDIO:
            yield from ((names[file], answer) for answer in read_export(file, other))
        elif file.suffix in TABLES:
            yield from ((names[file], answer) for answer in read_rows(str(file), names[file]))
        else:
            raise InputError(f"{file}: answers are read from {LABEL_STUDIO}, {', '.join(TABLES)}")


def _add(answers: Answers, answer: Answer) -> str | None:
    """Add an answer to those of its statement, or return the problem that prevents it."""
    previous = answers.by_statement.setdefault(answer.row["id"], [])
    if previous and previous[0].shown.split() != answer.shown.split():
        return f"id: {answer.row['id']!r} is another statement in {previous[0].place}; give one of them another id"
    for i, earlier in enumerate(previous):
        if answer.annotator and earlier.annotator == answer.annotator:
            if not answer.updated or not earlier.updated:
                return f"id: {answer.row['id']!r} has an answer of {answer.annotator} already, in {earlier.place}"
            answers.replaced += 1
            previous[i] = max(earlier, answer, key=lambda candidate: candidate.updated)
            return None
    previous.append(answer)
    return None


def import_labels(answers: Answers, *, other: str | None = OTHER, disagreement: Disagreement = "refuse") -> Imported:
    """Return one row for each statement.

    Annotators agree if they give the same acts, primary act and quote, and no two different corrections of the speaker;
    a single correction counts for all who otherwise agree. If they disagree, `disagreement` decides: the answer of the
    `majority` or the `first` annotator counts, or the statement is left out (`skip`, and `majority` if no answer is
    more frequent than all others).

    Raises:
        InputError: If annotators disagree and `disagreement` is "refuse".
    """
    imported = Imported()
    for id, each in answers.by_statement.items():
        given = _with_corrections(each)
        chosen = _settled(given, disagreement)
        if _disagree(given):
            named = zip(names_of(given), given, strict=True)
            said = "; ".join(f"{name}: {_described(answer, other)}" for name, answer in named)
            imported.disagreeing.append(f"{id} ({said})")
        if chosen is None:
            imported.left_out.append(id)
            continue
        agreeing = [answer for answer in given if _full_answer(answer) == _full_answer(chosen)]
        people = {
            "annotator": "|".join(answer.annotator for answer in agreeing),
            "doubt": any(answer.doubt for answer in given),
        }
        speaker = {} if chosen.speaker is None else {"speaker": chosen.speaker}
        imported.rows.append({**chosen.row, **speaker, **people})
        imported.shown.append(chosen.shown)
        earlier = [act for act in chosen.earlier or () if act != other]
        imported.relabelled += chosen.earlier is not None and earlier != chosen.row["acts"]
        imported.requoted += chosen.quote_changed
    if imported.disagreeing and disagreement == "refuse":
        raise InputError(
            f"annotators disagree on {len(imported.disagreeing)} statements: {first_items(imported.disagreeing)}; "
            "settle them in the annotation tool or in the table that --disagreements FILE writes, or choose "
            "--disagreement majority, first or skip"
        )
    return imported


def disagreements(
    answers: Answers, *, other: str | None, disagreement: Disagreement
) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the statements whose annotators disagree, to be labelled again, and the names of their further columns.

    These are the user's columns, `settled` (the answer that counts according to `disagreement`), and `said_NAME` for
    each annotator.
    """
    rows, columns = list[dict[str, Any]](), {"settled": None}
    for given in map(_with_corrections, answers.by_statement.values()):
        if not _disagree(given):
            continue
        chosen = _settled(given, disagreement)
        said = {
            f"{ANSWER_PREFIX}{name}": _described(answer, other)
            for name, answer in zip(names_of(given), given, strict=True)
        }
        shown = next((answer for answer in given if not answer.quote_changed), given[0])
        rows.append({**shown.row, "acts": None, "settled": _described(chosen, other) if chosen else "", **said})
        columns |= dict.fromkeys([*filter(is_own, shown.row), *said])
    return rows, [*columns]


def _with_corrections(given: Sequence[Answer]) -> list[Answer]:
    """Extend a correction of the speaker, if it is the only one, to all answers with the same acts and quote."""
    corrections: dict[Any, set[str]] = defaultdict(set)
    for answer in given:
        if answer.speaker is not None:
            corrections[_acts_and_quote(answer)].add(answer.speaker)
    only = {key: names.pop() for key, names in corrections.items() if len(names) == 1}
    return [replace(answer, speaker=only.get(_acts_and_quote(answer), answer.speaker)) for answer in given]


def _acts_and_quote(answer: Answer) -> tuple[str, frozenset[str], str]:
    acts = answer.row["acts"]
    return (primary_of(acts), frozenset(acts), answer.row["quote"])


def _full_answer(answer: Answer) -> tuple[Any, str | None]:
    return (_acts_and_quote(answer), answer.speaker)


def _described(answer: Answer, other: str | None) -> str:
    acts = "|".join(answer.row["acts"]) or str(other)
    quote = f" of {answer.row['quote'][:60]!r}" if answer.quote_changed else ""
    return f"{acts}{quote}{f' said by {answer.speaker}' if answer.speaker else ''}"


def _disagree(given: Sequence[Answer]) -> bool:
    return len({*map(_full_answer, given)}) > 1


def _settled(given: Sequence[Answer], disagreement: Disagreement) -> Answer | None:
    """Return the answer that counts, or None if annotators disagree and the rule does not settle it."""
    if disagreement == "first" or not _disagree(given):
        return given[0]
    (best, most), (_, next_most) = Counter(map(_full_answer, given)).most_common(2)
    if disagreement == "majority" and most > next_most:
        return next(answer for answer in given if _full_answer(answer) == best)
    return None
