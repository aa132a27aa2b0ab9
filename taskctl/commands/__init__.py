"""The commands of taskctl, a file each; none imports another."""
