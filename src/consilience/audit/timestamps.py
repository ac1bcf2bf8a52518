"""Time stamps of RFC 3161 over checkpoints: that a checkpoint was there, an authority outside says."""

from __future__ import annotations

import urllib.request
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from cryptography import x509
from rfc3161_client import (
    TimestampRequestBuilder,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from consilience.errors import ConsilienceError

_SECONDS = 30
_LARGEST_ANSWER = 1 << 20


class TimeStampError(ConsilienceError):
    """An authority gave no time stamp, or one does not hold."""


def time_stamp(message: bytes, url: str) -> bytes:
    """An authority's answer, DER, for SHA-512 of a message. The message itself does not leave this machine.

    Args:
        message: what is to be stamped.
        url: the authority's address, http or https.

    Raises:
        TimeStampError: there was no answer, or it grants nothing.
    """
    if not url.startswith(("http://", "https://")):
        raise TimeStampError(
            f"{url} is no address of a time stamp authority", "It begins with http:// or https://."
        )
    asked = TimestampRequestBuilder().data(message).nonce(nonce=True).cert_request(cert_request=True).build()
    request = urllib.request.Request(  # noqa: S310 - the scheme is checked above
        url, asked.as_bytes(), {"Content-Type": "application/timestamp-query"}
    )
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
            data: bytes = answer.read(_LARGEST_ANSWER)
        granted = decode_timestamp_response(data)
        if granted.tst_info.nonce != asked.nonce:
            raise TimeStampError(f"{url} answered another request")
        if granted.tst_info.message_imprint.message != asked.message_imprint.message:
            raise TimeStampError(f"{url} stamped something else")
    except (OSError, ValueError) as error:
        raise TimeStampError(
            f"{url} gave no time stamp ({error})", "Try again later, or without it."
        ) from error
    return data


def stamped_at(message: bytes, stamp: bytes, roots: Sequence[x509.Certificate]) -> datetime:
    """When an authority saw a message, by the authority's clock.

    Args:
        message: what was stamped.
        stamp: the authority's answer, DER.
        roots: certificates that are trusted to end the authority's chain in.

    Raises:
        TimeStampError: the stamp is damaged, of something else, or not signed under one of the roots.
    """
    builder = VerifierBuilder()
    for root in roots:
        builder = builder.add_root_certificate(root)
    try:
        answer = decode_timestamp_response(stamp)
        builder.build().verify_message(answer, message)
        return answer.tst_info.gen_time
    except (VerificationError, ValueError) as error:
        raise TimeStampError(f"the time stamp does not hold ({error})") from error


def certificates(path: Path) -> list[x509.Certificate]:
    """The certificates of a PEM file.

    Raises:
        TimeStampError: it holds none.
    """
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        raise TimeStampError(f"{path} holds no certificates ({error})") from error
