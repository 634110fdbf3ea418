"""Export of a run to the folder that `rejoinder` loads: ONNX graph, smaller weights, int8 arithmetic, model card."""
