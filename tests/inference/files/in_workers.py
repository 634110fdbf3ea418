"""Functions and classes that tests run in other processes, which then import nothing but the package."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from rejoinder import RejoinderError, StatementClassifier, label_file


def thread_settings(classifier: StatementClassifier) -> tuple[str | None, int | None]:
    return os.environ.get("RAYON_NUM_THREADS"), classifier.threads


class Signed(StatementClassifier):
    """A classifier class defined by a user."""

    def predict(self, statements: Any, **options: Any) -> Any:
        return [replace(prediction, model="signed") for prediction in super().predict(statements, **options)]


def label_in_daemon(source: Path, output: Path, model: Path) -> str:
    """Label in a daemonic process, first with two workers, then with one; return the error of the first attempt."""
    classifier = StatementClassifier.from_pretrained(model, threads=1)
    message = ""
    try:
        label_file(source, output, classifier=classifier, workers=2, part_rows=4)
    except RejoinderError as error:
        message = str(error)
    label_file(source, output, classifier=classifier, part_rows=4)
    return message
