"""AES-256-GCM over small values and over streams. Pure: keys come in, bytes go out.

A sealed value names the version of the key it was sealed with, and cannot be opened anywhere but
at the place it was sealed for: the place is authenticated with it (`associated`).

    value:   1 | key version (4, big-endian) | nonce (12) | ciphertext and tag
    stream:  2 | key version (4, big-endian) | salt (32) | chunks

Every stream has a key of its own, derived from the data key and a random salt (HKDF, RFC 5869), and
each chunk's nonce holds its number and whether it is the last: chunks cannot be swapped, repeated
or cut off unseen (the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár, 2015).
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kernel.crypto import framed

KEY_BYTES = 32
CHUNK_BYTES = 65_536
TAG_BYTES = 16
STREAM_HEADER_BYTES = 37

_VALUE, _STREAM = 1, 2
_NONCE_BYTES, _SALT_BYTES, _VERSION_BYTES = 12, 32, 4
_HEADER_BYTES = 1 + _VERSION_BYTES
_PREFIX = bytes(_NONCE_BYTES - 5)  # a stream's key is used for this stream alone


class Unreadable(Exception):
    """The bytes were not sealed with this key for this place, or are not whole."""


def new_key() -> bytes:
    """A random key of 256 bits."""
    return secrets.token_bytes(KEY_BYTES)


def key_version_of(sealed: bytes) -> int:
    """The version of the key a value or the header of a stream names.

    :raises Unreadable: if the bytes are neither.
    """
    if len(sealed) < _HEADER_BYTES or sealed[0] not in (_VALUE, _STREAM):
        raise Unreadable("no sealed value")
    return int.from_bytes(sealed[1:_HEADER_BYTES], "big")


def seal(*, key: bytes, version: int, plain: bytes, associated: tuple[str, ...]) -> bytes:
    """A value sealed for one place.

    :param version: of the key, 0 to 2^32-1; authenticated too.
    """
    header = _header(_VALUE, version)
    nonce = secrets.token_bytes(_NONCE_BYTES)
    sealed = AESGCM(key).encrypt(nonce, plain, header + framed(associated))
    return header + nonce + sealed


def unseal(*, key: bytes, sealed: bytes, associated: tuple[str, ...]) -> bytes:
    """The value in clear.

    :raises Unreadable: for another key, another place, or changed bytes.
    """
    _check_kind(sealed, _VALUE)
    header, rest = sealed[:_HEADER_BYTES], sealed[_HEADER_BYTES:]
    return _opened(key, rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], header + framed(associated))


def seal_stream(
    *, key: bytes, version: int, parts: Iterable[bytes], associated: tuple[str, ...]
) -> Iterator[bytes]:
    """The header, then one sealed chunk for each `CHUNK_BYTES` of the parts; the last is shorter.

    Nothing larger than a chunk and a part is held in memory.
    """
    header = _header(_STREAM, version) + secrets.token_bytes(_SALT_BYTES)
    cipher = _stream_cipher(key, header, associated)
    yield header
    number, held = 0, b""
    for part in parts:
        held += part
        while len(held) > CHUNK_BYTES:
            yield cipher.encrypt(_chunk_nonce(number, last=False), held[:CHUNK_BYTES], None)
            number, held = number + 1, held[CHUNK_BYTES:]
    yield cipher.encrypt(_chunk_nonce(number, last=True), held, None)


def unseal_stream(
    *, key: bytes, header: bytes, chunks: Iterable[bytes], associated: tuple[str, ...]
) -> Iterator[bytes]:
    """The chunks in clear, each given out only once it is proven.

    :param chunks: as `seal_stream` made them, one by one.
    :raises Unreadable: at the first chunk that is changed, out of order or missing.
    """
    _check_kind(header, _STREAM)
    cipher = _stream_cipher(key, header, associated)
    number, waiting = 0, None
    for chunk in chunks:
        if waiting is not None:
            yield _decrypted(cipher, _chunk_nonce(number, last=False), waiting)
            number += 1
        waiting = chunk
    if waiting is None:
        raise Unreadable("a stream without chunks")
    yield _decrypted(cipher, _chunk_nonce(number, last=True), waiting)


def derived_key(*, key: bytes, purpose: str) -> bytes:
    """A key of its own for one purpose, from a secret of any length (HKDF-SHA-256, RFC 5869)."""
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose.encode()).derive(key)


def _header(kind: int, version: int) -> bytes:
    return bytes([kind]) + version.to_bytes(_VERSION_BYTES, "big")


def _check_kind(sealed: bytes, kind: int) -> None:
    if not sealed or sealed[0] != kind:
        raise Unreadable("sealed in another way")


def _stream_cipher(key: bytes, header: bytes, associated: tuple[str, ...]) -> AESGCM:
    salt, info = header[_HEADER_BYTES:], header[:_HEADER_BYTES] + framed(associated)
    return AESGCM(HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=salt, info=info).derive(key))


def _chunk_nonce(number: int, *, last: bool) -> bytes:
    return _PREFIX + number.to_bytes(4, "big") + bytes([last])


def _opened(key: bytes, nonce: bytes, sealed: bytes, associated: bytes) -> bytes:
    return _decrypted(AESGCM(key), nonce, sealed, associated)


def _decrypted(
    cipher: AESGCM, nonce: bytes, sealed: bytes, associated: bytes | None = None
) -> bytes:
    try:
        return cipher.decrypt(nonce, sealed, associated)
    except (InvalidTag, ValueError):
        raise Unreadable("changed, or sealed with another key or for another place") from None
