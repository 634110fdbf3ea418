"""From a run to the folder that `rejoinder` loads: the graph, smaller weights, arithmetic in int8, the model card."""
