"""The bundled speaker model: speakers and targets that the rules miss, and which quoted words are statements."""

import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rejoinder import ModelError, Prediction, StatementClassifier, read, read_file
from rejoinder.article.grammar.sentences import sentence_starts
from rejoinder.article.links import linking
from rejoinder.article.quotes import speaker_model
from rejoinder.article.quotes.choices import whole_words
from rejoinder.article.quotes.nicknames import nicknamed
from rejoinder.article.quotes.quotes import find_quoted, find_quotes
from rejoinder.article.quotes.speaker_model import (
    BUNDLED_SPEAKERS,
    SpeakerModel,
    bundled_speaker_model,
    find_attributed,
    judge,
    speaker_engine,
)
from rejoinder.article.quotes.speakers import find_speaker
from rejoinder.engine.onnxruntime import OnnxRuntimeEngine
from rejoinder.processor import usable_threads


def attributed(text: str) -> list[tuple[str, str | None]]:
    """Return each quote, its parts joined by ` … `, with its speaker or None."""
    return [
        (" … ".join(text[slice(*span)] for span in quote.spans), text[slice(*said.speaker_span)] if said else None)
        for quote, said in find_attributed(text)
    ]


@pytest.mark.parametrize(
    ("text", "speaker"),
    [
        ("“We never sold a single berth,” said Ana Melo, who leads the firm.", "Ana Melo"),
        ("“We never sold a single berth,” said its director, Ana Melo, on Friday.", "Ana Melo"),
        ("“We never sold a single berth,” the firm’s lawyer told reporters.", "the firm’s lawyer"),
        ("Ana Melo, 45, of Porto, said on Monday: “We never sold a single berth.”", "Ana Melo"),
        ('The board met.\n\n"We never sold a single berth," Mr. Petrov said after it.', "Mr. Petrov"),
        ("''We never sold a single berth,'' Petrov said.", "Petrov"),
        ("Ana Melo left. “She was lied to,” a source close to Melo said.", "a source close to Melo"),
        ("Ana Melo left. “She was lied to,” said an aide to Melo.", "an aide to Melo"),
        # whoever hears it is not the speaker
        ("Jon Vela “took bribes for years”, the jury heard on Monday.", None),
        ("Jon Vela “took bribes for years”, an inquest in Leeds was told.", None),
        ("The committee heard that Jon Vela “took bribes for years”.", None),
    ],
)
def test_speakers_next_to_the_quote(text: str, speaker: str | None) -> None:
    ((_, found),) = attributed(text)
    assert found == speaker


def test_titles_of_broadcasts_are_not_statements_even_if_the_model_is_sure() -> None:
    text = "Senator Rosa Quill told VTN’s “State of Affairs” Sunday that she would resign over the lies."
    model = bundled_speaker_model()
    assert model is not None
    [said] = model(text, find_quoted(text), find_quoted(text))
    assert said.quoted > 0.8
    assert attributed(text) == []


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        ("The firm offered its “first impressions” of it.", False),
        ("The mayor came to “look fair,” and left.", False),
        ("The mayor said that its plan for the old harbour was not “fair.”", True),
    ],
)
def test_quotes_of_few_words_are_statements_only_if_reported(text: str, *, stated: bool) -> None:
    assert bool(attributed(text)) is stated


@pytest.mark.parametrize("name", ['Jim "The Fish" O\'Vela', "José “Pepe” Vela"])
def test_nicknames_are_not_statements(name: str) -> None:
    for clause in (f"said {name}, its former director.", f"{name} said."):
        assert attributed(f"“We never sold a single berth,” {clause}") == [("We never sold a single berth,", name)]


@pytest.mark.parametrize("name", ['Jim "The Fish" O\'Vela', "José “Pepe” Vela"])
def test_rules_alone_find_the_whole_name_around_a_nickname(name: str) -> None:
    text = f"“We never sold a single berth,” said {name}, its former director."
    [said] = [said for stated, said in judge(text, find_quoted(text), None) if stated]
    assert said is not None
    assert text[slice(*said.speaker_span)] == name


def test_quoted_words_in_a_capitalised_headline_are_not_nicknames() -> None:
    text = "Ana Melo Says She Was ‘Horrified’ By Norvik Lines"
    assert [nicknamed(text, quote) for quote in find_quoted(text)] == [None]


def test_scare_quotes_are_not_statements() -> None:
    text = "The “experts” met in a “safe space” on Friday.\n\n“We never sold a single berth,” Ana Melo said."
    assert attributed(text) == [("We never sold a single berth,", "Ana Melo")]


def test_a_second_clause_has_its_own_speaker() -> None:
    quote = "“It is a disgrace to the town.”"
    assert attributed(f"Ana Melo slammed the firm and Jon Brandt said: {quote}")[0][1] == "Jon Brandt"
    assert attributed(f"Ana Melo and Jon Brandt said: {quote}")[0][1] == "Ana Melo and Jon Brandt"
    assert attributed(f"Ana Melo said she and her staff knew: {quote}")[0][1] == "Ana Melo"


