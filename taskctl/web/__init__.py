"""A page over what taskctl knows of a stack, served on loopback."""
