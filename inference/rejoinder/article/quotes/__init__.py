"""The quoted statements of an article and their speakers."""
