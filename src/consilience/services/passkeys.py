"""Passkeys (WebAuthn level 3): added by their person, who then signs in without a name or a password.

An authenticator signs a challenge together with the origin of the page that asked and a digest of its host
name: what was signed on another page is worth nothing here. The checks are those of WebAuthn's sections 7.1
and 7.2; the `fido2` library reads what authenticators write and verifies signatures. Who made an
authenticator is not asked (attestation ``none``).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

import msgspec
from fido2 import cbor
from fido2.cose import CoseKey
from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestationConveyancePreference,
    AttestationObject,
    AttestedCredentialData,
    AuthenticationResponse,
    AuthenticatorAssertionResponse,
    AuthenticatorAttestationResponse,
    AuthenticatorData,
    CollectedClientData,
    PublicKeyCredentialDescriptor,
    PublicKeyCredentialParameters,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialType,
    PublicKeyCredentialUserEntity,
    RegistrationResponse,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from sqlalchemy import Connection

from consilience.errors import AccessError, NotFoundError, UsageError
from consilience.model.people import Actor, Permission
from consilience.services import accounts
from consilience.services.access import service
from consilience.services.accounts import NotSignedIn
from consilience.services.holdings import Holdings
from consilience.store import accounts as account_records
from consilience.store import challenges, events, people
from consilience.store import passkeys as records
from consilience.store.identity import now
from consilience.store.passkeys import PasskeyRecord
from consilience.store.people import UserRecord

MOST = 20
"""Passkeys that an account may have."""

FRESH = 10 * 60 * 1_000_000_000
"""Nanoseconds after signing in in which a passkey may be added: an unattended browser gives nobody one."""

_ES256, _EDDSA, _RS256 = -7, -8, -257
_ALGORITHMS = (_ES256, _EDDSA, _RS256)
_ADDING, _SIGNING_IN = "passkey-adding", "passkey-sign-in"
_BY = "passkey"
_KIND = PublicKeyCredentialType.PUBLIC_KEY


class Place(msgspec.Struct, frozen=True):
    """Where passkeys are good: laid down by who serves, whatever a request says of itself.

    Attributes:
        origin: of the workspace's page: scheme, host, and port where it is not the usual one.
    """

    origin: str

    @property
    def host(self) -> str:
        """The relying party's id."""
        return urlsplit(self.origin).hostname or ""

    @property
    def takes_passkeys(self) -> bool:
        """Whether browsers make passkeys for it: under a name, and by TLS or on the same machine."""
        try:
            ipaddress.ip_address(self.host)
        except ValueError:
            return self.origin.startswith("https://") or self.host == "localhost"
        return False


class NewKey(msgspec.Struct, frozen=True):
    """What an authenticator says of a key that it has made, as bytes of WebAuthn."""

    client_data: bytes
    attestation: bytes


class Signature(msgspec.Struct, frozen=True):
    """What an authenticator says when somebody signs in, as bytes of WebAuthn."""

    credential: bytes
    client_data: bytes
    authenticator_data: bytes
    signature: bytes
    account_id: bytes


@service(*Permission)
def begin_adding(holdings: Holdings, actor: Actor, place: Place, key: str) -> dict[str, object]:
    """Ask a browser to have a passkey made for the actor.

    Args:
        holdings: where.
        actor: whose passkey.
        place: where it will be good.
        key: of the actor's session, which has to be the one that answers.

    Returns:
        ``PublicKeyCredentialCreationOptionsJSON``.

    Raises:
        AccessError: the session is not fresh.
        UsageError: the account has enough, or there is none.
    """
    if now() > accounts.session_of(holdings, key).begun_at + FRESH:
        raise AccessError("a passkey is added soon after signing in", "Sign out, sign in, and add it then.")
    with holdings.database.write() as connection:
        user = _user(connection, actor)
        there = records.of_user(connection, user.id)
        if len(there) >= MOST:
            raise UsageError(f"an account has {MOST} passkeys at most", "Remove one first.")
        options, state = _server(place).register_begin(
            PublicKeyCredentialUserEntity(id=user.public_id, name=user.name, display_name=user.name),
            [PublicKeyCredentialDescriptor(type=_KIND, id=one.credential) for one in there],
            ResidentKeyRequirement.REQUIRED,
            UserVerificationRequirement.REQUIRED,
        )
        challenges.keep(connection, _ADDING, key, str(state["challenge"]))
    return dict(options.public_key)


@service(*Permission)
def add(
    holdings: Holdings, actor: Actor, place: Place, key: str, *, name: str, made: NewKey
) -> PasskeyRecord:
    """Keep the passkey that an authenticator made.

    Args:
        holdings: where.
        actor: whose passkey.
        place: where it will be good.
        key: of the session that asked for it.
        name: what the actor calls it.
        made: the authenticator's answer.

    Raises:
        UsageError: nothing was asked, or not this, or it is no answer to it.
    """
    with holdings.database.write() as connection:
        state = challenges.take(connection, _ADDING, key)
    held = None if state is None else _checked_new(place, state, made)
    if held is None or held.credential_data is None:
        raise UsageError("the authenticator's answer is none to what was asked", "Begin again.")
    if not name.strip():
        raise UsageError("a passkey needs a name", "Call it after what holds it.")
    with holdings.database.write() as connection:
        record = records.add(
            connection,
            _user(connection, actor).id,
            name=name,
            credential=held.credential_data.credential_id,
            public_key=cbor.encode(held.credential_data.public_key),
            counter=held.counter,
        )
        if record is None:
            raise UsageError("this passkey was added before")
        events.append(connection, actor, "create", object_kind=_BY, object_id=record.public_id)
    return record


