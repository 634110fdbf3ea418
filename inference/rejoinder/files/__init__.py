"""Labelling whole files: every row kept, predictions added, order kept."""

from rejoinder.files.label import LabelSummary, label_file

__all__ = ["LabelSummary", "label_file"]
