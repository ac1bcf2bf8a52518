"""Records for the round trips of list formats."""

import msgspec
from hypothesis import strategies as st

from consilience.interchange.records import REFUSED, derived_id
from consilience.model.lists import ListRecord

text = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Z")), min_size=1, max_size=6)


def raw(length: int) -> st.SearchStrategy[bytes]:
    """Digests and codes that a list may hold."""
    return st.binary(min_size=length, max_size=length).filter(lambda value: value not in REFUSED)


def numbered(records: list[ListRecord]) -> list[ListRecord]:
    """The same records at the positions 1, 2, …"""
    return [msgspec.structs.replace(one, position=n) for n, one in enumerate(records, 1)]


def named_by_content(**fields: object) -> ListRecord:
    """A record of a format without ids."""
    digests = [fields.get(kind) for kind in ("md5", "sha1", "sha256", "pdq")]
    return ListRecord(provider_id=derived_id(*digests), **fields)  # type: ignore[arg-type]
