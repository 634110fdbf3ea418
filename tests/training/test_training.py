"""Training from start to end, for real, on a tiny encoder: train, load, export, evaluate."""

import json
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer
from torch import nn
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    ModernBertConfig,
    ModernBertModel,
    pipeline,
)

from rejoinder import InputError, StatementClassifier
from rejoinder.encoding import Encoder, EncodingConfig, encode
from rejoinder.model_folder import BUNDLED
from rejoinder_training import api
from rejoinder_training.config import ContextDropout, RunConfig, load_config
from rejoinder_training.config.files import read_config
from rejoinder_training.data import read_data
from rejoinder_training.distill import read_teacher
from rejoinder_training.dropout import ByteDropout, set_dropout
from rejoinder_training.encoded import EncodedStatements, LengthGroupedSampler, targets
from rejoinder_training.material import PREPARED, check_needs, read_material
from rejoinder_training.speakers.config import SpeakerConfig
from rejoinder_training.torch_engine import load_run
from rejoinder_training.train import new_model
from rejoinder_training.trainer import StatementTrainer
from tests.conftest import CORPUS, ROOT, STATEMENTS, Command, error_line, lots_config
from tests.files import write_jsonl
from tests.training.conftest import short_config


def test_the_run_is_an_ordinary_checkpoint_with_the_same_scores(smoke_run: Path) -> None:
    ours = load_run(smoke_run)
    model = AutoModelForSequenceClassification.from_pretrained(smoke_run)
    assert model.config.id2label == dict(enumerate(ours.acts))
    tokenizer = AutoTokenizer.from_pretrained(smoke_run)
    texts = [encode(statement, ours.config.encoding)[0] for statement in STATEMENTS]
    batch = tokenizer(
        texts, padding=True, truncation=True, max_length=ours.config.encoding.max_length, return_tensors="pt"
    )
    with torch.inference_mode():
        plain = torch.sigmoid(model(**{k: batch[k] for k in ("input_ids", "attention_mask")}).logits).numpy()
    np.testing.assert_allclose(ours.predict_proba(STATEMENTS), plain, atol=1e-5)


def test_the_pipeline_gives_the_same_scores(smoke_run: Path, smoke_model: Path) -> None:
    pipe = pipeline("text-classification", model=str(smoke_run), top_k=None, function_to_apply="sigmoid")
    texts = [encode(statement, EncodingConfig())[0] for statement in STATEMENTS]
    exported = StatementClassifier.from_pretrained(smoke_model, engine="onnxruntime")
    for scores, prediction in zip(pipe(texts), exported.predict(STATEMENTS), strict=True):
        for one in scores:
            assert prediction.scores[one["label"]] == pytest.approx(one["score"], abs=5e-3)  # int8 weights


def test_the_log_records_the_data_the_scores_and_the_thresholds(smoke_run: Path) -> None:
    log = (smoke_run / "train.log").read_text("utf8")
    assert "statements from data/corpus/train.jsonl (sha256 " in log
    assert "eval_macro_f1" in log
    assert "thresholds {'allegation':" in log


def test_evaluate_prints_a_table_and_saves_its_results(
    smoke_run: Path, smoke_model: Path, few_articles: list[Path], tmp_path: Path, rejoinder_train: Command
) -> None:
    data = ("--data", CORPUS[0], "--data", few_articles[1])
    done = rejoinder_train("evaluate", smoke_run, smoke_model, "bundled", *data, "-o", tmp_path)
    assert done.returncode == 0, done.stderr
    for text in (
        "most frequent class",
        "every label",
        "cue words",
        "TF-IDF + logistic regression",
        "bundled",
        "attribution",
        "support",
    ):
        assert text in done.stdout
    rows = [line.split("│") for line in done.stdout.splitlines() if "most frequent class" in line and "%" in line]
    assert {cell.strip() for row in rows for cell in row[4:-1]} == {"-"}, "its scores are all equal"
    results = json.loads((tmp_path / "metrics.json").read_text("utf8"))
    full = results["systems"]["bundled"]["modes"]["full"]
    low, high = full["intervals"]["macro_f1"]
    assert low <= full["macro_f1"] <= high
    assert results["systems"]["most frequent class"]["modes"]["full"]["macro_f1"] == 0
    every = results["systems"]["every label"]["modes"]["full"]
    assert [every[act]["recall"] for act in ("allegation", "denial", "counter_accusation")] == [1.0] * 3
    assert every["denial"]["precision"] == pytest.approx(full["denial"]["support"] / results["statements"])
    predictions = [json.loads(line) for line in (tmp_path / "predictions.jsonl").read_text("utf8").splitlines()]
    assert len(predictions) == results["statements"] * 3 * len(results["systems"])
    rows = [p for p in predictions if (p["system"], p["mode"]) == ("bundled", "full")]
    limit = results["systems"]["bundled"]["thresholds"]["denial"]
    hits = sum(row["scores"]["denial"] >= limit and "denial" in row["acts"] for row in rows)
    assert full["denial"]["recall"] == pytest.approx(hits / full["denial"]["support"])


