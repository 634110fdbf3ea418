"""The round trip with annotators: choose statements, write them as tasks, read the answers back as training data."""