@pytest.mark.parametrize(
    ("text", "by_rules"),
    [
        ("Ana Melo is blunt about the board, which was “asleep for years”.", None),
        ("A letter from Ana Melo, which the firm received on Monday, spoke of “years of neglect”.", "A letter"),
        ("Few believed it.\n\n“We never sold it to anyone.” – Ana Melo, director of the Harbour Trust", "Few"),
    ],
)
def test_the_model_finds_speakers_that_the_rules_miss_or_mistake(text: str, by_rules: str | None) -> None:
    (quote,) = find_quotes(text)
    ruled = find_speaker(text, quote, sentence_starts(text))
    assert (text[slice(*ruled.speaker_span)] if ruled else None) == by_rules
    ((_, speaker),) = attributed(text)
    assert speaker == "Ana Melo"


@pytest.mark.parametrize(
    ("text", "speaker"),
    [
        ("Ana Melo, who ran the firm, was accused of “stealing from the dead” by the prosecutor.", "the prosecutor"),
        ("Ana Melo, who ran the firm, was accused of “stealing from the dead”.", None),
        ("Ana Melo, who was accused of fraud, said it was “a lie from start to end”.", "Ana Melo"),
    ],
)
def test_a_subject_accused_after_a_relative_clause_is_not_the_speaker(text: str, speaker: str | None) -> None:
    assert [found for _, found in attributed(text)] == [speaker]


@pytest.mark.parametrize(
    ("title", "speaker"),
    [
        ("‘They left us to rot’: Fury as boss flees while guests sleep on the floor", "Jo Platt"),
        ("‘THEY LEFT US TO ROT’, SAYS MUM", "Jo Platt"),
        ("‘A cover-up from start to finish’: Outrage over deaths at hospital", None),
        ("‘The boss had no shame at all’, says Platt", "Platt"),
        ("‘The boss had no shame at all’, says union", "union"),
    ],
)
def test_a_quote_in_the_headline_gets_its_speaker_from_the_text(title: str, speaker: str | None) -> None:
    body = "Jo Platt, 34, of Leeds, told the paper: “They left us to rot. My kids slept on a cold floor.”"
    assert [found for _, found in attributed(f"{title}\n\n{body}")] == [speaker, "Jo Platt"]


def test_a_first_sentence_is_not_taken_for_a_headline() -> None:
    text = "“They left us to rot,” said Ana Melo.\n\n“They left us to rot, all of us,” said Jo Platt."
    assert [found for _, found in attributed(text)] == ["Ana Melo", "Jo Platt"]


def test_the_reporting_verb_is_found_too() -> None:
    text = "“We never sold a single berth,” claimed Ana Melo."
    ((_, said),) = find_attributed(text)
    assert said is not None
    assert said.cue_span is not None
    assert text[slice(*said.cue_span)] == "claimed"


def test_rules_decide_alone_without_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "“We never sold it,” said Ana Melo. The “experts” left. “It was a sad day for all of us,” he said."
    monkeypatch.setattr(speaker_model, "BUNDLED_SPEAKERS", Path("no such folder"))
    speaker_model._bundled.cache_clear()
    try:
        found = find_attributed(text)
    finally:
        speaker_model._bundled.cache_clear()
    starts = sentence_starts(text)
    assert found == [(quote, find_speaker(text, quote, starts)) for quote in find_quotes(text)]
    assert len(found) == 2


@pytest.mark.parametrize(
    "text", ["", "No quote at all.", "“”", "“\ud800 never,” said \ud800.", "“Ну нет,” said Ana Melo."]
)
def test_unusual_texts_are_accepted(text: str) -> None:
    assert len(find_attributed(text)) <= 1


@settings(max_examples=30)
@given(st.text(alphabet="ab “”\"'’,.:\n said Melo«»¶…", max_size=300))
def test_predicted_speakers_lie_in_the_text_and_outside_their_quote(text: str) -> None:
    model = bundled_speaker_model()
    assert model is not None
    quoted = find_quoted(text)
    for quote, predicted in zip(quoted, model(text, quoted, quoted), strict=True):
        assert 0 <= predicted.score <= 1
        assert 0 <= predicted.quoted <= 1
        if predicted.span:
            assert 0 <= predicted.span[0] < predicted.span[1] <= len(text)
            assert all(predicted.span[1] <= start or predicted.span[0] >= end for start, end in quote.spans)


def test_a_long_article_is_read_to_the_end() -> None:
    parts = [f"“We sold berth {n} to nobody, and nobody asked us for it,” said Ana Melo{n}." for n in range(60)]
    found = attributed("\n\n".join(parts))
    assert len(found) == 60
    assert sum(speaker == f"Ana Melo{n}" for n, (_, speaker) in enumerate(found)) > 50


