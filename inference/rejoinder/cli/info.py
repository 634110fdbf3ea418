"""`rejoinder info`."""

import platform
from importlib.util import find_spec

from rejoinder.classifier import StatementClassifier
from rejoinder.cli.app import ModelOption, app
from rejoinder.engine import choose_engine, other_engines
from rejoinder.model_folder import BUNDLED
from rejoinder.version import __version__


@app.command()
def info(model: ModelOption = None) -> None:
    """Tell which model, versions and engines there are."""
    classifier = StatementClassifier.from_pretrained(model)
    config, folder = classifier.config, classifier.recipe.path if classifier.recipe else BUNDLED
    rows = {
        "rejoinder": __version__,
        "python": platform.python_version(),
        "model": config.version,
        "acts": ", ".join(
            f"{act} from {config.thresholds[act]:.2f}" if config.thresholds else act for act in config.labels
        ),
        "reads": f"{config.encoding.max_length} tokens; characters: {config.encoding.quote} of the quote, "
        f"{config.encoding.before} before, {config.encoding.after} after",
        "engine": f"{classifier.engine.name}, in {classifier.engine.precision}: {choose_engine(folder).reason}",
        "others": ", ".join(other_engines(folder, classifier.engine.name)),
        "parquet": "yes" if find_spec("pyarrow") else "no (pip install 'rejoinder[parquet]')",
        "web pages": "yes" if find_spec("trafilatura") else "no (pip install 'rejoinder[web]')",
    }
    for name, value in rows.items():
        print(f"{name:10} {value}")
