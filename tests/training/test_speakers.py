"""The speaker model: its examples, and real training and export on a tiny encoder."""

import gzip
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml
from tokenizers import Tokenizer
from transformers import AutoTokenizer

from rejoinder.article.quotes.quotes import find_quoted
from rejoinder.article.quotes.speaker_encoding import SpeakerEncoder, SpeakerEncoding
from rejoinder.article.quotes.speaker_model import SpeakerModel, judge
from rejoinder.errors import InputError, ModelError
from rejoinder_training import api
from rejoinder_training.config.files import read_config
from rejoinder_training.speakers import export
from rejoinder_training.speakers.config import SpeakerConfig
from rejoinder_training.speakers.examples import IGNORED, Example, SpeakerExamples, corpus_examples, polnear_examples
from rejoinder_training.speakers.export import export_speakers
from rejoinder_training.speakers.mentions import mentions
from rejoinder_training.speakers.polnear import read_polnear
from rejoinder_training.speakers.train import train_speakers
from rejoinder_training.tiny import make_tiny_encoder
from tests.conftest import CORPUS, Command, error_line

TEXT = """\
The harbour row

The board of the Port\xa0Trust met on Friday. ''We have never sold a single berth,'' said its director, Ana Melo, who
took office in May. “And we never will.”

Opposite sat Ivan Petrov, 61. “{long}” he told the “Morning Post”.
"""
LONG = "They sold the berths one by one, and every one of us saw them do it. " * 6


def article(doc: str, split: str = "train") -> dict[str, object]:
    """Return an article in PolNeAR's form, with three attributions."""
    text = TEXT.format(long=LONG)

    def span(words: str) -> list[int]:
        return [text.index(words), text.index(words) + len(words)]

    source = "its director, Ana Melo, who\ntook office in May"
    marked = [
        {"source": [span(source)], "cue": [span("said")], "content": [span("''We have never sold a single berth,''")]},
        {"content": [span("“And we never will.”")]},
        {"source": [span("he")], "content": [[text.index(LONG) - 1, text.index(LONG) + len(LONG) + 1]]},
    ]
    marked[2]["source"] = [[text.index("he told"), text.index("he told") + 2]]
    return {"doc": doc, "split": split, "text": text, "attributions": marked}


