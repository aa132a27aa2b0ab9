"""Output and options that the commands have in common."""
