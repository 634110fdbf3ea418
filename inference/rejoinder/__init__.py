"""Reads what a quoted statement in the news does: alleges, denies, hits back, or none of these."""

from typing import TYPE_CHECKING

from rejoinder.acts import ACTS, OTHER
from rejoinder.classifier import StatementClassifier
from rejoinder.engine import EngineName
from rejoinder.errors import InputError, MissingExtraError, ModelError, RejoinderError
from rejoinder.lazy import later
from rejoinder.statement import Prediction, Statement
from rejoinder.version import __version__

if TYPE_CHECKING:
    from rejoinder.article import Article, ReadStatement, read, read_all
    from rejoinder.files import LabelSummary, label_file, read_file
else:
    # What `predict` does not need is imported at its first use: it takes as long as all else.
    __getattr__ = later(
        __name__,
        {
            "article": ("Article", "ReadStatement", "read", "read_all"),
            "files": ("LabelSummary", "label_file", "read_file"),
        },
    )

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