@service(*Permission)
def passkeys(holdings: Holdings, actor: Actor) -> list[PasskeyRecord]:
    """The actor's passkeys, oldest first."""
    with holdings.database.read() as connection:
        user_id = account_records.user_id_of(connection, actor.name)
        return [] if user_id is None else records.of_user(connection, user_id)


@service(*Permission)
def remove(holdings: Holdings, actor: Actor, public_id: bytes) -> None:
    """Let one of the actor's passkeys stand no longer.

    Raises:
        NotFoundError: the actor has none of this id.
    """
    with holdings.database.write() as connection:
        mine = records.of_user(connection, _user(connection, actor).id)
        found = [one for one in mine if one.public_id == public_id]
        if not found:
            raise NotFoundError(f"no passkey {public_id.hex()}")
        records.end(connection, found[0].id)
        events.append(connection, actor, "end", object_kind=_BY, object_id=public_id)


def begin_sign_in(holdings: Holdings, place: Place, key: str) -> dict[str, object]:
    """Ask a browser for any passkey of this place. It names no account, so it tells of none.

    Args:
        holdings: where.
        place: which place.
        key: of the browser, which has to be the one that answers.

    Returns:
        ``PublicKeyCredentialRequestOptionsJSON``.
    """
    options, state = _server(place).authenticate_begin(user_verification=UserVerificationRequirement.REQUIRED)
    with holdings.database.write() as connection:
        challenges.keep(connection, _SIGNING_IN, key, str(state["challenge"]))
    return dict(options.public_key)


def sign_in(holdings: Holdings, place: Place, key: str, given: Signature, address: str) -> str:
    """Begin a session of the user whose passkey signed; gives its key.

    Args:
        holdings: whose users.
        place: where the passkey has to be good.
        key: of the browser that was asked.
        given: the authenticator's answer.
        address: where the try comes from.

    Raises:
        NotSignedIn: it is no answer to what was asked, by no passkey that stands, or by a copy of one.
        TooOften: too many wrong tries; this one was not looked at.
    """
    with holdings.database.write() as connection:
        passkey = records.of_credential(connection, given.credential)
        tries = [accounts.address_tries(address)]
        if passkey is not None:
            tries.append(accounts.account_tries(passkey.account))
        accounts.wait(connection, *tries)
        state = challenges.take(connection, _SIGNING_IN, key)
        counter = None
        if state is None:
            why = "unasked"
        elif passkey is None:
            why = "unknown"
        else:
            counter = _counter_of(place, state, passkey, given)
            why = "not-proved"
            if counter is not None and counter <= passkey.counter and (counter or passkey.counter):
                # Two authenticators that hold one key: which of them is the person's, nobody can say.
                counter, why = None, "counted-back"
        if passkey is not None and counter is not None:
            records.use(connection, passkey.id, counter)
            account_records.forget_failures(connection, accounts.account_tries(passkey.account))
            return accounts.begin(connection, passkey.user_id, passkey.account, by=_BY)
        who = accounts.UNKNOWN if passkey is None else passkey.account
        accounts.refuse(connection, who, *tries, by=_BY, why=why)
    raise NotSignedIn("the passkey is none that stands here, or did not prove it", "Try again.")


def _user(connection: Connection, actor: Actor) -> UserRecord:
    for one in people.users(connection):
        if one.name == actor.name and not one.ended:
            return one
    raise UsageError("passkeys are for users", "The local owner comes in by the link of consilience serve.")


def _server(place: Place) -> Fido2Server:
    if not place.takes_passkeys:
        raise UsageError(
            "there are no passkeys for this server",
            "Browsers make them for a name with TLS, or for localhost; not for an address of numbers.",
        )
    party = PublicKeyCredentialRpEntity(id=place.host, name="Consilience")
    # The library's own rule would take every name below the host's, too.
    server = Fido2Server(
        party, AttestationConveyancePreference.NONE, verify_origin=lambda origin: origin == place.origin
    )
    server.allowed_algorithms = [PublicKeyCredentialParameters(type=_KIND, alg=one) for one in _ALGORITHMS]
    return server


def _checked_new(place: Place, state: str, made: NewKey) -> AuthenticatorData | None:
    """What an authenticator made, if it answers what was asked."""
    try:
        client_data, attestation = CollectedClientData(made.client_data), AttestationObject(made.attestation)
        held = attestation.auth_data.credential_data
        if held is None or held.public_key.get(3) not in _ALGORITHMS or client_data.cross_origin:
            return None
        answer = AuthenticatorAttestationResponse(client_data=client_data, attestation_object=attestation)
        response = RegistrationResponse(raw_id=held.credential_id, response=answer)
        return _server(place).register_complete(_asked(state), response)
    except Exception:  # the library says in many ways that bytes are none of its format
        return None


def _counter_of(place: Place, state: str, passkey: PasskeyRecord, given: Signature) -> int | None:
    """How far the authenticator has counted, if it signed what was asked with the passkey's key."""
    try:
        client_data = CollectedClientData(given.client_data)
        said = AuthenticatorData(given.authenticator_data)
        if client_data.cross_origin or given.account_id != passkey.account_id:
            return None
        answer = AuthenticatorAssertionResponse(
            client_data=client_data, authenticator_data=said, signature=given.signature
        )
        response = AuthenticationResponse(raw_id=given.credential, response=answer)
        key = CoseKey.parse(_mapping(passkey.public_key))
        held = AttestedCredentialData.create(bytes(16), passkey.credential, key)
        _server(place).authenticate_complete(_asked(state), [held], response)
    except Exception:  # the same
        return None
    return said.counter


def _mapping(encoded: bytes) -> Mapping[int, object]:
    found = cbor.decode(encoded)
    assert isinstance(found, Mapping)
    return found


def _asked(challenge: str) -> dict[str, str]:
    return {"challenge": challenge, "user_verification": UserVerificationRequirement.REQUIRED}
