"""Typed facts from the metadata of a content: one file a kind of metadata.

Values are kept as found, bounded in length and number, and always valid text without NUL; they are not made
safe for display. No bytes make any of these functions raise.
"""
