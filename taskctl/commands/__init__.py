"""The commands of taskctl, a file for each; none imports another."""
