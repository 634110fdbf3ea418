"""What can spoil a data set, looked for before every training."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from datasets import Dataset

from rejoinder.acts import OTHER
from rejoinder_training.data.near import SHORT, near_duplicates, words_of

SHOWN = 5
"""Places of each finding that are named."""
_SOURCES = 10
"""Sources of a split that are counted apart."""


@dataclass
class Findings:
    """Errors make what is measured wrong; warnings are worth a look; counts are for the log."""

    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    counts: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """Yield all findings, one line each."""
        yield from (f"error: {line}" for line in self.errors)
        yield from (f"warning: {line}" for line in self.warnings)
        yield from self.counts


def check_data(rows: Dataset, *, max_quote: int = 600, other: str | None = OTHER, most: int = SHOWN) -> Findings:
    """Look for duplicates, groups and statements that cross splits, contradictions, and unusable quotes.

    `max_quote` is the number of characters that the encoder reads of a quote, `other` the name of none of the labels,
    `most` how many places of each finding are named.
    """
    findings = Findings()
    report = partial(_report, most=most)
    ids, splits, quotes = rows["id"][:], rows["split"][:], rows["quote"][:]
    words = words_of(quotes)

    long = [id for id, quote in zip(ids, quotes, strict=True) if len(quote) > max_quote]
    report(findings.warnings, f"quotes over {max_quote} characters, which are cut", long)

    crossing: dict[str, set[str]] = defaultdict(set)
    for group, split in zip(rows["group"][:], splits, strict=True):
        crossing[group].add(split)
    report(findings.errors, "groups in more than one split", [g for g, s in crossing.items() if len(s) > 1])

    same: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for i, w in enumerate(words):
        same[w].append(i)
    repeated = recurring_quotes(quotes, rows["before"][:], rows["after"][:])
    across = [group for group in repeated if len({splits[i] for i in group}) > 1]
    report(findings.errors, "quotes in more than one split", [_pair(ids, group, splits) for group in across])
    within = [group for group in repeated if len({splits[i] for i in group}) == 1]
    report(findings.warnings, "quotes more than once in a split", [_pair(ids, group) for group in within])
    short = [group for group in _short_recurring(rows, same) if len({splits[i] for i in group}) > 1]
    report(
        findings.warnings,
        "short quotes with the same text around them in two splits",
        [_pair(ids, g, splits) for g in short],
    )
    contradictions, chance = _contradictions(rows, same)
    report(findings.errors, "statements with the same text around them and other labels", contradictions)
    report(findings.warnings, "short quotes with no text around them and other labels", chance)
    if len(rows) > 1 and len({*rows["group"][:]}) == len(rows):
        findings.warnings.append(
            "each statement is a group of its own: where several stand in one article, name the column that tells "
            "which one (`columns: {group: …}`), or parts of it may come into two splits and intervals are too narrow"
        )

    near = [group for group in near_duplicates(quotes) if len({words[i] for i in group}) > 1]  # the rest are equal
    across_near = [group for group in near if len({splits[i] for i in group}) > 1]
    report(
        findings.warnings, "near-duplicate quotes in two splits", [_pair(ids, group, splits) for group in across_near]
    )
    within_near = [group for group in near if len({splits[i] for i in group}) == 1]
    report(findings.warnings, "near-duplicate quotes in one split", [_pair(ids, group, words) for group in within_near])
    place = dict(zip(ids, splits, strict=True))
    marks = zip(ids, splits, rows["contrast"][:], strict=True)
    alone = [id for id, split, twin in marks if twin and (twin == id or place.get(twin) != split)]
    report(findings.warnings, "statements whose `contrast` is no other statement of their split", alone)
    findings.counts += _counts(rows, str(other))
    return findings


def recurring_quotes(quotes: Sequence[str], before: Sequence[str], after: Sequence[str]) -> list[list[int]]:
    """Return the places of quotes that stand there more than once, short ones with the same text around them.

    Where that is short too, they recur by chance and do not count.
    """
    same: dict[tuple[tuple[str, ...], ...], list[int]] = defaultdict(list)
    for i, (words, *around) in enumerate(zip(*map(words_of, (quotes, before, after)), strict=True)):
        if is_telling(key := (words,) if is_telling((words,)) else (words, *around)):
            same[key].append(i)
    return [places for places in same.values() if len(places) > 1]


def _short_recurring(rows: Dataset, same: Mapping[tuple[str, ...], Sequence[int]]) -> Iterator[list[int]]:
    """Yield the places of statements that recur with the same text around them, and are too short to be counted."""
    around = list(zip(words_of(rows["before"][:]), words_of(rows["after"][:]), strict=True))
    for words, group in same.items():
        by_context: dict[tuple[tuple[str, ...], ...], list[int]] = defaultdict(list)
        for i in group:
            if not is_telling((words, *around[i])):
                by_context[around[i]].append(i)
        yield from (members for members in by_context.values() if len(members) > 1)


def is_telling(texts: Iterable[Sequence[str]]) -> bool:
    """Return whether texts, as their words, are too long together to recur by chance."""
    return sum(map(len, texts)) >= SHORT


def _contradictions(rows: Dataset, same: dict[tuple[str, ...], list[int]]) -> tuple[list[str], list[str]]:
    """Return the statements that are the same but for their labels, and those that are too short to be sure."""
    ids, acts = rows["id"][:], rows["acts"][:]
    around = list(zip(rows["before"][:], rows["after"][:], rows["speaker"][:], strict=True))
    certain, chance = list[str](), list[str]()
    for words, group in same.items():
        by_context: dict[tuple[str, str, str], list[int]] = defaultdict(list)
        for i in group:
            if acts[i] is not None:
                by_context[around[i]].append(i)
        for context, members in by_context.items():
            if len({frozenset(acts[i]) for i in members}) > 1:
                # "No comment" means one thing here and another there, where nothing tells where it was said.
                recurs = len(words) < SHORT and not any(context)
                (chance if recurs else certain).append(_pair(ids, members))
    return certain, chance


def _counts(rows: Dataset, other: str) -> list[str]:
    """Return the number of statements of each label, by split and source, the largest sources first."""
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


def _pair(ids: Sequence[str], members: Sequence[int], apart: Sequence[object] = ()) -> str:
    """Return some members of a group, of those that are told `apart` first one of each kind."""
    firsts = sorted({apart[i]: i for i in reversed(members)}.values()) if apart else []
    return " = ".join(ids[i] for i in [*firsts, *(i for i in members if i not in firsts)][:3])


def _report(lines: list[str], what: str, items: list[str], *, most: int) -> None:
    if items:
        more = f" and {len(items) - most} more" if len(items) > most else ""
        lines.append(f"{len(items)} {what}: {'; '.join(items[:most])}{more}")
