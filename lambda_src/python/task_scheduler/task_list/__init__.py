"""The tasks of a run: an inline list, a file, an S3 object or a generator, read one at a time."""
