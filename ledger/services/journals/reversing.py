"""Undoing a journal, whole or in part."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Mapping

from accounts.models import PendingAct
from accounts.policy import require
from accounts.services.networks import foretell_network, require_trusted_network
from accounts.services.pending_acts import Subject, under_dual_control
from kernel.actor import Actor
from kernel.context import reading
from kernel.money import checked_minor
from kernel.transactions import needs_transaction, opens_transaction
from ledger.choices import Side, TransactionKind
from ledger.errors import (
    JournalReferenceReused,
    NotAJournal,
    ReversalBeforeOriginal,
    ReversalExceedsOriginal,
    ReversalOfReversal,
)
from ledger.models import Entry, Transaction
from ledger.queries import transaction_of
from ledger.services.authority import require_at_home
from ledger.services.journals.orders import JournalOutcome, Rehearsal, ReversalOrder
from ledger.services.journals.steps import (
    again_after_a_rival,
    check_kind,
    effective_at_of,
    posted,
    rehearsed,
    standing,
    tell,
)
from ledger.services.journals.waiting import (
    POST,
    REVERSAL,
    facts_of_reversal,
    wait_for_second,
)
from ledger.services.movements import Leg, Movement, Posting
from ledger.services.undoing import undoable


def reverse_journal(
    *, actor: Actor, order: ReversalOrder, now: dt.datetime
) -> JournalOutcome | PendingAct:
    """Undo a journal, whole or the given amounts of its entries, by entries on the other sides.

    Where a policy wants a second person, one that could be done now waits for it instead.

    Locks what posting locks. Records `ledger.journal.reverse`, emits `ledger.journal.reversed`.

    :raises PermissionDenied: unless the actor carries `ledger.post_journal`.
    :raises NotFound: if there is no such transaction, or none of the actor's organization.
    :raises NotAJournal: if it is no manual journal.
    :raises ReversalOfReversal: if it is a reversal.
    :raises AccountNotForJournals: if an account of it is not for the actor's hands.
    :raises EffectiveInFuture: if the reversal would count later than now.
    :raises ReversalBeforeOriginal: if it would count before the original does.
    :raises ReversalExceedsOriginal: if more would be undone than is left, or an entry is none.
    :raises UnbalancedJournal: if the given amounts do not balance in each currency.
    :raises JournalReferenceReused: if the reference stands in the books with another content.
    :raises PostingRefused: whatever else the books refuse.
    :raises NetworkNotTrusted: if its person may not move money from where they are.
    :raises CountryNotAllowed: if its organization lets no money move from there.
    """
    require(actor, "ledger.post_journal")
    require_trusted_network(actor=actor, now=now)
    return again_after_a_rival(functools.partial(_reverse, actor=actor, order=order, now=now))


@opens_transaction
def _reverse(
    *, actor: Actor, order: ReversalOrder, now: dt.datetime
) -> JournalOutcome | PendingAct:
    original = transaction_of(order.transaction_id)
    home = original.organization_id
    require_at_home(actor, POST, organization_id=home)
    if under_dual_control(actor=actor, subject=Subject.JOURNALS, organization_id=home):
        before = standing(home, order.reference)
        if before is not None:
            return _reversed_before(before, original, order)
        _reversal(actor, order, original, now)  # what is impossible already need not wait
        return wait_for_second(
            actor=actor,
            kind=REVERSAL,
            facts=facts_of_reversal(order),
            reference=order.reference,
            now=now,
        )
    return undo_journal(actor=actor, order=order, now=now)


@needs_transaction
def undo_journal(*, actor: Actor, order: ReversalOrder, now: dt.datetime) -> JournalOutcome:
    """Undo it in a transaction that is open; see `reverse_journal`."""
    original = transaction_of(order.transaction_id)
    require_at_home(actor, POST, organization_id=original.organization_id)
    before = standing(original.organization_id, order.reference)
    if before is not None:
        return _reversed_before(before, original, order)
    movement = _reversal(actor, order, original, now)
    transaction_id = posted(movement, now)
    tell(
        actor=actor,
        transaction_id=transaction_id,
        movement=movement,
        verb="reverse",
        happened="reversed",
        now=now,
    )
    return JournalOutcome(transaction_id)


def rehearse_reversal(*, actor: Actor, order: ReversalOrder, now: dt.datetime) -> Rehearsal:
    """Say what `reverse_journal` would do now: resulting balances or the refusal. Writes nothing.

    :raises PermissionDenied: unless the actor carries `ledger.post_journal`.
    :raises NotFound: if there is no such transaction, or none of the actor's organization.
    :raises InvalidAmount: unless each amount is from 1 to `MAX_MINOR`.
    """
    require(actor, "ledger.post_journal")
    foretell_network(actor=actor, now=now)
    with reading(actor):
        original = transaction_of(order.transaction_id)
        require_at_home(actor, POST, organization_id=original.organization_id)
        return rehearsed(lambda: _reversal(actor, order, original, now), now=now)


def _reversal(
    actor: Actor, order: ReversalOrder, original: Transaction, now: dt.datetime
) -> Movement:
    if original.kind != TransactionKind.JOURNAL:
        if original.kind == TransactionKind.REVERSAL:
            raise ReversalOfReversal()
        raise NotAJournal(facts={"kind": original.kind})
    effective_at = effective_at_of(original.organization_id, order.effective_at, now)
    if effective_at < original.effective_at:
        raise ReversalBeforeOriginal(
            pointer="/effective_at", facts={"original": original.effective_at.isoformat()}
        )
    entries = {entry.seq: entry for entry in original.entries.all()}
    for entry in entries.values():
        check_kind(actor, entry.account.kind, "")
    legs = [
        Leg(entries[seq].account_id, _other(entries[seq].side), amount_minor, entries[seq].id)
        for seq, amount_minor in sorted(_amounts(order, entries).items())
    ]
    return Movement(
        kind=TransactionKind.REVERSAL,
        currency=None,
        reference=order.reference,
        postings=(Posting(original.organization_id, tuple(legs), original.id),),
        effective_at=effective_at,
        description=order.description,
    )


def _amounts(order: ReversalOrder, entries: Mapping[int, Entry]) -> dict[int, int]:
    """How much of which entry; posting compares it with what is left, under the locks."""
    if order.amounts_minor is None:
        left = undoable([entry.id for entry in entries.values()]).left_minor
        amounts = {seq: left[entry.id] for seq, entry in entries.items() if left[entry.id]}
    else:
        amounts = {seq: checked_minor(minor) for seq, minor in order.amounts_minor.items()}
    if not amounts or amounts.keys() - entries.keys():
        raise ReversalExceedsOriginal()
    return amounts


def _other(side: str) -> Side:
    return Side.CREDIT if side == Side.DEBIT else Side.DEBIT


def _reversed_before(
    before: Transaction, original: Transaction, order: ReversalOrder
) -> JournalOutcome:
    """The reversal that stands under the reference, if it is the one that is asked for."""
    ids = {entry.seq: entry.id for entry in original.entries.all()}
    written = {entry.reverses_id: entry.amount_minor for entry in before.entries.all()}
    wanted = order.amounts_minor
    same_amounts = wanted is None or written == {ids.get(seq): wanted[seq] for seq in wanted}
    same_time = order.effective_at in (None, before.effective_at)
    if before.reverses_id != original.id or not same_amounts or not same_time:
        raise JournalReferenceReused()
    return JournalOutcome(before.id, replayed=True)
