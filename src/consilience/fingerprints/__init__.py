"""Fingerprints: one contract, one file an algorithm."""
