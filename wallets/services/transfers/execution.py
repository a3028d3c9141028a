"""The main job: a batch of movements, from what was asked to what stands in the books."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Iterator, Mapping, Sequence

from django.db import IntegrityError, connection

from kernel.context import Context, Scope, widen
from kernel.errors import Busy, VaultCraftError, registered_errors
from kernel.transactions import limit_lock_wait, opens_transaction, pipelined
from ledger.errors import BatchTooLarge
from ledger.policy import MAX_BATCH
from ledger.queries import clearing_accounts
from ledger.services.accounts import ensure_cash_account
from wallets.choices import TransferKind, TransferState
from wallets.directory import Listed, look_up
from wallets.errors import BatchWithheld, ExternalReferenceUsed, ReferenceReused
from wallets.models import Transfer
from wallets.services.transfers.carrying import carry_out
from wallets.services.transfers.planning import CashAccounts, ClearingAccounts, Draft, shape, tie
from wallets.services.transfers.requests import TransferOutcome, TransferRequest

# A reference collides only with a rival that commits between our look and our write.
_ATTEMPTS = 3
_KNOWN = "SELECT id FROM wallets_transfer WHERE reference = ANY (%s::bytea[])"


def execute_transfers(
    items: Sequence[TransferRequest],
    *,
    all_or_nothing: bool = False,
    lock_wait_ms: int | None = None,
) -> list[TransferOutcome]:
    """Carry out movements in one transaction; answers come in the order of the items.

    A refused item does not sink its neighbors unless `all_or_nothing` is set: then one refusal
    keeps every item out of the books. A reference that was carried out before answers with what
    happened then. See `carry_out` for locks, evidence and events.

    :param lock_wait_ms: how long to wait for locks, if not as long as the connection would.
    :raises BatchTooLarge: for more than `MAX_BATCH` items.
    :raises ExternalReferenceUsed: if a cash movement repeats a bank's reference.
    :raises Busy: if locks could not be had in time.
    """
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
    if "wallets_transfer_reference" not in message and "transaction_reference" not in message:
        raise error


def _nothing_yet(**_: object) -> Context:
    """Which organizations take part is known only after the directory was asked."""
    return Context()


@opens_transaction(context=_nothing_yet)
def _execute(
    *, items: Sequence[TransferRequest], all_or_nothing: bool, lock_wait_ms: int | None
) -> list[TransferOutcome]:
    with pipelined():
        if lock_wait_ms is not None:
            limit_lock_wait(lock_wait_ms)
        return _outcomes(items, all_or_nothing)


def _outcomes(items: Sequence[TransferRequest], all_or_nothing: bool) -> list[TransferOutcome]:
    directory = look_up(name for item in items for name in (item.source, item.destination))
    widen(_view(items, directory))
    known = _known(items)
    tied = _tied([item for item in items if item.reference not in known], directory)
    drafts = [draft for draft in tied if isinstance(draft, Draft)]
    errors = [outcome for outcome in tied if isinstance(outcome, TransferOutcome)]
    if all_or_nothing and (errors or _spoiled(items, known)):
        drafts = [dataclasses.replace(draft, refusal=BatchWithheld()) for draft in drafts]
    carried = iter(_carried(drafts, all_or_nothing) if drafts else ())
    fresh = [next(carried) if isinstance(one, Draft) else one for one in tied]
    return _in_order(items, known, iter(fresh))


def _tied(
    items: Sequence[TransferRequest], directory: Mapping[str, Listed]
) -> list[Draft | TransferOutcome]:
    """One draft or error for each reference; a reference that comes twice is tied once."""
    tied: dict[bytes, Draft | TransferOutcome] = {}
    for item in items:
        if item.reference in tied:
            continue
        try:
            tied[item.reference] = tie(item, directory)
        except VaultCraftError as error:
            tied[item.reference] = TransferOutcome(None, error)
    return list(tied.values())


def _in_order(
    items: Sequence[TransferRequest],
    known: Mapping[bytes, Transfer],
    fresh: Iterator[TransferOutcome],
) -> list[TransferOutcome]:
    answers: dict[bytes, TransferOutcome] = {}
    outcomes = []
    for item in items:
        stored = known.get(item.reference)
        if stored is None and item.reference not in answers:
            answers[item.reference] = next(fresh)
            outcomes.append(answers[item.reference])
            continue
        stored = stored or answers[item.reference].transfer
        outcomes.append(_replayed(item, stored) if stored else answers[item.reference])
    return outcomes


def _spoiled(items: Sequence[TransferRequest], known: Mapping[bytes, Transfer]) -> bool:
    """Whether a reference that stands already, or comes twice, refuses an item."""
    stored = [_replayed(item, known[item.reference]) for item in items if item.reference in known]
    asked = {(item.reference, item.fingerprint) for item in items}
    twice = len(asked) > len({item.reference for item in items})
    return twice or any(outcome.error for outcome in stored)


def _view(items: Sequence[TransferRequest], directory: Mapping[str, Listed]) -> Context:
    """Every organization that takes part. Whose wallet an actor may use is judged in `tie`.

    Staff act in many organizations under one key, so what stands under it is looked for in all.
    """
    staff = any(item.actor.is_platform for item in items)
    asking = {item.actor.organization_id for item in items if item.actor.organization_id}
    found = {listed.organization_id for listed in directory.values()}
    return Context(
        organizations=tuple(sorted(asking | found)), scope=Scope.PLATFORM if staff else None
    )


def _known(items: Sequence[TransferRequest]) -> dict[bytes, Transfer]:
    """The transfers whose reference stands already; almost always none, so ids come first."""
    references = sorted({item.reference for item in items})
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, [references])
        ids = [row[0] for row in cursor.fetchall()]
    found = Transfer.objects.filter(id__in=ids) if ids else ()
    return {bytes(transfer.reference): transfer for transfer in found}


def _replayed(item: TransferRequest, transfer: Transfer) -> TransferOutcome:
    if bytes(transfer.fingerprint) != item.fingerprint:
        return TransferOutcome(None, ReferenceReused())
    return TransferOutcome(transfer, error_of(transfer), replayed=True)


def error_of(transfer: Transfer) -> VaultCraftError | None:
    """The error a transfer ended with, rebuilt from its stored code; None if it ended well."""
    if transfer.state not in (TransferState.FAILED, TransferState.CANCELLED):
        return None
    return registered_errors()[transfer.reason_code]()


def _carried(drafts: Sequence[Draft], all_or_nothing: bool) -> list[TransferOutcome]:
    clearing, cash = _clearing(drafts), _cash(drafts)
    shaped = [draft if draft.refusal else shape(draft, clearing, cash) for draft in drafts]
    carried = carry_out(shaped, all_or_nothing=all_or_nothing)
    return [TransferOutcome(done.transfer, done.error) for done in carried]


def _clearing(drafts: Sequence[Draft]) -> ClearingAccounts:
    pairs: set[tuple[uuid.UUID, uuid.UUID]] = set()
    for draft in drafts:
        if draft.counterparty_id:
            pairs.add((draft.organization_id, draft.counterparty_id))
            pairs.add((draft.counterparty_id, draft.organization_id))
    currencies = {draft.request.currency for draft in drafts}
    return clearing_accounts(pairs=pairs, currencies=currencies)


def _cash(drafts: Sequence[Draft]) -> CashAccounts:
    wanted = {
        (draft.organization_id, draft.request.currency): draft.request.now
        for draft in drafts
        if draft.request.kind != TransferKind.TRANSFER
    }
    return {
        (organization_id, currency): ensure_cash_account(
            organization_id=organization_id, currency=currency, now=now
        )
        for (organization_id, currency), now in sorted(wanted.items())
    }
