"""The main job: a batch of movements, from what was asked to what stands in the books."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections.abc import Callable, Mapping, Sequence

from django.db import IntegrityError

from accounts.queries import first_instant_of
from accounts.services.networks import (
    NetworkStanding,
    asked_standings,
    note_networks,
    record_refused,
)
from kernel.actor import Actor
from kernel.context import Context, Scope
from kernel.errors import Busy, VaultCraftError
from kernel.transactions import needs_transaction, opens_transaction, tune
from ledger.errors import BatchTooLarge
from ledger.policy import MAX_BATCH
from ledger.queries import clearing_accounts
from ledger.services.accounts import ensure_cash_account
from ledger.services.guarding import Guard
from ledger.services.undoing import originals
from wallets.choices import TransferKind
from wallets.directory import Listed, asked_directory
from wallets.errors import BatchWithheld, ExternalReferenceUsed
from wallets.models import Transfer
from wallets.services.lanes import LOCK_WAIT_MS
from wallets.services.transfers.approving import approved
from wallets.services.transfers.carrying import carry_out
from wallets.services.transfers.checking import DualControlGuard, counted
from wallets.services.transfers.knowing import Terms, asked_known_and_terms
from wallets.services.transfers.limits import SpendingGuard, spendings
from wallets.services.transfers.planning import AT_BANK, Draft, tie
from wallets.services.transfers.replaying import in_order, spoiled
from wallets.services.transfers.requests import TransferOutcome, TransferRequest
from wallets.services.transfers.reserving import reserve_payouts
from wallets.services.transfers.shaping import CashAccounts, ClearingAccounts, Material, shape
from wallets.services.transfers.staff_checking import StaffGuard, by_staff_alone
from wallets.services.transfers.waiting import wait

# A reference collides only with a rival that commits between our look and our write.
_ATTEMPTS = 3
_REFERENCES = ("wallets_transfer_reference", "transaction_reference", "hold_reference")


def execute_transfers(
    items: Sequence[TransferRequest],
    *,
    all_or_nothing: bool = False,
    lock_wait_ms: int = LOCK_WAIT_MS,
) -> list[TransferOutcome]:
    """Carry out movements in one transaction; answers come in the order of the items.

    A refused item does not sink its neighbors unless `all_or_nothing` is set: then one refusal
    keeps every item out of the books. A reference that was carried out before answers with what
    happened then. See `carry_out` for locks, evidence and events.

    :param lock_wait_ms: how long to wait for each lock.
    :raises BatchTooLarge: for more than `MAX_BATCH` items.
    :raises ExternalReferenceUsed: if a cash movement repeats a bank's reference.
    :raises Busy: if locks could not be had in time.
    """
    if not items:
        return []
    if len(items) > MAX_BATCH:
        raise BatchTooLarge(facts={"maximum": MAX_BATCH, "items": len(items)})
    for _ in range(_ATTEMPTS):
        try:
            return _execute(items=items, all_or_nothing=all_or_nothing, lock_wait_ms=lock_wait_ms)
        except IntegrityError as error:
            _raise_unless_rival(error)
    raise Busy()


def _raise_unless_rival(error: IntegrityError) -> None:
    message = str(error)
    if "transfer_external_reference" in message:
        raise ExternalReferenceUsed(pointer="/external_reference") from error
    if not any(name in message for name in _REFERENCES):
        raise error


def _nothing_yet(**_: object) -> Context:
    """Which organizations take part is known only after the directory was asked."""
    return Context()


@opens_transaction(context=_nothing_yet, pipelined=True)
def _execute(
    *, items: Sequence[TransferRequest], all_or_nothing: bool, lock_wait_ms: int
) -> list[TransferOutcome]:
    tune(lock_wait_ms=lock_wait_ms)
    return outcomes_of(items, all_or_nothing=all_or_nothing)


@needs_transaction
def outcomes_of(items: Sequence[TransferRequest], *, all_or_nothing: bool) -> list[TransferOutcome]:
    """Carry out movements in a transaction that is open; see `execute_transfers`."""
    prepared = prepare(items, all_or_nothing=all_or_nothing)
    if prepared.unseen:
        note_networks(actors=prepared.unseen, now=_latest(items))
    for actor, code in prepared.turned_away:
        record_refused(actor=actor, code=code, now=_latest(items))
    fresh = prepared.errors | _carried(prepared, all_or_nothing)
    return in_order(items, prepared.known, fresh)


@dataclasses.dataclass(frozen=True, slots=True)
class Prepared:
    """A batch before the books are asked.

    :param known: what stands already, by reference.
    :param errors: what of the rest cannot be tied to two wallets the actor may use, or is asked
        for by somebody who moves no money from where they are. It leaves no row, so that the same
        request goes through once they may.
    :param drafts: what can; all of them refused when a whole batch is spoiled already.
    :param unseen: who was never seen before on the network they are on.
    :param turned_away: who moves no money from where they are, and the code of why: for the record.
    """

    known: Mapping[bytes, Transfer]
    terms: Terms
    errors: dict[bytes, TransferOutcome]
    drafts: list[Draft]
    unseen: list[Actor]
    turned_away: list[tuple[Actor, str]]


def prepare(items: Sequence[TransferRequest], *, all_or_nothing: bool) -> Prepared:
    """Tie the items to their wallets, once the view is wide enough to see them.

    A reference that comes twice is tied once.
    """
    names = (name for item in items for name in (item.source, item.destination))
    actors = [item.actor for item in items]
    with (
        asked_directory(names, asking=_asking(items)) as listed,
        asked_known_and_terms(items) as read,
        asked_standings(actors, now=_latest(items)) as stand,
    ):
        directory = listed()
        known, terms = read()
        standing_of = stand()
    errors, tied = _tied(items, known, directory, standing_of)
    if all_or_nothing and (errors or spoiled(items, known)):
        tied = [dataclasses.replace(draft, refusal=BatchWithheld()) for draft in tied]
    unseen = {(actor.id, actor.ip): actor for actor in actors if standing_of(actor).unseen}
    return Prepared(
        known, terms, errors, tied, list(unseen.values()), _turned_away(items, errors, standing_of)
    )


def _tied(
    items: Sequence[TransferRequest],
    known: Mapping[bytes, Transfer],
    directory: Mapping[str, Listed],
    standing_of: Callable[[Actor], NetworkStanding],
) -> tuple[dict[bytes, TransferOutcome], list[Draft]]:
    errors: dict[bytes, TransferOutcome] = {}
    drafts: dict[bytes, Draft] = {}
    for item in items:
        if item.reference in known or item.reference in errors or item.reference in drafts:
            continue
        try:
            draft = tie(item, directory)
        except VaultCraftError as error:
            errors[item.reference] = TransferOutcome(None, error)
            continue
        standing = standing_of(item.actor)
        if standing.refusal is not None:
            errors[item.reference] = TransferOutcome(None, standing.refusal)
            continue
        drafts[item.reference] = dataclasses.replace(draft, network_is_new=standing.lately_opened)
    return errors, list(drafts.values())


def _turned_away(
    items: Sequence[TransferRequest],
    errors: Mapping[bytes, TransferOutcome],
    standing_of: Callable[[Actor], NetworkStanding],
) -> list[tuple[Actor, str]]:
    """Each person once, whatever the number of their items."""
    found: dict[tuple[uuid.UUID | None, str | None], tuple[Actor, str]] = {}
    for item in items:
        refusal = standing_of(item.actor).refusal
        told = errors.get(item.reference)
        if refusal is not None and told is not None and isinstance(told.error, type(refusal)):
            found[item.actor.id, item.actor.ip] = (item.actor, refusal.code)
    return list(found.values())


def _latest(items: Sequence[TransferRequest]) -> dt.datetime:
    return max((item.now for item in items), default=dt.datetime.min.replace(tzinfo=dt.UTC))


def _asking(items: Sequence[TransferRequest]) -> Context:
    """What those who ask may see; the other sides' organizations join it with their wallets.

    Whose wallet an actor may use is judged in `tie`. Staff act in many organizations under one key,
    so what stands under it is looked for in all.
    """
    staff = any(item.actor.is_platform for item in items)
    asking = {item.actor.organization_id for item in items if item.actor.organization_id}
    return Context(tuple(sorted(asking)), Scope.PLATFORM if staff else None)


def _carried(prepared: Prepared, all_or_nothing: bool) -> dict[bytes, TransferOutcome]:
    drafts = prepared.drafts
    if not drafts:
        return {}
    shaped = shape_all(drafts, prepared.terms, cash=_cash(drafts))
    going, refused = approved(shaped)
    outcomes = {reference: TransferOutcome(None, error) for reference, error in refused.items()}
    if refused and all_or_nothing:
        error = next(iter(refused.values()))
        return {draft.request.reference: TransferOutcome(None, error) for draft in drafts}
    if not going:
        return outcomes
    guards = guards_of(going, prepared.terms)
    if any(draft.request.kind == TransferKind.PAYOUT for draft in going):
        carried = reserve_payouts(going, guards=guards)
    else:
        carried = carry_out(going, guards=guards, all_or_nothing=all_or_nothing)
    outcomes |= {
        draft.request.reference: TransferOutcome(done.transfer, done.error)
        for draft, done in zip(going, carried, strict=True)
    }
    waiting = [draft for draft, done in zip(going, carried, strict=True) if done.waits]
    return outcomes | wait(waiting)


def guards_of(shaped: Sequence[Draft], terms: Terms) -> list[Guard]:
    """What judges beside the books: limits, and thresholds where an organization has one."""
    guards: list[Guard] = [SpendingGuard(spendings(shaped, terms))]
    watched, of_staff = counted(shaped, terms), by_staff_alone(shaped, terms)
    if watched:
        guards.append(DualControlGuard(watched))
    return [*guards, StaffGuard(of_staff)] if of_staff else guards


def shape_all(drafts: Sequence[Draft], terms: Terms, *, cash: CashAccounts) -> list[Draft]:
    """Each draft with its movement, or with the refusal that is already certain."""
    backs = [draft.request.reversal for draft in drafts if draft.request.reversal]
    material = Material(
        terms=terms,
        clearing=_clearing(drafts),
        cash=cash,
        originals=originals({one for back in backs for one in back.transaction_ids}),
        first_instants=_first_instants(drafts),
    )
    return [draft if draft.refusal else shape(draft, material) for draft in drafts]


def _first_instants(drafts: Sequence[Draft]) -> Mapping[uuid.UUID, dt.datetime]:
    """When the books begin whose movements name a time; no statement where none does."""
    dated = {draft.organization_id for draft in drafts if draft.request.effective_at}
    return {organization_id: first_instant_of(organization_id) for organization_id in dated}


def _clearing(drafts: Sequence[Draft]) -> ClearingAccounts:
    pairs: set[tuple[uuid.UUID, uuid.UUID]] = set()
    for draft in drafts:
        if draft.counterparty_id:
            pairs.add((draft.organization_id, draft.counterparty_id))
            pairs.add((draft.counterparty_id, draft.organization_id))
    currencies = {draft.request.currency for draft in drafts}
    return clearing_accounts(pairs=pairs, currencies=currencies)


def _cash(drafts: Sequence[Draft]) -> CashAccounts:
    """The cash accounts that what crosses the bank needs, opened at first use."""
    wanted = {
        (draft.organization_id, draft.request.currency): draft.request.now
        for draft in drafts
        if draft.request.kind in AT_BANK
    }
    return {
        (organization_id, currency): ensure_cash_account(
            organization_id=organization_id, currency=currency, now=now
        )
        for (organization_id, currency), now in sorted(wanted.items())
    }
