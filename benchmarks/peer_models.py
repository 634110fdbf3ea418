"""How the peers of benchmarks/peers.py are trained into a folder and loaded as a System (SetFit: peer_setfit.py)."""

import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import torch
from datasets import Dataset
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.multiclass import OneVsRestClassifier
from transformers import (
    AutoModel,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    DataCollatorWithPadding,
    Trainer,
    TrainingArguments,
    pipeline,
    set_seed,
)

from rejoinder.acts import ACTS, OTHER
from rejoinder.encoding import CLOSE, OPEN, EncodingConfig, encode
from rejoinder.errors import ModelError
from rejoinder.statement import Statement
from rejoinder_training.base_models import base_model_path
from rejoinder_training.choices import MODES
from rejoinder_training.data.schema import label_matrix, multi_hot, statement_of
from rejoinder_training.evaluation.baselines import fit_tfidf
from rejoinder_training.evaluation.systems import System
from rejoinder_training.hardware import gains_from_bf16

EMBEDDINGS = {"C": [1, 10, 100], "folds": 3}
PLAIN: dict[str, Any] = {
    "encoder": "minilm",
    "learning_rate": 2e-5,
    "num_train_epochs": 3,
    "per_device_train_batch_size": 16,
    "weight_decay": 0.01,
    "seed": 42,
}
ZERO_SHOT: dict[str, Any] = {
    "model": "MoritzLaurer/deberta-v3-base-zeroshot-v2.0",
    "hypotheses": {
        "allegation": "The speaker accuses somebody of wrongdoing.",
        "denial": "The speaker denies an accusation.",
        "counter_accusation": "The speaker answers an accusation by attacking the accuser.",
    },
}
BATCH, LENGTH = 32, EncodingConfig().max_length


def parts(statement: Statement) -> tuple[str, str, str]:
    """Return the text before the quote, the quote and the text after it, cut as for the bundled model."""
    before, _, rest = encode(statement, EncodingConfig())[0].partition(OPEN)
    quote, _, after = rest.partition(CLOSE)
    return before.strip(), quote.strip(), after.strip()


def joined(statement: Statement) -> str:
    """Return the statement and its context, cut as in `parts`, as one text without marks around the quote."""
    return " ".join(filter(None, parts(statement)))


# TF-IDF with logistic regression


def train_tfidf(train: Dataset, folder: Path) -> None:
    """Fit the baseline of `rejoinder-train evaluate`."""
    joblib.dump(fit_tfidf(train, ACTS), folder / "model.joblib")


def load_tfidf(folder: Path) -> System:
    """Load the fitted baseline."""
    return System.of_statements("tfidf", ACTS, OTHER, joblib.load(folder / "model.joblib"))


# Frozen sentence embeddings with logistic regression


def train_embeddings(train: Dataset, folder: Path, *, encoder: str) -> None:
    """Fit logistic regressions on embeddings of the quote and of the text around it, in every input mode.

    C is the one with the best average precision in cross-validation that keeps articles whole.
    """
    embed = Embedder(base_model_path(encoder))
    statements = [statement_of(row, mode) for mode in MODES for row in train]
    gold = np.tile(label_matrix(train, ACTS), (len(MODES), 1))
    search = GridSearchCV(
        OneVsRestClassifier(LogisticRegression(max_iter=1000)),
        {"estimator__C": EMBEDDINGS["C"]},
        scoring="average_precision",
        cv=GroupKFold(EMBEDDINGS["folds"]),
    )
    search.fit(features(statements, embed), gold, groups=list(train["group"]) * len(MODES))
    embed.save(folder)
    joblib.dump(search.best_estimator_, folder / "regression.joblib")


def load_embeddings(folder: Path) -> System:
    """Load the encoder and the regressions as one system."""
    embed, regression = Embedder(folder), joblib.load(folder / "regression.joblib")
    return System.of_statements("embeddings", ACTS, OTHER, lambda rows: regression.predict_proba(features(rows, embed)))


def features(statements: Sequence[Statement], embed: "Embedder") -> NDArray[np.float32]:
    """Return the embedding of each quote joined with that of the text around it, shape (statements, 2 * dimensions)."""
    cut = [parts(statement) for statement in statements]
    quotes, around = [quote for _, quote, _ in cut], [f"{before} {after}".strip() for before, _, after in cut]
    texts = sorted({*quotes, *around}, key=len)  # each text once, and texts of similar length in a batch
    place = {text: i for i, text in enumerate(texts)}
    found = embed(texts)
    return np.hstack([found[[place[text] for text in column]] for column in (quotes, around)])


