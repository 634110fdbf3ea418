"""Labels what a quoted statement in the news does: alleges, denies, counter-accuses, or none of these."""

from typing import TYPE_CHECKING

from rejoinder.acts import ACTS, OTHER
from rejoinder.errors import InputError, MissingExtraError, ModelError, RejoinderError
from rejoinder.lazy import lazy_getattr
from rejoinder.statement import Prediction, Statement
from rejoinder.version import __version__

if TYPE_CHECKING:
    from rejoinder.article import Answer, Article, ReadStatement, Target, WebPage, read, read_all, web_page
    from rejoinder.classifier import StatementClassifier
    from rejoinder.engine import EngineName
    from rejoinder.files import LabelSummary, PartlyDoneError, label_file, read_file
else:
    # Imported on first use: `predict` needs only half of these modules, and the command can already report an
    # interruption while they load.
    __getattr__ = lazy_getattr(
        __name__,
        {
            "article": ("Answer", "Article", "ReadStatement", "Target", "WebPage", "read", "read_all", "web_page"),
            "classifier": ("StatementClassifier",),
            "engine": ("EngineName",),
            "files": ("LabelSummary", "PartlyDoneError", "label_file", "read_file"),
        },
    )

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})


__all__ = [
    "ACTS",
    "OTHER",
    "Answer",
    "Article",
    "EngineName",
    "InputError",
    "LabelSummary",
    "MissingExtraError",
    "ModelError",
    "PartlyDoneError",
    "Prediction",
    "ReadStatement",
    "RejoinderError",
    "Statement",
    "StatementClassifier",
    "Target",
    "WebPage",
    "__version__",
    "label_file",
    "read",
    "read_all",
    "read_file",
    "web_page",
]
