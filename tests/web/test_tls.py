"""The workspace over TLS, as `consilience serve --certificate --key` gives it to other machines."""

from __future__ import annotations

import datetime
import shutil
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
from authenticator import Authenticator
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from served import free_port, process
from web_world import ADMIN, PASSWORD, invite

from consilience.cli.app import app
from consilience.cli.serve import _origin
from consilience.services import people
from consilience.services.holdings import Holdings


class Pair(NamedTuple):
    certificate: Path
    key: Path


def make_pair(folder: Path, name: str = "localhost") -> Pair:
    """A certificate for a name that signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pair = Pair(folder / f"{name}.pem", folder / f"{name}.key")
    pair.certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    pair.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return pair


class Served(NamedTuple):
    port: int
    trust: ssl.SSLContext

    @property
    def origin(self) -> str:
        return f"https://localhost:{self.port}"


@pytest.fixture(scope="module")
def served(staffed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("tls")
    shutil.copytree(staffed, folder / "holdings")
    with Holdings.open(folder / "holdings") as holdings:
        invite(holdings, "analyst")
        people.join(holdings, ADMIN, "C1", user="analyst")
    pair, port = make_pair(folder), free_port()
    tls = ("--certificate", str(pair.certificate), "--key", str(pair.key), "--name", f"localhost:{port}")
    with process(folder / "holdings", port, *tls):
        yield Served(port, ssl.create_default_context(cafile=str(pair.certificate)))


def test_a_session_over_tls(served: Served) -> None:
    with httpx.Client(verify=served.trust, base_url=served.origin) as browser:
        doors = browser.get("/api/session/doors")
        assert doors.headers["strict-transport-security"] == "max-age=31536000"
        assert doors.json() == {"origin": served.origin, "passkeys": True, "provider": None}
        said = browser.post("/api/session", json={"name": "analyst", "password": PASSWORD})
        cookie = said.headers["set-cookie"].lower()
        assert cookie.startswith("__host-consilience=")
        assert {"secure", "httponly", "samesite=strict", "path=/"} <= {
            one.strip() for one in cookie.split(";")
        }
        assert "domain" not in cookie
        csrf = {"X-CSRF-Token": said.json()["csrf_token"]}
        # A page that was fetched without TLS is another origin.
        for origin, status in ((f"http://localhost:{served.port}", 403), (served.origin, 200)):
            asked = browser.post("/api/passkeys/options", headers=csrf | {"Origin": origin})
            assert asked.status_code == status, asked.text
        options = asked.json()["options"]
        key = Authenticator(served.origin)
        added = browser.post("/api/passkeys", headers=csrf, json={"name": "key", **key.make(options)})
        assert added.status_code == 201, added.text
    with httpx.Client(verify=served.trust, base_url=served.origin) as browser:
        asked = browser.post("/api/session/passkey/options")
        assert asked.headers["set-cookie"].startswith("__Host-consilience-door=")
        assert "secure" in asked.headers["set-cookie"].lower()
        options = asked.json()["options"]
        assert browser.post("/api/session/passkey", json=key.sign(options)).json()["name"] == "analyst"


def test_a_case_is_reviewed_over_tls(served: Served, known: str) -> None:
    with httpx.Client(verify=served.trust, base_url=served.origin, timeout=60) as browser:
        # As a browser sends it: the page's origin, and a cookie that it keeps for TLS alone.
        browser.headers.update({"Origin": served.origin, "Sec-Fetch-Site": "same-origin"})
        said = browser.post("/api/session", json={"name": "analyst", "password": PASSWORD})
        (cookie,) = browser.cookies.jar
        assert (cookie.secure, cookie.domain) == (True, "localhost.local")
        browser.headers["X-CSRF-Token"] = said.json()["csrf_token"]
        items = browser.get("/api/cases/C1/gallery").json()["items"]
        assert known in {one["sha256"] for one in items}
        assert known in browser.get(f"/api/media/{known}", params={"case": "C1"}).text
        wanted = {"case": "C1", "look": "clear"}
        clear = browser.post(f"/api/media/{known}/views", json=wanted)
        assert (clear.status_code, clear.content[:3]) == (200, b"\xff\xd8\xff")
        word = {"case": "C1", "subject": "classification", "object": known, "decision": "positive",
                "scheme": "UK", "code": "B"}  # fmt: skip
        assert browser.post("/api/judgements", json=word).status_code == 201
        with browser.stream("GET", "/api/events") as stream:
            assert next(stream.iter_lines()) == "event: case"
        for path in ("/", "/api/cases", "/api/media/none"):
            assert browser.get(path).headers["strict-transport-security"] == "max-age=31536000"
        forged = browser.post("/api/judgements", json=word, headers={"X-CSRF-Token": "0" * 64})
        assert forged.status_code == 403
        mine = browser.get(f"/api/media/{known}", params={"case": "C1"}).json()["classification"]["votes"]
        assert [(one["code"], one["mine"]) for one in mine] == [("B", True)]


def test_nothing_is_said_without_tls(served: Served) -> None:
    with socket.create_connection(("127.0.0.1", served.port), timeout=20) as plain:
        plain.sendall(f"GET / HTTP/1.1\r\nHost: localhost:{served.port}\r\n\r\n".encode())
        plain.settimeout(20)
        try:
            said = plain.recv(4096)
        except ConnectionResetError:
            said = b""
    assert b"HTTP" not in said


def test_only_what_is_safe_is_spoken(served: Served) -> None:
    def shaken(context: ssl.SSLContext) -> tuple[str | None, str]:
        with (
            socket.create_connection(("127.0.0.1", served.port), timeout=20) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as secured,
        ):
            cipher = secured.cipher()
            assert cipher is not None
            return secured.version(), cipher[0]

    assert shaken(served.trust)[0] == "TLSv1.3"
    older = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    older.check_hostname, older.verify_mode = False, ssl.CERT_NONE
    older.maximum_version = ssl.TLSVersion.TLSv1_2
    version, cipher = shaken(older)
    assert version == "TLSv1.2" and cipher.startswith("ECDHE-")
    assert "GCM" in cipher or "CHACHA20" in cipher
    older.set_ciphers("ECDHE-ECDSA-AES256-SHA:ECDHE-ECDSA-AES128-SHA256:AES256-SHA:@SECLEVEL=0")
    with pytest.raises(ssl.SSLError):
        shaken(older)


def test_what_is_no_certificate_is_said_in_a_line(tmp_path: Path) -> None:
    one, other = make_pair(tmp_path, "one"), make_pair(tmp_path, "other")
    broken = tmp_path / "broken.pem"
    broken.write_text("no certificate")
    for certificate, key in ((one.certificate, other.key), (broken, one.key), (tmp_path / "away", one.key)):
        ran = CliRunner().invoke(
            app, ["serve", str(tmp_path), "--certificate", str(certificate), "--key", str(key)]
        )
        assert ran.exit_code != 0 and "no certificate and key" in str(ran.exception) + ran.output


@pytest.mark.parametrize(
    ("names", "secure", "origin"),
    [
        ((), False, "http://localhost:8471"),
        ((), True, "https://localhost:8471"),
        (("Unit7.example", "other.example"), True, "https://unit7.example"),
        (("unit7.example:443",), True, "https://unit7.example"),
        (("unit7.example:8443",), True, "https://unit7.example:8443"),
        (("localhost:5173",), False, "http://localhost:5173"),
    ],
)
def test_the_place_of_passkeys_is_the_first_name(names: tuple[str, ...], secure: bool, origin: str) -> None:
    assert _origin(names, 8471, secure=secure) == origin
