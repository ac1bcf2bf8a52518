"""Exact search of fingerprints by Hamming distance."""
