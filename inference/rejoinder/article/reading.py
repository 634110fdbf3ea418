"""`read` finds the statements of an article, with their speakers, acts, targets and links."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rejoinder.acts import ACCUSING, DENIAL
from rejoinder.article.grammar.clauses import Attribution
from rejoinder.article.grammar.marks import Span, is_within
from rejoinder.article.grammar.sentences import plain_lines, sentence_span, sentence_starts
from rejoinder.article.indirect.charges import accused_of_quote
from rejoinder.article.indirect.indirect import find_indirect
from rejoinder.article.links.linking import likely_targets, linked, narrated_charges
from rejoinder.article.links.targets import Target
from rejoinder.article.names.names import Names
from rejoinder.article.quotes.quotes import find_quoted
from rejoinder.article.quotes.speaker_model import find_attributed
from rejoinder.article.result import Article, ReadStatement
from rejoinder.article.web import is_page_source
from rejoinder.classifier import StatementClassifier, classifier_or_bundled
from rejoinder.encoding import has_words
from rejoinder.errors import InputError
from rejoinder.probabilities import check_min_score
from rejoinder.statement import Predict, Prediction, Statement, check_iterable

_WORD = re.compile(r"\w+")
_MIN_REPEATED_WORDS = 3
"""Minimum length in words of a repeated quote that counts as the same statement; shorter ones recur by chance."""
_MAX_SCARE_WORDS = 2
"""Maximum number of words in quotation marks that may be part of a denial or charge."""
_FILE = re.compile(r"[^\n]{1,300}\.(?:txt|x?html?|md|pdf|docx?|csv|tsv|jsonl?|parquet)", re.IGNORECASE)
_SENTENCE = re.compile(r"[“”„«»\"]|[.:;!?] ")
"""What a file name lacks, but a short text that ends in one or in an address has."""
_OBJECTS = frozenset(["him", "her", "them", "it", "they", "both"])
_HE = frozenset(["he", "she"])
_MIN_INDIRECT_SCORE = 0.8
"""Minimum probability of an act for the words after a plain `said that` to count as an accusation or denial, chosen on
the written corpus' validation articles (`python benchmarks/articles.py`)."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A statement before it is labelled."""

    spans: tuple[Span, ...]
    attribution: Attribution | None
    indirect: bool = False
    certain: bool = True
    """Whether it is a statement whichever act it performs."""
    denied: bool = False
    object: Span | None = None
    """The mention of whom the reporting verb accuses."""

    @property
    def says(self) -> frozenset[str]:
        """The acts that the reporting verb itself names: denial for `deny`, accusing acts for `accuse`, else none."""
        if self.denied:
            return frozenset([DENIAL])
        return ACCUSING if self.indirect and self.certain else frozenset()

    def to_label(self, text: str) -> Statement:
        """Return the statement to label: as what is denied reads like a charge, `denied that` is put before it."""
        statement = Statement.from_text(text, self.spans)
        if not self.denied or not self.attribution or not self.attribution.cue_span:
            return statement
        first = statement.quote.split(maxsplit=1)[0]
        quote = f"denied that {'it was ' if first.endswith('ing') else ''}{statement.quote}"
        begin = min(self.attribution.cue_span[0], self.spans[0][0])  # the verb comes last in `a charge he denies`
        before = Statement.from_text(text, [(begin, self.spans[-1][1])]).before
        return replace(statement, quote=quote, before=before)


def read(
    text: str,
    *,
    classifier: StatementClassifier | None = None,
    predict: Predict | None = None,
    thresholds: float | Mapping[str, float] | None = None,
    min_score: float = 0.0,
    threads: int | None = None,
) -> Article:
    """Return the statements of an English news article in order: their speakers, acts, targets and what they answer.

    `text` is the article itself, not its path.

    Statements are the article's quotes, and the denials and accusations that it reports without quotation marks. If it
    quotes the same words of a speaker more than once, all get the acts of the last occurrence: a title or summary
    quotes them before the text says what they answer.

    Without a `classifier`, each call loads the bundled model: for several articles, pass one or use `read_all`.
    `thresholds` and `min_score` are as in `StatementClassifier.predict`. `predict` labels instead of a classifier, with
    thresholds of its own. The speaker model uses `threads` threads, by default as many as the classifier.

    Raises:
        InputError: If `text` is not a string, or is a file name or the source of a web page; if an option is invalid;
            or if `predict` is given together with `classifier` or `thresholds`.
    """
    options: dict[str, Any] = {"thresholds": thresholds, "min_score": min_score, "threads": threads}
    return read_all([text], classifier=classifier, predict=predict, **options)[0]


