"""Trains, evaluates and exports the models that `rejoinder` runs; needs the extra `train`."""
