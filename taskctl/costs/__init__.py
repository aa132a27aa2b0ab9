"""AWS prices and what a stack costs."""
