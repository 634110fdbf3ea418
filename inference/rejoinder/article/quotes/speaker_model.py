"""The speakers of an article's quotes, by rules and the bundled speaker model, if present; and whom they accuse."""

import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from rejoinder.article.grammar.clauses import Attribution
from rejoinder.article.grammar.marks import Likely, Span, overlap
from rejoinder.article.grammar.sentences import sentence_starts
from rejoinder.article.quotes.choices import choose, has_cue_in_sentence, whole_words
from rejoinder.article.quotes.nicknames import nicknamed
from rejoinder.article.quotes.quoted_names import names_something
from rejoinder.article.quotes.quotes import Quote, find_quoted, find_quotes
from rejoinder.article.quotes.signatures import fills_paragraph, signed, signed_below
from rejoinder.article.quotes.speaker_encoding import EncodedQuote, SpeakerEncoder, SpeakerEncoding, TargetEncoding
from rejoinder.article.quotes.speakers import find_speaker
from rejoinder.article.quotes.titles import with_speakers_below
from rejoinder.article.quotes.transcripts import with_turns
from rejoinder.batching import batches, pad
from rejoinder.engine import Engine, EngineName, Runtime, load_engine
from rejoinder.errors import ModelError
from rejoinder.model_folder import INT8, NETWORK, open_verified
from rejoinder.probabilities import sigmoid, thread_count
from rejoinder.processor import has_int8

BUNDLED_SPEAKERS = Path(__file__).parents[2] / "speaker_model"
SPEAKER_FORMAT = 2
"""The format version of a speaker model's folder, recorded in its `config.json`."""
OUTPUTS = ("start", "end", "quote", "target_start", "target_end")
"""The network's outputs for each token: whether the speaker's name starts or ends there (at the first token: that no
speaker is named) and, at the first token, whether somebody is quoted at all; for a statement whose own words are
encoded, whether the name of its target starts or ends there."""
_STATED, _STATED_CUED, _STATED_ALONE = 0.7, 0.8, 0.95
"""The minimum probability for quoted words to be a statement: if the rules take them for one; if only a reporting verb
suggests it; if nothing does, as for a term of the article's own.

These values and that of `_SURE` are among the best of a few tried on PolNeAR's tuning articles.
"""
_SURE = 0.5
"""The minimum score for the model's speaker to be preferred to that of the rules."""
_LONGEST, _LONGEST_TARGET = 24, 10
"""Maximum tokens of a speaker's name, and of a target's."""
_LIKELY, _UNLIKELY = 8, 0.005
"""How many of the likeliest targets of a statement are returned, and the minimum probability of each."""


@dataclass(frozen=True, slots=True)
class SpeakerPrediction:
    """The model's prediction for one quote."""

    span: Span | None
    """The likeliest name of the speaker; None if there is no text around the quote."""
    score: float
    """The probability of that name as opposed to no name."""
    quoted: float
    """The probability that the words are somebody's, rather than a title or in scare quotes."""


