"""Runs, reconstructed from the functions' logs."""
