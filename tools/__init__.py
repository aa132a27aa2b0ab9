"""Maintainers' tools: set-up, locks, docs, pictures, mutation. Nothing imports them."""
