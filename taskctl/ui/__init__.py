"""Output and options that the commands share."""
