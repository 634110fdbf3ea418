"""What an article quotes and who says it."""
