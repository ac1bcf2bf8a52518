"""Consilience: independent lines of evidence that agree."""

__version__ = "0.1.0"
