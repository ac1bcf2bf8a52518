"""Signing in through a provider: an administrator says whom it means by a subject; nobody else comes in.

A subject is what a provider calls a person for ever. What else it says of people (name, address, groups) is
not asked for, and no account is made.
"""

from __future__ import annotations

import hmac
import secrets
from typing import TYPE_CHECKING

import msgspec

from consilience.errors import NotFoundError, UsageError
from consilience.model.locator import printable_text
from consilience.model.people import Actor, Permission
from consilience.services import accounts
from consilience.services.access import service
from consilience.services.accounts import NotSignedIn
from consilience.services.holdings import Holdings
from consilience.store import accounts as account_records
from consilience.store import challenges, events
from consilience.store import subjects as records
from consilience.store.subjects import SubjectRecord

if TYPE_CHECKING:
    from consilience.services.oidc import Provider

_KIND = "provider-sign-in"
_BY = "provider"


class _Question(msgspec.Struct, frozen=True):
    """What was sent along with a browser, and has to come back; the verifier goes to the provider alone."""

    state: str
    nonce: str
    verifier: str


@service(Permission.ADMINISTER)
def bind(holdings: Holdings, actor: Actor, name: str, *, issuer: str, subject: str) -> SubjectRecord:
    """Let a user sign in as a subject of a provider, in place of the one bound before.

    Args:
        holdings: where.
        actor: who, and why.
        name: the user.
        issuer: the provider, as it names itself.
        subject: what it calls the person, letter by letter.

    Raises:
        NotFoundError: there is no such user.
        UsageError: the subject is somebody else's, or one of the two is empty.
    """
    if not issuer.strip() or not subject.strip():
        raise UsageError("a binding needs the provider's issuer and a subject")
    with holdings.database.write() as connection:
        user_id = account_records.user_id_of(connection, name)
        if user_id is None:
            raise NotFoundError(f"no user {printable_text(name)}", "See: consilience user list")
        there = records.of_subject(connection, issuer, subject)
        if there is not None and there.user_id != user_id:
            raise UsageError(f"this subject is bound to {printable_text(there.account)} already")
        bound = records.bind(connection, user_id, issuer, subject, by=actor.name)
        events.append(connection, actor, "bind", object_kind="subject", object_id=bound.public_id)
    return bound


@service(Permission.ADMINISTER)
def unbind(holdings: Holdings, actor: Actor, name: str) -> None:
    """Let a user sign in through a provider no longer. The user's sessions end.

    Raises:
        NotFoundError: there is no such user, or no subject is bound to it.
    """
    with holdings.database.write() as connection:
        found = [one for one in records.bound(connection) if one.account == name]
        if not found:
            raise NotFoundError(f"no subject is bound to {printable_text(name)}")
        records.unbind(connection, found[0].user_id, by=actor.name)
        account_records.end_sessions_of(connection, found[0].user_id)
        events.append(connection, actor, "unbind", object_kind="subject", object_id=found[0].public_id)


@service(Permission.ADMINISTER, Permission.AUDIT)
def bound(holdings: Holdings, actor: Actor) -> list[SubjectRecord]:
    """Which subjects are bound to whom, by account."""
    with holdings.database.write() as connection:
        events.append(connection, actor, "read", object_kind="subject")
        return records.bound(connection)


def begin_sign_in(holdings: Holdings, provider: Provider, key: str) -> str:
    """Send a browser to the provider; gives the address.

    Args:
        holdings: where.
        provider: which.
        key: of the browser, which has to be the one that comes back.

    Raises:
        ProviderTrouble: it does not answer as it should.
    """
    question = _Question(*(secrets.token_urlsafe(32) for _ in range(3)))
    address = provider.address(state=question.state, nonce=question.nonce, verifier=question.verifier)
    with holdings.database.write() as connection:
        challenges.keep(connection, _KIND, key, msgspec.json.encode(question).decode())
    return address


def sign_in(holdings: Holdings, provider: Provider, key: str, *, code: str, state: str, address: str) -> str:
    """Begin a session of the user whom the provider means; gives its key.

    Args:
        holdings: whose users.
        provider: which.
        key: of the browser that was sent there.
        code: what it brought back.
        state: the same.
        address: where the try comes from.

    Raises:
        NotSignedIn: this browser was not sent, the provider proves nothing, or means nobody here.
        TooOften: too many wrong tries; this one was not looked at.
        ProviderTrouble: it does not answer as it should.
    """
    # Only here: the command line binds subjects, and asks nobody.
    from consilience.services.oidc import Unproved

    tries = accounts.address_tries(address)
    with holdings.database.write() as connection:
        accounts.wait(connection, tries)
        kept = challenges.take(connection, _KIND, key)
    question = None if kept is None else msgspec.json.decode(kept, type=_Question)
    subject, why = None, "unasked"
    if question is not None and hmac.compare_digest(question.state.encode(), state.encode()):
        try:
            subject = provider.subject(code, verifier=question.verifier, nonce=question.nonce)
        except Unproved:
            why = "not-proved"
    with holdings.database.write() as connection:
        if subject is None:
            accounts.refuse(connection, accounts.UNKNOWN, tries, by=_BY, why=why)
        elif (meant := records.of_subject(connection, provider.issuer, subject)) is not None:
            return accounts.begin(connection, meant.user_id, meant.account, by=_BY)
        else:
            # No guess: the provider vouches for the person, whom nobody has let in.
            accounts.refuse(connection, accounts.UNKNOWN, by=_BY, why="unbound")
    if subject is None:
        raise NotSignedIn("the provider's answer proves nothing for this browser", "Begin again.")
    raise NotSignedIn(
        f"no account here is bound to you, whom the provider calls {printable_text(subject)}",
        "An administrator can bind it.",
    )
