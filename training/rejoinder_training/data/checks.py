"""Checks of a data set, run before every training."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from datasets import Dataset

from rejoinder.acts import OTHER
from rejoinder_training.data.near import SHORT, Words, near_duplicates, words_of
from rejoinder_training.wording import first_items

SHOWN = 5
"""How many examples of each finding are listed."""
_SOURCES = 10
"""How many sources of a split are counted separately; the rest are added up."""


@dataclass
class Findings:
    """Findings about a data set: errors invalidate measurements, warnings deserve a look, counts are for the log."""

    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    counts: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """Yield all findings, one line each."""
        yield from (f"error: {line}" for line in self.errors)
        yield from (f"warning: {line}" for line in self.warnings)
        yield from self.counts


def check_data(rows: Dataset, *, max_quote: int = 600, other: str | None = OTHER, most: int = SHOWN) -> Findings:
    """Check for duplicates, groups and quotes in several splits, contradictory labels, and quotes that are too long.

    `max_quote` is the number of characters of a quote that the encoder reads, `other` the name for none of the labels,
    `most` the number of examples to list for each finding.
    """
    findings = Findings()
    ids, splits, quotes, groups = (rows[name][:] for name in ("id", "split", "quote", "group"))
    before, after, words = rows["before"][:], rows["after"][:], words_of(quotes)

    def across(alike: Iterable[Sequence[int]]) -> list[Sequence[int]]:
        return [indices for indices in alike if len({splits[i] for i in indices}) > 1]

    def within(alike: Iterable[Sequence[int]]) -> list[Sequence[int]]:
        return [indices for indices in alike if len({splits[i] for i in indices}) == 1]

    def report(lines: list[str], what: str, items: Sequence[str]) -> None:
        if items:
            lines.append(f"{len(items)} {what}: {first_items(items, most, between='; ')}")

    def report_alike(lines: list[str], what: str, alike: Iterable[Sequence[int]], kinds: Sequence[object] = ()) -> None:
        report(lines, what, [_joined_ids(ids, indices, kinds) for indices in alike])

    errors, warnings = findings.errors, findings.warnings
    long = [id for id, quote in zip(ids, quotes, strict=True) if len(quote) > max_quote]
    report(warnings, f"quotes over {max_quote} characters, which are cut", long)
    report(errors, "groups in more than one split", [groups[first] for first, *_ in across(_repeated(groups))])
    repeated = recurring_quotes(quotes, before, after)
    report_alike(errors, "quotes in more than one split", across(repeated), splits)
    report_alike(warnings, "quotes more than once in a split", within(repeated))
    keys = zip(words, words_of(before), words_of(after), strict=True)
    short = _repeated(None if is_distinctive(key) else key for key in keys)
    report_alike(warnings, "short quotes with the same text around them in two splits", across(short), splits)
    certain, chance = _contradictions(rows, words)
    report_alike(errors, "statements with the same words and context but different labels", certain)
    report_alike(warnings, "short quotes with the same words, no context and different labels", chance)
    if len(rows) > 1 and len({*groups}) == len(rows):
        warnings.append(
            "each statement is a group of its own: if several come from one article, name the column that identifies "
            "it (`columns: {group: …}`), or an article may end up in two splits and intervals are too narrow"
        )
    # Clusters of equal quotes alone have been reported above.
    near = [indices for indices in near_duplicates(quotes) if len({words[i] for i in indices}) > 1]
    report_alike(warnings, "near-duplicate quotes in two splits", across(near), splits)
    report_alike(warnings, "near-duplicate quotes in one split", within(near), words)
    split_of = dict(zip(ids, splits, strict=True))
    marks = zip(ids, splits, rows["contrast"][:], strict=True)
    alone = [id for id, split, twin in marks if twin and (twin == id or split_of.get(twin) != split)]
    report(warnings, "statements whose `contrast` is not another statement of their split", alone)
    findings.counts += _counts(rows, str(other))
    return findings


def _repeated(keys: Iterable[Hashable | None]) -> list[list[int]]:
    """Return the indices of each key that occurs more than once, ignoring None."""
    indices: dict[Hashable, list[int]] = defaultdict(list)
    for i, key in enumerate(keys):
        if key is not None:
            indices[key].append(i)
    return [found for found in indices.values() if len(found) > 1]


def recurring_quotes(quotes: Sequence[str], before: Sequence[str], after: Sequence[str]) -> list[list[int]]:
    """Return the indices of each quote that occurs more than once; a short one only with the same text around it.

    Quotes that are short even together with that text recur by chance and are left out.
    """
    keys = (
        (words,) if is_distinctive((words,)) else (words, *around)
        for words, *around in zip(*map(words_of, (quotes, before, after)), strict=True)
    )
    return _repeated(key if is_distinctive(key) else None for key in keys)


def is_distinctive(texts: Iterable[Sequence[str]]) -> bool:
    """Return whether texts, given as words, are together too long to recur by chance."""
    return sum(map(len, texts)) >= SHORT


def _contradictions(rows: Dataset, words: Sequence[Words]) -> tuple[list[list[int]], list[list[int]]]:
    """Return the indices of statements that differ only in labels: certain ones, and those too short to be sure."""
    acts = rows["acts"][:]
    around = list(zip(rows["before"][:], rows["after"][:], rows["speaker"][:], strict=True))
    alike = _repeated(
        None if labels is None else key for labels, key in zip(acts, zip(words, around, strict=True), strict=True)
    )
    differing = [indices for indices in alike if len({frozenset(acts[i]) for i in indices}) > 1]
    certain, chance = list[list[int]](), list[list[int]]()
    for indices in differing:
        # Without context, a short quote such as "no comment" may rightly have different labels.
        recurs = len(words[indices[0]]) < SHORT and not any(around[indices[0]])
        (chance if recurs else certain).append(indices)
    return certain, chance


def _counts(rows: Dataset, other: str) -> list[str]:
    """Return a line for each split and source with the number of statements of each label, largest sources first."""
    counts: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for split, source, acts in zip(rows["split"][:], rows["source"][:], rows["acts"][:], strict=True):
        counts[split][source].update(["statements", *(["unlabelled"] if acts is None else acts or [other])])
    lines = []
    for split, sources in sorted(counts.items()):
        order = sorted(sources, key=lambda source: (-sources[source]["statements"], source))
        parts = {source: sources[source] for source in order[:_SOURCES]}
        if rest := order[_SOURCES:]:
            parts[f"{len(rest)} other sources"] = sum((sources[source] for source in rest), Counter())
        for source, counter in parts.items():
            lines.append(f"{split}, {source}: " + ", ".join(f"{n} {name}" for name, n in counter.most_common()))
    return lines


def _joined_ids(ids: Sequence[str], members: Sequence[int], kinds: Sequence[object] = ()) -> str:
    """Return the ids of up to three members joined by ` = `; if `kinds` are given, one of each kind comes first."""
    firsts = sorted({kinds[i]: i for i in reversed(members)}.values()) if kinds else []
    return " = ".join(ids[i] for i in [*firsts, *(i for i in members if i not in firsts)][:3])
