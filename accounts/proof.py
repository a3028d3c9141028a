"""How well a session's person has proven who they are, as far as that is a rule.

Sensitive acts take a second factor that was proven a short while ago (ASVS 5.0, 7.5.1); the
platform's staff, who reach every organization, prove one that does not lie in their mailbox.
"""

from __future__ import annotations

import datetime as dt

from accounts.choices import FactorMethod

RECENTLY = dt.timedelta(minutes=10)

# Proofs that do not lie in the same mailbox as the way to reset a password.
STRONG_FACTORS = frozenset({FactorMethod.TOTP, FactorMethod.PASSKEY})


def is_recent(proven_at: dt.datetime | None, *, now: dt.datetime | None) -> bool:
    """Whether a proof of then is fresh now."""
    return proven_at is not None and now is not None and now - proven_at <= RECENTLY


def has_begun(counts_from: dt.datetime | None, *, now: dt.datetime | None) -> bool:
    """Whether a proof that counts from then counts now; None: it never does."""
    return counts_from is not None and now is not None and counts_from <= now


def is_strong(second_factor: str | None) -> bool:
    """Whether the proof does not lie in the mailbox; a recovery code was given for such a one."""
    return second_factor in STRONG_FACTORS | {FactorMethod.RECOVERY_CODE}
