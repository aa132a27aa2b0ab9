"""Dead letters: read, shown, sent again."""