def read_all(
    texts: Iterable[str],
    *,
    classifier: StatementClassifier | None = None,
    predict: Predict | None = None,
    thresholds: float | Mapping[str, float] | None = None,
    min_score: float = 0.0,
    threads: int | None = None,
) -> list[Article]:
    """Return what `read` returns for each text; all statements are labelled together, in full batches."""
    if predict is not None and (classifier or thresholds is not None):
        raise InputError("predict: replaces the classifier; leave out classifier and thresholds")
    if predict is not None and not callable(predict):
        raise InputError(f"predict: is a {type(predict).__name__}; give a function from statements to predictions")
    check_min_score(min_score)  # even if no article has a statement
    if thresholds is not None:
        classifier = classifier_or_bundled(classifier)
        classifier.thresholds(thresholds)
    if isinstance(texts, str):  # each of its characters would be read as an article
        raise InputError("texts: is one text; give several, or use read")
    check_iterable(texts, "texts", "several strings", "give the texts of its column")
    if threads is None and classifier is not None:
        threads = classifier_or_bundled(classifier).threads
    found = [(text, _find(text, threads, f"text {i}" if i else "text")) for i, text in enumerate(texts)]
    statements = [item.to_label(text) for text, items in found for item in items]
    predictions: list[Prediction] = []
    if statements and predict:
        predictions = _checked(predict(statements), len(statements))
    elif statements:
        predictions = classifier_or_bundled(classifier).predict(statements, thresholds=thresholds)
    labelled = iter(predictions)
    return [
        _assemble(text, [(item, _decided(item, next(labelled), min_score)) for item in items], threads)
        for text, items in found
    ]


def _checked(predictions: object, number: int) -> list[Prediction]:
    """Return the predictions that `predict` gave.

    Raises:
        InputError: If they are not `number` predictions.
    """
    if not isinstance(predictions, Iterable):
        raise InputError(
            f"predict: returned a {type(predictions).__name__}; it must return a list with one Prediction per statement"
        )
    results = [*predictions]
    for result in results:
        if not isinstance(result, Prediction):
            raise InputError(
                f"predict: returned a {type(result).__name__} among the predictions; each must be a Prediction"
            )
    if len(results) != number:
        raise InputError(f"predict: returned {len(results)} predictions for {number} statements")
    return results


def names_file(text: str) -> bool:
    """Return whether a text is the name or address of a file, and so contains no statements."""
    return _FILE.fullmatch(text) is not None and not _SENTENCE.search(text)


def _find(text: str, threads: int | None, called: str) -> list[_Found]:
    """Return the statements of an article, in order; error messages refer to it as `called`."""
    if not isinstance(text, str):
        raise InputError(f"{called}: is a {type(text).__name__}; give the article's text")
    if names_file(text):
        advice = "give its contents, as Path(…).read_text('utf8') returns them"
        raise InputError(f"{called}: is the name of a file; {advice}")
    if is_page_source(text):
        raise InputError(f"{called}: is the source of a web page; give its text, as web_page(…).text returns it")
    text = plain_lines(text)
    starts = sentence_starts(text)
    found = [
        _Found(quote.spans, said, object=accused_of_quote(text, said.cue_span if said else None, quote.spans[0][0]))
        for quote, said in find_attributed(text, threads)
    ]
    marked = {span for item in find_quoted(text) for span in item.spans}
    found = _without_scare_words(text, found, marked, starts)
    quoted = [span for item in found for span in item.spans]
    scare = marked.difference(quoted)
    found += [
        _Found((item.span,), item.attribution, True, item.certain, item.denied, item.target_span)
        for item in find_indirect(text, quoted, starts, scare)
    ]
    # `replied: “!!!”` contains nothing to label.
    return sorted((item for item in found if _has_words(text, item)), key=lambda item: item.spans)


