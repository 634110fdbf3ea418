"""Labelling whole files of quotes and reading many articles: every row kept, order kept."""

from typing import TYPE_CHECKING

from rejoinder.files.into_folder import PartlyDoneError
from rejoinder.files.label import label_file
from rejoinder.files.summary import LabelSummary
from rejoinder.lazy import later

if TYPE_CHECKING:
    from rejoinder.files.read import read_file
else:
    __getattr__ = later(__name__, {"read": ("read_file",)})  # with the rules for articles, which no quote needs

__all__ = ["LabelSummary", "PartlyDoneError", "label_file", "read_file"]
