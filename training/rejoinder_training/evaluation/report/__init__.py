"""A one-page report on a system: figures, plots, instructive errors, the data, and how to measure it again."""

from rejoinder.errors import MissingExtraError

try:
    import jinja2  # noqa: F401
    import matplotlib  # noqa: F401
except ImportError as error:
    raise MissingExtraError("a report", "report") from error

from rejoinder_training.evaluation.report.page import report

__all__ = ["report"]
