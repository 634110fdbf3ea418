"""Whom statements accuse, and which earlier statements they answer."""
