"""Agreement between annotators: of each pair, and of all together."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

from rejoinder_training.annotation.answers import names_of
from rejoinder_training.annotation.importing import Answers

_Labels = tuple[str, ...]

MIN_COMMON_STATEMENTS = 5
"""The minimum number of common statements for the agreement of a pair to mean something."""


@dataclass(frozen=True, slots=True)
class PairAgreement:
    """The agreement of two annotators on the statements that both have answered."""

    annotators: tuple[str, str]
    statements: int
    same: float
    """The share with the same primary label."""
    kappa: float | None
    """Cohen's kappa of the primary labels; None if both gave one and the same label throughout."""
    exact: float
    """The share with the same set of labels."""
    kappas: dict[str, float | None]
    """Cohen's kappa of whether each label applies; None if both gave it to every statement."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """The agreement of all annotators on the statements that two or more have answered."""

    annotators: int
    statements: int
    alpha: float | None
    """Krippendorff's alpha of the primary labels; None if they are all the same."""
    alpha_of_sets: float | None
    """Krippendorff's alpha of the sets of labels, each set taken as one value."""


def pair_agreement(answers: Answers) -> list[PairAgreement]:
    """Return the agreement of each pair of annotators with `MIN_COMMON_STATEMENTS` or more in common."""
    pairs: dict[tuple[str, str], list[tuple[_Labels, _Labels]]] = defaultdict(list)
    for given in answers.by_statement.values():
        # A nameless annotator may be a different person each time: alpha can count such answers, kappa cannot.
        named = sorted((answer.annotator, tuple(answer.row["acts"])) for answer in given if answer.annotator)
        for i, (a, labels) in enumerate(named):
            for b, others in named[i + 1 :]:
                pairs[a, b].append((labels, others))
    return [_pair(names, both) for names, both in sorted(pairs.items()) if len(both) >= MIN_COMMON_STATEMENTS]


def _pair(names: tuple[str, str], both: Sequence[tuple[_Labels, _Labels]]) -> PairAgreement:
    primary = [(a[:1], b[:1]) for a, b in both]
    sets = [(frozenset(a), frozenset(b)) for a, b in both]
    labels = sorted({label for pair in both for answer in pair for label in answer})
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
    first, second = zip(*((number[a], number[b]) for a, b in both), strict=True)
    return float(cohen_kappa_score(first, second))


def agreement_of_all(answers: Answers) -> Agreement:
    """Return the agreement of all annotators, whichever statements each of them has answered."""
    several = [given for given in answers.by_statement.values() if len(given) > 1]
    answered = [[tuple(answer.row["acts"]) for answer in given] for given in several]
    return Agreement(
        len({name for given in several for name in names_of(given)}),
        len(several),
        krippendorff_alpha([labels[:1] for labels in unit] for unit in answered),
        krippendorff_alpha([frozenset(labels) for labels in unit] for unit in answered),
    )


def krippendorff_alpha(units: Iterable[Sequence[Hashable]]) -> float | None:
    """Return Krippendorff's alpha of nominal values; a unit has the values given by its annotators.

    Computed from coincidences as in Krippendorff (2011), "Computing Krippendorff's alpha-reliability", C. None if all
    values are the same, or no unit has two.
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
