"""Harmless synthetic operations with ground truth, and the scorecard that measures the system on them."""
