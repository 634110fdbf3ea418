"""How far annotators agree: each pair of them, and all together."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

from rejoinder_training.annotation.answers import names_of
from rejoinder_training.annotation.importing import Answers

_Labels = tuple[str, ...]

FEWEST = 5
"""Statements from which agreement says something."""


@dataclass(frozen=True, slots=True)
class PairAgreement:
    """How far two annotators agree on the statements that both have answered."""

    annotators: tuple[str, str]
    statements: int
    same: float
    """The share with the same primary label."""
    kappa: float | None
    """Cohen's, of the primary labels; None where both gave one and the same label throughout."""
    exact: float
    """The share with the same set of labels."""
    kappas: dict[str, float | None]
    """Cohen's, of whether each label holds; None where both say the same of it throughout."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far all annotators agree on the statements that two or more have answered."""

    annotators: int
    statements: int
    alpha: float | None
    """Krippendorff's, of the primary labels; None where all of them are one and the same."""
    alpha_of_sets: float | None
    """The same of all labels of a statement as one value."""


def pair_agreement(answers: Answers) -> list[PairAgreement]:
    """Return the agreement of each pair of named annotators with at least `FEWEST` statements in common."""
    pairs: dict[tuple[str, str], list[tuple[_Labels, _Labels]]] = defaultdict(list)
    for given in answers.by_statement.values():
        # Who has no name may be another one in each statement: alpha can count such answers, kappa cannot.
        named = sorted((one.annotator, tuple(one.row["acts"])) for one in given if one.annotator)
        for i, (a, labels) in enumerate(named):
            for b, others in named[i + 1 :]:
                pairs[a, b].append((labels, others))
    return [_pair(names, both) for names, both in sorted(pairs.items()) if len(both) >= FEWEST]


def _pair(names: tuple[str, str], both: Sequence[tuple[_Labels, _Labels]]) -> PairAgreement:
    primary = [(a[:1], b[:1]) for a, b in both]
    sets = [(frozenset(a), frozenset(b)) for a, b in both]
    labels = sorted({label for pair in both for one in pair for label in one})
    return PairAgreement(
        names,
        len(both),
        sum(a == b for a, b in primary) / len(both),
        _kappa(primary),
        sum(a == b for a, b in sets) / len(both),
        {label: _kappa([(label in a, label in b) for a, b in both]) for label in labels},
    )


def _kappa(both: Sequence[tuple[Hashable, Hashable]]) -> float | None:
    from sklearn.metrics import cohen_kappa_score

    number = {value: i for i, value in enumerate({value for pair in both for value in pair})}
    if len(number) == 1:
        return None
    one, two = zip(*((number[a], number[b]) for a, b in both), strict=True)
    return float(cohen_kappa_score(one, two))


def agreement_of_all(answers: Answers) -> Agreement:
    """Return the agreement of all annotators, whoever of them has answered which statement."""
    several = [given for given in answers.by_statement.values() if len(given) > 1]
    said = [[tuple(one.row["acts"]) for one in given] for given in several]
    return Agreement(
        len({name for given in several for name in names_of(given)}),
        len(several),
        krippendorff_alpha([labels[:1] for labels in one] for one in said),
        krippendorff_alpha([frozenset(labels) for labels in one] for one in said),
    )


def krippendorff_alpha(units: Iterable[Sequence[Hashable]]) -> float | None:
    """Return Krippendorff's alpha of nominal values, given by those who have looked at each unit.

    By the coincidences of Krippendorff (2011), "Computing Krippendorff's alpha-reliability", C. None where there is one
    value throughout, or no unit of two values.
    """
    every: Counter[Hashable] = Counter()
    differing = 0.0
    for values in units:
        if len(values) > 1:
            counts = Counter(values)
            every += counts
            differing += (len(values) ** 2 - sum(n * n for n in counts.values())) / (len(values) - 1)
    total = every.total()
    expected = total**2 - sum(n * n for n in every.values())
    return 1 - (total - 1) * differing / expected if expected else None
