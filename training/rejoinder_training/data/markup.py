"""Conversion of articles with statements marked inline into the JSON lines of the corpus.

Articles are far easier to write and correct with marks in the text than with separate
character offsets. This module is the only place that computes offsets::

    python -m rejoinder_training.data.markup marked/*.txt > articles.jsonl

A file contains one article after another. Each has a header, the text, a line of three
dashes, and one line for each statement::

    === id: ferry-strike | kind: labour | style: wire | split: train
    Ferry crews walk out

    <sp 1>The union</sp> said managers <q 1>“buried the safety report</q>,” ...
    ---
    1 | acts: A | speaker: Harbour Workers' Union | target: Blue Line Ferries | answers: - | indirect: no | doubt: no

Marks: ``<q N>`` quoted words (again with the same N after a reporting clause in between),
``<sp N>`` the mention of the speaker next to the quote (``<sp 1,3>`` serves two statements),
``<cue N>`` the reporting verb, ``<tg N>`` the mention of who is accused, ``<ch cN>`` a
charge that the article reports without quoting it. Marks may be nested.
If the same words perform another act in another article, the line of the statement ends
with ``| contrast: other-article#N``.
"""

import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rejoinder.acts import LETTERS

FIELDS = {"acts", "speaker", "target", "answers", "indirect", "doubt"}
OPTIONAL = {"contrast"}
_MARK = re.compile(r"<(/?)(q|sp|cue|tg|ch)(?: +([\w, ]+?))? *>")
_QUOTE_MARKS = "\"“”‘’'«»„"

Span = list[int]
Marks = dict[tuple[str, str], list[Span]]


class MarkupError(ValueError):
    """A marked article that cannot be read; the message names the article and the mark."""


def articles(source: str) -> Iterator[dict[str, Any]]:
    """Yield the corpus record of each marked article in `source`.

    Raises:
        MarkupError: If a mark is not closed, a statement has no line (or the reverse), or a
            field or value is unknown.
    """
    for block in re.split(r"^=== *", source, flags=re.M)[1:]:
        yield _article(block)


def strip_marks(marked: str, name: str) -> tuple[str, Marks]:
    """Return the plain text and, for each (mark, number), its character spans in order."""
    text, marks, open_marks, end = "", defaultdict(list), [], 0
    for match in _MARK.finditer(marked):
        text += marked[end : match.start()]
        end = match.end()
        closing, kind, numbers = match.groups()
        if not closing:
            if not numbers:
                raise MarkupError(f"{name}: <{kind}> without a number")
            open_marks.append((kind, numbers, len(text)))
        else:
            if not open_marks or open_marks[-1][0] != kind:
                raise MarkupError(f"{name}: </{kind}> closes nothing near {text[-40:]!r}")
            _, numbers, start = open_marks.pop()
            for number in re.split(r"[ ,]+", numbers.strip()):
                marks[kind, number].append([start, len(text)])
    if open_marks:
        raise MarkupError(f"{name}: <{open_marks[-1][0]} {open_marks[-1][1]}> is never closed")
    return text + marked[end:], marks


def _article(block: str) -> dict[str, Any]:
    header, _, rest = block.partition("\n")
    head = dict(_pairs(header))
    name = head.get("id", header)
    if not {"id", "kind", "style", "split"} <= head.keys():
        raise MarkupError(f"{name}: the header needs id, kind, style and split")
    marked, dashes, lines = rest.partition("\n---\n")
    if not dashes:
        raise MarkupError(f"{name}: no line of three dashes before the statements")
    text, marks = strip_marks(marked.strip(), name)
    if "<" in text or ">" in text:
        raise MarkupError(f"{name}: a stray < or > is left in the text")
    statements = [_statement(line, name, text, marks) for line in lines.splitlines() if line.strip()]
    numbers = [statement["id"].split("#")[1] for statement in statements]
    if len(set(numbers)) < len(numbers):
        raise MarkupError(f"{name}: two lines for one statement")
    unmatched = {n for (kind, n) in marks if kind == "q"} ^ set(numbers)
    if unmatched:
        raise MarkupError(f"{name}: statements with marks but no line, or the reverse: {sorted(unmatched)}")
    for statement in statements:
        answered = statement["answers"]
        if isinstance(answered, str) and answered.split("#")[1] not in numbers:
            raise MarkupError(f"{statement['id']}: answers {answered}, which is not a statement")
    statements.sort(key=lambda s: s["spans"][0])
    return {**{key: head[key] for key in ("id", "kind", "style", "split")}, "text": text, "statements": statements}


