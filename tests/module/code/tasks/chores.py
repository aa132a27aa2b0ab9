"""A task folder of its own."""
