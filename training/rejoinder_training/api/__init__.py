"""Each command of `rejoinder-train` as a Python function of the same name that writes the same files.

Arguments are the command's options: an option that can be repeated is a sequence (`slices`, `labels`), an option of the
form name=value a mapping (`columns`, `prior`, `evaluations`). Functions that train return their folder, functions that
measure return the results. If the command would end with one line and exit code 2, the function raises a
RejoinderError: InputError for unusable input, ModelError for an unusable model, MissingExtraError for a package that is
not installed.
"""

from typing import TYPE_CHECKING

from rejoinder.lazy import lazy_getattr

if TYPE_CHECKING:
    from rejoinder_training.api.data import check, init, prepare
    from rejoinder_training.api.labelling import errors, import_labels, sample
    from rejoinder_training.api.measuring import compare, evaluate, score
    from rejoinder_training.api.reporting import card, report
    from rejoinder_training.api.training import export, export_speakers, learning_curve, search, train, train_speakers
else:
    # Imported on first use: commands that train nothing need neither torch nor transformers, and start twice as fast.
    __getattr__ = lazy_getattr(
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
