"""The round trip with people who label: which statements, as tasks for their tool, and back as training data."""
