"""Signing in without a password: passkeys, and a provider that knows people."""

# Annotations are read at run time: no postponed ones in modules of routes.

import base64
import secrets
from typing import Annotated

from fastapi import Depends, Request, Response
from pydantic import Field

from consilience.errors import NotFoundError, UsageError
from consilience.model.locator import printable_text
from consilience.services import passkeys, subjects
from consilience.services.accounts import NotSignedIn
from consilience.services.oidc import Provider
from consilience.store.passkeys import PasskeyRecord
from consilience.store.subjects import SubjectRecord
from consilience.web.identity import Caller, Needs, Open, address_of
from consilience.web.routes.access import Administers, Oversees, UserName
from consilience.web.routes.session import Session, begun
from consilience.web.routing import router
from consilience.web.server import Server
from consilience.web.shapes import Cursor, Hex32, Id, In, Limit, Name, Out, Page, at, cut, iso

routes = router("sign-in")

_DOOR_SECONDS = 300

Bytes = Annotated[str, Field(max_length=20_000, pattern="^[A-Za-z0-9_-]*$", description="base64url")]
Person = Annotated[Caller, Depends(Needs(reason="sign-in"))]


class Doors(Out):
    """How people may sign in here, beside with a password."""

    origin: str = Field(description="Only a page of this origin may use them.")
    passkeys: bool
    provider: str | None = Field(description="Host of the sign-in provider.")


class Options(Out):
    """What a browser passes on to an authenticator."""

    options: dict[str, object] = Field(
        description="`PublicKeyCredentialCreationOptionsJSON` or `PublicKeyCredentialRequestOptionsJSON`."
    )


class NewPasskey(In):
    """What an authenticator said of a passkey that it has made."""

    name: Name
    client_data: Bytes
    attestation: Bytes


class PasskeySignIn(In):
    """What an authenticator said when it was asked who is there."""

    credential: Bytes
    client_data: Bytes
    authenticator_data: Bytes
    signature: Bytes
    user_handle: Bytes


class Passkey(Out):
    """One of one's passkeys."""

    id: Hex32
    name: str
    created_at: str
    used_at: str | None


class Elsewhere(Out):
    """Where the browser asks the provider."""

    address: str


class ProviderSignIn(In):
    """What a browser brought back from the provider."""

    code: Annotated[str, Field(min_length=1, max_length=4000)]
    state: Annotated[str, Field(max_length=200, pattern="^[A-Za-z0-9_-]*$")]


class BoundSubject(Out):
    """Whom a provider means by a subject."""

    user: str
    issuer: str
    subject: str
    bound_at: str
    bound_by: str


class NewSubject(In):
    """What the provider calls a user, letter by letter."""

    subject: Annotated[str, Field(min_length=1, max_length=255)]


@routes.get("/session/doors")
def doors(server: Annotated[Server, Depends(Open("tells who is to sign in how"))]) -> Doors:
    """How people may sign in, beside with a password."""
    provider = None if server.provider is None else server.provider.name
    return Doors(origin=server.place.origin, passkeys=server.place.takes_passkeys, provider=provider)


@routes.post("/session/passkey/options")
def ask_for_passkey(
    server: Annotated[Server, Depends(Open("what is asked is the same for everybody"))],
    request: Request,
    response: Response,
) -> Options:
    """Begin to sign in with a passkey. It names no account."""
    key = _at_the_door(server, request, response)
    return Options(options=passkeys.begin_sign_in(server.holdings, server.place, key))


@routes.post("/session/passkey")
def sign_in_with_passkey(
    server: Annotated[Server, Depends(Open("a passkey is its own proof"))],
    request: Request,
    response: Response,
    body: PasskeySignIn,
) -> Session:
    """Sign in with a passkey. The session is new, whatever cookie the browser had."""
    server.doors.take(address_of(request))
    given = passkeys.Signature(
        credential=_bytes(body.credential),
        client_data=_bytes(body.client_data),
        authenticator_data=_bytes(body.authenticator_data),
        signature=_bytes(body.signature),
        account_id=_bytes(body.user_handle),
    )
    door = request.cookies.get(server.door_cookie, "")
    key = passkeys.sign_in(server.holdings, server.place, door, given, address_of(request))
    return begun(server, request, response, key)


@routes.post("/session/provider/address")
def ask_provider(
    server: Annotated[Server, Depends(Open("the provider finds out who it is"))],
    request: Request,
    response: Response,
) -> Elsewhere:
    """Begin to sign in through the provider."""
    provider = _provider(server)
    key = _at_the_door(server, request, response)
    return Elsewhere(address=subjects.begin_sign_in(server.holdings, provider, key))


