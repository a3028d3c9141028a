"""What can be refused in this room."""

from __future__ import annotations

from kernel.errors import Kind, VaultCraftError


class NoDeadLetters(VaultCraftError):
    """Nothing is chosen that could be replayed or discarded."""

    kind = Kind.NOT_FOUND
    code = "no_dead_letters"
    title = "No dead letter is among what was chosen"


class ReasonMissing(VaultCraftError):
    """What is discarded is discarded for a reason that somebody can read later."""

    code = "reason_missing"
    title = "Say why, in at most 500 characters"
