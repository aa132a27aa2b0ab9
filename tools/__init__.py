"""What maintainers run: set-up, locks, lint, docs, pictures, mutation. Nothing imports it."""
