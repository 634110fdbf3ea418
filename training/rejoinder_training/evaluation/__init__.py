"""One evaluation harness for runs, exported models and baselines: same statements, modes, figures and intervals."""

from rejoinder_training.evaluation.compare import compare
from rejoinder_training.evaluation.harness import evaluate, save_results
from rejoinder_training.evaluation.loading import load_system, load_systems
from rejoinder_training.evaluation.systems import System

__all__ = ["System", "compare", "evaluate", "load_system", "load_systems", "save_results"]
