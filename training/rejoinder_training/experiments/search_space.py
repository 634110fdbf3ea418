"""The space of a hyperparameter search, and the configuration for a point drawn from it."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rejoinder_training.config import Distribution, RunConfig, changed
from rejoinder_training.config.run import is_whole_number

if TYPE_CHECKING:
    import optuna

Space = Mapping[str, Distribution]


def default_space(config: RunConfig) -> Space:
    """Return the default search space: the hyperparameters that matter most, around the configuration's own values.

    The head's learning rate follows the encoder's unless the configuration fixes it.
    """
    space = {
        "learning_rate": Distribution(low=config.learning_rate / 5, high=config.learning_rate * 5, log=True),
        "num_train_epochs": Distribution(low=1, high=2 * math.ceil(config.num_train_epochs), step=1),
        "per_device_train_batch_size": Distribution(choices=[*sorted({8, 16, 32, config.per_device_train_batch_size})]),
        "weight_decay": Distribution(low=0, high=max(0.1, 2 * config.weight_decay)),
    }
    if config.warmup_steps < 1:
        space["warmup_steps"] = Distribution(low=0, high=max(0.2, config.warmup_steps))
    return space


def own_values(config: RunConfig, space: Space) -> dict[str, Any]:
    """Return the configuration's own values of what the space varies; empty if any is outside the space."""
    own = {name: getattr(config, name) for name in space}
    return own if all(_contains(values, own[name]) for name, values in space.items()) else {}


def _contains(values: Distribution, value: Any) -> bool:
    if values.choices is not None:
        return value in values.choices
    if value is None or not values.low <= value <= values.high:
        return False
    steps = (value - values.low) / (values.step or 1)
    return values.step is None or abs(steps - round(steps)) < 1e-9


def trial_config(config: RunConfig, space: Space, trial: "optuna.Trial") -> RunConfig:
    """Return the configuration of a trial: that of the search with the values drawn for the trial."""
    return changed(config, {"search": None, **{name: _draw(trial, name, values) for name, values in space.items()}})


def _draw(trial: "optuna.Trial", name: str, values: Distribution) -> Any:
    if values.choices is not None:
        return trial.suggest_categorical(name, values.choices)
    assert values.low is not None
    assert values.high is not None
    if is_whole_number(name):
        return trial.suggest_int(name, int(values.low), int(values.high), step=int(values.step or 1), log=values.log)
    return trial.suggest_float(name, values.low, values.high, step=values.step, log=values.log)