class Embedder:
    """A sentence encoder as sentence-transformers uses it: the mean of its last layer, scaled to length 1."""

    def __init__(self, folder: Path) -> None:
        self._tokenizer = AutoTokenizer.from_pretrained(folder)
        self._model = AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
        self._bf16 = gains_from_bf16()

    @torch.inference_mode()
    def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the embeddings, shape (texts, dimensions)."""
        found = []
        for start in range(0, len(texts), BATCH):
            batch = self._tokenizer(
                list(texts[start : start + BATCH]),
                padding=True,
                truncation=True,
                max_length=LENGTH,
                return_tensors="pt",
            )
            with torch.autocast("cpu", torch.bfloat16, enabled=self._bf16):
                hidden = self._model(**batch).last_hidden_state.float()
            mask = batch["attention_mask"][..., None]
            found.append(torch.nn.functional.normalize((hidden * mask).sum(dim=1) / mask.sum(dim=1)))
        return torch.cat(found).numpy()

    def save(self, folder: Path) -> None:
        """Save the encoder, which is not trained."""
        self._tokenizer.save_pretrained(folder)
        self._model.save_pretrained(folder)


# transformers' recipe


def train_plain(train: Dataset, folder: Path) -> None:
    """Train as in transformers' documentation on text classification."""
    set_seed(PLAIN["seed"])
    base = base_model_path(PLAIN["encoder"])
    tokenizer = AutoTokenizer.from_pretrained(base)
    model = AutoModelForSequenceClassification.from_pretrained(
        base,
        num_labels=len(ACTS),
        problem_type="multi_label_classification",
        id2label=dict(enumerate(ACTS)),
        label2id={act: i for i, act in enumerate(ACTS)},
    )
    rows = [
        {
            **tokenizer(joined(statement_of(row)), truncation=True, max_length=LENGTH),
            "labels": multi_hot(row["acts"], ACTS),
        }
        for row in train
    ]
    settings = {name: value for name, value in PLAIN.items() if name != "encoder"}
    arguments = TrainingArguments(
        str(folder),
        **settings,
        use_cpu=not torch.cuda.is_available(),
        bf16=gains_from_bf16(),
        save_strategy="no",
        report_to="none",
        logging_steps=100,
    )
    trainer = Trainer(
        model, arguments, DataCollatorWithPadding(tokenizer), Dataset.from_list(rows), processing_class=tokenizer
    )
    with redirect_stdout(sys.stderr):  # the Trainer prints its losses, but standard output is for the table
        trainer.train()
    trainer.save_model(str(folder))


def load_plain(folder: Path) -> System:
    """Load the model in transformers' pipeline, with the thresholds 0.5."""
    pipe = pipeline("text-classification", model=str(folder), top_k=None, function_to_apply="sigmoid")

    def predict_proba(statements: Sequence[Statement]) -> list[dict[str, float]]:
        texts = [joined(statement) for statement in statements]
        # A list for each text, which the type annotations of `pipeline` omit.
        found: Any = pipe(texts, batch_size=BATCH, truncation=True, max_length=LENGTH)
        return [{label["label"]: label["score"] for label in labels} for labels in found]

    return System.of_statements("plain", ACTS, OTHER, predict_proba, np.full(len(ACTS), 0.5))


# Zero-shot NLI


def fetch_zero_shot() -> None:
    """Fetch the model from the hub.

    Raises:
        ModelError: If no hub can be reached; PyPI has no such model.
    """
    from huggingface_hub import snapshot_download

    try:
        snapshot_download(ZERO_SHOT["model"], etag_timeout=5, allow_patterns=["*.json", "*.model", "*.safetensors"])
    except Exception as error:  # no network, refused, rate limited
        raise ModelError(f"{ZERO_SHOT['model']} is only on the Hugging Face hub, which cannot be reached") from error


def save_zero_shot(train: Dataset, folder: Path) -> None:
    """Save the model as it is: it learns nothing from `train`."""
    pipeline("zero-shot-classification", model=ZERO_SHOT["model"]).save_pretrained(folder)


def load_zero_shot(folder: Path) -> System:
    """Load transformers' zero-shot pipeline, which scores how far the hypothesis of each act follows from the text."""
    pipe = pipeline("zero-shot-classification", model=str(folder))
    acts = {hypothesis: act for act, hypothesis in ZERO_SHOT["hypotheses"].items()}

    def predict_proba(statements: Sequence[Statement]) -> list[dict[str, float]]:
        texts = [joined(statement) for statement in statements]
        found = pipe(texts, list(acts), hypothesis_template="{}", multi_label=True, batch_size=BATCH)
        return [{acts[h]: p for h, p in zip(row["labels"], row["scores"], strict=True)} for row in found]

    return System.of_statements("zero-shot", ACTS, OTHER, predict_proba)
