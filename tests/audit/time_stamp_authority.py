"""A time stamp authority on the loopback interface, made of a few DER values (RFC 3161, RFC 5652)."""

from __future__ import annotations

import hashlib
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import TracebackType
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

TIME = datetime(2026, 11, 22, 1, 40, tzinfo=UTC)
_SHA512 = "2.16.840.1.101.3.4.2.3"
_RSA = "1.2.840.113549.1.1.1"
_SIGNED_DATA, _TST_INFO = "1.2.840.113549.1.7.2", "1.2.840.113549.1.9.16.1.4"
_CONTENT_TYPE, _MESSAGE_DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
_SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.47"


def der(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    size = len(body)
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    length = bytes([size]) if size < 128 else bytes([0x80 | len(octets)]) + octets
    return bytes([tag]) + length + body


def sequence(*parts: bytes) -> bytes:
    return der(0x30, *parts)


def integer(value: int) -> bytes:
    return der(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def oid(dotted: str) -> bytes:
    first, second, *rest = (int(one) for one in dotted.split("."))
    encoded = bytearray([first * 40 + second])
    for one in rest:
        groups = [one & 0x7F]
        while one := one >> 7:
            groups.append(one & 0x7F | 0x80)
        encoded += bytes(reversed(groups))
    return der(0x06, bytes(encoded))


def algorithm(dotted: str) -> bytes:
    return sequence(oid(dotted), b"\x05\x00")


class Authority:
    """Stamps what it is sent. Use it in ``with``.

    Attributes:
        root: its certificate, which signs itself.
        url: where it listens.
    """

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._root_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.root = self._certificate("root", self._root_key, is_root=True)
        self._own = self._certificate("stamps", self._key, is_root=False)
        authority = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                answer = authority.answer(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(200)
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, request: bytes) -> bytes:
        """The answer to a request that this project's client makes: SHA-512, a nonce, certificates wanted."""
        # SEQUENCE { INTEGER 1, SEQUENCE { AlgorithmIdentifier, OCTET STRING }, INTEGER nonce, BOOLEAN TRUE }
        imprint_at = request.index(b"\x02\x01\x01") + 3
        size = request[imprint_at + 1] + 2
        imprint, rest = request[imprint_at : imprint_at + size], request[imprint_at + size :]
        nonce = rest[: rest[1] + 2]
        info = sequence(
            integer(1),
            oid("1.2.3.4"),
            imprint,
            integer(7),
            der(0x18, TIME.strftime("%Y%m%d%H%M%SZ").encode()),
            nonce,
        )
        encoded = self._own.public_bytes(Encoding.DER)
        attributes = b"".join(
            sorted(
                sequence(oid(kind), der(0x31, value))
                for kind, value in (
                    (_CONTENT_TYPE, oid(_TST_INFO)),
                    (_MESSAGE_DIGEST, der(0x04, hashlib.sha512(info).digest())),
                    (
                        _SIGNING_CERTIFICATE,
                        sequence(sequence(sequence(der(0x04, hashlib.sha256(encoded).digest())))),
                    ),
                )
            )
        )
        signature = self._key.sign(der(0x31, attributes), padding.PKCS1v15(), hashes.SHA512())
        issuer = sequence(self._own.issuer.public_bytes(), integer(self._own.serial_number))
        signer = sequence(
            integer(1),
            issuer,
            algorithm(_SHA512),
            der(0xA0, attributes),
            algorithm(_RSA),
            der(0x04, signature),
        )
        content = sequence(oid(_TST_INFO), der(0xA0, der(0x04, info)))
        signed = sequence(
            integer(3), der(0x31, algorithm(_SHA512)), content, der(0xA0, encoded), der(0x31, signer)
        )
        return sequence(sequence(integer(0)), sequence(oid(_SIGNED_DATA), der(0xA0, signed)))

    def _certificate(self, name: str, key: rsa.RSAPrivateKey, *, is_root: bool) -> x509.Certificate:
        def called(text: str) -> x509.Name:
            return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])

        builder = (
            x509.CertificateBuilder()
            .subject_name(called(name))
            .issuer_name(called("root"))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(TIME - timedelta(days=365))
            .not_valid_after(TIME + timedelta(days=36500))
            .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        )
        if not is_root:
            usage = x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.TIME_STAMPING])
            builder = builder.add_extension(usage, critical=True)
        return builder.sign(self._root_key, hashes.SHA256())
