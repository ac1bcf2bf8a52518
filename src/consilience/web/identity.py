"""Who asks, by which door, and whether a route is open to that person: `Needs` is the rule of every route.

A route without a rule is a defect, and a test finds it.
"""

# Annotations are read when the rules are called, so they are no strings here.

import hmac
import re
from typing import Annotated

import msgspec
from fastapi import Header, Request

from consilience.errors import AccessError, UsageError
from consilience.model.people import Actor, Permission
from consilience.services import accounts, tokens
from consilience.services.access import admit
from consilience.services.accounts import NotSignedIn
from consilience.store.accounts import TokenRecord
from consilience.web.guard import SAFE
from consilience.web.server import Server, server_of

REASONS = {
    Permission.LOOK: "review",
    Permission.COLLECT: "examination",
    Permission.JUDGE: "judgement",
    Permission.KEEP_LISTS: "list-maintenance",
    Permission.DISCLOSE: "reporting",
    Permission.APPROVE: "reporting",
    Permission.ADMINISTER: "administration",
    Permission.AUDIT: "audit",
    Permission.ERASE: "retention",
    Permission.MATCH: "matching",
}
"""Why something is done, where a request does not say."""


_REASON = re.compile("[a-z0-9][a-z0-9-]{0,63}")


class Identity(msgspec.Struct, frozen=True):
    """Who asks.

    Attributes:
        name: the account.
        session: the session's key, for a browser.
        csrf: the token that its changes bring along.
        token: for a program.
        is_local_owner: whether it is the owner of holdings without users.
    """

    name: str
    session: str = ""
    csrf: str = ""
    token: TokenRecord | None = None
    is_local_owner: bool = False

    @property
    def key(self) -> str:
        """Names the caller where requests are counted."""
        return f"token {self.token.id}" if self.token else f"account {self.name}"


class Caller(msgspec.Struct, frozen=True):
    """A person or program whom a route is open to."""

    server: Server
    identity: Identity
    actor: Actor

    def may(self, scope: str) -> bool:
        """Whether the way in allows something: a session everything that the account may."""
        token = self.identity.token
        return token is None or scope in token.scopes


def identify(request: Request, *, is_use: bool = True) -> Identity:
    """Who makes a request.

    Args:
        request: what was asked.
        is_use: whether somebody asked for it just now; what goes on by itself keeps no session alive.

    Raises:
        NotSignedIn: nobody does, or no longer.
    """
    found = getattr(request.state, "identity", None)
    if isinstance(found, Identity):
        return found
    server = server_of(request)
    given = request.headers.get("authorization", "")
    key = request.cookies.get(server.cookie, "")
    if given:
        kind, _, secret = given.partition(" ")
        if kind.lower() != "bearer":
            raise NotSignedIn("a token is given as Authorization: Bearer …")
        token = tokens.token_of(server.holdings, secret.strip())
        identity = Identity(token.actor, token=token, is_local_owner=token.user_id is None)
    elif key:
        session = accounts.session_of(server.holdings, key, is_use=is_use)
        identity = Identity(session.name, key, session.csrf, is_local_owner=session.is_local_owner)
    else:
        raise NotSignedIn("nobody is signed in", "Sign in.")
    request.state.identity = identity
    return identity


class Open:
    """The rule of a route that is open to everybody; it says why."""

    needs: tuple[Permission, ...] = ()

    def __init__(self, why: str) -> None:
        self.why = why

    def admit(self, request: Request) -> None:
        """Let it pass, counted by address."""
        server_of(request).rates.take(f"address {address_of(request)}")

    def __call__(self, request: Request) -> Server:
        """The server."""
        return server_of(request)


class Needs:
    """The rule of a route: one of these permissions; with none, whoever is signed in.

    Args:
        needs: of which one is needed, of the account and of its token.
        reason: why it is done, where the request does not say.
    """

    def __init__(self, *needs: Permission, reason: str = "") -> None:
        self.needs = needs
        self.reason = reason or (REASONS[needs[0]] if needs else "review")

    def __call__(
        self,
        request: Request,
        reason: Annotated[
            str | None,
            Header(
                alias="Consilience-Reason",
                description="Why this is done: a code of `/api/vocabularies/justifications`.",
            ),
        ] = None,
    ) -> Caller:
        """The caller, who was let in before anything of the request's body was read."""
        del reason
        caller = request.state.caller
        assert isinstance(caller, Caller)
        return caller

    def admit(self, request: Request) -> None:
        """Let the caller in.

        Raises:
            NotSignedIn, AccessError, TooOften: the route is not open.
            UsageError: the reason is none.
        """
        server = server_of(request)
        identity = identify(request)
        server.rates.take(identity.key)
        if identity.session and request.method not in SAFE:
            _check_csrf(request, identity)
        reason = request.headers.get("consilience-reason", self.reason)
        if not _REASON.fullmatch(reason):
            raise UsageError("Consilience-Reason is no code")
        actor = Actor(identity.name, reason)
        if identity.token is not None and self.needs:
            scopes = {one.value for one in self.needs}
            if scopes.isdisjoint(identity.token.scopes):
                raise AccessError(f"this token has no scope {' or '.join(sorted(scopes))}")
        if self.needs:
            admit(server.holdings, actor, *self.needs, to=_name(request))
        request.state.caller = Caller(server, identity, actor)


def address_of(request: Request) -> str:
    """Where a request comes from."""
    return request.client.host if request.client else "unknown"


def _check_csrf(request: Request, identity: Identity) -> None:
    given = request.headers.get("x-csrf-token", "")
    if not hmac.compare_digest(given.encode(), identity.csrf.encode()):
        raise AccessError("the request lacks the session's token", "Send csrf_token as X-CSRF-Token.")


def _name(request: Request) -> str:
    route = request.scope.get("route")
    return str(getattr(route, "name", "route")).replace("_", "-")
