"""The model card of an exported model, filled in from its configuration and the figures measured by `export`."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from rejoinder.acts import ACTS
from rejoinder.model_folder import ModelConfig
from rejoinder_training.base_models import BASE_MODELS, BaseModel
from rejoinder_training.data.clones import SOURCES
from rejoinder_training.origin import with_bases
from rejoinder_training.wording import listed

_TEXT = """\
# {version}

{purpose}

```python
from rejoinder import Statement, StatementClassifier

classifier = StatementClassifier.from_pretrained("path/to/this/folder")  # without a path: the bundled model
classifier.predict(Statement("It never happened.", before="The firm, accused of dumping waste, said: "))
```

## Intended use

{use}

## Data

{statements}, from {sources}{earlier}.{taught}{provenance}
sha256 of the training data{last}: `{data}`.

## Figures

On {count} validation statements{chosen}; weights stored as {weights}. `rejoinder-train export` measured them and
wrote this card.

| input | macro-F1 |{heads}
|---|---|{rules}
{rows}
{parts}
{thresholds} The largest difference to the torch checkpoint before storage was {parity:.0e}.

## Limits

It reads at most {quote} characters of a quote, {before} before it and {after} after it, and {tokens} tokens in
all; what goes beyond is cut.{not_measured}

## Training

{stages}
{energy}"""

_PURPOSE = """\
Labels a quoted statement from an English news text by what it *does*: {labels}, several at once or none
of them (`{other}`). What each label means stands in `data/guideline.md` of the project."""

_USE = """\
Finding and counting allegations, denials and counter-accusations in news, as an aid to people who read on.
The model says what a speaker does with the words, never whether they are true, and it errs (figures below):
do not use it to decide about persons. English only. Statements other than news quotes were not tried."""

_PROVENANCE = """
Written statements are invented for the project and labelled by their authors (language models); news statements
were labelled by a large language model that followed the guideline, not by people. The news texts belong to their
publishers; licences of some source repositories are unknown (`data/README.md`)."""

_EARLIER = ", in the last stage of [training](#training); the earlier ones took {counts}"

_TAUGHT = """
It learned from the probabilities of a larger model (the teacher) beside the labels; statements without a label
carry the teacher's alone."""

_SIDED = """
Beside the acts it learned, of some of the statements, which words name the speaker, the accusers and the accused, and
on whose side the speaker is."""

_WATTS = 10
"""Power drawn by a busy server thread, with its share of the machine: a round figure, for the order of magnitude."""

NOT_MEASURED = " Which kinds of statement it misses most has not been measured yet."

_UNKNOWN = "To be told by those who trained it, like the origin of its data and what its labels mean."


def is_ours(config: ModelConfig) -> bool:
    """Return whether a model has this project's labels and was trained on its data only, in earlier stages too."""
    sources = {source for stage in with_bases(config.training) for source in stage["sources"]}
    return config.labels == ACTS and sources <= {"written", "contrast", "alone", *SOURCES}


