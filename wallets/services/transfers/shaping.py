"""From a draft to what shall be posted: rules over rows already read, no statement."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections.abc import Mapping

from kernel.errors import InvariantBroken
from ledger.choices import TransactionKind
from ledger.errors import ClearingCapExceeded, PostingRefused
from ledger.services import shapes
from ledger.services.dating import check_date
from ledger.services.movements import Capture, Movement, Posting
from ledger.services.undoing import Original
from wallets.choices import TransferKind
from wallets.directory import Listed
from wallets.errors import CashInsufficient, FeeChanged, OrganizationInactive
from wallets.services.transfers.knowing import Fees, Terms
from wallets.services.transfers.planning import Draft

# A payout is asked for as the withdrawal that it will be.
_KINDS: Mapping[str, TransactionKind] = {TransferKind.PAYOUT: TransactionKind.WITHDRAWAL}

ClearingAccounts = Mapping[tuple[uuid.UUID, uuid.UUID, str], uuid.UUID]
CashAccounts = Mapping[tuple[uuid.UUID, str], uuid.UUID]


@dataclasses.dataclass(frozen=True, slots=True)
class Material:
    """Everything besides the wallets that movements of a batch are made of."""

    terms: Terms
    clearing: ClearingAccounts
    cash: CashAccounts
    originals: Mapping[uuid.UUID, Original]
    first_instants: Mapping[uuid.UUID, dt.datetime]


def shape(draft: Draft, material: Material) -> Draft:
    """Give a draft its movement and its fee, or the refusal that is already certain."""
    ends = [end for end in (draft.source, draft.destination) if end]
    if not all(end.organization_active for end in ends):
        return dataclasses.replace(draft, refusal=OrganizationInactive())
    misdated = _misdated(draft, material)
    if misdated is not None:
        return dataclasses.replace(draft, refusal=misdated)
    fees, fee_minor = _fee(draft, material.terms)
    expected = draft.request.expected_fee_minor
    if expected is not None and expected != fee_minor:
        return dataclasses.replace(draft, refusal=FeeChanged(facts={"fee_minor": fee_minor}))
    postings = _postings(draft, material)
    if postings is None:
        across = draft.counterparty_id is not None
        return dataclasses.replace(
            draft, refusal=ClearingCapExceeded() if across else CashInsufficient()
        )
    if fees and fee_minor and draft.source:
        payer = draft.source.account_id
        postings = shapes.with_fee(
            postings, payer=payer, income=fees.account_id, fee_minor=fee_minor
        )
    movement = _movement(draft, postings, material)
    return dataclasses.replace(draft, movement=movement, fee_minor=fee_minor)


def _movement(draft: Draft, postings: tuple[Posting, ...], material: Material) -> Movement:
    request = draft.request
    capture = None
    if request.hold and draft.source:
        capture = Capture(
            request.hold.hold_id,
            draft.source.account_id,
            request.amount_minor,
            final=request.hold.final,
            fee_account_id=request.hold.fee_account_id,
        )
    return Movement(
        kind=_KINDS.get(request.kind) or TransactionKind(request.kind.upper()),
        currency=request.currency,
        reference=request.reference,
        postings=postings,
        effective_at=_effective_at(draft, material),
        transfer_id=draft.id,
        description=request.description,
        capture=capture,
    )


def _misdated(draft: Draft, material: Material) -> PostingRefused | None:
    """Why the movement cannot count from the time that it names; closed periods are the books'."""
    request = draft.request
    if request.effective_at is None:
        return None
    first = material.first_instants[draft.organization_id]
    try:
        check_date(request.effective_at, first=first, now=request.now)
    except PostingRefused as refusal:
        return refusal
    return None


def _effective_at(draft: Draft, material: Material) -> dt.datetime:
    """The time named, or the door's; what gives back never counts before what it gives back."""
    back = draft.request.reversal
    dates = [material.originals[one].effective_at for one in back.transaction_ids] if back else []
    return max([draft.request.effective_at or draft.request.now, *dates])


def _fee(draft: Draft, terms: Terms) -> tuple[Fees | None, int]:
    """The schedule that applies and the fee in minor units.

    What a capture takes of its hold's fee, and a reversal gives back, is decided under the locks.
    """
    if draft.request.reversal or draft.request.hold:
        return None, 0
    fees = terms.fees_of(draft.source, draft.request.kind) if draft.source else None
    return fees, fees.of(draft.request.amount_minor) if fees else 0


def _postings(draft: Draft, material: Material) -> tuple[Posting, ...] | None:
    if draft.request.kind == TransferKind.REVERSAL:
        return _reversing(draft, material)
    source, destination = draft.source, draft.destination
    if source is None or destination is None:
        return _cash(draft, material.cash)
    if draft.counterparty_id is None:
        return shapes.inside(
            organization_id=draft.organization_id,
            payer=source.account_id,
            receiver=destination.account_id,
            amount_minor=draft.request.amount_minor,
        )
    return _across(source, destination, material.clearing, draft.request.amount_minor)


def _cash(draft: Draft, cash: CashAccounts) -> tuple[Posting, ...] | None:
    home, amount_minor = draft.organization_id, draft.request.amount_minor
    account = cash.get((home, draft.request.currency))
    if account is None:
        return None
    if draft.destination is not None:
        return shapes.cash_in(
            organization_id=home,
            cash=account,
            wallet=draft.destination.account_id,
            amount_minor=amount_minor,
        )
    if draft.source is None:
        raise InvariantBroken("a movement has at least one wallet")
    return shapes.cash_out(
        organization_id=home,
        cash=account,
        wallet=draft.source.account_id,
        amount_minor=amount_minor,
    )


def _across(
    source: Listed, destination: Listed, clearing: ClearingAccounts, amount_minor: int
) -> tuple[Posting, ...] | None:
    here, there, currency = source.organization_id, destination.organization_id, source.currency
    ours, theirs = clearing.get((here, there, currency)), clearing.get((there, here, currency))
    if ours is None or theirs is None:
        return None
    return shapes.across(
        payer_organization_id=here,
        payer=source.account_id,
        payer_clearing=ours,
        receiver_organization_id=there,
        receiver=destination.account_id,
        receiver_clearing=theirs,
        amount_minor=amount_minor,
    )


def _reversing(draft: Draft, material: Material) -> tuple[Posting, ...]:
    """One reversal for each transaction of the original: the giver's side first."""
    back = draft.request.reversal
    if back is None:
        raise InvariantBroken("a reversal names what it reverses")
    return tuple(
        shapes.reversal(
            material.originals[transaction_id],
            amount_minor=draft.request.amount_minor,
            returns_fee=back.returns_fee,
        )
        for transaction_id in back.transaction_ids
    )
