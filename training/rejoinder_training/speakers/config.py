"""The configuration of the speaker model's training; an unknown key is an error."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from rejoinder.article.speaker_encoding import SpeakerEncoding, TargetEncoding
from rejoinder_training.config_files import Strict
from rejoinder_training.hyperparameters import Hyperparameters

_DEFAULT, _TARGET = SpeakerEncoding(), TargetEncoding()


class Encoding(Strict):
    """See `rejoinder.article.speaker_encoding.SpeakerEncoding`."""

    before: int = Field(_DEFAULT.before, ge=0)
    after: int = Field(_DEFAULT.after, ge=0)
    kept: int = Field(_DEFAULT.kept, gt=0)
    inside: int = Field(_DEFAULT.inside, gt=8)
    max_length: int = Field(_DEFAULT.max_length, gt=8)


class WholeEncoding(Strict):
    """See `rejoinder.article.speaker_encoding.TargetEncoding`."""

    before: int = Field(_TARGET.before, ge=0)
    after: int = Field(_TARGET.after, ge=0)
    inside: int = Field(_TARGET.inside, gt=8)


class SpeakerConfig(Hyperparameters):
    """A training of the speaker model."""

    polnear: Path | None = None
    """PolNeAR's articles (`read_polnear`): trained on, but for the tuning part, which validates."""
    corpus: list[Path] = Field(default_factory=list)
    """Files of the written corpus to train on."""
    corpus_validation: list[Path] = Field(default_factory=list)
    targets: Path | None = None
    """Standoff rows of whom statements of news accuse (`data.links`)."""
    texts: list[Path] = Field(default_factory=list)
    """Where the articles of `targets` are: JSON lines, gzipped or not, or folders of clones."""
    encoding: Encoding = Field(default_factory=lambda: Encoding.model_validate({}))
    target_encoding: WholeEncoding = Field(default_factory=lambda: WholeEncoding.model_validate({}))

    learning_rate: float = Field(2e-4, gt=0)
    per_device_train_batch_size: int = Field(32, gt=0)
    weights: Literal["fp32", "fp16", "int8"] = "int8"
