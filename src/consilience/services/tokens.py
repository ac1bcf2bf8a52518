"""How programs sign in: tokens with scopes, shown once."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection

import msgspec

from consilience.access import rules
from consilience.errors import AccessError, NotFoundError, UsageError
from consilience.model.locator import printable_text
from consilience.model.people import Actor, Permission
from consilience.services.access import service
from consilience.services.accounts import NotSignedIn, TooOften
from consilience.services.holdings import Holdings
from consilience.store import accounts, events, people
from consilience.store.accounts import TokenRecord
from consilience.store.identity import now

MATCH_DETAIL = "match-detail"
"""Scope of a token that is told distance, list, category and record, rather than hit or no hit."""
SCOPES = frozenset({*(one.value for one in Permission), MATCH_DETAIL})

_PREFIX = "consilience_"
_SECOND = 1_000_000_000
_DAY = 86_400 * _SECOND
_SEEN_EVERY = 60 * _SECOND
QUOTA = 100_000
"""Signals that a token may ask about in a day, if nothing else is laid down for it."""


class Issued(msgspec.Struct, frozen=True):
    """A new token, and the secret that is shown this once."""

    record: TokenRecord
    secret: str


@service(*Permission)
def issue(
    holdings: Holdings,
    actor: Actor,
    *,
    name: str,
    scopes: Collection[str],
    days: int | None = None,
    quota: int = QUOTA,
    account: str | None = None,
) -> Issued:
    """Issue a token that acts as an account, within scopes: one's own, or, for an administrator, any.

    Args:
        holdings: where.
        actor: who, and why.
        name: what it is for.
        scopes: of `SCOPES`. What the account may not do, its token may not either.
        days: after which it ends; None for never.
        quota: signals that it may ask about in a day.
        account: whose; the actor's own by default.

    Raises:
        UsageError: a scope is none, or the name is empty.
        AccessError: it is for somebody else, and the actor is no administrator.
        NotFoundError: there is no such account.
    """
    if unknown := sorted(set(scopes) - SCOPES):
        raise UsageError(f"no scope {printable_text(unknown[0])}", f"There are: {', '.join(sorted(SCOPES))}.")
    if not scopes or not name.strip():
        raise UsageError("a token needs a name and at least one scope")
    account = account or actor.name
    secret = _PREFIX + secrets.token_urlsafe(32)
    with holdings.database.write() as connection:
        standing = people.standing_of(connection, actor.name)
        if account != actor.name and not rules.may(standing, Permission.ADMINISTER):
            raise AccessError("a token for somebody else is issued by an administrator")
        user_id = accounts.user_id_of(connection, account)
        if user_id is None and not standing.is_local_owner:
            raise NotFoundError(f"no user {printable_text(account)}")
        record = accounts.add_token(
            connection,
            _digest(secret),
            user_id=user_id,
            actor=account,
            name=name,
            scopes=sorted(set(scopes)),
            quota=quota,
            expires_at=None if days is None else now() + days * _DAY,
        )
        detail: dict[str, object] = {"scopes": list(record.scopes)}
        events.append(
            connection, actor, "create", object_kind="token", object_id=record.public_id, detail=detail
        )
    return Issued(record, secret)


@service(*Permission)
def issued(holdings: Holdings, actor: Actor) -> list[TokenRecord]:
    """The actor's tokens; everybody's for an administrator."""
    with holdings.database.read() as connection:
        standing = people.standing_of(connection, actor.name)
        all_of_them = rules.may(standing, Permission.ADMINISTER)
        return accounts.tokens(connection, None if all_of_them else actor.name)


@service(*Permission)
def revoke(holdings: Holdings, actor: Actor, public_id: bytes) -> None:
    """Let a token stand no longer: one's own, or, for an administrator, any.

    Raises:
        NotFoundError: there is none of this id, or it is somebody else's.
    """
    with holdings.database.write() as connection:
        standing = people.standing_of(connection, actor.name)
        mine = None if rules.may(standing, Permission.ADMINISTER) else actor.name
        found = [one for one in accounts.tokens(connection, mine) if one.public_id == public_id]
        if not found:
            raise NotFoundError(f"no token {public_id.hex()}")
        accounts.revoke_token(connection, found[0].id, by=actor.name)
        events.append(connection, actor, "revoke", object_kind="token", object_id=public_id)


def token_of(holdings: Holdings, secret: str) -> TokenRecord:
    """The token of a secret.

    Raises:
        NotSignedIn: there is none that stands.
    """
    with holdings.database.read() as connection:
        found = accounts.token_of(connection, _digest(secret))
        if found is not None and found.user_id is None:
            owner = people.standing_of(connection, found.actor).is_local_owner
            found = found if owner else None
    if found is None:
        raise NotSignedIn("the token is wrong, revoked or too old")
    if now() > (found.used_at or 0) + _SEEN_EVERY:
        with holdings.database.write() as connection:
            accounts.see_token(connection, found.id)
    return found


def count_use(holdings: Holdings, token: TokenRecord, signals: int) -> None:
    """Count signals that a token asks about, before they are looked up.

    Raises:
        TooOften: its quota of the day is used up.
    """
    at = now()
    with holdings.database.write() as connection:
        asked = accounts.use_token(connection, token.id, at // _DAY, signals)
    if asked > token.quota:
        until = int((_DAY - at % _DAY) / _SECOND) + 1
        raise TooOften(f"this token may ask about {token.quota} signals a day", until)


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
