"""Posting a journal, or asking what would become of it."""

from __future__ import annotations

import datetime as dt
import functools
import uuid
from collections import Counter
from collections.abc import Sequence

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
    AccountNotFound,
    CurrencyMismatch,
    JournalReferenceReused,
    JournalSizeUnusable,
    UnbalancedJournal,
)
from ledger.models import LedgerAccount, Transaction
from ledger.services.authority import require_at_home
from ledger.services.journals.orders import (
    MAX_LEGS,
    JournalLeg,
    JournalOrder,
    JournalOutcome,
    Rehearsal,
)
from ledger.services.journals.steps import (
    again_after_a_rival,
    check_kind,
    effective_at_of,
    posted,
    rehearsed,
    standing,
    tell,
)
from ledger.services.journals.waiting import JOURNAL, POST, facts_of_order, wait_for_second
from ledger.services.movements import Leg, Movement, Posting


def post_journal(
    *, actor: Actor, order: JournalOrder, now: dt.datetime
) -> JournalOutcome | PendingAct:
    """Write a journal of 2 to 100 legs, balanced in each currency.

    Where a policy wants a second person, one that could be written now waits for it instead.

    Locks what posting locks. Records `ledger.journal.post`, emits `ledger.journal.posted`.

    :raises PermissionDenied: unless the actor carries `ledger.post_journal`.
    :raises NotFound: if the books are another organization's.
    :raises JournalSizeUnusable: for fewer than 2 or more than 100 legs.
    :raises InvalidAmount: unless each amount is from 1 to `MAX_MINOR`.
    :raises EffectiveInFuture: if it would count later than now.
    :raises EffectiveBeforeBooks: if it would count before the organization's first day.
    :raises AccountNotFound: if a leg names no account of these books.
    :raises CurrencyMismatch: if a leg is in another currency than its account.
    :raises AccountNotForJournals: if a leg's account is not for entries by hand.
    :raises UnbalancedJournal: if debits and credits differ in a currency.
    :raises JournalReferenceReused: if the reference stands in the books with another content.
    :raises PostingRefused: whatever else the books refuse: a closed period, a floor, a state.
    :raises NetworkNotTrusted: if its person may not move money from where they are.
    :raises CountryNotAllowed: if its organization lets no money move from there.
    """
    require(actor, "ledger.post_journal")
    require_trusted_network(actor=actor, now=now)
    return again_after_a_rival(functools.partial(_post, actor=actor, order=order, now=now))


@opens_transaction
def _post(*, actor: Actor, order: JournalOrder, now: dt.datetime) -> JournalOutcome | PendingAct:
    require_at_home(actor, POST, organization_id=order.organization_id)
    home = order.organization_id
    if under_dual_control(actor=actor, subject=Subject.JOURNALS, organization_id=home):
        before = standing(home, order.reference)
        if before is not None:
            return _replayed(before, _content(order), order.effective_at)
        _journal(actor, order, now)  # what is impossible already need not wait
        return wait_for_second(
            actor=actor,
            kind=JOURNAL,
            facts=facts_of_order(order),
            reference=order.reference,
            now=now,
        )
    return write_journal(actor=actor, order=order, now=now)


@needs_transaction
def write_journal(*, actor: Actor, order: JournalOrder, now: dt.datetime) -> JournalOutcome:
    """Write it in a transaction that is open; see `post_journal`."""
    before = standing(order.organization_id, order.reference)
    if before is not None:
        return _replayed(before, _content(order), order.effective_at)
    movement = _journal(actor, order, now)
    transaction_id = posted(movement, now)
    tell(
        actor=actor,
        transaction_id=transaction_id,
        movement=movement,
        verb="post",
        happened="posted",
        now=now,
    )
    return JournalOutcome(transaction_id)


def rehearse_journal(*, actor: Actor, order: JournalOrder, now: dt.datetime) -> Rehearsal:
    """Say what `post_journal` would do now: resulting balances or the refusal. Writes nothing.

    :raises PermissionDenied: unless the actor carries `ledger.post_journal`.
    :raises NotFound: if the books are another organization's.
    :raises InvalidAmount: unless each amount is from 1 to `MAX_MINOR`.
    """
    require_at_home(actor, POST, organization_id=order.organization_id)
    foretell_network(actor=actor, now=now)
    with reading(actor):
        return rehearsed(lambda: _journal(actor, order, now), now=now)


def _journal(actor: Actor, order: JournalOrder, now: dt.datetime) -> Movement:
    if not 2 <= len(order.legs) <= MAX_LEGS:
        raise JournalSizeUnusable(facts={"minimum": 2, "maximum": MAX_LEGS}, pointer="/legs")
    for leg in order.legs:
        checked_minor(leg.amount_minor)
    _check_accounts(actor, order)
    _check_balance(order.legs)
    return Movement(
        kind=TransactionKind.JOURNAL,
        currency=None,
        reference=order.reference,
        postings=(
            Posting(
                order.organization_id,
                tuple(Leg(leg.account_id, leg.side, leg.amount_minor) for leg in order.legs),
            ),
        ),
        effective_at=effective_at_of(order.organization_id, order.effective_at, now),
        description=order.description,
    )


def _check_accounts(actor: Actor, order: JournalOrder) -> None:
    """What never changes about an account needs no lock; posting judges the rest."""
    rows = LedgerAccount.objects.filter(
        organization_id=order.organization_id, id__in={leg.account_id for leg in order.legs}
    ).values_list("id", "kind", "currency_id")
    known = {account_id: (kind, currency) for account_id, kind, currency in rows}
    for index, leg in enumerate(order.legs):
        pointer = f"/legs/{index}/account"
        if leg.account_id not in known:
            raise AccountNotFound(pointer=pointer)
        kind, currency = known[leg.account_id]
        if leg.currency != currency:
            facts: dict[str, object] = {"account_currency": currency}
            raise CurrencyMismatch(pointer=f"/legs/{index}/currency", facts=facts)
        check_kind(actor, kind, pointer)


def _check_balance(legs: Sequence[JournalLeg]) -> None:
    sums: Counter[str] = Counter()
    for leg in legs:
        sums[leg.currency] += leg.amount_minor if leg.side == Side.DEBIT else -leg.amount_minor
    off: dict[str, object] = {currency: minor for currency, minor in sums.items() if minor}
    if off:
        raise UnbalancedJournal(facts={"debits_less_credits_minor": off}, pointer="/legs")


def _content(order: JournalOrder) -> list[tuple[uuid.UUID, str, int]]:
    return [(leg.account_id, str(leg.side), leg.amount_minor) for leg in order.legs]


def _replayed(
    before: Transaction,
    content: list[tuple[uuid.UUID, str, int]],
    effective_at: dt.datetime | None,
) -> JournalOutcome:
    entries = sorted(before.entries.all(), key=lambda entry: entry.seq)
    written = [(entry.account_id, entry.side, entry.amount_minor) for entry in entries]
    same_time = effective_at is None or effective_at == before.effective_at
    if before.kind != TransactionKind.JOURNAL or written != content or not same_time:
        raise JournalReferenceReused()
    return JournalOutcome(before.id, replayed=True)