def test_targets_mix_labels_and_teacher(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    lines = [{"id": "a", "quote": "x", "acts": ["denial"]}, {"id": "b", "quote": "y"}, {"id": "c", "quote": "z"}]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf8")
    rows, _ = read_data([path])
    soft = {"a": [0.2, 0.6, 0.0], "b": [0.9, 0.1, 0.1]}
    assert targets(rows, ("allegation", "denial", "counter_accusation"), soft, 0.5) == [
        pytest.approx([0.1, 0.8, 0.0]),
        [0.9, 0.1, 0.1],
        None,
    ]
    with pytest.raises(InputError, match="not a file of a teacher's probabilities"):
        read_teacher(tmp_path / "none.tsv.gz", ("denial",))


def test_context_dropout_changes_each_epoch_and_is_reproducible() -> None:
    rows, _ = read_data([CORPUS[0]])
    marks = rows["contrast"][:]
    order = sorted(range(len(rows)), key=lambda i: not marks[i])  # members of pairs first
    rows = rows.select([*order[:60], *order[-300:]])
    encoder = Encoder(Tokenizer.from_file(str(BUNDLED / "tokenizer.json")), EncodingConfig())
    dropout = ContextDropout(quote=0.3, attribution=0.3, speaker=0.5)

    def lengths(epoch: int) -> list[int]:
        made = EncodedStatements(rows, [[0.0]] * len(rows), encoder, dropout=dropout, seed=1)
        made.set_epoch(epoch)
        return [made.length(i) for i in range(len(made))]

    assert lengths(0) == lengths(0)
    assert lengths(0) != lengths(1)
    whole = EncodedStatements(rows, [[0.0]] * len(rows), encoder)
    kept = dropout.model_copy(update={"contrast": False})
    made = EncodedStatements(rows, [[0.0]] * len(rows), encoder, dropout=kept, seed=1)
    shown = [i for i in range(len(rows)) if made.length(i) == whole.length(i)]
    pairs = {i for i, other in enumerate(rows["contrast"]) if other}
    assert pairs <= {*shown} < {*range(len(rows))}  # members of pairs keep all their text, and so do some other rows
    assert len(pairs) > 20
    same = rows.map(
        lambda row: {"before": "He was asked. ", "after": " he said.", "speaker": ""} if row["contrast"] else {}
    )
    made = EncodedStatements(same, [[0.0]] * len(rows), encoder, dropout=kept, seed=1)
    whole = EncodedStatements(same, [[0.0]] * len(rows), encoder)
    # Except if the context is the same in both members, and so cannot decide between their acts.
    assert 0 < sum(made.length(i) < whole.length(i) for i in pairs) < len(pairs)
    made = EncodedStatements(rows, [[0.0]] * len(rows), encoder, dropout=dropout, contrast_repeats=3, seed=1)
    sampler = LengthGroupedSampler(made, 16, seed=1)
    sampler.set_epoch(3)
    order = list(sampler)
    assert len(order) == len(sampler) == len(rows) + 2 * len(pairs)
    assert Counter(order) == {i: 3 if i in pairs else 1 for i in range(len(rows))}
    spread = [
        max(map(made.length, b)) - min(map(made.length, b)) for b in (order[i : i + 16] for i in range(0, 320, 16))
    ]
    assert np.mean(spread) < 20


def test_evaluation_reads_all_statements_those_of_like_length_together(tmp_path: Path) -> None:
    config = load_config(short_config(tmp_path, per_device_eval_batch_size=8))
    material = read_material(config, tmp_path / "run")
    pad, model = material.tokenizer.pad_token_id, new_model(config, material)
    trainer = StatementTrainer(config, tmp_path / "run", material.datasets, pad, model)
    lengths = [n for batch in trainer.get_eval_dataloader() for n in batch["attention_mask"].sum(dim=1).tolist()]
    rows = material.datasets["validation"]
    assert lengths == sorted(map(rows.length, range(len(rows))), reverse=True)
    assert lengths != [*map(rows.length, range(len(rows)))]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("base_model: tiny\ndata: []\nlearning_rat: 1\n", "unknown key 'learning_rat' (did you mean 'learning_rate'?)"),
        ("base_model: tiny\ndata: []\nencoding: {width: 3}\n", "unknown key 'encoding.width'"),
        ("base_model: tiny\ndata: []\nlearning_rate: fast\n", "learning_rate: write a number, not 'fast'"),
        ("base_model: tiny\ndata: []\nnum_train_epochs: .inf\n", "num_train_epochs: write a finite number, not inf"),
        ("data: []\n", "base_model: missing"),
        ("base_model: tiny\ndata: quotes.csv\n", "data: write a list, not 'quotes.csv'"),
        ("base_model: tiny\ndata: []\nseed: -1\n", "seed: write a number of at least 0, not -1"),
        (
            "base_model: tiny\ndata: []\nseed: 4294967296\n",
            "seed: write a number of at most 4294967295, not 4294967296",
        ),
        (
            "base_model: tiny\ndata: []\nclass_weight: {denial: -1}\nbf16: maybe\nencoding: {qoute: 1}\n"
            "context_dropout: {quote: 0.8, attribution: 0.8}\n7: 1\n",
            "bf16: write true or false or 'auto', not 'maybe'; unknown key 'encoding.qoute' (did you mean 'quote'?); "
            "context_dropout: quote and attribution together must not exceed 1; class_weight.denial: write a number "
            "above 0, not -1; 7: write a key that is text, not 7",
        ),
        ("base_model: tiny\ndata: []\nseed: 1\nseed: 2\n", "bad.yaml: line 4: seed appears twice; leave one out"),
        ("base_model: tiny\ndata: []\nclass_weight: {denial: 1, denial: 2}\n", "line 3: denial appears twice"),
        ("base_model: [\n", "not YAML"),
        ("- 1\n", "must hold keys and values"),
    ],
)
def test_mistakes_in_a_config_are_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "bad.yaml").write_text(text, "utf8")
    with pytest.raises(InputError, match=r"bad\.yaml: ") as refused:
        load_config(tmp_path / "bad.yaml")
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)
    with pytest.raises(InputError, match=f"^{re.escape(str(refused.value))}$"):
        api.train(tmp_path / "bad.yaml", tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_class_weights_increase_the_loss_of_a_label(lots: Path, tmp_path: Path) -> None:
    api.train(lots_config(tmp_path, num_train_epochs=1, class_weight={"denial": 20.0}), tmp_path / "run")
    # A missed denial costs twenty times as much, so the same model has a greater loss.
    weighted, plain = (
        float((run / "train.log").read_text("utf8").partition('"loss": ')[2].partition(",")[0])
        for run in (tmp_path / "run", lots / "run")
    )
    assert weighted > 1.5 * plain
    with pytest.raises(InputError, match="class_weight: labels are allegation, denial, counter_accusation"):
        api.train(lots_config(tmp_path, class_weight={"denail": 2.0}), tmp_path / "other")


@pytest.mark.parametrize("config", sorted(path.name for path in (ROOT / "configs").glob("*.yaml")))
def test_every_config_loads(config: str) -> None:
    read_config(ROOT / "configs" / config, SpeakerConfig if config == "speakers.yaml" else RunConfig)


def test_data_with_errors_are_not_trained_on(tmp_path: Path) -> None:
    rows = [{"id": f"r{i}", "quote": f"Number {i} is a lie", "group": "same", "acts": []} for i in range(4)]
    rows[3]["split"] = "validation"
    data = write_jsonl(tmp_path / "rows.jsonl", rows)
    with pytest.raises(InputError, match="1 groups in more than one split: same"):
        api.train(ROOT / "configs/smoke.yaml", tmp_path / "run", data=data)


def test_dropout_drops_the_given_share_and_keeps_the_mean() -> None:
    model = nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.1))
    set_dropout(model, None)
    assert isinstance(model[1], ByteDropout)
    torch.manual_seed(1)
    dropped = model[1].train()(torch.ones(1000, 999))
    assert (dropped == 0).float().mean().item() == pytest.approx(0.1, abs=0.003)
    assert dropped.mean().item() == pytest.approx(1, abs=0.003)
    torch.testing.assert_close(model[1].eval()(torch.ones(3)), torch.ones(3))
    set_dropout(model, 0.0)
    torch.testing.assert_close(model[1].train()(torch.ones(3)), torch.ones(3))


