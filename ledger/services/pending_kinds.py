"""The kinds of act of this room that may wait for a second person."""

from __future__ import annotations

from accounts.services.pending_acts import Agreed, PendingKind, Result, register
from accounts.services.pending_acts.registry import Facts
from kernel.transactions import needs_transaction
from ledger.services import clearing
from ledger.services.authority import require_at_home
from ledger.services.journals.reversing import undo_journal
from ledger.services.journals.waiting import (
    JOURNAL,
    POST,
    REVERSAL,
    order_of,
    reversal_of,
)
from ledger.services.journals.writing import write_journal


@needs_transaction
def _write(agreed: Agreed) -> Result:
    order = order_of(agreed)
    require_at_home(agreed.maker, POST, organization_id=order.organization_id)
    outcome = write_journal(actor=agreed.maker, order=order, now=agreed.now)
    return Result("transaction", outcome.transaction_id)


@needs_transaction
def _undo(agreed: Agreed) -> Result:
    order = reversal_of(agreed)
    outcome = undo_journal(actor=agreed.maker, order=order, now=agreed.now)
    return Result("transaction", outcome.transaction_id)


def _journal(facts: Facts) -> str:
    return f"{len(facts['legs'])} entries: {facts['description']}"


def _reversal(facts: Facts) -> str:
    part = "All" if facts["amounts_minor"] is None else "A part"
    return f"{part} of a journal undone: {facts['description']}"


def register_kinds() -> None:
    """Make them known; called when the program starts."""
    register(_JOURNAL)
    register(_REVERSAL)
    register(clearing.KIND)


_JOURNAL = PendingKind(
    name=JOURNAL,
    title="Entries by hand",
    permission_to_make=POST,
    permission_to_check=POST,
    summarize=_journal,
    execute=_write,
)
_REVERSAL = PendingKind(
    name=REVERSAL,
    title="Reversal of a journal",
    permission_to_make=POST,
    permission_to_check=POST,
    summarize=_reversal,
    execute=_undo,
)
