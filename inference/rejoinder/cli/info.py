"""`rejoinder info`."""

import platform
from importlib.util import find_spec
from typing import get_args

from rejoinder.classifier import StatementClassifier
from rejoinder.cli.app import ModelOption, app
from rejoinder.engine import EngineName
from rejoinder.version import __version__


@app.command()
def info(model: ModelOption = None) -> None:
    """Tell which model, versions and engines there are."""
    classifier = StatementClassifier.from_pretrained(model)
    config = classifier.config
    rows = {
        "rejoinder": __version__,
        "python": platform.python_version(),
        "model": config.version,
        "acts": ", ".join(
            f"{act} from {config.thresholds[act]:.2f}" if config.thresholds else act for act in config.labels
        ),
        "reads": f"{config.encoding.max_length} tokens; characters: {config.encoding.quote} of the quote, "
        f"{config.encoding.before} before, {config.encoding.after} after",
        "engine": classifier.engine.name,
        "installed": ", ".join(name for name in get_args(EngineName) if find_spec(name)),
        "parquet": "yes" if find_spec("pyarrow") else "no (pip install 'rejoinder[parquet]')",
        "web pages": "yes" if find_spec("trafilatura") else "no (pip install 'rejoinder[web]')",
    }
    for name, value in rows.items():
        print(f"{name:10} {value}")
