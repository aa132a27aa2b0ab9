"""Task code: the functions that it registers, their arguments and context, built-in tasks."""
