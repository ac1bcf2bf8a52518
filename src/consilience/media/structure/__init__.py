"""Walkers of file structures: they find parts in hostile bytes, decode no pixels, and raise for no bytes."""
