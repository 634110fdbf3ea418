"""Labelling whole files: every row kept, predictions added, order kept."""

from rejoinder.files.label import label_file
from rejoinder.files.rows import LabelSummary

__all__ = ["LabelSummary", "label_file"]
