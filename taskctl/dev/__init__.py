"""`taskctl dev`: one's own schedules on this machine, kept up to date as they are edited."""
