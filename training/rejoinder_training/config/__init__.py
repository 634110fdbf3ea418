"""What a run is told: YAML holds values, classes their types, and an error names each key that is wrong."""

from rejoinder_training.config.run import (
    ContextDropout,
    Distribution,
    Folds,
    RunConfig,
    apart_from_chance,
    changed,
    load_config,
)

__all__ = ["ContextDropout", "Distribution", "Folds", "RunConfig", "apart_from_chance", "changed", "load_config"]