@pytest.fixture(scope="module")
def polnear(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of articles in PolNeAR's form."""
    file = tmp_path_factory.mktemp("polnear") / "polnear.jsonl.gz"
    rows = [*(article(f"doc {i}") for i in range(20)), article("doc 20", "validation")]
    with gzip.open(file, "wt", encoding="utf8") as stream:
        stream.write("".join(json.dumps(row) + "\n" for row in rows))
    return file


@pytest.fixture
def tokenizer(tmp_path: Path) -> Tokenizer:
    """A tokenizer that knows the words of the articles above."""
    tiny = make_tiny_encoder(tmp_path, [TEXT, LONG, '« » ¶ … "'])
    return AutoTokenizer.from_pretrained(tiny).backend_tokenizer


@pytest.fixture
def encoder(tokenizer: Tokenizer) -> SpeakerEncoder:
    return SpeakerEncoder(tokenizer)


def test_polnear_has_a_separate_tuning_split(polnear: Path) -> None:
    parts = {
        split: {article.doc for article in read_polnear(polnear, split)} for split in ("train", "tuning", "validation")
    }
    assert parts["validation"] == {"doc 20"}
    assert parts["tuning"]
    assert len(parts["tuning"]) < len(parts["train"])
    assert parts["tuning"] | parts["train"] == {f"doc {i}" for i in range(20)}
    assert not parts["tuning"] & parts["train"]


def test_a_truncated_file_is_refused_and_a_text_may_contain_any_line_break(polnear: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.jsonl.gz"
    cut.write_bytes(polnear.read_bytes()[:-12])
    with pytest.raises(InputError, match=r"cut\.jsonl\.gz: cannot be read"):
        read_polnear(cut, "train")
    first = json.loads(CORPUS[0].read_text("utf8").split("\n")[0])
    article = first | {"text": first["text"] + "\u2028The end."}
    (tmp_path / "corpus.jsonl").write_text(json.dumps(article, ensure_ascii=False) + "\n", "utf8")
    assert [one.text for one in corpus_examples(tmp_path / "corpus.jsonl")] == [article["text"]]


def test_examples_are_the_quoted_strings_with_the_mention_of_their_speaker(polnear: Path) -> None:
    (marked,) = polnear_examples(read_polnear(polnear, "validation"))
    text = marked.text
    found = [
        (example.quoted, text[slice(*example.speaker)] if example.speaker else None) for example in marked.examples
    ]
    assert found == [(True, "Ana Melo"), (True, "he"), (False, None)]
    assert text[slice(*marked.examples[2].quote.spans[0])] == "Morning Post"


def test_labels_point_to_the_speaker_in_the_article(polnear: Path, encoder: SpeakerEncoder) -> None:
    (marked,) = polnear_examples(read_polnear(polnear, "validation"))
    examples = SpeakerExamples([marked], encoder)
    assert (len(examples), examples.out_of_sight) == (3, 0)
    for i, (name, quoted) in enumerate([("Ana Melo", 1), ("he", 1), (None, 0)]):
        start, end, flag, *accused = examples[i]["labels"]
        assert flag == quoted
        assert accused == [IGNORED, IGNORED]
        if name is None:
            assert (start, end) == (0, 0)
            continue
        first, last = examples.encoded[i].spans[start], examples.encoded[i].spans[end]
        assert first is not None
        assert last is not None
        assert marked.text[first[0] : last[1]] == name
        assert encoder.tokenizer.decode(examples[i]["input_ids"][start : end + 1]) == name.lower()


def test_a_speaker_outside_the_encoded_text_gives_no_example(polnear: Path, tokenizer: Tokenizer) -> None:
    (marked,) = polnear_examples(read_polnear(polnear, "validation"))
    examples = SpeakerExamples([marked], SpeakerEncoder(tokenizer, SpeakerEncoding(after=2)))
    assert examples.out_of_sight == 1  # `he` after the long quote
    assert [one.speaker for one in examples.examples if isinstance(one, Example)].count(None) == 1


def test_the_encoder_marks_the_quote_and_keeps_to_max_length(encoder: SpeakerEncoder) -> None:
    text = TEXT.format(long=LONG)
    quoted = find_quoted(text)
    rows = encoder(text, quoted, quoted)
    decoded = [encoder.tokenizer.decode(row.ids) for row in rows]
    assert '. " « we have never sold a single berth , » " said its director , ana melo , who took' in decoded[0]
    assert (
        'took office in may . " « and we never will . » " ¶ opposite sat' in decoded[0]
    )  # the same quote's second part
    assert '61 . " « they sold' in decoded[1]
    assert 'them do it . » " he told' in decoded[1]
    assert decoded[1].count("one by one") < LONG.count("one by one") / 2
    assert all(len(row.ids) <= encoder.config.max_length for row in rows)
    for quote, row in zip(quoted, rows, strict=True):
        inside = [span for span in row.spans if span and any(s < span[1] and span[0] < e for s, e in quote.spans)]
        assert not inside  # the quote's own words have no spans
        for token, span in zip(row.ids, row.spans, strict=True):
            word = encoder.tokenizer.decode([token])
            if span and word.isalpha():
                assert text[slice(*span)].lower() == word


def test_examples_of_the_corpus_contain_their_speakers(tokenizer: Tokenizer) -> None:
    config = SpeakerEncoding(max_length=2000)  # this tokenizer spells out words that it does not know
    examples = SpeakerExamples(corpus_examples(CORPUS[1]), SpeakerEncoder(tokenizer, config))
    assert len(examples) > 200
    assert examples.out_of_sight < len(examples) / 20
    spoken = [example for example in examples.examples if isinstance(example, Example)]
    assert all(example.quoted and example.speaker for example in spoken)
    assert 100 < len(examples) - len(spoken) < len(spoken)  # accusations


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("its director, Ana Melo, who took office", ["its director", "Ana Melo"]),
        ("Ana Melo, who took office", ["Ana Melo"]),
        ("the firm", ["the firm"]),
        ("its director at the time, Ana Melo", ["its director", "Ana Melo"]),
        ("Harbour Trust agents", ["Harbour Trust agents"]),
        ("Harbour Trust portfolio manager Ana Melo", ["Harbour Trust portfolio manager Ana Melo"]),
        ("a report issued earlier this year", ["a report"]),
        ("a spokesman for the firm in Porto", ["a spokesman for the firm"]),
        ("by the firm", ["the firm"]),
        ("?!", ["?!"]),
    ],
)
def test_mentions_of_a_source_are_its_names_and_descriptions(source: str, expected: list[str]) -> None:
    assert [source[slice(*span)] for span in mentions(source, (0, len(source)))] == expected


