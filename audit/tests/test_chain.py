"""Hashes, trees and signatures, against figures and rules of their own."""

from __future__ import annotations

import hashlib

import pytest

from audit import chain
from audit.exporting import public_keys
from vaultcraft.embedded.secrets import throwaway_secrets

LEAVES = [bytes([number]) * 32 for number in range(1, 20)]


def test_no_two_records_are_the_same_bytes() -> None:
    records = (["ab", "c"], ["a", "bc"], ["abc", ""], ["abc", None], ["abc"], [None, "abc"], [])
    assert len({chain.framed(texts) for texts in records}) == len(records)
    assert chain.framed(["é"]) == b"\x00\x00\x00\x02\xc3\xa9"


def test_the_root_of_three_is_what_the_standard_says() -> None:
    def sha(*parts: bytes) -> bytes:
        return hashlib.sha256(b"".join(parts)).digest()

    first, second, third = (sha(b"\x00", leaf) for leaf in LEAVES[:3])
    assert chain.root_of(LEAVES[:3]) == sha(b"\x01", sha(b"\x01", first, second), third)
    assert chain.root_of([]) == sha()


@pytest.mark.parametrize("count", range(1, 20))
def test_every_leaf_is_proven_by_its_path_and_nothing_else_is(count: int) -> None:
    leaves = LEAVES[:count]
    root = chain.root_of(leaves)
    for place, leaf in enumerate(leaves):
        path = chain.path_of(place, leaves)
        proven = {"digest": leaf, "place": place, "count": count, "path": path}
        assert chain.root_by_path(**proven) == root
        assert chain.root_by_path(**{**proven, "digest": bytes(32)}) != root
        assert chain.root_by_path(**{**proven, "path": [*path, bytes(32)]}) != root
        assert chain.root_by_path(**{**proven, "place": count}) is None


def test_a_signature_counts_for_its_digest_under_its_key_alone() -> None:
    mine, other = throwaway_secrets().audit_keys, throwaway_secrets().audit_keys
    digest = bytes(range(32))
    signature = chain.signed(digest, private_pem=mine[0]["private_pem"])
    kid, keys = mine[0]["kid"], public_keys(mine)
    assert chain.is_signed(digest, signature=signature, kid=kid, keys=keys)
    assert not chain.is_signed(bytes(32), signature=signature, kid=kid, keys=keys)
    assert not chain.is_signed(digest, signature=signature, kid="unknown", keys=keys)
    others = {kid: public_keys(other)[other[0]["kid"]]}
    assert not chain.is_signed(digest, signature=signature, kid=kid, keys=others)
