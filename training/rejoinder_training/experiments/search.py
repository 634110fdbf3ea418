"""Hyperparameter search: trials on the same data with the same seed, compared by validation macro-F1."""

import json
import logging
import math
import shlex
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
import yaml
from rich.console import Console
from rich.markup import escape
from transformers import TrainerCallback, TrainerControl, TrainerState

from rejoinder.errors import InputError, MissingExtraError
from rejoinder.probabilities import as_number, whole_number
from rejoinder_training import hardware, trackers
from rejoinder_training.config import RunConfig, changed
from rejoinder_training.evaluation.tables import figures_table
from rejoinder_training.evaluation.unseen import check_start
from rejoinder_training.experiments.search_space import Space, default_space, own_values, trial_config
from rejoinder_training.json_files import write_json, write_text
from rejoinder_training.logs import log_also_to
from rejoinder_training.material import Material, check_needs, read_material
from rejoinder_training.run_folder import SEARCH, check_folder, locked_folder, write_record
from rejoinder_training.train import new_model, train_base
from rejoinder_training.trainer import DivergedError, StatementTrainer, best_figures, least_useful_f1

if TYPE_CHECKING:
    import optuna

logger = logging.getLogger(__name__)

Results = dict[str, Any]

_FAILURES = (DivergedError, torch.OutOfMemoryError)
"""Errors that fail a trial but not the search: a loss that is not a number, a batch that does not fit in memory."""
_TRIALS = 20
"""The number of trials if no budget is given."""
_REASON = "error"
_ANEW = "anew"
"""Attributes of a trial: why it failed, and the number of the interrupted trial that it repeats."""


def search(
    config: RunConfig, folder: Path, *, trials: int | None = None, minutes: float | None = None, resume: bool = False
) -> Results:
    """Search for the hyperparameters with the best validation macro-F1; return the contents of trials.json.

    `config.search` is the search space (if it is None, `default_space`). Trials that stay below the median of the
    others are ended early. The search writes study.db, trials.json and, if anything was learnt, best.yaml, a
    configuration to train with, to `folder`. No trial begins once there are `trials` in total, including those of
    earlier calls, or `minutes` after the start of this call; if neither is given, 20 trials are run.

    Raises:
        InputError: As for `train`, or if the folder holds another search, there is no budget, or all trials failed.
        MissingExtraError: If Optuna is not installed.
    """
    try:
        import optuna  # noqa: F401
    except ImportError as error:
        raise MissingExtraError("search", "search") from error
    began = time.monotonic()
    if trials is None and minutes is None:
        trials = _TRIALS
    trials = None if trials is None else whole_number("trials", trials)
    if minutes is not None and not 0 < as_number(minutes) < math.inf:
        raise InputError(f"minutes: {minutes!r}; it must be a number above 0")
    check_needs(config)
    check_folder(config, folder, resume=resume, record=SEARCH)
    if config.average_with_base:
        logger.warning("average_with_base: trials are compared without it; a run of best.yaml uses it again")
    with locked_folder(folder), log_also_to(folder / "train.log"):
        train_base(config)
        material = read_material(config, folder)
        check_start(config, material.rows)
        write_record(folder, config, record=SEARCH, **material.hashes)
        space = config.search or default_space(config)
        study = _open_study(folder, config, space)
        done = sum(_state(trial) != "interrupted" for trial in study.trials if trial.state.is_finished())
        left = None if trials is None else trials - done
        if left is None or left > 0:
            # Trials deliberately save no checkpoints, about which the Trainer would warn in each.
            logging.getLogger("transformers.trainer_callback").setLevel(logging.ERROR)
            budget = [f"{left} trials"] if left is not None else []
            budget += [f"{minutes:g} minutes"] if minutes is not None else []
            logger.info("searching %s in %s", ", ".join(space), " or ".join(budget))
            study.optimize(
                lambda trial: _run_trial(trial, config, folder, material, space),
                n_trials=left,
                timeout=None if minutes is None else minutes * 60,
                catch=_FAILURES,
                gc_after_trial=True,  # otherwise a trial's model would still be in memory during the next
            )
        return _save(config, folder, material, space, study, began)


