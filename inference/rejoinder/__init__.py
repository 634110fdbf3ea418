"""Reads what a quoted statement in the news does: alleges, denies, hits back, or none of these."""

from rejoinder.acts import ACTS, OTHER
from rejoinder.article import Article, ReadStatement, read
from rejoinder.classifier import StatementClassifier
from rejoinder.engine import EngineName
from rejoinder.errors import InputError, MissingExtraError, ModelError, RejoinderError
from rejoinder.files import LabelSummary, label_file, read_file
from rejoinder.statement import Prediction, Statement
from rejoinder.version import __version__

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
    "read_file",
]
