"""Time stamps by an authority of our own: taken over HTTP, checked, refused where anything is not right."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from time_stamp_authority import TIME, Authority

from consilience.audit.timestamps import TimeStampError, certificates, stamped_at, time_stamp

MESSAGE = b"a checkpoint"


@pytest.fixture(scope="module")
def authority() -> Iterator[Authority]:
    with Authority() as running:
        yield running


def test_a_stamp_says_when_the_authority_saw_the_message(authority: Authority, tmp_path: Path) -> None:
    stamp = time_stamp(MESSAGE, authority.url)
    assert stamped_at(MESSAGE, stamp, [authority.root]) == TIME
    (tmp_path / "root.pem").write_bytes(authority.root.public_bytes(Encoding.PEM))
    assert certificates(tmp_path / "root.pem") == [authority.root]


def test_a_stamp_that_is_not_right_does_not_hold(authority: Authority) -> None:
    stamp = time_stamp(MESSAGE, authority.url)
    with pytest.raises(TimeStampError, match="does not hold"):
        stamped_at(b"another message", stamp, [authority.root])
    with pytest.raises(TimeStampError, match="does not hold"):
        stamped_at(MESSAGE, stamp, [Authority().root])
    with pytest.raises(TimeStampError, match="does not hold"):
        stamped_at(MESSAGE, stamp[:-9] + bytes([stamp[-9] ^ 1]) + stamp[-8:], [authority.root])
    with pytest.raises(TimeStampError, match="does not hold"):
        stamped_at(MESSAGE, b"no stamp", [authority.root])


def test_who_gives_no_stamp_is_said(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(TimeStampError, match="is no address"):
        time_stamp(MESSAGE, "file:///etc/hostname")
    with pytest.raises(TimeStampError, match="gave no time stamp"):
        time_stamp(MESSAGE, "http://127.0.0.1:9/")
    earlier = time_stamp(b"another message", authority.url)
    monkeypatch.setattr(authority, "answer", lambda _: earlier)
    with pytest.raises(TimeStampError, match="answered another request"):
        time_stamp(MESSAGE, authority.url)
    (tmp_path / "none.pem").write_text("nothing")
    with pytest.raises(TimeStampError, match="holds no certificates"):
        certificates(tmp_path / "none.pem")
