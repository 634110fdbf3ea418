"""Accusations and denials that an article reports without quotation marks."""
