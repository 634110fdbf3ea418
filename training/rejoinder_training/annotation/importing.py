"""Annotators' answers as training data: checked, compared, and one row for each statement."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from rejoinder.acts import ACTS, OTHER
from rejoinder.errors import InputError
from rejoinder_training.annotation.answers import Answer, names_of
from rejoinder_training.annotation.exports import read_export
from rejoinder_training.annotation.interrupted import true_text
from rejoinder_training.annotation.tables import SAID, is_own, read_rows
from rejoinder_training.annotation.tasks import LABEL_STUDIO, TABLES
from rejoinder_training.choices import Disagreement, WithoutMain
from rejoinder_training.data.readers import file_names
from rejoinder_training.data.rows import checked_row
from rejoinder_training.data.schema import primary_of
from rejoinder_training.wording import first_of


@dataclass
class Answers:
    """The usable answers, by statement, and what was left out."""

    by_statement: dict[str, list[Answer]] = field(default_factory=dict)
    cancelled: int = 0
    empty: int = 0
    """Without acts: tasks that nobody has annotated, rows not filled in."""
    replaced: int = 0
    """Followed by a later answer of the same annotator."""
    without_main: int = 0
    """With several acts and none of them as the main one: settled, or left out."""


@dataclass
class Imported:
    """Rows in the schema with `annotator`, `doubt`, `stratum` and the user's columns, and what became of answers."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    """Of each row the quote with the text around it, as annotators saw it."""
    disagreeing: list[str] = field(default_factory=list)
    """Statements whose annotators disagree, each with their answers."""
    left_out: list[str] = field(default_factory=list)
    """Ids of those that no rule settled."""
    relabelled: int = 0
    """Statements that had other acts before."""
    requoted: int = 0
    """Statements whose quote was marked anew."""


def read_answers(
    files: Sequence[Path],
    *,
    labels: Sequence[str] = ACTS,
    other: str | None = OTHER,
    single_label: bool = False,
    without_main: WithoutMain = "refuse",
) -> Answers:
    """Read Label Studio's exports (`.json`) and filled-in tables (`.csv`, `.tsv`, `.jsonl`).

    Of several acts without a main one, which the earlier labelling interface let pass, the `likeliest` by the scores
    of the task is taken for it, or the answer is left out (`skip`).

    Raises:
        InputError: a file that cannot be read or that `write_tasks` has not made, answers that cannot be used (the
            first of each kind are named), or no answers.
    """
    answers, problems = Answers(), defaultdict[str, list[str]](list)
    for file, answer in _every(files, other):
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
        if problem is None and answer.without_main:
            answers.without_main += 1
            if without_main == "skip":
                continue
            row["acts"], problem = _likeliest_first(answer) if without_main == "likeliest" else (None, _no_main(answer))
        if problem is None and not answer.row.get("id"):
            problem = "id: missing"
        if problem is None:
            own = {name: value for name, value in answer.row.items() if is_own(name)}
            kept = {"stratum": str(answer.row.get("stratum") or "")} | true_text(answer.row)
            problem = _add(answers, replace(answer, row=row | own | kept))
        if problem:
            problems[problem].append(answer.place)
    if problems:
        told = [f"{first_of(places)}: {problem}" for problem, places in problems.items()]
        hint = f"{sum(map(len, problems.values()))} answers cannot be used; mend them"
        if [*labels] == [*ACTS] and any("is none of" in problem for problem in problems):
            hint += ", or name labels of your own with --config or --label"
        raise InputError("\n".join([*told, hint]))
    if not answers.by_statement:
        raise InputError(
            f"{', '.join(map(str, files))}: no answers ({answers.empty} tasks without labels, "
            f"{answers.cancelled} cancelled)"
        )
    return answers


def _no_main(answer: Answer) -> str:
    acts = ", ".join(answer.row["acts"])
    return f"acts: none of {acts} is said to be the main one; choose it, or --without-main likeliest or skip"


def _likeliest_first(answer: Answer) -> tuple[list[str] | None, str | None]:
    """Return the acts with the likeliest one first, or what hinders."""
    acts, scores = answer.row["acts"], answer.row.get("scores")
    if not isinstance(scores, dict) or not all(isinstance(scores.get(act), float | int) for act in acts):
        return None, f"scores: none of {', '.join(acts)} in the task, to tell the likeliest; choose the main one"
    return sorted(acts, key=lambda act: -scores[act]), None


def _every(files: Sequence[Path], other: str | None) -> Iterator[tuple[str, Answer]]:
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
    """Take an answer in, or return why it cannot be."""
    beside = answers.by_statement.setdefault(answer.row["id"], [])
    if beside and beside[0].shown.split() != answer.shown.split():
        return f"id: {answer.row['id']!r} is another statement in {beside[0].place}; give one of them another id"
    for i, one in enumerate(beside):
        if answer.annotator and one.annotator == answer.annotator:
            if not answer.updated or not one.updated:
                return f"id: {answer.row['id']!r} has an answer of {answer.annotator} already, in {one.place}"
            answers.replaced += 1
            beside[i] = max(one, answer, key=lambda two: two.updated)
            return None
    beside.append(answer)
    return None