def _without_scare_words(text: str, quotes: list[_Found], marked: set[Span], starts: Sequence[int]) -> list[_Found]:
    """Drop short quotes within a denial or charge, `accused it of “smear” tactics`; `marked` are spans in marks."""
    alone = [quote.spans[0] for quote in quotes if len(quote.spans) == 1]
    short = {span for span in alone if len(_WORD.findall(text[slice(*span)])) <= _MAX_SCARE_WORDS}
    if not short:
        return quotes
    quoted = [span for quote in quotes for span in quote.spans if span not in short]
    reported = [item.span for item in find_indirect(text, quoted, starts, marked.difference(quoted)) if item.certain]
    inside = {span for span in short if is_within(span[0], reported) and is_within(span[1] + 1, reported)}
    return [quote for quote in quotes if quote.spans[0] not in inside]


def _has_words(text: str, found: _Found) -> bool:
    return any(has_words(text[start:end]) for start, end in found.spans)


def _assemble(text: str, found: Sequence[tuple[_Found, Prediction]], threads: int | None) -> Article:
    """Build the article from its labelled statements, with their speakers, targets and links."""
    given, text = text, plain_lines(text)
    quoted = [span for item, _ in found if not item.indirect for span in item.spans]
    names, starts = Names(text, quoted), sentence_starts(text)
    kept: list[ReadStatement] = []
    for item, prediction in found:
        if not item.certain and (not prediction.acts or prediction.score < _MIN_INDIRECT_SCORE):
            continue
        attribution = item.attribution
        speaker = names.speaker(attribution.speaker_span) if attribution else ""
        if attribution and kept and item.denied and text[slice(*attribution.speaker_span)].lower() in _HE:
            speaker = _denier(names, starts, attribution.speaker_span, speaker, kept[-1])
        kept.append(
            ReadStatement(
                id=f"s{len(kept) + 1}",
                spans=item.spans,
                sentence_span=sentence_span(starts, len(text), item.spans[0][0], item.spans[-1][1]),
                indirect=item.indirect,
                speaker=speaker,
                speaker_span=attribution.speaker_span if attribution else None,
                speaker_mention=" ".join(text[slice(*attribution.speaker_span)].split()) if attribution else "",
                cue_span=attribution.cue_span if attribution else None,
                statement=Statement.from_text(given, item.spans),
                prediction=prediction,
                target=_object(item, names, speaker),
            )
        )
    last = {_repetition_key(item): item.prediction for item in kept}
    kept = [replace(item, prediction=last[_repetition_key(item)]) for item in kept]
    likely = likely_targets(text, kept, threads)
    return Article(given, tuple(linked(text, names, narrated_charges(text, kept), kept, likely)))


def _decided(found: _Found, prediction: Prediction, min_score: float) -> Prediction:
    """Return the prediction with the act that the reporting verb names first, if predicted; none below `min_score`."""
    says = [act for act in prediction.acts if act in found.says]
    if says and prediction.label not in found.says:
        acts = (*says, *(act for act in prediction.acts if act not in says))
        prediction = replace(prediction, label=acts[0], score=prediction.scores[acts[0]], acts=acts)
    return prediction if prediction.score >= min_score else replace(prediction, label=None, acts=())


def _denier(names: Names, starts: Sequence[int], pronoun: Span, speaker: str, charge: ReadStatement) -> str:
    """Return who denies a charge in its own sentence or the next: not the one who brought it.

    `Vela accused Brandt of theft. He denied it`: the `pronoun` most likely resolves to the last speaker, the `speaker`.
    """
    near = bisect_right(starts, pronoun[0]) - bisect_right(starts, charge.spans[0][0]) <= 1
    if not near or not charge.target or charge.speaker != speaker:
        return speaker
    other = names.resolve(pronoun, other_than=speaker)
    return speaker if other.lower() in _HE else other


def _object(found: _Found, names: Names, speaker: str) -> Target | None:
    """Return whom the reporting verb accuses, or None if nobody, the speaker or an unresolved pronoun."""
    name = found.object and names.resolve(found.object, other_than=speaker)
    if not found.object or not name or name.lower() in _OBJECTS or name == speaker:
        return None
    return Target(name, found.object, 1.0)


def _repetition_key(item: ReadStatement) -> tuple[str, str]:
    """Return a key of speaker and words, equal for a statement quoted again; the id keeps the others apart."""
    words = _WORD.findall(item.statement.quote.lower())
    return (item.speaker if item.speaker and len(words) >= _MIN_REPEATED_WORDS else item.id, " ".join(words))
