"""Challenges: asking a person for a second factor, and judging the answer.

The row of a challenge lives in the database, not in the cache: tries are counted exactly and before
anything is compared, a proof counts once, and with an app, a passkey or a recovery code staff can
sign in while the cache is down. Only codes by e-mail need the cache, and fail closed without it.
"""

from __future__ import annotations

from accounts.services.challenges.answering import (
    Proof,
    answer_at_sign_in,
    answer_to_step_up,
    send_code_again,
)
from accounts.services.challenges.opening import (
    Challenge,
    challenge_at_sign_in,
    challenge_to_step_up,
    second_factor_is_needed,
)
from accounts.services.challenges.purging import purge_challenges

__all__ = [
    "Challenge",
    "Proof",
    "answer_at_sign_in",
    "answer_to_step_up",
    "challenge_at_sign_in",
    "challenge_to_step_up",
    "purge_challenges",
    "second_factor_is_needed",
    "send_code_again",
]
