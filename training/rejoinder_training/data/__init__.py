"""Statements for training: readers, standoff labels, checks."""

from rejoinder_training.data.readers import ReadReport, read_data
from rejoinder_training.data.schema import FEATURES, statement_of

__all__ = ["FEATURES", "ReadReport", "read_data", "statement_of"]
