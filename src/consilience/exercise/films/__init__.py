"""Films: harmless moving scenes with sound, what becomes of them, and the truth of every second.

A part of the exercise with chance, presets and a version of its own: what the pictures' presets give does not
change by it.
"""
