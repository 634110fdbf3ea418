"""Whom statements accuse and which earlier ones they answer."""
