"""Readers of exhibits: a contract and one file a kind of Source, and what opens archives inside them."""
