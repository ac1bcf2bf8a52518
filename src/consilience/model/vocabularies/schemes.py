"""Classification schemes and mappings between them: codes; what they mean, their keepers lay down."""

from __future__ import annotations

from collections.abc import Mapping as ReadOnly

import msgspec


class Scheme(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A scheme of a version, and its codes."""

    name: str
    version: str
    keeper: str
    codes: tuple[str, ...]

    def check(self) -> None:
        """Raises ValueError where the scheme contradicts itself."""
        if not self.name or not self.version or not self.codes or not all(self.codes):
            raise ValueError("a scheme has a name, a version and codes, none of them empty")
        if len(set(self.codes)) < len(self.codes):
            raise ValueError("a code stands twice")


class SchemeName(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which scheme, and which version of it."""

    name: str
    version: str


class SchemeMapping(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"source": "from", "target": "to"}
):
    """What codes of one scheme are in another. A code that is not named has no counterpart.

    A mapping is a statement of whoever made it: `by` and `authority` say who, and on what ground.
    """

    source: SchemeName
    target: SchemeName
    by: str
    authority: str
    codes: dict[str, str]

    def check(self, schemes: ReadOnly[tuple[str, str], Scheme]) -> None:
        """Raises ValueError where the mapping names a scheme or a code that is not there."""
        for side, named in ((self.source, set(self.codes)), (self.target, set(self.codes.values()))):
            scheme = schemes.get((side.name, side.version))
            if scheme is None:
                raise ValueError(f"there is no scheme {side.name} {side.version}")
            if unknown := sorted(named - set(scheme.codes)):
                raise ValueError(f"scheme {side.name} {side.version} has no code {', '.join(unknown)}")
