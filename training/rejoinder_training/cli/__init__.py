"""The `rejoinder-train` command. Its exit codes are listed in docs/training.md."""

import sys
from importlib.util import find_spec

try:
    from rejoinder.cli import run
    from rejoinder.errors import MissingExtraError
    from rejoinder_training.cli import annotation, data, evaluation, training  # noqa: F401  # commands
    from rejoinder_training.cli.app import app
    from rejoinder_training.logs import leave_out_bars
except KeyboardInterrupt:  # `run`, which usually handles it, is not imported yet
    raise SystemExit(130) from None


def main() -> None:
    """Run the command; errors are reported in one line."""
    if not all(map(find_spec, ("torch", "transformers", "datasets", "sklearn"))):
        print(f"rejoinder-train: {MissingExtraError('training', 'train')}", file=sys.stderr)
        sys.exit(2)
    leave_out_bars()
    run(app, name="rejoinder-train", less_memory="a smaller per_device_train_batch_size")
