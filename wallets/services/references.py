"""Names under which an effect stands in the books for ever."""

from __future__ import annotations

from kernel.actor import Actor
from kernel.crypto import fingerprint


def reference_of(*, actor: Actor, route: str, key: str, item: int = 0) -> bytes:
    """32 bytes that name one effect of one idempotency key.

    The same principal, route, key and item always give the same reference, and the books take a
    reference once: whatever a door remembers or forgets, money moves at most once for a key.
    """
    return fingerprint(actor.principal, route, key, str(item))
