"""Hashes, trees and signatures, against figures and rules of their own."""

from __future__ import annotations

import functools
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from audit import chain
from audit.exporting import public_keys

LEAVES = [bytes([number]) * 32 for number in range(1, 20)]


def new_key() -> str:
    """A private key in PEM form that nobody keeps."""
    key = Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def test_no_two_records_are_the_same_bytes() -> None:
    records: list[list[str | None]] = [
        ["ab", "c"],
        ["a", "bc"],
        ["abc", ""],
        ["abc", None],
        ["abc"],
        [None, "abc"],
        [],
    ]
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
        proven = functools.partial(chain.root_by_path, digest=leaf, count=count)
        assert proven(place=place, path=path) == root
        assert proven(place=place, path=path, digest=bytes(32)) != root
        assert proven(place=place, path=[*path, bytes(32)]) != root
        assert proven(place=count, path=path) is None


def test_a_signature_counts_for_its_digest_under_its_key_alone() -> None:
    mine, other = ({"kid": "k", "private_pem": new_key()} for _ in range(2))
    digest = bytes(range(32))
    signature = chain.signed(digest, private_pem=mine["private_pem"])

    def counts(signed: bytes, kid: str, key: dict[str, str]) -> bool:
        return chain.is_signed(signed, signature=signature, kid=kid, keys=public_keys([key]))

    assert counts(digest, "k", mine)
    assert not counts(bytes(32), "k", mine)
    assert not counts(digest, "unknown", mine)
    assert not counts(digest, "k", other)