def _open_study(folder: Path, config: RunConfig, space: Space) -> "optuna.Study":
    """Open the study of the folder; trials left unfinished by an earlier call are marked as failed and queued again.

    A new study starts with the configuration's own values if they are in the space, so that the result is no worse.
    """
    import optuna
    from optuna.trial import TrialState
    from sqlalchemy import URL

    # Each trial logs itself, and failures without a traceback.
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(
        direction="maximize",
        # A path may contain `?`, which has a meaning in URLs.
        storage=URL.create("sqlite", database=str((folder / "study.db").absolute())).render_as_string(),
        study_name="search",
        load_if_exists=True,
        # Neither the first evaluations nor the median of fewer than five trials is meaningful.
        pruner=optuna.pruners.MedianPruner(n_startup_trials=5, n_warmup_steps=2),
    )
    if not study.trials:
        if own := own_values(config, space):
            study.enqueue_trial(own)
        else:
            logger.info("not all of the configuration's own values are in the space: no trial is the configuration")
    for trial in study.get_trials(states=[TrialState.RUNNING]):
        study.tell(trial.number, state=TrialState.FAIL)
    queued = {trial.user_attrs.get(_ANEW) for trial in study.trials}
    for trial in study.trials:
        if _state(trial) == "interrupted" and trial.params and trial.number not in queued:
            logger.info("trial %d was interrupted and is run again", trial.number)
            study.enqueue_trial(trial.params, user_attrs={_ANEW: trial.number})
    # With the same seed, a resumed search would draw its first trials again.
    study.sampler = optuna.samplers.TPESampler(seed=(config.seed + len(study.trials)) % 2**32)
    return study


def _state(trial: "optuna.trial.FrozenTrial") -> str:
    """Return the state for trials.json: a trial that failed without a recorded reason was interrupted."""
    state = str(trial.state.name).lower()
    return "interrupted" if state == "fail" and _REASON not in trial.user_attrs else state


def _run_trial(trial: "optuna.Trial", config: RunConfig, folder: Path, material: Material, space: Space) -> float:
    """Train a trial like a run of its configuration, but without checkpoints; return its best macro-F1."""
    import optuna

    name = f"trial-{trial.number}"
    config = trial_config(config, space, trial)
    logger.info("trial %d: %s", trial.number, json.dumps(trial.params))
    pruning = _Pruning(trial)
    try:
        with trackers.tracking(config, folder, trial=name):
            model, pad_id = new_model(config, material), material.tokenizer.pad_token_id
            trainer = StatementTrainer(
                config, folder, material.datasets, pad_id, model, save_checkpoints=False, callbacks=[pruning]
            )
            trainer.args.run_name = f"{folder.name}/{name}"
            trainer.train()
    except _FAILURES as error:
        reason = str(error).splitlines()[0]
        trial.set_user_attr(_REASON, reason)
        logger.info("trial %d failed: %s", trial.number, reason)
        raise
    best = best_figures(trainer.state)["macro_f1"]
    logger.info("trial %d: macro-F1 %.4f%s", trial.number, best, ", ended early" if pruning.pruned else "")
    if pruning.pruned:
        raise optuna.TrialPruned
    return best


