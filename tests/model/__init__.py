"""A model of SQS, Lambda and their faults on a simulated clock; the real handlers run on it."""
