"""Cue statements: quotes labelled with the reporting verb next to them, which is then hidden from the model.

Such labels are noisy, but need no annotators. An encoder that has learned to tell `denied` from `slammed` by everything
but the verb itself starts closer to the acts than one that has only read text (`configs/cues-*.yaml`).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from zlib import crc32

from rejoinder.article.grammar.verbs import NOUN_FORMS, forms
from rejoinder_training.data.checks import recurring_quotes
from rejoinder_training.data.schema import statement_of

_CLASSES = {
    "deny": "deny refute rebut disavow reject dispute",
    "dismiss": "dismiss deride ridicule mock scoff sneer",
    "accuse": "accuse allege blame charge",
    "condemn": "condemn denounce deplore decry",
    "criticise": "criticise criticize slam blast attack rail rant lash lambaste lecture rebuke scold chide rip",
    "counter": "counter retort contradict fire shoot snap strike",
    "respond": "respond reply answer",
    "insist": "insist maintain reiterate assert stress emphasize emphasise affirm reaffirm",
    "contend": "contend claim argue object protest",
    "complain": "complain lament fume rage bemoan grumble",
    "defend": "defend clarify explain justify",
    "warn": "warn caution threaten",
    "demand": "urge demand implore appeal plead propose recommend request",
    "admit": "admit acknowledge concede confess apologise apologize",
    "praise": "praise applaud hail thank congratulate welcome celebrate",
    "promise": "vow promise pledge swear announce proclaim declare",
    "predict": "predict speculate hope believe think estimate",
    "joke": "joke quip laugh muse",
    "testify": "testify recall remember describe reveal",
}
_PLAIN = "say tell add note continue write state remark observe conclude report tweet speak ask"
_WITH_BACK = frozenset(["fire", "shoot", "snap", "strike"])
"""Verbs that count only before `back`: `fired back`."""
CLASSES = tuple(_CLASSES)
"""The labels of a cue data set; a statement with only plain verbs next to it (`said`, `told`) has none of them."""
_CLASS_OF = {
    form: (name, verb)
    for name, verbs in _CLASSES.items()
    for verb in verbs.split()
    for form in forms(verb) - NOUN_FORMS
}
_PLAIN_FORMS = frozenset().union(*(forms(verb) for verb in _PLAIN.split())) - NOUN_FORMS | {"according"}
_WORD = re.compile(r"(?<![\w'’])[a-z]+(?![\w'’])")
_HELD_OUT = 20
"""One in this many articles goes to validation."""


def cue_statements(rows: Iterable[Mapping[str, Any]], *, plain: float = 0.2) -> list[dict[str, Any]]:
    """Return the rows whose sentence has a verb of a cue class, and the share `plain` of those with plain verbs only.

    Cue verbs in the sentence around the quote are replaced by the same form of `say`; their classes become the row's
    `acts`. Hashes decide which plain rows are kept (by the row's id) and which split a row goes to (by its group), so
    that both are the same on every call. Quotes that recur in both splits are removed from validation.
    """
    cued = list(_hidden(rows, plain))
    left_out = {
        i
        for indices in recurring_quotes(*([row[name] for row in cued] for name in ("quote", "before", "after")))
        if len({cued[i]["split"] for i in indices}) > 1
        for i in indices
        if cued[i]["split"] == "validation"
    }
    return [row for i, row in enumerate(cued) if i not in left_out]


def _hidden(rows: Iterable[Mapping[str, Any]], plain: float) -> Iterator[dict[str, Any]]:
    """Yield the rows to keep, with their cue verbs hidden, labelled and assigned to a split."""
    for row in rows:
        sentence = statement_of(row, "attribution")
        start, end = len(row["before"]) - len(sentence.before), len(sentence.after)
        before, first = _hide(row["before"][start:])
        after, second = _hide(row["after"][:end])
        found = {*first, *second}
        if not found or (found == {""} and crc32(row["id"].encode()) % 1000 >= plain * 1000):
            continue
        yield {
            **row,
            "before": row["before"][:start] + before,
            "after": after + row["after"][end:],
            "acts": sorted(found - {""}),
            "split": "train" if crc32(row["group"].encode()) % _HELD_OUT else "validation",
        }


def _hide(text: str) -> tuple[str, list[str]]:
    """Return the text with its cue verbs replaced, and the classes of its verbs ("" for a plain verb)."""
    found: list[str] = []

    def replace(match: re.Match[str]) -> str:
        word = match[0]
        if word in _PLAIN_FORMS:
            found.append("")
        name, verb = _CLASS_OF.get(word, (None, ""))
        if name is None or (verb in _WITH_BACK and not text[match.end() :].startswith(" back")):
            return word
        found.append(name)
        return "saying" if word.endswith("ing") else "says" if word.endswith("s") else "say" if word == verb else "said"

    return _WORD.sub(replace, text), found
