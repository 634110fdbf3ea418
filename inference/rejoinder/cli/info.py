"""`rejoinder info`."""

import platform
import sys
from importlib.metadata import PackageNotFoundError, version

from rejoinder.classifier import StatementClassifier
from rejoinder.cli.app import ModelOption, app
from rejoinder.engine import choose_engine, other_engines
from rejoinder.model_folder import BUNDLED, open_verified
from rejoinder.processor import RELEVANT_FLAGS, cpu_flags, usable_threads
from rejoinder.version import __version__

_LIBRARIES = ("onnxruntime", "openvino", "tokenizers", "numpy")
_EXTRAS = {
    "openvino": "openvino",
    "parquet": "pyarrow",
    "zstd": "backports.zstd",
    "ray": "ray",
    "spark": "pyspark",
    "web": "trafilatura",
    "serve": "fastapi",
    "train": "torch",
    "report": "matplotlib",
    "search": "optuna",
    "tensorboard": "tensorboard",
    "mlflow": "mlflow-skinny",
}
"""The extras, each with a distribution that it installs."""
_ZSTD_IN_STDLIB = sys.version_info >= (3, 14)


@app.command()
def info(model: ModelOption = None) -> None:
    """Show the model, versions, engines and extras that are installed."""
    classifier = StatementClassifier.from_pretrained(model)
    config, folder = classifier.config, classifier.recipe.path if classifier.recipe else BUNDLED
    installed = [extra for extra, name in _EXTRAS.items() if _version(name) or (extra == "zstd" and _ZSTD_IN_STDLIB)]
    missing = [extra for extra in _EXTRAS if extra not in installed]
    relevant = [flag for flag in RELEVANT_FLAGS if flag in cpu_flags()]
    rows = {
        "rejoinder": __version__,
        "python": platform.python_version(),
        "model": f"{config.version}, {folder}",
        "acts": ", ".join(
            f"{act} from {config.thresholds[act]:.2f}" if config.thresholds else act for act in config.labels
        ),
        "reads": f"{config.encoding.max_length} tokens; characters: {config.encoding.quote} of the quote, "
        f"{config.encoding.before} before, {config.encoding.after} after",
        "speakers": _speakers(),
        "engine": f"{classifier.engine.name}, in {classifier.engine.precision}: {choose_engine(folder).reason}",
        "others": ", ".join(other_engines(folder, classifier.engine.name)),
        "processor": f"{platform.machine()}; {' '.join(relevant) or 'none of the flags that matter'}; "
        f"threads: {usable_threads()}",
        "libraries": ", ".join(f"{name} {found}" for name in _LIBRARIES if (found := _version(name))),
        "extras": ", ".join(installed) or "none",
        "lacks": f"{', '.join(missing)} (pip install 'rejoinder[NAME]')" if missing else "no extra",
    }
    for name, value in rows.items():
        print(f"{name:10} {value}")


def _speakers() -> str:
    from rejoinder.article.quotes.speaker_model import BUNDLED_SPEAKERS, speaker_engine

    if not BUNDLED_SPEAKERS.is_dir():
        return "by rules alone, without the speaker model"
    config, _ = open_verified(BUNDLED_SPEAKERS)
    name = config.get("version", "a model without version")
    return f"{name}, {BUNDLED_SPEAKERS}, with {speaker_engine(BUNDLED_SPEAKERS)}"


def _version(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None
