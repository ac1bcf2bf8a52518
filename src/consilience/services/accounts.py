"""How people sign in: passwords, invitations, sessions that end, and waits that make guessing slow.

Other ways to sign in (`passkeys`, `subjects`) begin their sessions here, and their wrong tries count here.

A key (of a session, an invitation) is 256 random bits and known to its holder alone; the holdings keep its
SHA-256. A password is kept as Argon2id (RFC 9106), and an account that is not there takes as long to refuse
as a wrong password.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import unicodedata

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection

from consilience.errors import ConsilienceError, NotFoundError, UsageError
from consilience.model.locator import printable_text
from consilience.model.people import Actor, Permission
from consilience.services.access import service
from consilience.services.holdings import Holdings
from consilience.store import accounts, events, passkeys, people
from consilience.store.accounts import INVITATION, PASSWORD
from consilience.store.identity import now

SIGN_IN = "sign-in"
"""The justification of signing in and out."""

UNKNOWN = "unknown"
"""Who tried, where it is no account."""

_SECOND = 1_000_000_000
IDLE = 30 * 60 * _SECOND
"""A session that is not used for so long ends."""
LONGEST = 12 * 3600 * _SECOND
"""A session ends after so long, used or not."""
_SEEN_EVERY = 60 * _SECOND
INVITED_FOR = 7 * 24 * 3600 * _SECOND

_FREE_TRIES = 5
_LONGEST_WAIT = 900
_PASSWORD_LENGTHS = range(12, 257)

_hasher = PasswordHasher()
_NOBODY = _hasher.hash("nobody's")
# Each takes 64 MiB: many at once would be a way to use the memory up.
_hashing = threading.BoundedSemaphore(2)


class NotSignedIn(ConsilienceError):  # noqa: N818 - an answer, not a defect
    """Nobody is signed in, or no longer, or what was given is wrong: which of these is not said."""


class TooOften(ConsilienceError):  # noqa: N818
    """Asked too often.

    Attributes:
        seconds: after which to ask again.
    """

    def __init__(self, what: str, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(what, f"Try again in {seconds} s.")


class Session(msgspec.Struct, frozen=True):
    """A person at work.

    Attributes:
        name: the account.
        is_local_owner: whether it is the one owner of holdings without users.
        csrf: the token that a change has to bring along; it follows from the session's key.
        begun_at: nanoseconds since 1970.
        ends_at: the same, used or not.
    """

    name: str
    is_local_owner: bool
    csrf: str
    begun_at: int
    ends_at: int


def enter(holdings: Holdings, name: str) -> str:
    """Begin a session of the one local owner; gives its key. Whoever calls has made sure of the person.

    Raises:
        NotSignedIn: there are users, so nobody owns the holdings.
    """
    with holdings.database.write() as connection:
        if not people.standing_of(connection, name).is_local_owner:
            raise NotSignedIn("these holdings have users", "Sign in with an account.")
        return begin(connection, None, name, by="link")


def sign_in(holdings: Holdings, name: str, password: str, address: str) -> str:
    """Begin a session of a user; gives its key. Earlier sessions of the browser are for the caller to end.

    Args:
        holdings: whose users.
        name: the account.
        password: as typed.
        address: where the try comes from; tries from one address are slowed down, too.

    Raises:
        NotSignedIn: the account or the password is wrong.
        TooOften: too many wrong tries; this one was not looked at.
    """
    keys = (account_tries(name), address_tries(address))
    with holdings.database.read() as connection:
        wait(connection, *keys)
        user_id = accounts.user_id_of(connection, name)
        secret = None if user_id is None else accounts.secret_of(connection, user_id, PASSWORD)
    if not _is_password(secret, password) or user_id is None:
        with holdings.database.write() as connection:
            # What was typed for a name may be a password: only an account's is put on record.
            refuse(connection, UNKNOWN if user_id is None else name, *keys, by="password")
        raise NotSignedIn("the account or the password is wrong")
    with holdings.database.write() as connection:
        accounts.forget_failures(connection, keys[0])
        return begin(connection, user_id, name, by="password")


def begin(connection: Connection, user_id: int | None, name: str, *, by: str) -> str:
    """Begin a session of somebody who has proved to be that person; gives its key.

    Args:
        connection: the transaction in which the proof was used up.
        user_id: the user; None for the local owner.
        name: the account.
        by: what proved it, as a code.
    """
    key = secrets.token_urlsafe(32)
    accounts.add_session(connection, _digest(key), user_id, name)
    events.append(connection, Actor(name, SIGN_IN), "sign-in", object_kind="session", detail={"by": by})
    return key


def refuse(connection: Connection, name: str, *keys: str, by: str, why: str = "wrong") -> None:
    """Put a wrong try to sign in on record, and count it.

    Args:
        connection: a transaction that goes on to its end.
        name: the account that was tried; `UNKNOWN` where it is none.
        keys: of `account_tries` and `address_tries`.
        by: the way that was tried, as a code.
        why: what was wrong with it, as a code.
    """
    for key in keys:
        accounts.add_failure(connection, key)
    detail: dict[str, object] = {"by": by, "why": why}
    who = Actor(name, SIGN_IN)
    events.append(connection, who, "sign-in", object_kind="session", outcome="refused", detail=detail)


def wait(connection: Connection, *keys: str) -> None:
    """Refuse a try that comes too soon after wrong ones: after five of them 1 s, then 2, 4, … 900.

    Raises:
        TooOften: so it does.
    """
    for key in keys:
        failed, last_at = accounts.failures(connection, key)
        if failed < _FREE_TRIES:
            continue
        pause = min(1 << min(failed - _FREE_TRIES, 10), _LONGEST_WAIT)
        left = pause - (now() - last_at) / _SECOND
        if left > 0:
            raise TooOften("too many wrong tries to sign in", int(left) + 1)


def account_tries(name: str) -> str:
    """Under what wrong tries of an account are counted."""
    return f"account {_digest(name).hex()[:32]}"


def address_tries(address: str) -> str:
    """Under what wrong tries from an address are counted."""
    return f"address {_digest(address).hex()[:32]}"


def session_of(holdings: Holdings, key: str, *, is_use: bool = True) -> Session:
    """Whose session a key is.

    Args:
        holdings: where.
        key: the session's.
        is_use: whether somebody uses the session by this, so that it lasts on.

    Raises:
        NotSignedIn: nobody's, or it has ended.
    """
    with holdings.database.read() as connection:
        found = accounts.session_of(connection, _digest(key))
        if found is not None and found.user_id is None:
            owner = people.standing_of(connection, found.actor).is_local_owner
            found = found if owner else None
    at = now()
    idle = LONGEST if found is not None and found.user_id is None else IDLE
    if found is None or at > found.seen_at + idle or at > found.created_at + LONGEST:
        raise NotSignedIn("nobody is signed in", "Sign in.")
    if is_use and at > found.seen_at + _SEEN_EVERY:
        with holdings.database.write() as connection:
            accounts.see_session(connection, found.id)
    return Session(
        found.actor, found.user_id is None, csrf_of(key), found.created_at, found.created_at + LONGEST
    )


def csrf_of(key: str) -> str:
    """The token that goes with a session's key; the key does not follow from it."""
    return hmac.new(key.encode(), b"consilience csrf", hashlib.sha256).hexdigest()


