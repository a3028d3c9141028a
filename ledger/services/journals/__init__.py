"""Entries by hand: an accountant posts a balanced set of them, or undoes one that was posted.

Money of customers and banks moves by transfers, which have limits, holds and two sides to tell; an
organization's people therefore post only to the other accounts of their chart. Platform staff may
correct wallets and cash as well. Nobody touches a clearing account by hand: what one organization
owes there the other is owed, in its own books.
"""

from __future__ import annotations

from ledger.services.journals.orders import (
    MAX_LEGS,
    JournalLeg,
    JournalOrder,
    JournalOutcome,
    Rehearsal,
    ReversalOrder,
)
from ledger.services.journals.reversing import rehearse_reversal, reverse_journal
from ledger.services.journals.writing import post_journal, rehearse_journal

__all__ = [
    "MAX_LEGS",
    "JournalLeg",
    "JournalOrder",
    "JournalOutcome",
    "Rehearsal",
    "ReversalOrder",
    "post_journal",
    "rehearse_journal",
    "rehearse_reversal",
    "reverse_journal",
]
