"""Serve the workspace and the API."""

from __future__ import annotations

import contextlib
import gc
import ipaddress
import resource
import socket
import ssl
import threading
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

import click

from consilience.cli import screen
from consilience.cli.options import TEXT, _account, acting, holdings_option, reason_options
from consilience.errors import UsageError
from consilience.model.locator import printable_text
from consilience.services import accounts
from consilience.services.holdings import Holdings
from consilience.store import people

if TYPE_CHECKING:
    from consilience.services.oidc import Provider

_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")

_CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""Of TLS 1.2 (1.3 has no others): with forward secrecy, and authenticated as a whole."""

_OBJECTS = 50_000
"""Objects that are made before garbage is looked for."""
_CONNECTIONS = 4000
"""That are open at once: a browser keeps up to six for each person, one of them for events."""
_FILES_BESIDE = 1000
"""Open files of the holdings' database, indexes and workers."""


@click.command()
@click.argument("folder", metavar="HOLDINGS", type=click.Path(path_type=Path), default=Path())
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option("--port", type=click.IntRange(1, 65535), default=8471, show_default=True)
@click.option(
    "--name",
    "names",
    multiple=True,
    help="A name (with its port, where it is not the usual one) by which browsers know this server.",
)
@click.option("--certificate", type=click.Path(path_type=Path), help="TLS certificate, PEM, with its chain.")
@click.option("--key", type=click.Path(path_type=Path), help="TLS key, PEM.")
@click.option(
    "--provider", help="Address (issuer) of an OpenID Connect provider through which people sign in."
)
@click.option("--provider-client", type=TEXT, default="", help="What the provider calls this workspace.")
@click.option("--provider-secret", type=click.Path(path_type=Path), help="A file with the client's secret.")
@click.option("--behind-tls", is_flag=True, help="A proxy on this machine ends TLS in front of this server.")
@click.option(
    "--exhibits",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A folder below which exhibits may be taken in; for the one local owner, every folder.",
)
@click.option("--browser/--no-browser", default=True, help="Open the workspace in a browser.")
@click.option("--actor", type=TEXT, default=_account, envvar="CONSILIENCE_ACTOR", help="The local owner.")
def serve(
    folder: Path,
    host: str,
    port: int,
    names: tuple[str, ...],
    certificate: Path | None,
    key: Path | None,
    provider: str | None,
    provider_client: str,
    provider_secret: Path | None,
    behind_tls: bool,
    exhibits: tuple[Path, ...],
    browser: bool,
    actor: str,
) -> None:
    """Serve the workspace of HOLDINGS to a browser.

    Without users, the holdings are yours: the server listens to this machine alone, and a link that is good
    for once lets you in. With users, everybody signs in; for other machines, TLS is needed.

    \b
    Examples:
      consilience serve unit7
      consilience serve unit7 --host 0.0.0.0 --name unit7.example --certificate unit7.pem --key unit7.key
    """
    # Imported here: no other command needs the web's libraries.
    import uvicorn

    from consilience.web.app import create_app
    from consilience.web.server import Server

    secure = behind_tls or certificate is not None
    _check_pair(certificate, key)
    origin = _origin(names, port, secure=secure)
    asked = _provider(provider, provider_client, provider_secret, landing=f"{origin}/")
    with Holdings.open(folder) as holdings:
        with holdings.database.read() as connection:
            is_owned = people.standing_of(connection, actor).is_local_owner
        _check(host, names, is_owned=is_owned, secure=secure)
        listening = _listening(host, port)
        roots = exhibits or ((Path("/"),) if is_owned else ())
        server = Server(holdings, owner=actor, roots=roots, secure=secure, origin=origin, provider=asked)
        # A passphrase, if the keys need one, is asked for now and here.
        _ = server.pictures.ring
        standing = {f"{one}:{port}" for one in _LOOPBACK} if not (names and secure) else set()
        app = create_app(server, hosts={one.lower() for one in names} | standing)
        # By number: who else on this machine listens at another address of localhost gets no key.
        address = f"{'https' if secure else 'http'}://127.0.0.1:{port}/"
        if is_owned:
            address += f"#enter={server.new_entrance()}"
            screen.say(f"Yours alone, and good for once: {address}")
        elif names:
            screen.say(f"Serving {', '.join(names)}.")
        else:
            screen.say(f"Serving {address}")
        if browser and not names:
            opening = threading.Timer(1.0, webbrowser.open, [address])
            opening.daemon = True
            opening.start()
        config = uvicorn.Config(
            app,
            ssl_certfile=None if certificate is None else str(certificate),
            ssl_keyfile=None if key is None else str(key),
            ssl_ciphers=_CIPHERS,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=behind_tls,
            forwarded_allow_ips="127.0.0.1",
            timeout_keep_alive=20,
            limit_concurrency=_connections(),
            timeout_graceful_shutdown=5,
        )
        # What is loaded by now stays: it is not looked through for garbage again and again. A large case's
        # rows are millions of small objects, for which the usual threshold would do so thousands of times.
        gc.collect()
        gc.freeze()
        gc.set_threshold(_OBJECTS, 20, 100)
        serving = uvicorn.Server(config)
        with contextlib.suppress(KeyboardInterrupt):
            serving.run(sockets=[listening])
        if not serving.started:
            raise SystemExit(3)  # uvicorn has said why


