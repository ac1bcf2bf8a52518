"""Every record carries owner, legal basis, release level, review date, origin and time, or reaches one that does."""

from __future__ import annotations

from consilience.store.schema import metadata

CARRIED = {"agency_id", "legal_basis", "release_level", "review_at", "origin", "created_at"}
ROOTS = {"case", "hash_list"}

# Content has no owner: who may know of it follows from its files.
CONTENT = {
    "media", "fingerprint", "timed_fingerprint", "clue", "media_match", "footage_match", "frame_match",
}  # fmt: skip
# The installation itself, its users and what they may, the log's machinery, work to be done.
OF_THE_INSTALLATION = {
    "holdings", "agency", "unit", "user", "role_grant", "policy", "account_secret", "session",
    "failed_sign_in", "passkey", "bound_subject", "challenge", "exposure_limit", "token", "token_use", "kept_answer", "reference", "event_tree",
    "event_tree_node", "checkpoint", "code_change", "unsettled",
}  # fmt: skip


def test_cases_and_lists_carry_it_all() -> None:
    for name in ROOTS:
        assert set(metadata.tables[name].c.keys()) >= CARRIED


def test_every_other_record_reaches_a_case_or_a_list() -> None:
    """A table that is new here belongs to a case or a list, or is named above with the reason."""
    reaching, before = set(ROOTS), set[str]()
    while reaching != before:
        before = set(reaching)
        for name, table in metadata.tables.items():
            if reaching & {key.column.table.name for key in table.foreign_keys}:
                reaching.add(name)
    assert set(metadata.tables) - reaching - OF_THE_INSTALLATION == CONTENT
