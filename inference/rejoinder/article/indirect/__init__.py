"""What an article reports somebody to accuse or deny without quotation marks."""
