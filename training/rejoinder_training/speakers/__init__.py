"""The speaker model: its data, its training and its export."""
