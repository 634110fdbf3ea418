"""Many runs of one configuration: seeds, folds, a learning curve, and a search for hyperparameters."""
