"""Limits on the accuracy that smaller weights and int8 arithmetic may lose, and the int8 graphs that meet them."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from rejoinder.errors import ModelError
from rejoinder.model_folder import INT8, NETWORK, STATIC
from rejoinder_training.exporting.int8_graphs import AROUND_ZERO, write_int8_by_row

logger = logging.getLogger(__name__)
Figures = TypeVar("Figures")

PARITY = 1e-3
"""Maximum difference of a probability between torch and the exported fp32 model."""
MACRO_F1_DROP = 0.005
RECALL_DROP = 0.015
"""Maximum loss on validation: of macro-F1, and of the recall of each act."""
_GRAPHS = (
    ("int8", INT8, None),
    ("int8", INT8, AROUND_ZERO[1:]),
    ("int8", INT8, ()),
    ("int8_static", STATIC, None),
)
"""Candidates in the order in which they are tried: name of the figures, file, and the `around_zero` argument with which
the file is rewritten first (None: the file is measured as it is)."""


def check_cost(before: dict[str, Any], after: dict[str, Any], what: str) -> None:
    """Check that a change to a model stays within the limits.

    If an act has so few statements that a single one costs more than the limit, one statement is tolerated. `before`
    and `after` map input modes to the figures of `acts_figures`.

    Raises:
        ModelError: If the loss is over a limit; the message says by how much.
    """
    for mode, figures in before.items():
        acts = {name: figure for name, figure in figures.items() if isinstance(figure, dict) and figure["support"]}
        share = {name: 1 / (len(acts) * figure["support"]) for name, figure in acts.items()}
        lost, limit = figures["macro_f1"] - after[mode]["macro_f1"], max(MACRO_F1_DROP, *share.values(), 0.0)
        if lost > limit:
            raise ModelError(f"{what}: costs {lost:.4f} of macro-F1 ({mode}), over {limit:.4f}")
        # One statement of a rare act may cost more than the limit; the other acts still have to meet it.
        frequent = [name for name in acts if share[name] <= MACRO_F1_DROP] if limit > MACRO_F1_DROP else []
        lost = sum(acts[name]["f1"] - after[mode][name]["f1"] for name in frequent) / max(1, len(acts))
        if lost > MACRO_F1_DROP:
            raise ModelError(
                f"{what}: costs {lost:.4f} of macro-F1 ({mode}) with {', '.join(frequent)} alone, over {MACRO_F1_DROP}"
            )
        for name, figure in acts.items():
            lost = figure["recall"] - after[mode][name]["recall"]
            # Nine recalls are checked, and statements near a threshold can go either way: two of them prove nothing.
            if lost > max(RECALL_DROP, 2.01 / figure["support"]):
                raise ModelError(
                    f"{what}: lowers the recall of {name} ({mode}) from {figure['recall']:.3f} to "
                    f"{after[mode][name]['recall']:.3f} on validation, by more than {RECALL_DROP}"
                )


def keep_int8_graphs(folder: Path, measure: Callable[[Path], Figures]) -> dict[str, Figures]:
    """Return the figures of each int8 graph in `folder`, after removing those that lose too much accuracy.

    `measure` returns the figures of a graph, or raises `ModelError` if it loses too much. In that case the graph for
    ONNX Runtime is rewritten in slower, more precise variants before it is given up.
    """
    measured: dict[str, Figures] = {}
    there = {name for name in (INT8, STATIC) if (folder / name).exists()}
    for what, name, around_zero in _GRAPHS:
        if name not in there or what in measured:
            continue
        if around_zero is not None:
            write_int8_by_row(folder / NETWORK, around_zero=around_zero)
        try:
            measured[what] = measure(folder / name)
        except ModelError as error:
            (folder / name).unlink()
            again = name == INT8 and around_zero != ()
            logger.warning("%s: %s", error, "nearer to fp32, then" if again else "the model goes without it")
    return measured
