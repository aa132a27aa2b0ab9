"""AWS prices and the cost of a stack."""
