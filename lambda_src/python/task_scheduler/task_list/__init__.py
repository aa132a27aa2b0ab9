"""Task lists: a reader for each source (inline, file, S3 object, generator) and each format."""
