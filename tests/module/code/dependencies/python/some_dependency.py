"""Stands for a dependency that `make package-layer` would have put here."""
