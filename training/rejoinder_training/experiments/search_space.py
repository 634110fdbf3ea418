"""The hyperparameters that a search draws, and the configuration that a draw makes."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rejoinder_training.config import Distribution, RunConfig, changed
from rejoinder_training.config.run import is_whole_number

if TYPE_CHECKING:
    import optuna

Space = Mapping[str, Distribution]


def default_space(config: RunConfig) -> Space:
    """Return what a search varies where the configuration does not say: what matters most, around its own values.

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
    """Return what a trial of the configuration as it is would draw; nothing where that lies outside of the space."""
    own = {name: getattr(config, name) for name in space}
    return own if all(_holds(one, own[name]) for name, one in space.items()) else {}


def _holds(one: Distribution, value: Any) -> bool:
    if one.choices is not None:
        return value in one.choices
    if value is None or not one.low <= value <= one.high:
        return False
    steps = (value - one.low) / (one.step or 1)
    return one.step is None or abs(steps - round(steps)) < 1e-9


def trial_config(config: RunConfig, space: Space, trial: "optuna.Trial") -> RunConfig:
    """Return the configuration of a trial: that of the search with the values drawn for it."""
    return changed(config, {"search": None, **{name: _draw(trial, name, one) for name, one in space.items()}})


def _draw(trial: "optuna.Trial", name: str, one: Distribution) -> Any:
    if one.choices is not None:
        return trial.suggest_categorical(name, one.choices)
    assert one.low is not None
    assert one.high is not None
    if is_whole_number(name):
        return trial.suggest_int(name, int(one.low), int(one.high), step=int(one.step or 1), log=one.log)
    return trial.suggest_float(name, one.low, one.high, step=one.step, log=one.log)
