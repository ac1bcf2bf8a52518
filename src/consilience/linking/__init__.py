"""From evidence to groups: what belongs together, derived from matches, never stored as a fact."""
