"""Labelling whole files of quotes and reading many articles: every row kept, order kept."""

from rejoinder.files.into_folder import PartlyDoneError
from rejoinder.files.label import label_file
from rejoinder.files.read import read_file
from rejoinder.files.summary import LabelSummary

__all__ = ["LabelSummary", "PartlyDoneError", "label_file", "read_file"]
