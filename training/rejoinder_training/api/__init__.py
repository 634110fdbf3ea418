"""Each command of `rejoinder-train` as a Python call of the same name, which writes the same files.

Arguments are those of the command: a repeated option is a sequence (`slices`, `labels`), one of the form name=value a
mapping (`columns`, `prior`, `evaluations`). What trains returns its folder, what measures returns what it found. Every
function raises a RejoinderError where the command ends with one line and exit code 2: InputError for input that cannot
be used, ModelError for a model that cannot, MissingExtraError for a package that is not installed.
"""

from typing import TYPE_CHECKING

from rejoinder.lazy import later

if TYPE_CHECKING:
    from rejoinder_training.api.data import check, init, prepare
    from rejoinder_training.api.labelling import errors, import_labels, sample
    from rejoinder_training.api.measuring import compare, evaluate, score
    from rejoinder_training.api.reporting import card, report
    from rejoinder_training.api.training import export, export_speakers, learning_curve, search, train, train_speakers
else:
    # At its first use: what trains nothing needs neither torch nor transformers, and starts twice as fast and more.
    __getattr__ = later(
        __name__,
        {
            "data": ("check", "init", "prepare"),
            "labelling": ("errors", "import_labels", "sample"),
            "measuring": ("compare", "evaluate", "score"),
            "reporting": ("card", "report"),
            "training": ("export", "export_speakers", "learning_curve", "search", "train", "train_speakers"),
        },
    )

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})


__all__ = [
    "card",
    "check",
    "compare",
    "errors",
    "evaluate",
    "export",
    "export_speakers",
    "import_labels",
    "init",
    "learning_curve",
    "prepare",
    "report",
    "sample",
    "score",
    "search",
    "train",
    "train_speakers",
]
