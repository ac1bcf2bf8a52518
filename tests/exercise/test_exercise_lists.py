from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from consilience.errors import FormatError
from consilience.exercise.truth import Truth
from consilience.interchange.lists import open_list
from consilience.model.lists import BrokenRecord, ListRecord
from consilience.model.outcomes import Outcome


def test_every_edition_holds_what_the_truth_says(tiny: Path, truth: Truth) -> None:
    for one in truth.head.lists:
        entries = {entry.provider_id: entry for entry in truth.entries if entry.list == one.name}
        for edition in one.editions:
            if edition.refused:
                with pytest.raises(FormatError), open_list(tiny / edition.file, one.format) as refused:
                    list(refused)
                continue
            with open_list(tiny / edition.file, one.format) as opened:
                read = list(opened)
            records = [record for record in read if isinstance(record, ListRecord)]
            assert len(records) == edition.records, edition.file
            assert sum(isinstance(record, BrokenRecord) for record in read) == edition.broken, edition.file
            wanted = {
                key
                for key, entry in entries.items()
                if entry.first <= edition.number and (entry.last is None or edition.number <= entry.last)
            }
            assert (
                len(records) == len({record.provider_id for record in records}) == len(wanted) + one.filling
            )
            assert wanted <= {record.provider_id for record in records}
            for record in records:
                if record.provider_id not in wanted:
                    continue
                entry = entries[record.provider_id]
                for name in ("md5", "sha1", "sha256", "pdq"):
                    assert (getattr(record, name) or b"").hex() == getattr(entry, name)


def test_lists_change_from_edition_to_edition(truth: Truth) -> None:
    entries = [entry for entry in truth.entries if entry.purpose in ("copy", "elsewhere")]
    assert any(entry.last is not None for entry in entries) or any(entry.first > 1 for entry in entries)
    assert {entry.role for entry in truth.entries} == {"alert", "known-good", "negative"}


def test_edge_entries_lie_at_their_distances(truth: Truth) -> None:
    pictures = {one.name: one for one in truth.pictures}
    edges = [entry for entry in truth.entries if entry.purpose == "edge"]
    assert {entry.distance for entry in edges} >= {30, 31, 32, 33}
    for entry in edges:
        code, other = (
            np.unpackbits(np.frombuffer(bytes.fromhex(text), np.uint8))
            for text in (entry.pdq, pictures[entry.picture].pdq)
        )
        assert int((code != other).sum()) == entry.distance


def test_entries_of_the_same_bytes_decide_the_outcome(truth: Truth) -> None:
    entries = {f"{entry.list}/{entry.provider_id}": entry for entry in truth.entries}
    named = [one for one in truth.files if one.entries]
    assert named
    for one in named:
        roles = {entries[key].role for key in one.entries}
        assert (one.outcomes == (Outcome.ALERT_SAME,)) == ("alert" in roles), one.shown
        for key in one.entries:
            assert entries[key].last is None, "a withdrawn entry matches nothing"
