"""From what was asked to what shall be posted: rules over rows already read, no statement.

A request that cannot be tied to two wallets the actor may use is answered with an error alone. One
that can becomes a draft, and whatever refuses it from there on is kept as a row.
"""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Mapping

from accounts.policy import may, require
from kernel.errors import InvariantBroken, VaultCraftError
from kernel.ids import new_id
from kernel.money import checked_minor
from ledger.choices import TransactionKind
from ledger.errors import ClearingCapExceeded
from ledger.services import shapes
from ledger.services.movements import Movement, Posting
from wallets.choices import TransferKind
from wallets.directory import Listed
from wallets.errors import (
    CurrencyDiffers,
    DestinationNotFound,
    OrganizationInactive,
    SameWallet,
    SourceNotFound,
)
from wallets.policy import may_debit, may_move_cash
from wallets.services.transfers.requests import TransferRequest

ClearingAccounts = Mapping[tuple[uuid.UUID, uuid.UUID, str], uuid.UUID]
CashAccounts = Mapping[tuple[uuid.UUID, str], uuid.UUID]


@dataclasses.dataclass(frozen=True, slots=True)
class Draft:
    """A request tied to its wallets. `refusal` is set when it need not reach the books."""

    id: uuid.UUID
    request: TransferRequest
    source: Listed | None
    destination: Listed | None
    movement: Movement | None = None
    refusal: VaultCraftError | None = None

    @property
    def organization_id(self) -> uuid.UUID:
        """Whose transfer it is: the payer's, or the receiver's of a deposit."""
        return self._home.organization_id

    @property
    def counterparty_id(self) -> uuid.UUID | None:
        """The other side's organization, where there is another."""
        there = self.destination.organization_id if self.destination else None
        return there if there != self.organization_id else None

    @property
    def _home(self) -> Listed:
        home = self.source or self.destination
        if home is None:
            raise InvariantBroken("a draft has at least one wallet")
        return home


def tie(request: TransferRequest, directory: Mapping[str, Listed]) -> Draft:
    """Tie a request to its wallets.

    :raises VaultCraftError: `PermissionDenied`, `InvalidAmount`, `SourceNotFound`,
        `DestinationNotFound`, `SameWallet` or `CurrencyDiffers`.
    """
    cash = request.kind != TransferKind.TRANSFER
    require(request.actor, "cash.move" if cash else "transfers.create")
    checked_minor(request.amount_minor)
    source = directory.get(request.source) if request.source else None
    destination = directory.get(request.destination) if request.destination else None
    if request.kind != TransferKind.DEPOSIT:
        source = _usable(request, source, SourceNotFound(pointer="/source_wallet"))
    if request.kind != TransferKind.WITHDRAWAL:
        if destination is None:
            raise DestinationNotFound(pointer="/destination_wallet")
        if request.kind == TransferKind.DEPOSIT:
            _usable(request, destination, DestinationNotFound(pointer="/wallet"))
    if source and destination and source.id == destination.id:
        raise SameWallet(pointer="/destination_wallet")
    if any(end.currency != request.currency for end in (source, destination) if end):
        raise CurrencyDiffers(pointer="/currency")
    return Draft(new_id(), request, source, destination)


def _usable(request: TransferRequest, wallet: Listed | None, missing: VaultCraftError) -> Listed:
    actor = request.actor
    if wallet is None:
        raise missing
    if request.kind != TransferKind.TRANSFER:
        if not may_move_cash(actor, organization_id=wallet.organization_id):
            raise missing
        return wallet
    if not may_debit(actor, organization_id=wallet.organization_id, owner_id=wallet.owner_id):
        # Who may see the wallet learns why; for anybody else it does not exist.
        if actor.organization_id == wallet.organization_id and may(actor, "wallets.read_all"):
            require(actor, "transfers.debit_any")
        raise missing
    return wallet


def shape(draft: Draft, clearing: ClearingAccounts, cash: CashAccounts) -> Draft:
    """Give a draft its movement, or the refusal that is already certain."""
    ends = [end for end in (draft.source, draft.destination) if end]
    if not all(end.organization_active for end in ends):
        return dataclasses.replace(draft, refusal=OrganizationInactive())
    postings = _postings(draft, clearing, cash)
    if postings is None:
        return dataclasses.replace(draft, refusal=ClearingCapExceeded())
    request = draft.request
    movement = Movement(
        kind=TransactionKind(request.kind.upper()),
        currency=request.currency,
        reference=request.reference,
        postings=postings,
        effective_at=request.now,
        transfer_id=draft.id,
        description=request.description,
    )
    return dataclasses.replace(draft, movement=movement)


def _postings(
    draft: Draft, clearing: ClearingAccounts, cash: CashAccounts
) -> tuple[Posting, ...] | None:
    source, destination = draft.source, draft.destination
    amount_minor, currency = draft.request.amount_minor, draft.request.currency
    home = draft.organization_id
    if source is None and destination is not None:
        return shapes.cash_in(
            organization_id=home,
            cash=cash[home, currency],
            wallet=destination.account_id,
            amount_minor=amount_minor,
        )
    if source is not None and destination is None:
        return shapes.cash_out(
            organization_id=home,
            cash=cash[home, currency],
            wallet=source.account_id,
            amount_minor=amount_minor,
        )
    if source is None or destination is None:
        raise InvariantBroken("a transfer has two wallets")
    if draft.counterparty_id is None:
        return shapes.inside(
            organization_id=home,
            payer=source.account_id,
            receiver=destination.account_id,
            amount_minor=amount_minor,
        )
    return _across(source, destination, clearing, amount_minor)


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
