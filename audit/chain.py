"""How evidence is chained: hashes, a tree for each seal, signatures. Pure, and without Django.

Whoever checks the chain elsewhere needs this file, `audit.offline` and public keys only. A record
is hashed as the texts PostgreSQL gives of its columns, each with its length before it, so that no
two records are the same bytes. The digests of a seal's records are the leaves of a Merkle tree
(RFC 9162 section 2.1); its root and the seal before it are in the seal's own digest, and that is
signed with Ed25519 (RFC 8032).
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

RECORD_TAG = b"vaultcraft.audit.record.v1"
SEAL_TAG = b"vaultcraft.audit.seal.v2"
# Of seals made before it was signed up to where they go.
FIRST_SEAL_TAG = b"vaultcraft.audit.seal.v1"
SIGNATURE_TAG = b"vaultcraft.audit.head.v1"
DIGEST_BYTES = 32
# What the first seal has before it.
BEGINNING = bytes(DIGEST_BYTES)
_LENGTH_BYTES = 4
_NOTHING = b"\xff" * _LENGTH_BYTES
_LEAF, _NODE = b"\x00", b"\x01"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """One link: so many records, under one root, after the link before it.

    :param number: from 1, without gaps.
    :param sealed_at_us: microseconds since 1970, UTC.
    :param up_to: the transaction below which nothing was left out, as the server of then counted;
        None: a seal of the first form, which does not say.
    """

    number: int
    sealed_at_us: int
    record_count: int
    root: bytes
    previous: bytes
    up_to: int | None

    @property
    def digest(self) -> bytes:
        """The 32 bytes that stand for this link and for all before it."""
        numbers = [str(self.number), str(self.sealed_at_us), str(self.record_count)]
        texts = [*numbers, self.root.hex(), self.previous.hex()]
        if self.up_to is None:
            return hashlib.sha256(FIRST_SEAL_TAG + framed(texts)).digest()
        return hashlib.sha256(SEAL_TAG + framed([*texts, str(self.up_to)])).digest()


def framed(texts: Sequence[str | None]) -> bytes:
    """Texts as bytes that can be read in one way only; None differs from an empty text."""
    return b"".join(map(_frame, texts))


def _frame(text: str | None) -> bytes:
    if text is None:
        return _NOTHING
    written = text.encode()
    return len(written).to_bytes(_LENGTH_BYTES, "big") + written


def record_digest(texts: Sequence[str | None]) -> bytes:
    """The 32 bytes that stand for a record, of the texts of its columns in their order.

    The database computes the same (`audit_digest`), by itself.
    """
    return hashlib.sha256(RECORD_TAG + framed(texts)).digest()


def root_of(digests: Sequence[bytes]) -> bytes:
    """The root of the tree over these leaves (RFC 9162 section 2.1.1)."""
    if not digests:
        return hashlib.sha256().digest()
    if len(digests) == 1:
        return hashlib.sha256(_LEAF + digests[0]).digest()
    middle = _middle(len(digests))
    return _node(root_of(digests[:middle]), root_of(digests[middle:]))


def path_of(place: int, digests: Sequence[bytes]) -> list[bytes]:
    """What leads from the leaf at a place, from 0, to the root (RFC 9162 section 2.1.3.1)."""
    if len(digests) == 1:
        return []
    middle = _middle(len(digests))
    if place < middle:
        return [*path_of(place, digests[:middle]), root_of(digests[middle:])]
    return [*path_of(place - middle, digests[middle:]), root_of(digests[:middle])]


def root_by_path(*, digest: bytes, place: int, count: int, path: Sequence[bytes]) -> bytes | None:
    """The root that a leaf and its path lead to; None if the path has not the right length.

    :param count: the leaves of the whole tree.
    """
    if count == 1:
        return hashlib.sha256(_LEAF + digest).digest() if place == 0 and not path else None
    if not path or not 0 <= place < count:
        return None
    middle = _middle(count)
    *lower, sibling = path
    if place < middle:
        left = root_by_path(digest=digest, place=place, count=middle, path=lower)
        return left and _node(left, sibling)
    right = root_by_path(digest=digest, place=place - middle, count=count - middle, path=lower)
    return right and _node(sibling, right)


def _middle(count: int) -> int:
    """The largest power of two below a number of leaves."""
    return 1 << (count - 1).bit_length() - 1


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(_NODE + left + right).digest()


def signed(digest: bytes, *, private_pem: str) -> bytes:
    """Sign a seal's digest: 64 bytes.

    :raises TypeError: if the key is no Ed25519 key.
    """
    key = load_pem_private_key(private_pem.encode(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError("a seal is signed with an Ed25519 key")
    return key.sign(SIGNATURE_TAG + digest)


def is_signed(digest: bytes, *, signature: bytes, kid: str, keys: Mapping[str, str]) -> bool:
    """Whether one of the public keys (PEM, by key id) signed this digest."""
    key = load_pem_public_key(keys[kid].encode()) if kid in keys else None
    if not isinstance(key, Ed25519PublicKey):
        return False
    try:
        key.verify(signature, SIGNATURE_TAG + digest)
    except InvalidSignature:
        return False
    return True
