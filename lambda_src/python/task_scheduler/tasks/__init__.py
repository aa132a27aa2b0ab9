"""Task code: registered functions, their arguments and context, built-in tasks."""
