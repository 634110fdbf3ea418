"""Trains, evaluates and exports the models that `rejoinder` runs; needs the extra `train`."""

import rejoinder.engine  # noqa: F401  # must come before ONNX Runtime, whose telemetry it turns off
