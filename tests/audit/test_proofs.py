"""Trees and proofs against the RFC's own recursive definition, and against published roots."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consilience.audit.proofs import (
    Subtrees,
    consistency_proof,
    inclusion_proof,
    is_consistent,
    root,
    root_by_inclusion,
)
from consilience.model.merkle import EMPTY_ROOT, Frontier, leaf_hash, node_hash

# Leaves and roots of the test vectors of google/certificate-transparency (RFC 6962, the same hashes as RFC 9162).
LEAVES = [
    bytes.fromhex(one)
    for one in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)


def by_definition(leaves: list[bytes]) -> bytes:
    """RFC 9162, 2.1.1, word by word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha256(b"\x01" + by_definition(leaves[:k]) + by_definition(leaves[k:])).digest()


def subtrees_of(leaves: list[bytes]) -> Subtrees:
    def subtree(level: int, place: int) -> bytes:
        if level == 0:
            return leaf_hash(leaves[place])
        assert (place + 1) << level <= len(leaves), "asked for a subtree that is not complete"
        return node_hash(subtree(level - 1, 2 * place), subtree(level - 1, 2 * place + 1))

    return subtree


def test_published_roots() -> None:
    frontier = Frontier()
    for number, (leaf, expected) in enumerate(zip([*LEAVES, b""], ROOTS, strict=True)):
        assert by_definition(LEAVES[:number]).hex() == expected
        assert root(number, subtrees_of(LEAVES)).hex() == expected
        assert frontier.root().hex() == expected
        frontier.append(leaf_hash(leaf))


@given(st.lists(st.binary(max_size=3), max_size=70))
def test_the_frontier_is_the_tree(leaves: list[bytes]) -> None:
    frontier = Frontier()
    subtree = subtrees_of(leaves)
    for number, leaf in enumerate(leaves, 1):
        for one in frontier.append(leaf_hash(leaf)):
            assert one.hash == subtree(one.level, one.place)
            assert (one.place + 1) << one.level == number
        frontier = Frontier.decode(frontier.size, frontier.encode())
        assert frontier.root() == by_definition(leaves[:number])
    assert Frontier().root() == EMPTY_ROOT


def test_roots_must_be_as_many_as_the_size_says() -> None:
    with pytest.raises(ValueError, match="do not make a tree"):
        Frontier(3, [bytes(32)])
    with pytest.raises(ValueError, match="do not make a tree"):
        Frontier(1, [bytes(31)])


@pytest.mark.parametrize("size", [*range(1, 36), 63, 64, 65])
def test_proofs_of_every_leaf_and_of_every_earlier_size(size: int) -> None:
    leaves = [bytes([one]) for one in range(size)]
    subtree = subtrees_of(leaves)
    whole = by_definition(leaves)
    for leaf in range(size):
        proof = inclusion_proof(leaf, size, subtree)
        assert len(proof) <= max(size - 1, 0).bit_length()
        assert root_by_inclusion(leaf_hash(leaves[leaf]), leaf, size, proof) == whole
    for earlier in range(1, size + 1):
        proof = consistency_proof(earlier, size, subtree)
        assert len(proof) <= (size - 1).bit_length() + 1
        assert is_consistent(earlier, by_definition(leaves[:earlier]), size, whole, proof)


@given(st.data())
def test_a_wrong_proof_proves_nothing(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 40))
    leaves = [bytes([one]) for one in range(size)]
    subtree, whole = subtrees_of(leaves), by_definition(leaves)
    leaf, other = data.draw(st.lists(st.integers(0, size - 1), min_size=2, max_size=2, unique=True))
    proof = inclusion_proof(leaf, size, subtree)
    wrong = _changed(data, proof)
    for index, hash, path in (
        (leaf, leaf_hash(leaves[other]), proof),
        (other, leaf_hash(leaves[leaf]), proof),
        (leaf, leaf_hash(leaves[leaf]), wrong),
    ):
        try:
            reached = root_by_inclusion(hash, index, size, path)
        except ValueError:
            continue
        assert reached != whole
    earlier = data.draw(st.integers(1, size - 1))
    old = by_definition(leaves[:earlier])
    good = consistency_proof(earlier, size, subtree)
    assert not is_consistent(earlier, old, size, whole, _changed(data, good))
    assert not is_consistent(earlier, node_hash(old, old), size, whole, good)
    assert not is_consistent(earlier, old, size, node_hash(whole, whole), good)


def test_what_cannot_be_proven_is_refused() -> None:
    subtree = subtrees_of([b"a", b"b"])
    with pytest.raises(ValueError, match="no leaf"):
        inclusion_proof(2, 2, subtree)
    with pytest.raises(ValueError, match="no proof"):
        consistency_proof(3, 2, subtree)
    with pytest.raises(ValueError, match="no leaf"):
        root_by_inclusion(bytes(32), 0, 0, [])
    assert not is_consistent(0, EMPTY_ROOT, 2, root(2, subtree), [])


def _changed(data: st.DataObject, proof: list[bytes]) -> list[bytes]:
    how = data.draw(st.sampled_from(["flip", "drop", "add"] if proof else ["add"]))
    at = data.draw(st.integers(0, len(proof) - 1)) if proof else 0
    if how == "flip":
        return [*proof[:at], bytes([proof[at][0] ^ 1]) + proof[at][1:], *proof[at + 1 :]]
    return [*proof[:at], *proof[at + 1 :]] if how == "drop" else [*proof, bytes(32)]