@routes.post("/session/provider")
def sign_in_through_provider(
    server: Annotated[Server, Depends(Open("the provider's word is the proof"))],
    request: Request,
    response: Response,
    body: ProviderSignIn,
) -> Session:
    """Sign in with what the provider gave. The session is new, whatever cookie the browser had."""
    provider = _provider(server)
    server.doors.take(address_of(request))
    door = request.cookies.get(server.door_cookie, "")
    key = subjects.sign_in(
        server.holdings, provider, door, code=body.code, state=body.state, address=address_of(request)
    )
    return begun(server, request, response, key)


@routes.get("/passkeys")
def list_passkeys(caller: Annotated[Caller, Depends(Needs())]) -> Page[Passkey]:
    """One's own passkeys."""
    found = passkeys.passkeys(caller.server.holdings, caller.actor)
    return Page(items=[_passkey(one) for one in found], next=None, total=len(found))


@routes.post("/passkeys/options")
def ask_for_new_passkey(caller: Person) -> Options:
    """Begin to add a passkey, soon after signing in."""
    key = _session(caller)
    place = caller.server.place
    return Options(options=passkeys.begin_adding(caller.server.holdings, caller.actor, place, key))


@routes.post("/passkeys", status_code=201)
def add_passkey(caller: Person, body: NewPasskey) -> Passkey:
    """Add the passkey that an authenticator made."""
    made = passkeys.NewKey(_bytes(body.client_data), _bytes(body.attestation))
    key, place = _session(caller), caller.server.place
    return _passkey(passkeys.add(caller.server.holdings, caller.actor, place, key, name=body.name, made=made))


@routes.delete("/passkeys/{id}", status_code=204)
def remove_passkey(caller: Person, id: Id) -> None:
    """Let one of one's passkeys stand no longer."""
    _session(caller)
    passkeys.remove(caller.server.holdings, caller.actor, bytes.fromhex(id))


@routes.get("/subjects")
def list_subjects(caller: Oversees, cursor: Cursor = None, limit: Limit = 100) -> Page[BoundSubject]:
    """Which subjects of a provider are bound to whom."""
    found = subjects.bound(caller.server.holdings, caller.actor)
    items, following = cut(found, cursor, limit)
    return Page(items=[_subject(one) for one in items], next=following, total=len(found))


@routes.put("/users/{name}/subject")
def bind(caller: Administers, name: UserName, body: NewSubject) -> BoundSubject:
    """Let a user sign in as a subject of the provider, in place of the one bound before."""
    issuer = _provider(caller.server).issuer
    return _subject(
        subjects.bind(caller.server.holdings, caller.actor, name, issuer=issuer, subject=body.subject)
    )


@routes.delete("/users/{name}/subject", status_code=204)
def unbind(caller: Administers, name: UserName) -> None:
    """Let a user sign in through a provider no longer. The user's sessions end."""
    subjects.unbind(caller.server.holdings, caller.actor, name)


def _at_the_door(server: Server, request: Request, response: Response) -> str:
    """Count a browser that wants to sign in, and give it a key by which to know it again."""
    server.doors.take(address_of(request))
    key = secrets.token_urlsafe(32)
    response.set_cookie(
        server.door_cookie,
        key,
        max_age=_DOOR_SECONDS,
        path="/",
        httponly=True,
        samesite="strict",
        secure=server.secure,
    )
    return key


def _session(caller: Caller) -> str:
    if not caller.identity.session:
        raise NotSignedIn("passkeys are kept by their person, not by a token")
    return caller.identity.session


def _provider(server: Server) -> Provider:
    if server.provider is None:
        raise NotFoundError("there is no sign-in provider here", "Sign in with a password or a passkey.")
    return server.provider


def _bytes(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError as error:
        raise UsageError("a field that is to be base64url is none") from error


def _passkey(one: PasskeyRecord) -> Passkey:
    return Passkey(
        id=one.public_id.hex(),
        name=printable_text(one.name),
        created_at=at(one.created_at),
        used_at=iso(one.used_at),
    )


def _subject(one: SubjectRecord) -> BoundSubject:
    return BoundSubject(
        user=printable_text(one.account),
        issuer=one.issuer,
        subject=printable_text(one.subject),
        bound_at=at(one.bound_at),
        bound_by=printable_text(one.bound_by),
    )
