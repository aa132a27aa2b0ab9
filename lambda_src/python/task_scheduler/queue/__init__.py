"""The queue: messages, sending in batches, dead letters."""
