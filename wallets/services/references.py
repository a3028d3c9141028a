"""Names under which an effect stands in the books for ever."""

from __future__ import annotations

import secrets

from kernel.actor import Actor
from kernel.crypto import fingerprint

_BYTES = 32


def reference_of(*, actor: Actor, route: str, key: str, item: int = 0) -> bytes:
    """32 bytes that name one effect of one idempotency key.

    The same principal, route, key and item always give the same reference, and the books take a
    reference once: whatever a door remembers or forgets, money moves at most once for a key.
    """
    return fingerprint(actor.principal, route, key, str(item))


def unused_reference() -> bytes:
    """32 bytes that nothing stands under, or ever will: for what is only asked about."""
    return secrets.token_bytes(_BYTES)