def test_dropout_is_set_for_attention_that_stores_it_as_a_number() -> None:
    sizes = {
        "hidden_size": 8,
        "intermediate_size": 8,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "vocab_size": 8,
    }
    model = ModernBertModel(ModernBertConfig(**sizes, pad_token_id=0, bos_token_id=1, eos_token_id=2))
    attention = model.layers[0].attn
    set_dropout(model, None)
    assert attention.attention_dropout == 0.0
    set_dropout(model, 0.2)
    assert (attention.attention_dropout, attention.out_drop.p) == (0.2, 0.2)


def test_missing_data_are_named(tmp_path: Path, rejoinder_train: Command) -> None:
    done = rejoinder_train("train", "configs/smoke.yaml", "--data", "build/none.jsonl", "--run", tmp_path / "run")
    assert (done.returncode, error_line(done)) == (2, "rejoinder-train: build/none.jsonl: no such file")


def test_the_error_for_missing_prepared_data_names_prepare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named = {
        str(path)
        for file in (ROOT / "configs").glob("*.yaml")
        if file.name != "speakers.yaml"
        for path in read_config(file, RunConfig).data
    }
    assert {file for file in named if file.startswith("build/") and file.endswith(".jsonl")} == PREPARED
    config = read_config(ROOT / "configs/smoke.yaml", RunConfig)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"build/news\.jsonl: no such file; `rejoinder-train prepare` makes those of"):
        check_needs(config.model_copy(update={"data": [Path("build/news.jsonl")]}))
    with pytest.raises(InputError, match=r"mine\.csv: no such file$"):
        check_needs(config.model_copy(update={"data": [Path("mine.csv")]}))


def test_a_loss_that_is_not_finite_stops_the_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^the loss became nan at step .*: lower learning_rate"):
        api.train(lots_config(tmp_path, learning_rate=1e30), tmp_path / "run")
