"""A deployed stack: found, its schedules, its functions invoked."""
