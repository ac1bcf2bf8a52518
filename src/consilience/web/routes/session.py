"""Signing in and out, and tokens for programs."""

# Annotations are read at run time: no postponed ones in modules of routes.

import contextlib
from typing import Annotated, Literal

from fastapi import Depends, Request, Response
from pydantic import Field

from consilience.access import rules
from consilience.model.people import Permission
from consilience.services import accounts, tokens
from consilience.services.accounts import NotSignedIn
from consilience.services.tokens import QUOTA, SCOPES
from consilience.store import people
from consilience.store.accounts import TokenRecord
from consilience.web.identity import Caller, Identity, Needs, Open, address_of, identify
from consilience.web.routing import router
from consilience.web.server import Server
from consilience.web.shapes import Hex32, Id, In, Name, Out, Page, at, iso

routes = router("session")

Password = Annotated[str, Field(max_length=1000)]
Key = Annotated[str, Field(max_length=200)]


class Session(Out):
    """Who is signed in, and what the account may do."""

    signed_in: bool
    name: str | None
    display_name: str | None
    csrf_token: str = Field(description="Send it as `X-CSRF-Token` with every change.")
    local_owner: bool = Field(description="Holdings without users: whoever opens them owns them.")
    permissions: list[Permission]
    ends_at: str | None = None


class SignIn(In):
    """An account and its password."""

    name: Name
    password: Password


class Enter(In):
    """The key of the link that `consilience serve` prints, good for once."""

    key: Key


class Accept(In):
    """An invitation, and the password that its receiver chooses."""

    name: Name
    key: Key
    password: Password


class ChangePassword(In):
    """The present password and the new one."""

    old: Password
    new: Password


class NewToken(In):
    """A token that is wanted."""

    name: Name
    scopes: Annotated[list[Literal[*sorted(SCOPES)]], Field(min_length=1, max_length=20)]  # type: ignore[valid-type]
    days: Annotated[int, Field(ge=1, le=3650)] | None = None
    quota: Annotated[int, Field(ge=1, le=10**9)] = QUOTA
    account: Name | None = None


class Token(Out):
    """A token, without its secret."""

    id: Hex32
    account: str
    name: str
    scopes: list[str]
    quota: int
    created_at: str
    expires_at: str | None
    used_at: str | None
    revoked_at: str | None


class IssuedToken(Out):
    """A new token. The secret is shown this once; send it as `Authorization: Bearer …`."""

    token: Token
    secret: str


@routes.get("/session")
def session(
    server: Annotated[Server, Depends(Open("says whether somebody is signed in"))], request: Request
) -> Session:
    """Who is signed in; nobody is an answer, too."""
    try:
        return _said(server, identify(request))
    except NotSignedIn:
        return _nobody()


@routes.post("/session")
def sign_in(
    server: Annotated[Server, Depends(Open("a password is its own proof"))],
    request: Request,
    response: Response,
    body: SignIn,
) -> Session:
    """Sign in with an account. The session is new, whatever cookie the browser had."""
    server.doors.take(address_of(request))
    key = accounts.sign_in(server.holdings, body.name, body.password, address_of(request))
    return begun(server, request, response, key)


@routes.post("/session/enter")
def enter(
    server: Annotated[Server, Depends(Open("the key of the link is its own proof"))],
    request: Request,
    response: Response,
    body: Enter,
) -> Session:
    """Begin the session of the local owner with the link's key."""
    server.doors.take(address_of(request))
    server.use_entrance(body.key)
    return begun(server, request, response, accounts.enter(server.holdings, server.owner))


@routes.delete("/session", status_code=204)
def sign_out(caller: Annotated[Caller, Depends(Needs())], response: Response) -> None:
    """Sign out."""
    if caller.identity.session:
        accounts.sign_out(caller.server.holdings, caller.identity.name, caller.identity.session)
    response.delete_cookie(caller.server.cookie, path="/")


@routes.post("/session/invitation", status_code=204)
def accept(
    server: Annotated[Server, Depends(Open("an invitation is its own proof"))], request: Request, body: Accept
) -> None:
    """Choose a password with an invitation, which is good for once."""
    server.doors.take(address_of(request))
    accounts.accept(server.holdings, body.name, body.key, body.password, address_of(request))


@routes.put("/session/password", status_code=204)
def change_password(caller: Annotated[Caller, Depends(Needs())], body: ChangePassword) -> None:
    """Change one's password. Every other session of the account ends."""
    if not caller.identity.session:
        raise NotSignedIn("a password is changed by its person, not by a token")
    accounts.change_password(
        caller.server.holdings, caller.identity.name, caller.identity.session, body.old, body.new
    )


@routes.get("/tokens")
def list_tokens(caller: Annotated[Caller, Depends(Needs())]) -> Page[Token]:
    """One's own tokens; everybody's for an administrator."""
    found = tokens.issued(caller.server.holdings, caller.actor)
    return Page(items=[_token(one) for one in found], next=None, total=len(found))


@routes.post("/tokens", status_code=201)
def issue_token(caller: Annotated[Caller, Depends(Needs(reason="sign-in"))], body: NewToken) -> IssuedToken:
    """Issue a token. Asked again, another is issued: its secret is kept nowhere."""
    if caller.identity.token is not None:
        raise NotSignedIn("a token is issued by a person, not by a token")
    made = tokens.issue(
        caller.server.holdings,
        caller.actor,
        name=body.name,
        scopes=body.scopes,
        days=body.days,
        quota=body.quota,
        account=body.account,
    )
    return IssuedToken(token=_token(made.record), secret=made.secret)


@routes.delete("/tokens/{id}", status_code=204)
def revoke_token(caller: Annotated[Caller, Depends(Needs(reason="sign-in"))], id: Id) -> None:
    """Let a token stand no longer."""
    tokens.revoke(caller.server.holdings, caller.actor, bytes.fromhex(id))


def begun(server: Server, request: Request, response: Response, key: str) -> Session:
    """Give a browser the session that was begun for it; the one that it had ends."""
    old = request.cookies.get(server.cookie)
    if old:
        with contextlib.suppress(NotSignedIn):
            accounts.sign_out(server.holdings, accounts.session_of(server.holdings, old).name, old)
    response.set_cookie(server.cookie, key, path="/", httponly=True, samesite="strict", secure=server.secure)
    found = accounts.session_of(server.holdings, key)
    identity = Identity(found.name, key, found.csrf, is_local_owner=found.is_local_owner)
    return _said(server, identity)


def _said(server: Server, identity: Identity) -> Session:
    with server.holdings.database.read() as connection:
        standing = people.standing_of(connection, identity.name)
    allowed = [one for one in Permission if rules.may(standing, one)]
    ends_at = None
    if identity.session:
        ends_at = at(accounts.session_of(server.holdings, identity.session).ends_at)
    if identity.token is not None:
        allowed = [one for one in allowed if one.value in identity.token.scopes]
    return Session(
        signed_in=True,
        name=identity.name,
        display_name=identity.name,
        csrf_token=identity.csrf,
        local_owner=identity.is_local_owner,
        permissions=allowed,
        ends_at=ends_at,
    )


def _nobody() -> Session:
    return Session(
        signed_in=False, name=None, display_name=None, csrf_token="", local_owner=False, permissions=[]
    )


def _token(one: TokenRecord) -> Token:
    return Token(
        id=one.public_id.hex(),
        account=one.actor,
        name=one.name,
        scopes=list(one.scopes),
        quota=one.quota,
        created_at=at(one.created_at),
        expires_at=iso(one.expires_at),
        used_at=iso(one.used_at),
        revoked_at=iso(one.revoked_at),
    )
