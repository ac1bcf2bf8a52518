"""Three digests in one pass."""

from __future__ import annotations

import hashlib
import itertools
import os
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from consilience.media.digests import CHUNK, Digester, digest_bytes, digest_descriptor
from consilience.model.examination import Digests


def oracle(data: bytes) -> Digests:
    return Digests(hashlib.md5(data).digest(), hashlib.sha1(data).digest(), hashlib.sha256(data).digest())


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=5))
def test_pieces_give_the_digests_of_the_whole(data: bytes, cuts: list[int]) -> None:
    digester = Digester()
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    for start, end in itertools.pairwise(edges):
        digester.update(memoryview(data)[start:end])
    assert digester.digests() == oracle(data) == digest_bytes(data)
    assert digester.size == len(data)


def test_a_descriptor_is_read_from_its_beginning_and_not_moved(tmp_path: Path) -> None:
    data = os.urandom(CHUNK * 2 + 17)
    path = tmp_path / "content"
    path.write_bytes(data)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.lseek(descriptor, 5, os.SEEK_SET)
        assert digest_descriptor(descriptor) == (oracle(data), len(data))
        assert os.lseek(descriptor, 0, os.SEEK_CUR) == 5
    finally:
        os.close(descriptor)


def test_nothing_has_digests_too(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    descriptor = os.open(tmp_path / "empty", os.O_RDONLY)
    try:
        assert digest_descriptor(descriptor) == (oracle(b""), 0)
    finally:
        os.close(descriptor)
