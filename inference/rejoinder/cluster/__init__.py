"""Adapters to engines that spread work over a cluster: `rejoinder.cluster.ray` and `rejoinder.cluster.spark`."""
