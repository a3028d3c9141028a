"""Opaque tokens and one-way hashes. High-entropy tokens are kept as plain SHA-256."""

from __future__ import annotations

import hashlib
import hmac
import secrets


def new_token() -> str:
    """256 random bits as 43 URL-safe characters."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> bytes:
    """The 32 bytes under which a high-entropy token is stored."""
    return hashlib.sha256(token.encode()).digest()


def keyed_hash(*, key: bytes, parts: tuple[str, ...]) -> bytes:
    """HMAC-SHA-256 of length-prefixed parts, so no two lists of parts share an input."""
    return hmac.new(key, framed(parts), hashlib.sha256).digest()


def fingerprint(*parts: str) -> bytes:
    """SHA-256 of length-prefixed parts: 32 bytes that name exactly this list of texts."""
    return hashlib.sha256(framed(parts)).digest()


def framed(parts: tuple[str, ...]) -> bytes:
    """Length-prefixed parts in one: no two lists of parts give the same bytes."""
    encoded = [part.encode() for part in parts]
    return b"".join(len(part).to_bytes(8, "big") + part for part in encoded)
