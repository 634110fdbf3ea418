"""Several runs of one configuration: seeds, folds, a learning curve, and a hyperparameter search."""