class SpeakerModel:
    """Finds who says the quotes of an article; load one with `from_folder`."""

    def __init__(self, encoder: SpeakerEncoder, engine: Engine, pad_token_id: int) -> None:
        self.encoder = encoder
        self.engine = engine
        self.pad_token_id = pad_token_id

    @classmethod
    def from_folder(
        cls, path: Path, *, engine: EngineName = "auto", threads: int | None = None, verify: bool = True
    ) -> "SpeakerModel":
        """Load a speaker model written by `rejoinder-train export-speakers`.

        Raises:
            ModelError: If the model is missing, incomplete or damaged, or `engine` cannot run it.
            InputError, MissingExtraError: As for `load_engine`.
        """
        config, _ = open_verified(path, verify=verify)
        file = path / "config.json"
        if config.get("format") != SPEAKER_FORMAT or tuple(config.get("outputs", ())) != OUTPUTS:
            raise ModelError(f"{file}: not a speaker model of format {SPEAKER_FORMAT}; export it with this version")
        try:
            encoder = SpeakerEncoder(
                Tokenizer.from_file(str(path / "tokenizer.json")),
                SpeakerEncoding(**config["encoding"]),
                TargetEncoding(**config["target_encoding"]),
            )
            pad_token_id = int(config["pad_token_id"])
        except Exception as error:  # tokenizers raises bare Exception
            raise ModelError(f"{path}: cannot be used ({error})") from error
        name = speaker_engine(path) if engine == "auto" else engine
        return cls(encoder, load_engine(path / NETWORK, name, threads=threads), pad_token_id)

    def __call__(self, text: str, quotes: Sequence[Quote], quoted: Sequence[Quote]) -> list[SpeakerPrediction]:
        """Return a prediction for each of `quotes`; `quoted` is everything in quotation marks in `text`."""
        return [decode(encoded, logits) for encoded, logits in self.logits(self.encoder(text, quotes, quoted))]

    def targets(self, text: str, statements: Sequence[Quote]) -> list[Likely]:
        """Return the likeliest targets of each of `statements`, given that it accuses somebody named in the input."""
        return [
            [(whole_words(text, span), share) for span, share in decode_target(encoded, logits)]
            for encoded, logits in self.logits(self.encoder.whole(text, statements))
        ]

    def logits(self, encoded: Sequence[EncodedQuote]) -> list[tuple[EncodedQuote, NDArray[np.float32]]]:
        """Return each quote with its logits, of shape (tokens, outputs)."""
        found: list[Any] = [None] * len(encoded)
        for indices in batches([len(quote.ids) for quote in encoded], budget=self.engine.token_budget):
            rows = self.engine(*pad([encoded[i].ids for i in indices], self.pad_token_id))
            for i, row in zip(indices, rows, strict=True):
                found[i] = encoded[i], row[: len(encoded[i].ids)]
        return found


def speaker_engine(folder: Path, *, flags: frozenset[str] | None = None) -> Runtime:
    """Choose the engine for the speaker model in `folder` on this processor, or on one with `flags`.

    OpenVINO is never chosen: it takes longer to start than reading an article takes.
    """
    return "onnxruntime-int8" if has_int8(flags) and (folder / INT8).is_file() else "onnxruntime"


def decode(encoded: EncodedQuote, logits: NDArray[np.float32]) -> SpeakerPrediction:
    """Return the likeliest speaker, a span entirely outside the quote, with its probability as opposed to none."""
    quoted = sigmoid(float(logits[0, 2]))
    scores = _span_scores(encoded, logits[:, 0], logits[:, 1], _LONGEST)
    start, end = divmod(int(scores.argmax()), len(scores))
    if not np.isfinite(scores[start, end]):
        return SpeakerPrediction(None, 0.0, quoted)
    none = logits[0, 0] + logits[0, 1]
    return SpeakerPrediction(_joined(encoded, start, end), sigmoid(float(scores[start, end] - none)), quoted)


def decode_target(encoded: EncodedQuote, logits: NDArray[np.float32]) -> Likely:
    """Return the likeliest targets with their probabilities among all spans, the likeliest first."""
    scores = _span_scores(encoded, logits[:, 3], logits[:, 4], _LONGEST_TARGET)
    if not np.isfinite(scores.max()):
        return []
    shares = np.exp(scores - scores.max()).ravel()
    shares /= shares.sum()
    best = [int(i) for i in np.argsort(-shares, kind="stable")[:_LIKELY] if shares[i] >= _UNLIKELY]
    return [(_joined(encoded, *divmod(i, len(scores))), float(shares[i])) for i in best]