def write_card(folder: Path, config: ModelConfig, measured: dict[str, Any]) -> None:
    """Write `README.md` into the model folder; statements about this project's data appear only if `is_ours`."""
    training = config.training
    stages = [*with_bases(training)][::-1]  # the earliest first
    base = BASE_MODELS.get(stages[0]["config"]["base_model"])
    ours = is_ours(config)
    labels = ", ".join(f"`{label}`" for label in config.labels)
    front = {
        **({"language": "en", "license": "apache-2.0"} if ours else {}),
        "library_name": "rejoinder",
        "pipeline_tag": "text-classification",
        **({"tags": ["news", "quotations", "speech-acts"]} if ours else {}),
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
    parts = [
        f"{source} ({part['statements']} statements): {part['macro_f1']:.3f}"
        for source, part in measured["sources"].items()
    ]
    text = _TEXT.format(
        version=config.version,
        purpose=_PURPOSE.format(labels=labels, other=config.other)
        if ours
        else f"Labels statements with {labels}, {_how_many(config)}.",
        use=_USE if ours else _UNKNOWN,
        statements=", ".join(f"{count} statements for {split}" for split, count in training["statements"].items()),
        sources=", ".join(training["sources"]),
        earlier=_EARLIER.format(counts=listed([str(stage["statements"]["train"]) for stage in stages[:-1]]))
        if len(stages) > 1
        else "",
        last=" of the last stage" if len(stages) > 1 else "",
        taught="".join(
            text
            for key, text in (("distillation", _TAUGHT), ("sides", _SIDED))
            if any(stage["config"].get(key) for stage in stages)  # earlier versions had fewer settings
        ),
        provenance=_PROVENANCE if ours else "",
        data=training["data_sha256"],
        count=measured["statements"],
        chosen=_chosen(measured["data"]),
        weights=measured["weights"],
        heads="".join(f" {c} (precision / recall / F1) |" for c in columns),
        rules="---|" * len(columns),
        rows="\n".join(rows),
        parts=f"\nMacro-F1 with full context by source: {'; '.join(parts)}.\n" if len(parts) > 1 else "",
        thresholds=f"Thresholds: {', '.join(f'{label} {value:.2f}' for label, value in config.thresholds.items())}."
        if config.thresholds
        else "The likeliest label holds; there are no thresholds.",
        parity=measured["parity"],
        quote=config.encoding.quote,
        before=config.encoding.before,
        after=config.encoding.after,
        tokens=config.encoding.max_length,
        not_measured=NOT_MEASURED,
        energy=_energy(stages),
        stages="\n".join(_describe(stage, base if i == 0 else None) for i, stage in enumerate(stages)),
    )
    header = yaml.safe_dump(front, sort_keys=False)
    (folder / "README.md").write_text(f"---\n{header}---\n\n{text}", "utf8")


def _chosen(data: Mapping[str, Any]) -> str:
    """Return what readers should know about the statements behind the figures."""
    if data["own"]:
        return ", on which thresholds and calibration were chosen too, so that these figures\nare somewhat too good"
    files = ", ".join(f"`{name}`" for name in data["data"])
    return f" of {files} (sha256 `{data['data_sha256'][:16]}…`), named with `--data`"


def _how_many(config: ModelConfig) -> str:
    if not config.single_label:
        return f"several at once or none of them (`{config.other}`)"
    return f"one of them or none (`{config.other}`)" if config.other else "one of them"


def _energy(stages: Sequence[Mapping[str, Any]]) -> str:
    if any(stage["hardware"]["device"] != "cpu" for stage in stages):
        return ""
    least = "at least " if any(stage["resumed"] for stage in stages) else ""
    hours = sum(stage["minutes"] * stage["hardware"]["threads"] for stage in stages) / 60
    return (
        f"\nTogether {least}some {hours * _WATTS / 1000:.2g} kWh, at {_WATTS} W for each busy thread, "
        "which is assumed, not measured.\n"
    )


def _describe(stage: Mapping[str, Any], base: BaseModel | None) -> str:
    settings, hardware = stage["config"], stage["hardware"]
    start = f"{base.hub_id} ({base.licence})" if base else settings["base_model"]
    data = ", ".join(f"`{file}`" for file in settings["data"])
    memory = f", {stage['peak_memory_mb'] / 1e3:.1f} GB" if stage.get("peak_memory_mb") else ""
    return (
        f"- from {start} on {data} (sha256 `{stage['data_sha256'][:16]}…`), labels {len(settings['labels'])}: "
        f"{stage['minutes']} minutes{' since it was resumed' if stage['resumed'] else ''} on "
        f"{hardware['threads']} threads ({hardware['device']}{memory}), seed {settings['seed']}, "
        f"code {stage['git_revision'] or 'unknown'}"
    )