@click.command()
@click.argument("name", type=TEXT)
@holdings_option
@reason_options("administration")
def invite(name: str, folder: Path, actor: str, reason: str) -> None:
    """Let the user NAME choose a password: prints a key, good for once and for seven days.

    \b
    Example:
      consilience invite novak -H unit7
    """
    with Holdings.open(folder) as holdings:
        key = accounts.invite(holdings, acting(actor, reason), name)
    screen.say(f"For {name} alone, at the workspace's address with this behind it:")
    screen.say(f"  #invitation={key}")


def _check(host: str, names: tuple[str, ...], *, is_owned: bool, secure: bool) -> None:
    loopback = _is_loopback(host)
    if is_owned and not (loopback and all(_is_loopback(one.rpartition(":")[0] or one) for one in names)):
        raise UsageError(
            "these holdings have no users, so they are served to this machine alone",
            "Add users first: consilience user add NAME --role administrator.",
        )
    if not loopback and not secure:
        raise UsageError(
            f"{host} can be reached from other machines, and there is no TLS",
            "Give --certificate and --key.",
        )
    if not loopback and not names:
        raise UsageError("browsers on other machines need a name for this server", "Give --name.")


def _listening(host: str, port: int) -> socket.socket:
    """A socket that takes connections from now on, so that the link is good as soon as it is said."""
    try:
        (family, kind, protocol, _, address), *_ = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP
        )
        # Said to be TCP: with another, asyncio lets an answer wait for the one before it (Nagle).
        listening = socket.socket(family, kind, protocol)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
            listening.listen(2048)
        except OSError:
            listening.close()
            raise
    except OSError as error:
        raise UsageError(
            f"cannot listen at {printable_text(host)}, port {port} ({error.strerror})",
            "Give another --port, or end the program that has it.",
        ) from error
    return listening


def _check_pair(certificate: Path | None, key: Path | None) -> None:
    if certificate is None and key is None:
        return
    if certificate is None or key is None:
        raise UsageError("TLS needs both --certificate and --key")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
    except (OSError, ValueError) as error:
        said = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
        raise UsageError(
            f"{certificate} and {key} are no certificate and key for TLS: {said}",
            "Both are PEM; the certificate comes with its chain.",
        ) from error


def _connections() -> int:
    """How many connections may be open, with as many open files allowed as that takes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = _CONNECTIONS + _FILES_BESIDE
    if hard != resource.RLIM_INFINITY:
        files = min(files, hard)
    if soft != resource.RLIM_INFINITY and soft < files:
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
    return max(100, files - _FILES_BESIDE)


def _origin(names: tuple[str, ...], port: int, *, secure: bool) -> str:
    """Of the page, as a browser says it, under the first name."""
    scheme, usual = ("https", ":443") if secure else ("http", ":80")
    name = names[0] if names else f"localhost:{port}"
    return f"{scheme}://{name.lower().removesuffix(usual)}"


def _provider(issuer: str | None, client: str, secret: Path | None, *, landing: str) -> Provider | None:
    from consilience.services.oidc import Provider

    if issuer is None:
        if client or secret:
            raise UsageError("--provider-client and --provider-secret belong to a --provider")
        return None
    if secret is None:
        raise UsageError("a provider needs --provider-secret", "It names a file that only you can read.")
    try:
        if secret.stat().st_mode & 0o077:
            raise UsageError(f"{secret} can be read by others", f"chmod 600 {secret}")
        return Provider(issuer, client, secret.read_text("utf-8").strip(), landing)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{secret} cannot be read: {error}") from error


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
