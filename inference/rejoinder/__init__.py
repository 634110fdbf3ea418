"""Reads what a quoted statement in the news does: alleges, denies, hits back, or none of these."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from rejoinder.acts import ACTS, OTHER
from rejoinder.classifier import StatementClassifier
from rejoinder.engine import EngineName
from rejoinder.errors import InputError, MissingExtraError, ModelError, RejoinderError
from rejoinder.statement import Prediction, Statement
from rejoinder.version import __version__

if TYPE_CHECKING:
    from rejoinder.article import Article, ReadStatement, read, read_all
    from rejoinder.files import LabelSummary, label_file, read_file
else:
    # What `predict` does not need is imported at its first use: it takes as long as all else.
    _LATER = {
        **dict.fromkeys(("Article", "ReadStatement", "read", "read_all"), "rejoinder.article"),
        **dict.fromkeys(("LabelSummary", "label_file", "read_file"), "rejoinder.files"),
    }

    def __getattr__(name: str) -> Any:
        if name in _LATER:
            return getattr(import_module(_LATER[name]), name)
        if (module := f"{__name__}.{name}") in _LATER.values():
            return import_module(module)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})


__all__ = [
    "ACTS",
    "OTHER",
    "Article",
    "EngineName",
    "InputError",
    "LabelSummary",
    "MissingExtraError",
    "ModelError",
    "Prediction",
    "ReadStatement",
    "RejoinderError",
    "Statement",
    "StatementClassifier",
    "__version__",
    "label_file",
    "read",
    "read_all",
    "read_file",
]
