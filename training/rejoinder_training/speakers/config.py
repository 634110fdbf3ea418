"""The configuration of the speaker model's training; an unknown key is an error."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from rejoinder.article.quotes.speaker_encoding import SpeakerEncoding, TargetEncoding
from rejoinder_training.choices import Weights
from rejoinder_training.config.files import Strict
from rejoinder_training.config.hyperparameters import Hyperparameters

_DEFAULT, _TARGET = SpeakerEncoding(), TargetEncoding()


class Encoding(Strict):
    """See `rejoinder.article.quotes.speaker_encoding.SpeakerEncoding`."""

    before: Annotated[int, Field(ge=0)] = _DEFAULT.before
    after: Annotated[int, Field(ge=0)] = _DEFAULT.after
    kept: Annotated[int, Field(gt=0)] = _DEFAULT.kept
    inside: Annotated[int, Field(gt=8)] = _DEFAULT.inside
    max_length: Annotated[int, Field(gt=8)] = _DEFAULT.max_length


class WholeEncoding(Strict):
    """See `rejoinder.article.quotes.speaker_encoding.TargetEncoding`."""

    before: Annotated[int, Field(ge=0)] = _TARGET.before
    after: Annotated[int, Field(ge=0)] = _TARGET.after
    inside: Annotated[int, Field(gt=8)] = _TARGET.inside


class SpeakerConfig(Hyperparameters):
    """The configuration of a training run of the speaker model."""

    polnear: Path | None = None
    """PolNeAR's articles (`read_polnear`): used for training, except the tuning split, which is used for validation."""
    corpus: list[Path] = Field(default_factory=list)
    """Files of the written corpus to train on."""
    corpus_validation: list[Path] = Field(default_factory=list)
    targets: Path | None = None
    """Standoff rows with the targets of accusations in the news (`data.links`)."""
    texts: list[Path] = Field(default_factory=list)
    """Where the articles of `targets` are: JSON lines, gzipped or not, or folders of clones."""
    encoding: Encoding = Encoding()
    target_encoding: WholeEncoding = WholeEncoding()

    learning_rate: Annotated[float, Field(gt=0)] = 2e-4
    per_device_train_batch_size: Annotated[int, Field(gt=0)] = 32
    weights: Weights = "int8"