@pytest.fixture(scope="module")
def config(polnear: Path, few_articles: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    settings = {
        "base_model": "tiny",
        "polnear": str(polnear),
        "corpus": [str(few_articles[1])],
        "learning_rate": 0.003,
        "num_train_epochs": 2,
        "eval_steps": 0.5,
        "bf16": False,
    }
    file = tmp_path_factory.mktemp("configs") / "speakers.yaml"
    file.write_text(yaml.safe_dump(settings), "utf8")
    return file


def test_train_resume_and_export(
    config: Path, tmp_path: Path, rejoinder_train: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, model = tmp_path / "run", tmp_path / "model"
    done = rejoinder_train("train-speakers", config, "--run", run)
    assert done.returncode == 0, done.stderr
    weights = (run / "model.safetensors").read_bytes()

    # A run that was interrupted after the first checkpoint and moved resumes, and ends with the same weights.
    last = max(run.glob("checkpoint-*"), key=lambda one: int(one.name.rpartition("-")[2]))
    shutil.rmtree(last)
    (run / "model.safetensors").unlink()
    run = run.rename(tmp_path / "moved")
    done = rejoinder_train("train-speakers", config, "--run", run)
    assert (done.returncode, "--resume" in error_line(done)) == (2, True)
    done = rejoinder_train("train-speakers", config, "--run", run, "--resume")
    assert done.returncode == 0, done.stderr
    assert "resuming from" in done.stderr
    assert "does not exist anymore" not in done.stderr
    assert (run / "model.safetensors").read_bytes() == weights

    done = rejoinder_train("export-speakers", run, "--to", model)
    assert done.returncode == 0, done.stderr
    assert "parity: largest difference" in done.stderr
    graphs = {"model.onnx", "model-int8.onnx", "weights.bin"}
    names = {"README.md", "config.json", "manifest.json", "tokenizer.json", *graphs}
    assert {file.name for file in model.iterdir()} == names
    card = (model / "README.md").read_text("utf8")
    assert [line.split()[1] for line in card.splitlines() if line.startswith("| ")] == ["computed", "fp32", "int8"]
    assert "No licence was found" in card
    assert yaml.safe_load(card.split("---")[1])["pipeline_tag"] == "token-classification"
    loaded = SpeakerModel.from_folder(model)
    text = TEXT.format(long=LONG)
    quoted = find_quoted(text)
    predictions = loaded(text, quoted, quoted)
    assert len(judge(text, quoted, loaded)) == len(predictions) == 3
    assert all(0 <= value <= 1 for one in predictions for value in (one.score, one.quoted))
    for engine, bound in (("onnxruntime", 1e-4), ("onnxruntime-int8", 0.005)):
        loaded = SpeakerModel.from_folder(model, engine=engine)
        assert loaded.engine.name == engine
        together = loaded(text, quoted, quoted)
        alone = [loaded(text, [quote], quoted)[0] for quote in quoted]
        for one, other, auto in zip(together, alone, predictions, strict=True):
            assert one.span == other.span
            np.testing.assert_allclose((one.score, one.quoted), (other.score, other.quoted), atol=bound)
            np.testing.assert_allclose((one.score, one.quoted), (auto.score, auto.quoted), atol=0.05)

    figures = api.export_speakers(run, tmp_path / "plain", weights="fp32")
    assert {"right", "exact", "quoted"} <= figures.keys()
    (model / "config.json").write_text("{}", "utf8")
    with pytest.raises(ModelError, match="damaged"):
        SpeakerModel.from_folder(model)
    with pytest.raises(ModelError, match="not a speaker model of format 2"):
        SpeakerModel.from_folder(model, verify=False)
    with pytest.raises(ModelError, match="not a run of `rejoinder-train train-speakers`"):
        export_speakers(run / last.name, tmp_path / "other")
    with monkeypatch.context() as patched:
        patched.setattr(export, "OUTPUTS", export.OUTPUTS[:-1])
        with pytest.raises(ModelError, match="its outputs differ"):
            export_speakers(run, tmp_path / "other")
    with pytest.raises(ModelError, match="no finished run"):
        export_speakers(tmp_path / "gone", tmp_path / "other")
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes/mine.txt").write_text("mine", "utf8")
    with pytest.raises(InputError, match="no model folder"):
        export_speakers(run, tmp_path / "notes")


def test_invalid_settings_and_data_are_refused(tmp_path: Path) -> None:
    def refused(message: str, **settings: object) -> None:
        file = tmp_path / "speakers.yaml"
        file.write_text(yaml.safe_dump({"base_model": "tiny", **settings}), "utf8")
        with pytest.raises(InputError, match=message):
            train_speakers(read_config(file, SpeakerConfig), tmp_path / "run")

    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"quote": "It is false."}\n', "utf8")
    refused("unknown key 'learning_rte'", learning_rte=1)
    refused("eval_steps must be a share below 1 or a whole number of steps", eval_steps=12.5)
    refused("no such file", polnear=str(tmp_path / "gone.jsonl.gz"))
    refused("no such file to train")
    refused("not articles of the written corpus", corpus=[str(rows)])
    refused("cannot be read", polnear=str(rows))
    refused("no quotes in the split 'validation'", corpus=[str(CORPUS[1])])
    refused(
        "encoding.max_length: 300, but tiny reads 256 tokens", corpus=[str(CORPUS[1])], encoding={"max_length": 300}
    )
    refused("targets, texts: name", targets=str(rows))
    gone, articles = tmp_path / "gone.tsv", tmp_path / "gone.jsonl"
    refused("gone.tsv, .*gone.jsonl: no such file", targets=str(gone), texts=[str(articles)])