class _Pruning(TrainerCallback):
    """Reports the best macro-F1 so far to Optuna, which is that of a run's checkpoint, and ends pruned trials."""

    def __init__(self, trial: "optuna.Trial") -> None:
        self._trial = trial
        self.pruned = False

    def on_evaluate(self, args: Any, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        # Counted in evaluations, since steps of trials with different batch sizes are not comparable.
        evaluations = sum("eval_macro_f1" in entry for entry in state.log_history)
        self._trial.report(best_figures(state)["macro_f1"], evaluations)
        if self._trial.should_prune():
            self.pruned = control.should_training_stop = True


def _save(
    config: RunConfig, folder: Path, material: Material, space: Space, study: "optuna.Study", began: float
) -> Results:
    """Write trials.json and, if anything was learnt, best.yaml; return the contents of trials.json."""
    found = [trial for trial in study.trials if trial.state.is_finished()]
    best = study.best_trial if any(_state(trial) == "complete" for trial in found) else None
    least = least_useful_f1(material.datasets["validation"].targets, config)
    results: Results = {
        **hardware.result_record(
            material.data, config=config.model_dump(mode="json"), seeds={"training": config.seed}, began=began
        ),
        "search": {name: values.model_dump(mode="json", exclude_defaults=True) for name, values in space.items()},
        "objective": "macro-F1 on validation, of the best checkpoint of a trial",
        "best": best.number if best else None,
        "learnt": best is not None and not study.best_value < least <= 1,
        "trials": [_record(trial) for trial in found],
    }
    write_json(folder / "trials.json", results)
    if best is None:
        reasons = [trial.user_attrs[_REASON] for trial in found if _REASON in trial.user_attrs]
        raise InputError(f"{folder}: none of {len(found)} trials finished; the last: {(reasons or ['no time'])[-1]}")
    if not results["learnt"]:  # in no trial so far, so that none is better than another
        return results
    chosen = changed(config, {"search": None, **best.params}).model_dump(mode="json", exclude={"search"})
    ended = sum(_state(trial) in ("complete", "pruned") for trial in found)
    comment = (
        f"# Trial {best.number} of the search in {folder}, the best of {ended}: macro-F1 {best.value:.4f} on "
        "validation.\n# It was chosen there, so judge it on test.\n"
    )
    write_text(folder / "best.yaml", comment + yaml.safe_dump(chosen, sort_keys=False))
    return results


def _record(trial: "optuna.trial.FrozenTrial") -> dict[str, Any]:
    return {
        "number": trial.number,
        "state": _state(trial),
        "value": trial.value,
        "params": trial.params,
        "evaluations": [value for _, value in sorted(trial.intermediate_values.items())],
        "minutes": round(trial.duration.total_seconds() / 60, 2) if trial.duration else None,
        "error": trial.user_attrs.get(_REASON),
        "anew": trial.user_attrs.get(_ANEW),
    }


def print_search(folder: Path, console: Console) -> None:
    """Print a row for each trial of the search in `folder`, and the command to train with the best."""
    results: Results = json.loads((folder / "trials.json").read_text("utf8"))
    headings = ("trial", "state", "macro-F1", "minutes", *results["search"])
    table = figures_table("macro-F1 on validation, by trial", headings)
    for trial in results["trials"]:
        best = results["learnt"] and trial["number"] == results["best"]
        value = "" if trial["value"] is None else f"{trial['value']:.4f}"
        drawn = [trial["params"].get(name, "") for name in results["search"]]
        cells = [f"{setting:.4g}" if isinstance(setting, float) else str(setting) for setting in drawn]
        row = (str(trial["number"]), "best" if best else trial["state"], value, str(trial["minutes"]), *cells)
        table.add_row(*map(escape, row), style="bold" if best else None)
    console.print(table)
    if not results["learnt"]:
        console.print(
            "nothing was learnt in any trial: the best macro-F1 is what the same answer for every statement gets; "
            "search longer trainings (num_train_epochs) or higher learning rates (learning_rate)",
            highlight=False,
        )
        return
    run = folder.parent / f"{folder.resolve().name}-best"
    again = shlex.join(["rejoinder-train", "train", str(folder / "best.yaml"), "--run", str(run)])
    console.print(f"train with the best: {again}", soft_wrap=True, markup=False, highlight=False)
