"""Adapters for distributed frameworks: `rejoinder.cluster.ray` and `rejoinder.cluster.spark`."""
