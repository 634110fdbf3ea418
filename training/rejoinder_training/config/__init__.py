"""The configuration of a run: YAML holds values, classes their types, and an error names each key that is wrong."""

from rejoinder_training.config.run import (
    ContextDropout,
    Distribution,
    Folds,
    RunConfig,
    changed,
    load_config,
    without_run_settings,
)

__all__ = ["ContextDropout", "Distribution", "Folds", "RunConfig", "changed", "load_config", "without_run_settings"]