def import_labels(answers: Answers, *, other: str | None = OTHER, disagreement: Disagreement = "refuse") -> Imported:
    """Return one row for each statement.

    Annotators agree where they give the same acts, the same primary act and the same quote, and do not correct the
    speaker in two ways; one who corrects the speaker speaks for those who otherwise agree. Where they do not agree, the
    `majority`'s or the `first` annotator's answer counts, or the statement is left out (`skip`, and `majority` where
    no answer is given more often than all others).

    Raises:
        InputError: annotators disagree, and `disagreement` is "refuse".
    """
    imported = Imported()
    for id, each in answers.by_statement.items():
        given = _with_corrections(each)
        chosen = _settled(given, disagreement)
        if _disagree(given):
            told = zip(names_of(given), given, strict=True)
            said = "; ".join(f"{name}: {_told(one, other)}" for name, one in told)
            imported.disagreeing.append(f"{id} ({said})")
        if chosen is None:
            imported.left_out.append(id)
            continue
        agreeing = [one for one in given if _said(one) == _said(chosen)]
        people = {"annotator": "|".join(one.annotator for one in agreeing), "doubt": any(one.doubt for one in given)}
        speaker = {} if chosen.speaker is None else {"speaker": chosen.speaker}
        imported.rows.append({**chosen.row, **speaker, **people})
        imported.shown.append(chosen.shown)
        earlier = [act for act in chosen.earlier or () if act != other]
        imported.relabelled += chosen.earlier is not None and earlier != chosen.row["acts"]
        imported.requoted += chosen.quote_changed
    if imported.disagreeing and disagreement == "refuse":
        raise InputError(
            f"annotators disagree on {len(imported.disagreeing)} statements: {first_of(imported.disagreeing)}; settle "
            "them in the annotation tool, or choose --disagreement majority, first or skip "
            "(--disagreements FILE writes all of them as a table to settle)"
        )
    return imported


def disagreements(
    answers: Answers, *, other: str | None, disagreement: Disagreement
) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the statements whose annotators disagree, to be labelled anew, and the names of their further columns.

    These are the user's, `settled`, the answer that counts by the rule of `disagreement`, and `said_NAME` of each
    annotator.
    """
    rows, columns = list[dict[str, Any]](), {"settled": None}
    for given in map(_with_corrections, answers.by_statement.values()):
        if not _disagree(given):
            continue
        chosen = _settled(given, disagreement)
        said = {f"{SAID}{name}": _told(one, other) for name, one in zip(names_of(given), given, strict=True)}
        shown = next((one for one in given if not one.quote_changed), given[0])
        rows.append({**shown.row, "acts": None, "settled": _told(chosen, other) if chosen else "", **said})
        columns |= dict.fromkeys([*filter(is_own, shown.row), *said])
    return rows, [*columns]


def _with_corrections(given: Sequence[Answer]) -> list[Answer]:
    """Return the answers with the speaker that the only correction names among those with the same acts and quote."""
    corrections: dict[Any, set[str]] = defaultdict(set)
    for one in given:
        if one.speaker is not None:
            corrections[_labelled(one)].add(one.speaker)
    only = {said: names.pop() for said, names in corrections.items() if len(names) == 1}
    return [replace(one, speaker=only.get(_labelled(one), one.speaker)) for one in given]


def _labelled(answer: Answer) -> tuple[str, frozenset[str], str]:
    acts = answer.row["acts"]
    return (primary_of(acts), frozenset(acts), answer.row["quote"])


def _said(answer: Answer) -> tuple[Any, str | None]:
    return (_labelled(answer), answer.speaker)


def _told(answer: Answer, other: str | None) -> str:
    acts = "|".join(answer.row["acts"]) or str(other)
    quote = f" of {answer.row['quote'][:60]!r}" if answer.quote_changed else ""
    return f"{acts}{quote}{f' said by {answer.speaker}' if answer.speaker else ''}"


def _disagree(given: Sequence[Answer]) -> bool:
    return len({*map(_said, given)}) > 1


def _settled(given: Sequence[Answer], disagreement: Disagreement) -> Answer | None:
    """Return the answer that counts, None where annotators disagree and the rule settles nothing."""
    if disagreement == "first" or not _disagree(given):
        return given[0]
    (best, most), (_, next_most) = Counter(map(_said, given)).most_common(2)
    if disagreement == "majority" and most > next_most:
        return next(one for one in given if _said(one) == best)
    return None
