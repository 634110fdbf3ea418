"""What can spoil a data set, looked for before every training."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from datasets import Dataset

from rejoinder.acts import OTHER
from rejoinder_training.data.near import SHORT, Words, near_duplicates, words_of
from rejoinder_training.wording import first_of

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
    ids, splits, quotes, groups = (rows[name][:] for name in ("id", "split", "quote", "group"))
    before, after, words = rows["before"][:], rows["after"][:], words_of(quotes)

    def across(alike: Iterable[Sequence[int]]) -> list[Sequence[int]]:
        return [places for places in alike if len({splits[i] for i in places}) > 1]

    def within(alike: Iterable[Sequence[int]]) -> list[Sequence[int]]:
        return [places for places in alike if len({splits[i] for i in places}) == 1]

    def report(lines: list[str], what: str, items: Sequence[str]) -> None:
        if items:
            lines.append(f"{len(items)} {what}: {first_of(items, most, between='; ')}")

    def report_alike(lines: list[str], what: str, alike: Iterable[Sequence[int]], apart: Sequence[object] = ()) -> None:
        report(lines, what, [_pair(ids, places, apart) for places in alike])

    errors, warnings = findings.errors, findings.warnings
    long = [id for id, quote in zip(ids, quotes, strict=True) if len(quote) > max_quote]
    report(warnings, f"quotes over {max_quote} characters, which are cut", long)
    report(errors, "groups in more than one split", [groups[one] for one, *_ in across(_repeated(groups))])
    repeated = recurring_quotes(quotes, before, after)
    report_alike(errors, "quotes in more than one split", across(repeated), splits)
    report_alike(warnings, "quotes more than once in a split", within(repeated))
    keys = zip(words, words_of(before), words_of(after), strict=True)
    short = _repeated(None if is_telling(key) else key for key in keys)
    report_alike(warnings, "short quotes with the same text around them in two splits", across(short), splits)
    certain, chance = _contradictions(rows, words)
    report_alike(errors, "statements with the same text around them and other labels", certain)
    report_alike(warnings, "short quotes with no text around them and other labels", chance)
    if len(rows) > 1 and len({*groups}) == len(rows):
        warnings.append(
            "each statement is a group of its own: where several stand in one article, name the column that tells "
            "which one (`columns: {group: …}`), or parts of it may come into two splits and intervals are too narrow"
        )
    near = [places for places in near_duplicates(quotes) if len({words[i] for i in places}) > 1]  # the rest are equal
    report_alike(warnings, "near-duplicate quotes in two splits", across(near), splits)
    report_alike(warnings, "near-duplicate quotes in one split", within(near), words)
    split_of = dict(zip(ids, splits, strict=True))
    marks = zip(ids, splits, rows["contrast"][:], strict=True)
    alone = [id for id, split, twin in marks if twin and (twin == id or split_of.get(twin) != split)]
    report(warnings, "statements whose `contrast` is no other statement of their split", alone)
    findings.counts += _counts(rows, str(other))
    return findings


def _repeated(keys: Iterable[Hashable | None]) -> list[list[int]]:
    """Return the places of each key that there is more than once; None is no key."""
    places: dict[Hashable, list[int]] = defaultdict(list)
    for i, key in enumerate(keys):
        if key is not None:
            places[key].append(i)
    return [those for those in places.values() if len(those) > 1]


def recurring_quotes(quotes: Sequence[str], before: Sequence[str], after: Sequence[str]) -> list[list[int]]:
    """Return the places of quotes that stand there more than once, short ones with the same text around them.

    Where that is short too, they recur by chance and do not count.
    """
    keys = (
        (words,) if is_telling((words,)) else (words, *around)
        for words, *around in zip(*map(words_of, (quotes, before, after)), strict=True)
    )
    return _repeated(key if is_telling(key) else None for key in keys)


def is_telling(texts: Iterable[Sequence[str]]) -> bool:
    """Return whether texts, as their words, are too long together to recur by chance."""
    return sum(map(len, texts)) >= SHORT


def _contradictions(rows: Dataset, words: Sequence[Words]) -> tuple[list[list[int]], list[list[int]]]:
    """Return the statements that are the same but for their labels, and those that are too short to be sure."""
    acts = rows["acts"][:]
    around = list(zip(rows["before"][:], rows["after"][:], rows["speaker"][:], strict=True))
    alike = _repeated(
        None if one is None else key for one, key in zip(acts, zip(words, around, strict=True), strict=True)
    )
    differing = [places for places in alike if len({frozenset(acts[i]) for i in places}) > 1]
    certain, chance = list[list[int]](), list[list[int]]()
    for places in differing:
        # "No comment" means one thing here and another there, where nothing tells where it was said.
        recurs = len(words[places[0]]) < SHORT and not any(around[places[0]])
        (chance if recurs else certain).append(places)
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