def _statement(line: str, name: str, text: str, marks: Marks) -> dict[str, Any]:
    number, _, rest = line.partition("|")
    number = number.strip()
    fields = dict(_pairs(rest))
    where = f"{name}#{number}"
    if fields.keys() - OPTIONAL != FIELDS:
        raise MarkupError(f"{where}: fields must be exactly {sorted(FIELDS)}, got {sorted(fields)}")
    if not re.fullmatch("O|[ADC]{1,3}", fields["acts"]) or len(set(fields["acts"])) < len(fields["acts"]):
        raise MarkupError(f"{where}: acts are O or letters of A, D, C without repetition, got {fields['acts']!r}")
    for flag in ("indirect", "doubt"):
        if fields[flag] not in ("yes", "no"):
            raise MarkupError(f"{where}: {flag} is yes or no, got {fields[flag]!r}")
    spans = [_trim(text, span, quoted=fields["indirect"] == "no") for span in marks.get(("q", number), [])]
    if not spans or any(start >= end for start, end in spans):
        raise MarkupError(f"{where}: no <q {number}> with words in it")
    speaker, target = _none(fields["speaker"]), _none(fields["target"])
    target_span = _first(marks, "tg", number)
    if target_span and not target:
        raise MarkupError(f"{where}: <tg {number}> is marked but target is -")
    cue_span = _first(marks, "cue", number)
    return {
        "id": where,
        "spans": spans,
        "cue": cue_span and {"text": text[slice(*cue_span)], "span": cue_span},
        "speaker": speaker,
        "speaker_span": _first(marks, "sp", number),
        "indirect": fields["indirect"] == "yes",
        "acts": [LETTERS[letter] for letter in fields["acts"] if letter != "O"],
        "doubt": fields["doubt"] == "yes",
        "target": target and {"name": target, "span": target_span},
        "answers": _answers(fields["answers"], where, name, marks),
        "contrast": _none(fields.get("contrast", "-")),
    }


def _answers(value: str, where: str, name: str, marks: Marks) -> str | Span | None:
    if value == "-":
        return None
    if value.startswith("c"):
        span = _first(marks, "ch", value)
        if span is None:
            raise MarkupError(f"{where}: answers {value}, but no <ch {value}> is marked")
        return span
    return f"{name}#{value}"


def _pairs(line: str) -> list[tuple[str, str]]:
    pairs = (part.partition(":") for part in line.split("|") if part.strip())
    return [(key.strip(), value.strip()) for key, _, value in pairs]


def _none(value: str) -> str | None:
    return None if value == "-" else value


def _first(marks: Marks, kind: str, number: str) -> Span | None:
    return next(iter(marks.get((kind, number), [])), None)


def _trim(text: str, span: Span, *, quoted: bool) -> Span:
    """Trim white space and, for direct speech, the outer quote marks from the span."""
    start, end = span
    drop = " \n\t" + (_QUOTE_MARKS if quoted else "")
    while start < end and text[start] in drop:
        start += 1
    while end > start and text[end - 1] in drop:
        end -= 1
    return [start, end]


def main() -> None:
    """Print the records of the marked files named on the command line, one per line."""
    failed = False
    for path in sys.argv[1:]:
        for block in re.split(r"^(?==== )", Path(path).read_text("utf8"), flags=re.M):
            try:
                for record in articles(block):
                    print(json.dumps(record, ensure_ascii=False))
            except MarkupError as error:
                failed = True
                print(f"{path}: {error}", file=sys.stderr)
    sys.exit(failed)


if __name__ == "__main__":
    main()
