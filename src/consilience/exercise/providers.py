"""Who gives hash lists in an exercise: role, format, what the entries state, and when editions appear."""

from __future__ import annotations

import msgspec

from consilience.model.lists import Role


class Provider(msgspec.Struct, frozen=True, kw_only=True):
    """One list of one origin.

    Attributes:
        name: the list's.
        origin: who gives it.
        role: what a match with it means.
        scheme: of its categories.
        format: name of its format; `ending` of its files' names.
        dates: of its editions.
        categories: that its entries have; none for lists without.
        fields: what an entry states, of ``id``, ``md5``, ``sha1``, ``sha256``, ``size``, ``pdq``.
    """

    name: str
    origin: str
    role: Role
    scheme: str
    format: str
    ending: str
    dates: tuple[str, ...]
    fields: frozenset[str]
    categories: tuple[str, ...] = ()

    @property
    def codes_only(self) -> bool:
        """Whether entries state nothing but a picture's code."""
        return self.fields == {"pdq"}


NORTH = Provider(
    name="north-region",
    origin="North Region Exchange",
    role=Role.ALERT,
    scheme="VICS-US",
    format="vics",
    ending=".json",
    dates=("2026-03-02", "2026-09-14"),
    fields=frozenset({"id", "md5", "sha1", "size", "pdq"}),
    categories=("1", "2", "3", "4"),
)
RING = Provider(
    name="baseline-ring",
    origin="Baseline Ring",
    role=Role.ALERT,
    scheme="INTERPOL-Baseline",
    format="icse",
    ending=".csv",
    dates=("2026-06-01",),
    fields=frozenset({"id", "md5", "sha1"}),
    categories=("true", "false"),
)
CODES = Provider(
    name="picture-codes",
    origin="Hotline of Vale",
    role=Role.ALERT,
    scheme="HOTLINE",
    format="pdq",
    ending=".txt",
    dates=("2026-05-20",),
    fields=frozenset({"pdq"}),
)
HOTLINE = Provider(
    name="hotline",
    origin="Hotline of Vale",
    role=Role.ALERT,
    scheme="HOTLINE",
    format="columns",
    ending=".csv",
    dates=("2026-01-10", "2026-08-01", "2026-10-05"),
    fields=frozenset({"id", "md5", "sha1", "sha256", "size", "pdq"}),
    categories=("A", "B", "C"),
)
LEGACY = Provider(
    name="legacy-md5",
    origin="Old archive",
    role=Role.ALERT,
    scheme="LEGACY",
    format="encase",
    ending=".hash",
    dates=("2019-02-01",),
    fields=frozenset({"md5"}),
)
SOFTWARE = Provider(
    name="software",
    origin="Reference library",
    role=Role.KNOWN_GOOD,
    scheme="NONE",
    format="nsrl",
    ending=".db",
    dates=("2026-07-01",),
    fields=frozenset({"md5", "sha1", "sha256", "size"}),
)
OFFICE = Provider(
    name="office",
    origin="Own office",
    role=Role.KNOWN_GOOD,
    scheme="NONE",
    format="plain",
    ending=".sha256",
    dates=("2026-07-15",),
    fields=frozenset({"sha256"}),
)
WEAK = Provider(
    name="weak-md5",
    origin="Own office",
    role=Role.KNOWN_GOOD,
    scheme="NONE",
    format="plain",
    ending=".md5",
    dates=("2021-07-15",),
    fields=frozenset({"md5"}),
)
SETTLED = Provider(
    name="settled",
    origin="Own unit",
    role=Role.NEGATIVE,
    scheme="NONE",
    format="plain",
    ending=".sha1",
    dates=("2026-04-04",),
    fields=frozenset({"sha1"}),
)

PROVIDERS = (NORTH, RING, CODES, HOTLINE, LEGACY, SOFTWARE, OFFICE, WEAK, SETTLED)
"""All of them, in the order of import."""
