"""What tests have done in other processes; these import nothing but the package for it."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from rejoinder import RejoinderError, StatementClassifier, label_file


def where_it_runs(classifier: StatementClassifier) -> tuple[str | None, int | None]:
    return os.environ.get("RAYON_NUM_THREADS"), classifier.threads


class Signed(StatementClassifier):
    """A class of a user's own."""

    def predict(self, statements: Any, **options: Any) -> Any:
        return [replace(one, model="signed") for one in super().predict(statements, **options)]


def daemon_told(source: Path, output: Path, model: Path) -> str:
    """Return what several workers are told in a daemon, where one then does the work."""
    classifier = StatementClassifier.from_pretrained(model, threads=1)
    told = ""
    try:
        label_file(source, output, classifier=classifier, workers=2, part_rows=4)
    except RejoinderError as error:
        told = str(error)
    label_file(source, output, classifier=classifier, part_rows=4)
    return told
