"""The log of what was done, for those who must be able to check it without the system that wrote it.

Nothing here opens holdings: proofs are computed over hashes that somebody gives, exports are read as files.
"""
