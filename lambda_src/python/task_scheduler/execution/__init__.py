"""One batch: attempts, runners, time budget, idempotency."""
