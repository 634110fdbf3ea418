"""The model card of an exported model, filled from its configuration and what export measured."""

from pathlib import Path
from typing import Any

import yaml

from rejoinder.model_folder import ModelConfig
from rejoinder_training.base_models import BASE_MODELS

_TEXT = """\
# {version}

Labels a quoted statement from an English news text by what it *does*: {labels}, several at once or none
of them (`{other}`). What each label means stands in `data/guideline.md` of the project.

```python
from rejoinder import Statement, StatementClassifier

classifier = StatementClassifier.from_pretrained()
classifier.predict(Statement("It never happened.", before="The firm, accused of dumping waste, said: "))
```

## Intended use

Finding and counting allegations, denials and counter-accusations in news, as an aid to people who read on.
The model says what a speaker does with the words, never whether they are true, and it errs (figures below):
do not use it to decide about persons. English only. Statements other than news quotes were not tried.

## Data

{statements}.{taught} Written statements are invented for the project and labelled by their authors (language
models); news statements were labelled by a large language model that followed the guideline, not by people. The
news texts belong to their publishers; licences of some source repositories are unknown (`data/README.md`).
sha256 of the training data: `{data}`.

## Figures

On {count} validation statements, on which thresholds and calibration were chosen too, so that these figures
are somewhat too good; weights stored as {weights}. `rejoinder-train export` measured them and wrote this card.

| input | macro-F1 |{heads}
|---|---|{rules}
{rows}

Thresholds: {thresholds}. The largest difference to the torch checkpoint before storage was {parity:.0e}.

## Limits

Quotes beyond {quote} characters are cut. Which kinds of statement it misses most has not been measured yet.

## Training

{minutes} minutes on {hardware}; base model {base}; seed {seed}; code {revision}.
"""

_TAUGHT = (
    "\nIt learned from the probabilities of a larger model (the teacher) beside the labels;\n"
    "statements without a label carry the teacher's alone."
)


def write_card(folder: Path, config: ModelConfig, measured: dict[str, Any]) -> None:
    """Write `README.md` into the model folder."""
    training, settings = config.training, config.training["config"]
    base = BASE_MODELS.get(settings["base_model"])
    front = {
        "language": "en",
        "license": "apache-2.0",
        "library_name": "rejoinder",
        "pipeline_tag": "text-classification",
        "tags": ["news", "quotations", "speech-acts"],
        **({"base_model": base.hub_id} if base else {}),
    }
    stored = measured["stored"]
    columns = [name for name, value in stored["full"].items() if isinstance(value, dict)]
    rows = [
        f"| {mode} | {figures['macro_f1']:.3f} | "
        + " | ".join(
            f"{figures[c]['precision']:.2f} / {figures[c]['recall']:.2f} / {figures[c]['f1']:.3f}" for c in columns
        )
        + " |"
        for mode, figures in stored.items()
    ]
    text = _TEXT.format(
        version=config.version,
        labels=", ".join(f"`{label}`" for label in config.labels),
        other=config.other,
        statements=", ".join(f"{count} statements for {split}" for split, count in training["statements"].items()),
        taught=_TAUGHT if settings["distillation"] else "",
        data=training["data_sha256"],
        count=measured["statements"],
        weights=measured["weights"],
        heads="".join(f" {c} (precision / recall / F1) |" for c in columns),
        rules="---|" * len(columns),
        rows="\n".join(rows),
        thresholds=", ".join(f"{label} {value:.2f}" for label, value in config.thresholds.items()),
        parity=measured["parity"],
        quote=config.encoding.quote,
        minutes=training["minutes"],
        hardware=f"{training['hardware']['threads']} threads ({training['hardware']['device']})",
        base=f"{base.hub_id} ({base.licence})" if base else settings["base_model"],
        seed=settings["seed"],
        revision=training["git_revision"] or "unknown",
    )
    header = yaml.safe_dump(front, sort_keys=False)
    (folder / "README.md").write_text(f"---\n{header}---\n\n{text}", "utf8")