def _span_scores(
    encoded: EncodedQuote, starts: NDArray[np.float32], ends: NDArray[np.float32], longest: int
) -> NDArray[np.float32]:
    """Return the logit of each span by its first and last token; minus infinity for spans that cannot be a name."""
    allowed = np.array([span is not None for span in encoded.spans])
    runs = np.cumsum(~allowed)  # equal at two allowed tokens if all between them are allowed
    firsts, lasts = np.meshgrid(np.arange(len(allowed)), np.arange(len(allowed)), indexing="ij")
    whole = allowed[firsts] & allowed[lasts] & (lasts >= firsts) & (lasts < firsts + longest)
    whole &= runs[firsts] == runs[lasts]
    return np.where(whole, starts[:, None] + ends[None, :], -np.inf)


def _joined(encoded: EncodedQuote, start: int, end: int) -> Span:
    """Return the span of the article from token `start` to token `end`, which both have a place in it."""
    first, last = encoded.spans[start], encoded.spans[end]
    assert first is not None
    assert last is not None
    return first[0], last[1]


_loading = threading.Lock()


def bundled_speaker_model(threads: int | None = None) -> SpeakerModel | None:
    """Return the package's speaker model on `threads` threads (None: all), or None if the package comes without it.

    Raises:
        InputError: If `threads` is not a positive whole number.
    """
    threads = thread_count(threads)
    with _loading:  # the first requests of a server may arrive at the same time
        return _bundled(threads)


@cache
def _bundled(threads: int | None) -> SpeakerModel | None:
    return SpeakerModel.from_folder(BUNDLED_SPEAKERS, threads=threads) if BUNDLED_SPEAKERS.is_dir() else None


def find_attributed(text: str, threads: int | None = None) -> list[tuple[Quote, Attribution | None]]:
    """Return the quoted statements of an English article in order, each with its speaker, or None if none is named.

    The turns of a transcript, which have no quotation marks, are included. The bundled speaker model and the rules
    decide together, the rules alone if the package comes without the model; a quote of the title gets the speaker who
    says it again below.
    """
    quoted = find_quoted(text)
    judged = judge(text, quoted, bundled_speaker_model(threads))
    stated = [(quote, said) for quote, (stated, said) in zip(quoted, judged, strict=True) if stated]
    return with_turns(text, with_speakers_below(text, stated))


def judge(text: str, quoted: Sequence[Quote], model: SpeakerModel | None) -> list[tuple[bool, Attribution | None]]:
    """Return whether each of `quoted`, everything in quotation marks in `text`, is a statement, and its speaker."""
    starts = sentence_starts(text)
    stated = set(find_quotes(text))
    names = {quote: name for quote in quoted if (name := nicknamed(text, quote))}
    ruled = [(quote in stated and quote not in names, find_speaker(text, quote, starts)) for quote in quoted]
    predicted = model(text, quoted, quoted) if model else [None] * len(quoted)
    below = [signed_below(text, quote) for quote in quoted]
    below = below if sum(line is not None for line in below) > 1 else [None] * len(quoted)
    found = []
    for quote, (by_rule, said), prediction, line in zip(quoted, ruled, predicted, below, strict=True):
        # If the rules find a statement with a reporting verb, they overrule a model that is not sure.
        sure = by_rule and (prediction is None or (said is not None and said.cue_span is not None))
        has_cue = has_cue_in_sentence(text, said, quote, starts)
        likely = prediction is not None and prediction.quoted >= (
            _STATED if by_rule else _STATED_CUED if has_cue else _STATED_ALONE
        )
        signature = None if has_cue else signed(text, quote) or line
        named = quote in names or names_something(text, quote.spans)
        if prediction is not None:
            said = choose(text, starts, quote, said, prediction.span if prediction.score >= _SURE else None)
        is_statement = not named and (sure or likely or fills_paragraph(text, quote, signed=signature is not None))
        found.append((is_statement, _with_nickname(signature or said, names.values())))
    return found


def _with_nickname(said: Attribution | None, names: Collection[Span]) -> Attribution | None:
    """Extend the speaker's span to a whole name with a nickname if only a part of that was found."""
    for name in names:
        if said and overlap(said.speaker_span, name):
            start, end = said.speaker_span
            said = replace(said, speaker_span=(min(start, name[0]), max(end, name[1])))
    return said
