"""`read`: an article in, its statements with speakers, acts, targets and links out."""

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
from rejoinder.article.links.linking import likely_targets, linked, tellings_in
from rejoinder.article.links.targets import Target
from rejoinder.article.names.names import Names
from rejoinder.article.quotes.quotes import find_quoted
from rejoinder.article.quotes.speaker_model import find_attributed
from rejoinder.article.result import Article, ReadStatement
from rejoinder.article.web import is_page_source
from rejoinder.classifier import StatementClassifier, loaded
from rejoinder.encoding import has_words
from rejoinder.errors import InputError
from rejoinder.probabilities import check_min_score
from rejoinder.statement import Predict, Prediction, Statement, check_several

_WORD = re.compile(r"\w+")
_TELLING = 3
"""Words from which a quote that recurs is taken for the same statement; shorter ones recur by chance."""
_SCARE = 2
"""Words in marks that may be a part of what somebody denies or charges."""
_FILE = re.compile(r"[^\n]{1,300}\.(?:txt|x?html?|md|pdf|docx?|csv|tsv|jsonl?|parquet)", re.IGNORECASE)
_SENTENCE = re.compile(r"[“”„«»\"]|[.:;!?] ")
"""What no name of a file has, but a short text that ends in one or in an address."""
_OBJECTS = frozenset(["him", "her", "them", "it", "they", "both"])
_HE = frozenset(["he", "she"])
_SURE = 0.8
"""The probability of an act from which words behind a plain `said that` count as an accusation or denial: chosen on
the written corpus' validation articles (`python benchmarks/articles.py`)."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A statement before it is labelled."""

    spans: tuple[Span, ...]
    attribution: Attribution | None
    indirect: bool = False
    certain: bool = True
    """Whether it is a statement whatever it does."""
    denied: bool = False
    object: Span | None = None
    """Whom the reporting verb accuses."""

    @property
    def says(self) -> frozenset[str]:
        """The acts of which one is what the verb tells: to `deny`, or to `accuse`."""
        if self.denied:
            return frozenset([DENIAL])
        return ACCUSING if self.indirect and self.certain else frozenset()

    def to_label(self, text: str) -> Statement:
        """Return what is labelled: what is denied reads as a charge by itself, so the plainest verb goes before it."""
        statement = Statement.from_text(text, self.spans)
        if not self.denied or not self.attribution or not self.attribution.cue_span:
            return statement
        first = statement.quote.split(maxsplit=1)[0]
        quote = f"denied that {'it was ' if first.endswith('ing') else ''}{statement.quote}"
        begin = min(self.attribution.cue_span[0], self.spans[0][0])  # the verb stands behind `a charge he denies`
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
    """Return the statements of an English news article, in order: who says them, what they do, against whom, in answer
    to what. `text` is the article itself, not its path.

    Statements are what it quotes, and what it reports somebody to deny or to accuse of without quotes. Words that the
    same speaker is quoted with more than once do what they do where they stand last: a title or a summary quotes them
    before the text has told what they answer.

    Without a `classifier` the bundled model is loaded, at each call anew: for several articles pass one, or use
    `read_all`. `thresholds` and `min_score` are as in `StatementClassifier.predict`; `predict` labels in its place, by
    its own thresholds. The speaker model has so many `threads`, by default those of the classifier.

    Raises:
        InputError: a text that is none, a name of a file or the source of a web page, unusable options, or `predict`
            beside those of a classifier.
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
    """Return what `read` returns of each text; the statements of all are labelled together, in full batches."""
    if predict is not None and (classifier or thresholds is not None):
        raise InputError("predict: labels in the place of a classifier; leave out classifier and thresholds")
    if predict is not None and not callable(predict):
        raise InputError(f"predict: is a {type(predict).__name__}; give what takes statements and returns predictions")
    check_min_score(min_score)  # also where no article has a statement
    if thresholds is not None:
        classifier = loaded(classifier)
        classifier.thresholds(thresholds)
    if isinstance(texts, str):  # of which each character would be read
        raise InputError("texts: is one text; give several, or use read")
    check_several(texts, "texts", "several strings", "give the texts of its column")
    if threads is None and classifier is not None:
        threads = loaded(classifier).threads
    found = [(text, _find(text, threads, f"text {i}" if i else "text")) for i, text in enumerate(texts)]
    statements = [one.to_label(text) for text, ones in found for one in ones]
    predictions: list[Prediction] = []
    if statements and predict:
        predictions = _checked(predict(statements), len(statements))
    elif statements:
        predictions = loaded(classifier).predict(statements, thresholds=thresholds)
    labelled = iter(predictions)
    return [
        _assemble(text, [(one, _decided(one, next(labelled), min_score)) for one in ones], threads)
        for text, ones in found
    ]


def _checked(predictions: object, number: int) -> list[Prediction]:
    """Return what `predict` gave of so many statements, or raise an InputError where these are no predictions."""
    if not isinstance(predictions, Iterable):
        raise InputError(f"predict: gave a {type(predictions).__name__}; it must return a list of a Prediction of each")
    made = [*predictions]
    for one in made:
        if not isinstance(one, Prediction):
            raise InputError(f"predict: gave a {type(one).__name__} among the predictions; each must be a Prediction")
    if len(made) != number:
        raise InputError(f"predict: gave {len(made)} predictions for {number} statements")
    return made


def names_file(text: str) -> bool:
    """Return whether a text is the name or address of a file, in which nobody says anything."""
    return _FILE.fullmatch(text) is not None and not _SENTENCE.search(text)


def _find(text: str, threads: int | None, called: str) -> list[_Found]:
    """Return the statements of an article, which messages call so, in order."""
    if not isinstance(text, str):
        raise InputError(f"{called}: is a {type(text).__name__}; give the article's text")
    if names_file(text):
        told = "give what that holds, as Path(…).read_text('utf8') returns it"
        raise InputError(f"{called}: is the name of a file; {told}")
    if is_page_source(text):
        raise InputError(f"{called}: is the source of a web page; give its text, as web_page(…).text returns it")
    text = plain_lines(text)
    starts = sentence_starts(text)
    found = [
        _Found(quote.spans, said, object=accused_of_quote(text, said.cue_span if said else None, quote.spans[0][0]))
        for quote, said in find_attributed(text, threads)
    ]
    marked = {span for one in find_quoted(text) for span in one.spans}
    found = _without_scare_words(text, found, marked, starts)
    quoted = [span for one in found for span in one.spans]
    scare = marked.difference(quoted)
    found += [
        _Found((one.span,), one.attribution, True, one.certain, one.denied, one.target_span)
        for one in find_indirect(text, quoted, starts, scare)
    ]
    # `replied: “!!!”` says nothing that could be labelled.
    return sorted((one for one in found if _has_words(text, one)), key=lambda one: one.spans)


def _without_scare_words(text: str, quotes: list[_Found], marked: set[Span], starts: Sequence[int]) -> list[_Found]:
    """Leave out what is quoted within a denial or charge: `accused it of “smear” tactics`; `marked` is all in marks."""
    alone = [one.spans[0] for one in quotes if len(one.spans) == 1]
    short = {span for span in alone if len(_WORD.findall(text[slice(*span)])) <= _SCARE}
    if not short:
        return quotes
    quoted = [span for one in quotes for span in one.spans if span not in short]
    told = [one.span for one in find_indirect(text, quoted, starts, marked.difference(quoted)) if one.certain]
    inside = {span for span in short if is_within(span[0], told) and is_within(span[1] + 1, told)}
    return [one for one in quotes if one.spans[0] not in inside]


def _has_words(text: str, one: _Found) -> bool:
    return any(has_words(text[start:end]) for start, end in one.spans)


def _assemble(text: str, found: Sequence[tuple[_Found, Prediction]], threads: int | None) -> Article:
    """Return the article with what links its labelled statements."""
    given, text = text, plain_lines(text)
    quoted = [span for one, _ in found if not one.indirect for span in one.spans]
    names, starts = Names(text, quoted), sentence_starts(text)
    kept: list[ReadStatement] = []
    for one, prediction in found:
        if not one.certain and (not prediction.acts or prediction.score < _SURE):
            continue
        told = one.attribution
        speaker = names.speaker(told.speaker_span) if told else ""
        if told and kept and one.denied and text[slice(*told.speaker_span)].lower() in _HE:
            speaker = _denier(names, starts, told.speaker_span, speaker, kept[-1])
        kept.append(
            ReadStatement(
                id=f"s{len(kept) + 1}",
                spans=one.spans,
                sentence_span=sentence_span(starts, len(text), one.spans[0][0], one.spans[-1][1]),
                indirect=one.indirect,
                speaker=speaker,
                speaker_span=told.speaker_span if told else None,
                speaker_mention=" ".join(text[slice(*told.speaker_span)].split()) if told else "",
                cue_span=told.cue_span if told else None,
                statement=Statement.from_text(given, one.spans),
                prediction=prediction,
                target=_object(one, names, speaker),
            )
        )
    last = {_said(one): one.prediction for one in kept}
    kept = [replace(one, prediction=last[_said(one)]) for one in kept]
    likely = likely_targets(text, kept, threads)
    return Article(given, tuple(linked(text, names, tellings_in(text, kept), kept, likely)))


def _decided(one: _Found, prediction: Prediction, min_score: float) -> Prediction:
    """Return what a statement does: what its verb of denying or accusing says before all else, if it is that too."""
    says = [act for act in prediction.acts if act in one.says]
    if says and prediction.label not in one.says:
        acts = (*says, *(act for act in prediction.acts if act not in says))
        prediction = replace(prediction, label=acts[0], score=prediction.scores[acts[0]], acts=acts)
    return prediction if prediction.score >= min_score else replace(prediction, label=None, acts=())


def _denier(names: Names, starts: Sequence[int], pronoun: Span, speaker: str, charge: ReadStatement) -> str:
    """Return who denies a charge in the sentence behind it, or in its own: not who brought it.

    `Vela accused Brandt of theft. He denied it`: the `pronoun` means most likely who has just spoken, the `speaker`.
    """
    near = bisect_right(starts, pronoun[0]) - bisect_right(starts, charge.spans[0][0]) <= 1
    if not near or not charge.target or charge.speaker != speaker:
        return speaker
    other = names.resolve(pronoun, apart=speaker)
    return speaker if other.lower() in _HE else other


def _object(one: _Found, names: Names, speaker: str) -> Target | None:
    """Return whom the reporting verb accuses; None where that is a pronoun of which the text does not tell whose."""
    name = one.object and names.resolve(one.object, apart=speaker)
    if not one.object or not name or name.lower() in _OBJECTS or name == speaker:
        return None
    return Target(name, one.object, 1.0)


def _said(one: ReadStatement) -> tuple[str, str]:
    """Return who said what, the same for a statement that is quoted again; the id keeps others apart."""
    words = _WORD.findall(one.statement.quote.lower())
    return (one.speaker if one.speaker and len(words) >= _TELLING else one.id, " ".join(words))
