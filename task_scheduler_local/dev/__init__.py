"""`taskctl dev`: a root of one's own, applied to the emulator and kept up to date."""
