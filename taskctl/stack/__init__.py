"""A deployed stack: its names, its schedules, its functions."""
