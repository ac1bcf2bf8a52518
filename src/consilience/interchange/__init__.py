"""Formats in which findings and hash lists come and go: contracts, and one file a format."""
