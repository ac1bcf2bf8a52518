"""The keys of holdings at work: the log's signer, a key a case, and what is sealed with it."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Collection

from sqlalchemy import Connection

from consilience.audit.notes import PublicKey, Signer
from consilience.errors import HoldingsError
from consilience.model.people import Actor, Permission
from consilience.services.access import service
from consilience.services.holdings import Holdings
from consilience.services.keyring import KEY_FILE, Keyring
from consilience.services.sealing import new_key, seal, unseal
from consilience.store import cases, events
from consilience.store import keys as records
from consilience.store.keys import WrappedKey

PASSPHRASE = "CONSILIENCE_PASSPHRASE"  # noqa: S105 - the variable's name
"""Environment variable that holds the passphrase of a locked key file."""


def ask_passphrase() -> str:
    """The passphrase of the key file, from the environment or the terminal.

    Raises:
        HoldingsError: it is in neither.
    """
    if (given := os.environ.get(PASSPHRASE)) is not None:
        return given
    if sys.stdin.isatty():
        return getpass.getpass("Passphrase of the holdings' keys: ")
    raise HoldingsError("the holdings' keys are locked with a passphrase", f"Set {PASSPHRASE}.")


def keyring(holdings: Holdings) -> Keyring:
    """The holdings' keys; made for holdings of a release that had none.

    Raises:
        HoldingsError: the key file is missing, locked, damaged, or another holdings'.
    """
    with holdings.database.read() as connection:
        public = records.signing_key(connection)
    if public is None:
        public = _first_keys(holdings)
    ring = Keyring.open(holdings.folder, ask_passphrase)
    if public != ring.public:
        raise HoldingsError(
            f"{holdings.folder / KEY_FILE} is not the key file of these holdings",
            "Copy the file from the folder in which they were made.",
        )
    return ring


def _first_keys(holdings: Holdings) -> bytes:
    """Make the keys of holdings that have none, once, whoever else may be about to."""
    with holdings.database.write() as connection:
        public = records.signing_key(connection)
        if public is None:
            ring = Keyring.create(holdings.folder)
            public = ring.public
            records.set_signing_key(connection, public)
            records.set_wrapping_key(connection, ring.newest)
    return public


def origin(connection: Connection) -> str:
    """The name of the holdings' log."""
    _, public_id = cases.holdings_named(connection)
    return f"consilience/{public_id.hex()}"


def signer(holdings: Holdings) -> Signer:
    """Signs for the holdings' log.

    Raises:
        HoldingsError: see `keyring`.
    """
    with holdings.database.read() as connection:
        of = origin(connection)
    return Signer(of, keyring(holdings).signing)


def public_key(holdings: Holdings) -> PublicKey:
    """The key that checkpoints and exports of these holdings are checked with."""
    return signer(holdings).public


@service(Permission.ADMINISTER)
def rotate(holdings: Holdings, actor: Actor) -> int:
    """Wrap every case's key with a new key of the holdings; gives how many.

    What is sealed with the cases' keys stays as it is. Cut off half-way, nothing is lost: do it again.
    """
    ring = keyring(holdings)
    ring.begin_rotation()
    with holdings.database.write() as connection:
        held = records.wrapped_keys(connection)
        for one in held:
            key = ring.unwrap(one.wrapped_by, one.wrapped, _wrapping(one.case_id))
            records.rewrap(connection, _wrapped(ring, one.case_id, key))
        records.set_wrapping_key(connection, ring.newest)
        detail: dict[str, object] = {"keys": len(held)}
        events.append(connection, actor, "change", object_kind="holdings-key", detail=detail)
    ring.end_rotation()
    return len(held)


@service(Permission.ADMINISTER)
def lock(holdings: Holdings, actor: Actor, passphrase: str) -> None:
    """Lock the key file with a passphrase; with an empty one, leave it unlocked."""
    ring = keyring(holdings)
    with holdings.database.write() as connection:
        detail: dict[str, object] = {"locked": bool(passphrase)}
        events.append(connection, actor, "change", object_kind="holdings-key", detail=detail)
    ring.lock(passphrase)


def put(connection: Connection, ring: Keyring, case_id: int, media_id: int, kind: str, data: bytes) -> None:
    """Keep a derived picture or content of a case, sealed with the case's key."""
    found = records.wrapped_keys(connection, case_id)
    if found:
        key = ring.unwrap(found[0].wrapped_by, found[0].wrapped, _wrapping(case_id))
    else:
        if records.wrapping_key(connection) != ring.newest:
            raise HoldingsError("the holdings' keys were changed meanwhile", "Start this again.")
        key = new_key()
        records.add_wrapped_key(connection, _wrapped(ring, case_id, key))
    records.put_sealed(
        connection, case_id, media_id, kind, seal(key, data, _content(case_id, media_id, kind))
    )


def get(connection: Connection, ring: Keyring, case_id: int, media_id: int, kind: str) -> bytes | None:
    """What was kept for a case; None if nothing was, or if its key is erased."""
    return get_all(connection, ring, case_id, [media_id], kind).get(media_id)


def get_all(
    connection: Connection, ring: Keyring, case_id: int, media_ids: Collection[int], kind: str
) -> dict[int, bytes]:
    """What was kept of contents for a case: nothing, if its key is erased."""
    data = records.get_sealed(connection, case_id, media_ids, kind)
    found = records.wrapped_keys(connection, case_id)
    if not data or not found:
        return {}
    key = ring.unwrap(found[0].wrapped_by, found[0].wrapped, _wrapping(case_id))
    return {one: unseal(key, held, _content(case_id, one, kind)) for one, held in data.items()}


def _wrapped(ring: Keyring, case_id: int, key: bytes) -> WrappedKey:
    wrapped_by, wrapped = ring.wrap(key, _wrapping(case_id))
    return WrappedKey(case_id, wrapped, wrapped_by)


def _wrapping(case_id: int) -> bytes:
    return b"case key %d" % case_id


def _content(case_id: int, media_id: int, kind: str) -> bytes:
    return b"case %d media %d %s" % (case_id, media_id, kind.encode())