def sign_out(holdings: Holdings, name: str, key: str) -> None:
    """End a session."""
    with holdings.database.write() as connection:
        accounts.end_session(connection, _digest(key))
        events.append(connection, Actor(name, SIGN_IN), "sign-out", object_kind="session")


@service(Permission.ADMINISTER)
def invite(holdings: Holdings, actor: Actor, name: str) -> str:
    """Let somebody choose a password; gives the key of the invitation, to be handed to that person alone.

    Raises:
        NotFoundError: there is no such account.
    """
    key = secrets.token_urlsafe(32)
    with holdings.database.write() as connection:
        user_id = accounts.user_id_of(connection, name)
        if user_id is None:
            raise NotFoundError(f"no user {printable_text(name)}")
        accounts.set_secret(connection, user_id, INVITATION, _digest(key).hex(), now() + INVITED_FOR)
        events.append(connection, actor, "create", object_kind="invitation")
    return key


def accept(holdings: Holdings, name: str, key: str, password: str, address: str) -> None:
    """Choose a password with an invitation, which is good for once, and begin anew with it.

    Every session and passkey of the account ends: an invitation is for the new, and for who lost everything.

    Raises:
        NotSignedIn: the invitation is wrong, used or old.
        UsageError: the password is too short.
        TooOften: too many wrong tries.
    """
    keys = (account_tries(name), address_tries(address))
    chosen = _hashed(password)
    with holdings.database.write() as connection:
        wait(connection, *keys)
        user_id = accounts.user_id_of(connection, name)
        kept = None if user_id is None else accounts.secret_of(connection, user_id, INVITATION)
        right = hmac.compare_digest(kept or "-", _digest(key).hex())
        if right and user_id is not None:
            accounts.end_secrets(connection, user_id, INVITATION)
            accounts.set_secret(connection, user_id, PASSWORD, chosen)
            accounts.end_sessions_of(connection, user_id)
            passkeys.end_of_user(connection, user_id)
            accounts.forget_failures(connection, keys[0])
            events.append(connection, Actor(name, SIGN_IN), "change", object_kind="password")
        else:
            for one in keys:
                accounts.add_failure(connection, one)
    if not right or user_id is None:
        raise NotSignedIn("the invitation is wrong, was used, or is too old", "Ask for another.")


def change_password(holdings: Holdings, name: str, key: str, old: str, new: str) -> None:
    """Change a password. Every session of the account ends but this one.

    Raises:
        NotSignedIn: the old password is wrong.
        UsageError: the new one is too short.
        TooOften: too many wrong tries.
    """
    tries = account_tries(name)
    with holdings.database.read() as connection:
        wait(connection, tries)
        user_id = accounts.user_id_of(connection, name)
        secret = None if user_id is None else accounts.secret_of(connection, user_id, PASSWORD)
    if not _is_password(secret, old) or user_id is None:
        with holdings.database.write() as connection:
            accounts.add_failure(connection, tries)
        raise NotSignedIn("the old password is wrong")
    chosen = _hashed(new)
    with holdings.database.write() as connection:
        accounts.set_secret(connection, user_id, PASSWORD, chosen)
        accounts.end_sessions_of(connection, user_id, but=_digest(key))
        events.append(connection, Actor(name, SIGN_IN), "change", object_kind="password")


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()


def _is_password(kept: str | None, given: str) -> bool:
    """Whether a password is right; as long for an account that has none."""
    with _hashing:
        try:
            right = _hasher.verify(kept or _NOBODY, _normal(given)[: _PASSWORD_LENGTHS.stop])
        except (VerificationError, InvalidHashError):
            return False
    return right and kept is not None


def _hashed(password: str) -> str:
    chosen = _normal(password)
    if len(chosen) not in _PASSWORD_LENGTHS:
        raise UsageError(
            f"a password has {_PASSWORD_LENGTHS.start} to {_PASSWORD_LENGTHS.stop - 1} characters",
            "Several words are easier to keep in mind than signs.",
        )
    with _hashing:
        return _hasher.hash(chosen)


def _normal(password: str) -> str:
    return unicodedata.normalize("NFKC", password).encode("utf-8", "replace").decode()
