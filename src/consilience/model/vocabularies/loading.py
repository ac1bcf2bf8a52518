"""The vocabularies in force: the program's, and what an operator has added to them, checked at start."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TypeVar

import msgspec

from consilience.errors import HoldingsError
from consilience.model.judgements import PolicySubject
from consilience.model.people import Permission, Reach
from consilience.model.vocabularies.schemes import Scheme, SchemeMapping

_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
K = TypeVar("K")
T = TypeVar("T")


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A code for a person: a title, and a sentence that says what it means."""

    title: str
    meaning: str


class Role(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a user of a role may do, and how far it reaches."""

    title: str
    meaning: str
    may: frozenset[Permission]
    reach: Reach


class PolicyWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a number of votes is laid down for, and the number where nobody has laid down another."""

    title: str
    meaning: str
    votes: int


class Vocabularies(msgspec.Struct, frozen=True):
    """The vocabularies that an operator may add to.

    Attributes:
        roles, justifications, kinds_of_evidence: by code.
        schemes: by name and version.
        mappings: by the names and versions of the scheme mapped from and the one mapped to.
    """

    roles: Mapping[str, Role]
    justifications: Mapping[str, Words]
    kinds_of_evidence: Mapping[str, Words]
    schemes: Mapping[tuple[str, str], Scheme]
    mappings: Mapping[tuple[str, str, str, str], SchemeMapping]

    def scheme(self, name: str, version: str = "") -> Scheme | None:
        """The scheme of a name and version; without a version, the only one of the name."""
        found = [one for one in self.schemes.values() if one.name == name and version in ("", one.version)]
        return found[0] if len(found) == 1 else None

    def mapped(self, source: Scheme, target: Scheme, code: str) -> str | None:
        """What a code of one scheme is in another; None where nobody has said."""
        mapping = self.mappings.get((source.name, source.version, target.name, target.version))
        return None if mapping is None else mapping.codes.get(code)


def load(folder: Path | None = None) -> Vocabularies:
    """The program's vocabularies, and the files of an operator's folder added to them.

    The folder may hold ``roles.toml``, ``justifications.toml``, ``kinds_of_evidence.toml``,
    ``schemes/*.toml`` and ``mappings/*.toml``, of the form of the program's own. It adds codes and changes
    none.

    Raises:
        HoldingsError: a file is not TOML, has an unknown field, or contradicts what is there.
    """
    shipped = _shipped()
    if folder is None or not folder.is_dir():
        return shipped
    schemes = dict(shipped.schemes)
    for path, scheme in _each(folder / "schemes", Scheme):
        with _naming(path):
            scheme.check()
            _add(schemes, (scheme.name, scheme.version), scheme)
    mappings = dict(shipped.mappings)
    for path, mapping in _each(folder / "mappings", SchemeMapping):
        with _naming(path):
            mapping.check(schemes)
            source, target = mapping.source, mapping.target
            _add(mappings, (source.name, source.version, target.name, target.version), mapping)
    return Vocabularies(
        roles=_with_own(shipped.roles, folder / "roles.toml", Role),
        justifications=_with_own(shipped.justifications, folder / "justifications.toml", Words),
        kinds_of_evidence=_with_own(shipped.kinds_of_evidence, folder / "kinds_of_evidence.toml", Words),
        schemes=schemes,
        mappings=mappings,
    )


@cache
def words(name: str) -> Mapping[str, Words]:
    """The words of a vocabulary that only the program lays down, such as ``release_levels``."""
    return msgspec.convert(_table(name), dict[str, Words])


@cache
def default_votes() -> Mapping[PolicySubject, int]:
    """How many must agree where nobody has laid down anything else."""
    found = msgspec.convert(_table("policies"), dict[PolicySubject, PolicyWords])
    return {subject: one.votes for subject, one in found.items()}


@cache
def _shipped() -> Vocabularies:
    folder = files(__package__).joinpath("schemes")
    found = [
        msgspec.convert(tomllib.loads(one.read_text("utf-8")), Scheme)
        for one in sorted(folder.iterdir(), key=lambda one: one.name)
        if one.name.endswith(".toml")
    ]
    for one in found:
        one.check()
    return Vocabularies(
        roles=msgspec.convert(_table("roles"), dict[str, Role]),
        justifications=words("justifications"),
        kinds_of_evidence=words("kinds_of_evidence"),
        schemes={(one.name, one.version): one for one in found},
        # None ships: what a code of one scheme is in another is a legal statement of who uses it.
        mappings={},
    )


def _table(name: str) -> dict[str, object]:
    return tomllib.loads(files(__package__).joinpath(f"{name}.toml").read_text("utf-8"))


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """What is wrong is said with the file in which it is."""
    # Errors of TOML, of the text and of the form are all ValueErrors.
    try:
        yield
    except (ValueError, OSError) as error:
        raise HoldingsError(f"{path}: {error}", "Mend the file, or remove it.") from error


def _read(path: Path, form: Callable[[object], T]) -> T:
    with _naming(path):
        return form(tomllib.loads(path.read_text("utf-8")))


def _each(folder: Path, form: type[T]) -> Iterator[tuple[Path, T]]:
    for path in sorted(folder.glob("*.toml")):
        yield path, _read(path, lambda table: msgspec.convert(table, form))


def _with_own(shipped: Mapping[str, T], path: Path, form: type[T]) -> dict[str, T]:
    found = dict(shipped)
    if not path.exists():
        return found
    own = _read(path, lambda table: msgspec.convert(table, dict[str, form]))  # type: ignore[valid-type]
    with _naming(path):
        for code, one in own.items():
            if not _CODE.fullmatch(code):
                raise ValueError(f"{code!r} is no code: small letters, digits and hyphens are")
            _add(found, code, one)
    return found


def _add(found: dict[K, T], key: K, one: T) -> None:
    if key in found:
        raise ValueError(f"{key} is there already, and cannot be changed")
    found[key] = one
