"""TensorBoard and MLflow (`report_to`): kept inside the run's folder, with the configuration next to the metrics."""

import json
import logging
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import yaml
from transformers import TrainerCallback

from rejoinder.errors import InputError, MissingExtraError
from rejoinder_training.config import RunConfig

logger = logging.getLogger(__name__)

_FOLDER = "TENSORBOARD_LOGGING_DIR"
_STORE = "MLFLOW_TRACKING_URI"
_NO_TELEMETRY = "MLFLOW_DISABLE_TELEMETRY"
_RUN_ID = "mlflow-run-id.txt"
_NOT_ALLOWED = re.compile(r"[^\w\-. :/]")
"""A character that the name of an MLflow parameter cannot contain, but that of a label can."""
_NOT_IN_METRIC = re.compile(r"[^0-9A-Za-z_\-. :/]")
"""A character of a metric's name that transformers replaces by `_` for MLflow."""
_MAX_VALUE = 500
"""Most characters of a value in MLflow; a longer one, such as a list of many files, is cut."""


def check_installed(config: RunConfig) -> None:
    """Check that the libraries for `report_to` are installed; warn if MLflow would keep figures of labels as one.

    Raises:
        MissingExtraError: If one is not.
    """
    needed = {"tensorboard": ["tensorboard"], "mlflow": ["mlflow"]}
    if _STORE not in os.environ:
        needed["mlflow"] += ["sqlalchemy", "alembic"]  # for the SQLite store in the run's folder
    for name in config.report_to:
        if not all(map(find_spec, needed[name])):
            raise MissingExtraError(f"report_to: {name}", name)
    if "mlflow" in config.report_to:
        alike: dict[str, list[str]] = {}
        for label in config.labels:
            alike.setdefault(_NOT_IN_METRIC.sub("_", label), []).append(label)
        for labels in alike.values():
            if len(labels) > 1:
                named = ", ".join(labels)
                logger.warning("report_to: mlflow has one metric for the F1 of %s; train.log has all of them", named)


@contextmanager
def tracking(config: RunConfig, run: Path, *, trial: str = "") -> Iterator[None]:
    """Make the trackers store their data inside `run`, or wherever their own environment variables say.

    A resumed run continues the same run of MLflow; each `trial` of a search is a separate one.

    Raises:
        InputError: If MLflow's server cannot be reached, or refuses.
    """
    places: dict[str, str] = {}
    elsewhere = _STORE in os.environ
    if "tensorboard" in config.report_to:
        named = os.environ.get(_FOLDER)
        # To TensorBoard, a folder is a run: in a folder that several runs share, each gets a subfolder.
        own = Path(named).expanduser().joinpath(*run.absolute().parts[1:][-3:]) if named else run / "tensorboard"
        places[_FOLDER] = str(own / trial)
    if "mlflow" in config.report_to:
        places[_NO_TELEMETRY] = os.environ.get(_NO_TELEMETRY, "true")
        places[_STORE] = os.environ.get(_STORE, f"sqlite:///{(run / 'mlflow.db').absolute()}")
        if (run / _RUN_ID).exists():
            places["MLFLOW_RUN_ID"] = (run / _RUN_ID).read_text("utf8").strip()
    earlier = {name: os.environ.get(name) for name in places}
    os.environ.update(places)
    try:
        with _mlflow_errors(check_store=elsewhere) if "mlflow" in config.report_to else nullcontext():
            yield
    finally:
        for name, value in earlier.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


@contextmanager
def _mlflow_errors(*, check_store: bool) -> Iterator[None]:
    """Tell MLflow when a run fails, and turn MLflow's own errors into ours; `check_store` first whether it responds."""
    import mlflow

    try:
        if check_store:
            mlflow.MlflowClient().search_experiments(max_results=1)
        yield
    except mlflow.exceptions.MlflowException as error:
        _end_run("FAILED")
        raise InputError(f"mlflow ({os.environ[_STORE]}): {str(error).strip().splitlines()[0]}") from error
    except BaseException as error:
        _end_run("FAILED" if isinstance(error, Exception) else "KILLED")
        raise


def _end_run(status: str) -> None:
    """End MLflow's run while its store is still set; at the end of the process, MLflow would look for it elsewhere."""
    import mlflow

    with suppress(mlflow.exceptions.MlflowException):  # a server that cannot be reached
        if mlflow.active_run() is not None:
            mlflow.end_run(status)


class ConfigurationCallback(TrainerCallback):
    """Reports the configuration to the trackers of `report_to`; the Trainer's own callbacks know only part of it."""

    def __init__(self, config: RunConfig) -> None:
        self._config = config.model_dump(mode="json", exclude={"search"})

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if "mlflow" in args.report_to:
            import mlflow

            # With a prefix, since the Trainer also logs the model's configuration, whose `dropout` is something else.
            flat = _flat(self._config).items()
            values = {_NOT_ALLOWED.sub("_", f"config.{name}"): str(value)[:_MAX_VALUE] for name, value in flat}
            mlflow.log_params(values)
            if args.save_strategy != "no":  # otherwise it is a trial of a search, which cannot be resumed
                run = mlflow.active_run()
                assert run is not None
                Path(args.output_dir, _RUN_ID).write_text(run.info.run_id + "\n", "utf8")
        if "tensorboard" in args.report_to:
            with _writer() as writer:
                text = yaml.safe_dump(self._config, sort_keys=False)
                writer.add_text("config", "\n".join(f"    {line}" for line in text.splitlines()))

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if "tensorboard" in args.report_to and state.best_metric is not None:
            with _writer() as writer:
                writer.add_hparams(_flat(self._config), {"hparam/eval_macro_f1": state.best_metric}, run_name=".")


def _writer() -> Any:
    from torch.utils.tensorboard import SummaryWriter

    return SummaryWriter(os.environ[_FOLDER])


def _flat(config: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Flatten nested values to dotted keys; lists become JSON."""
    flat: dict[str, Any] = {}
    for key, value in config.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = json.dumps(value) if isinstance(value, list) else value
    return flat