def test_int8_predictions_are_close_to_fp32() -> None:
    text = "“We never sold it,” said Ana Melo. Ivan Petrov replied: “It was you.” The “experts” left, she told Jo Vela."
    quoted = find_quoted(text)
    fp32, int8 = (
        SpeakerModel.from_folder(BUNDLED_SPEAKERS, engine=engine)(text, quoted, quoted)
        for engine in ("onnxruntime", "onnxruntime-int8")
    )
    assert [one.span for one in fp32] == [one.span for one in int8]
    for one, other in zip(fp32, int8, strict=True):
        assert (one.score, one.quoted) == pytest.approx((other.score, other.quoted), abs=0.05)
        assert (one.score, one.quoted) != (other.score, other.quoted)


def test_int8_is_chosen_only_if_processor_and_model_support_it(tmp_path: Path) -> None:
    assert speaker_engine(BUNDLED_SPEAKERS, flags=frozenset({"avx512_vnni", "amx_bf16"})) == "onnxruntime-int8"
    assert speaker_engine(BUNDLED_SPEAKERS, flags=frozenset({"avx2"})) == "onnxruntime"
    assert speaker_engine(tmp_path, flags=frozenset({"avx512_vnni"})) == "onnxruntime"


def test_a_damaged_model_is_reported(tmp_path: Path) -> None:
    model = tmp_path / "model"
    shutil.copytree(BUNDLED_SPEAKERS, model)
    with (model / "model.onnx").open("ab") as stream:
        stream.write(b"x")
    with pytest.raises(ModelError, match="damaged"):
        SpeakerModel.from_folder(model)


def threads_of(model: SpeakerModel | None) -> int:
    assert model is not None
    assert isinstance(model.engine, OnnxRuntimeEngine)
    return model.engine._session.get_session_options().intra_op_num_threads  # type: ignore[no-any-return]


def test_the_bundled_model_uses_the_given_number_of_threads() -> None:
    assert [threads_of(bundled_speaker_model(count)) for count in (1, 3)] == [1, 3]


@pytest.mark.parametrize("from_file", [False, True])
def test_reading_uses_the_threads_of_the_classifier(
    tmp_path: Path, smoke_model: Path, monkeypatch: pytest.MonkeyPatch, from_file: bool
) -> None:
    threads, asked = usable_threads() + 1, []
    classifier = StatementClassifier.from_pretrained(smoke_model, threads=threads)

    def bundled(threads: int | None = None) -> SpeakerModel | None:
        asked.append(threads_of(model := bundled_speaker_model(threads)))
        return model

    for module in (speaker_model, linking):
        monkeypatch.setattr(module, "bundled_speaker_model", bundled)
    monkeypatch.setattr(linking, "accuses", lambda one: True)
    text = "“We never sold it,” said Ana Melo."
    if from_file:
        (tmp_path / "a.txt").write_text(text, "utf8")
        read_file([tmp_path / "a.txt"], tmp_path / "out.jsonl", classifier=classifier)
    else:
        read(text, classifier=classifier)
    assert asked == [threads, threads]  # once for the speakers and once for the targets


@pytest.mark.parametrize(
    ("text", "accused"),
    [
        ("The mayor had sold the yard. “Ask him who signed the deed,” Ana Melo said.", "The mayor"),
        ("Ana Melo said the Harbour Trust had “sold the berths twice over” to fill its purse.", "Harbour Trust"),
        ("The Harbour Trust met on Friday. “Took our money and never built a thing,” said Ana Melo.", "Harbour Trust"),
        (
            "The report was written by Norvik Lines. “It is a piece of fiction from start to end,” Ana Melo said.",
            "Norvik Lines",
        ),
    ],
)
def test_the_model_finds_targets_that_the_rules_miss(text: str, accused: str) -> None:
    accuses = Prediction("allegation", 0.9, ("allegation",), {"allegation": 0.9}, False, "by hand")
    [statement] = read(text, predict=lambda found: [accuses] * len(found)).statements
    assert statement.target is not None
    assert statement.target.name == accused
    model = bundled_speaker_model()
    assert model is not None
    [likely] = model.targets(text, find_quoted(text))
    shares = [share for _, share in likely]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) <= 1.001


@pytest.mark.parametrize(
    ("cut", "whole"), [("£10", "£10,000"), ("000", "10,000"), ("tar", "tariff"), ("5", "1.5"), ("three", "three")]
)
def test_spans_are_extended_to_whole_words_and_numbers(cut: str, whole: str) -> None:
    text = "They took £10,000, a tariff of 1.5, three."
    start = text.index(cut)
    assert text[slice(*whole_words(text, (start, start + len(cut))))] == whole


@settings(max_examples=30)
@given(st.text(alphabet="ab “”\"'’,.:\n said Melo«»¶…", max_size=300))
def test_predicted_targets_lie_in_the_text_and_are_whole_words(text: str) -> None:
    model = bundled_speaker_model()
    assert model is not None
    for likely in model.targets(text, find_quoted(text)):
        for (start, end), share in likely:
            assert 0 <= start < end <= len(text)
            assert 0 < share <= 1
            assert not (start and text[start - 1].isalnum() and text[start].isalnum())
            assert not text[end : end + 1].isalnum() or not text[end - 1].isalnum()
            assert "\n" not in text[start:end].strip()
