"""The round trip with people who label: which statements, as tasks for their tool, and back as training data."""

from rejoinder_training.annotation.importing import import_labels, read_answers
from rejoinder_training.annotation.sampling import sample
from rejoinder_training.annotation.tasks import write_tasks

__all__ = ["import_labels", "read_answers", "sample", "write_tasks"]
