"""Sending a run: its start, its list onto the queue, what follows when that ends or has to go on."""
