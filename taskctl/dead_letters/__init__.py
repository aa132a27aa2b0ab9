"""Dead letters: received, read, sent again."""
