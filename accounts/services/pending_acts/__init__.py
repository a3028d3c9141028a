"""Maker and checker: an act that one person wants and another has to agree to.

A room registers a kind of act in its app's `ready()`: who may ask, who may agree, and a step that
carries it out from the facts. Where a policy wants a second person, its use case leaves a pending
act in place of doing it. Agreeing carries it out in the same transaction, judged again with what
both people may do then.
"""

from __future__ import annotations

from accounts.services.pending_acts.deciding import agree, reject, withdraw
from accounts.services.pending_acts.expiring import expire_overdue
from accounts.services.pending_acts.making import Wanted, make_many, make_pending
from accounts.services.pending_acts.needing import Subject, under_dual_control
from accounts.services.pending_acts.notices import who_could_agree
from accounts.services.pending_acts.registry import (
    Agreed,
    PendingKind,
    Result,
    kind_of,
    register,
    state_of,
    summary_of,
)

__all__ = [
    "Agreed",
    "PendingKind",
    "Result",
    "Subject",
    "Wanted",
    "agree",
    "expire_overdue",
    "kind_of",
    "make_many",
    "make_pending",
    "register",
    "reject",
    "state_of",
    "summary_of",
    "under_dual_control",
    "who_could_agree",
    "withdraw",
]
