"""What would become of a transfer: the same rules in the same order, and nothing is written."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Sequence

from kernel.context import Context, reading_as
from kernel.errors import VaultCraftError
from ledger.errors import BatchTooLarge
from ledger.policy import MAX_BATCH
from ledger.services.accounts import cash_accounts
from ledger.services.movements import Balance, Posted, Refused
from ledger.services.posting import rehearse
from wallets.errors import BatchWithheld
from wallets.services.transfers.carrying import movements_of, translated
from wallets.services.transfers.execution import Prepared, prepare, replayed, shape_all
from wallets.services.transfers.limits import SpendingGuard, spendings
from wallets.services.transfers.planning import CASH, Draft
from wallets.services.transfers.requests import TransferRequest


@dataclasses.dataclass(frozen=True, slots=True)
class Rehearsal:
    """What would become of one request if it were made now.

    :param error: why it would be refused; None: it would be carried out.
    :param fee_minor: what the source would pay on top, in minor units.
    :param source: what the source wallet would show after it; None where it would not change.
    :param destination: the same of the destination wallet.
    """

    error: VaultCraftError | None
    fee_minor: int = 0
    source: Balance | None = None
    destination: Balance | None = None


def rehearse_transfers(
    items: Sequence[TransferRequest], *, all_or_nothing: bool = False
) -> list[Rehearsal]:
    """Say, in order, what `execute_transfers` would say of these items now.

    Reads one moment after another without a lock, writes no row and holds nothing afterwards; the
    answer may be out of date when it arrives. A reference that stands already answers with what
    happened then.

    :raises BatchTooLarge: for more than `MAX_BATCH` items.
    """
    if len(items) > MAX_BATCH:
        raise BatchTooLarge(facts={"maximum": MAX_BATCH, "items": len(items)})
    with reading_as(Context()):
        prepared = prepare(items, all_or_nothing=all_or_nothing)
        fresh = _rehearsed(prepared, all_or_nothing)
    errors = {reference: Rehearsal(one.error) for reference, one in prepared.errors.items()}
    answers = errors | fresh
    return [
        Rehearsal(replayed(item, prepared.known[item.reference]).error)
        if item.reference in prepared.known
        else answers[item.reference]
        for item in items
    ]


def _rehearsed(prepared: Prepared, all_or_nothing: bool) -> dict[bytes, Rehearsal]:
    drafts = prepared.drafts
    if not drafts:
        return {}
    shaped = shape_all(drafts, prepared.terms, cash=cash_accounts(_cash_wanted(drafts)))
    going = movements_of(shaped, all_or_nothing=all_or_nothing)
    results = iter(
        rehearse(
            going,
            now=max(draft.request.now for draft in drafts),
            guards=[SpendingGuard(spendings(shaped, prepared.terms))],
            all_or_nothing=all_or_nothing,
        )
    )
    withheld = all_or_nothing and not going
    return {
        draft.request.reference: _answer(
            draft, None if draft.refusal or withheld else next(results)
        )
        for draft in shaped
    }


def _answer(draft: Draft, result: Posted | Refused | None) -> Rehearsal:
    if isinstance(result, Refused):
        return Rehearsal(translated(draft, result), draft.fee_minor)
    if result is None or not result.balances:
        return Rehearsal(draft.refusal or BatchWithheld(), draft.fee_minor)
    source, destination = draft.source, draft.destination
    return Rehearsal(
        None,
        draft.fee_minor,
        result.balances[source.account_id] if source else None,
        result.balances[destination.account_id] if destination else None,
    )


def _cash_wanted(drafts: Sequence[Draft]) -> set[tuple[uuid.UUID, str]]:
    return {
        (draft.organization_id, draft.request.currency)
        for draft in drafts
        if draft.request.kind in CASH
    }
