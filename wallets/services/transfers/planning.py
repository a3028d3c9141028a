"""Who may ask for this? Rules over rows already read, no statement.

A request that cannot be tied to two wallets the actor may use is answered with an error alone. One
that can becomes a draft, and whatever refuses it from there on is kept as a row.
"""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Callable, Mapping

from accounts.policy import may, require
from accounts.services.approvals import Spent
from kernel.errors import InvariantBroken, PermissionDenied, VaultCraftError
from kernel.ids import new_id
from kernel.money import checked_minor
from ledger.services.movements import Movement
from wallets.choices import TransferKind
from wallets.directory import Listed
from wallets.errors import CurrencyDiffers, DestinationNotFound, SameWallet, SourceNotFound
from wallets.policy import may_capture, may_debit, may_move_cash, may_reverse
from wallets.services.transfers.requests import TransferRequest


@dataclasses.dataclass(frozen=True, slots=True)
class Draft:
    """A request tied to its wallets. `refusal` is set when it need not reach the books.

    `hold_id` is what a payout reserved for itself.
    """

    id: uuid.UUID
    request: TransferRequest
    source: Listed | None
    destination: Listed | None
    fee_minor: int = 0
    movement: Movement | None = None
    refusal: VaultCraftError | None = None
    approval: Spent | None = None
    network_is_new: bool = False
    hold_id: uuid.UUID | None = None

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
    if request.kind != TransferKind.REVERSAL:  # whose permission depends on what is given back
        require(request.actor, "cash.move" if request.kind in CASH else "transfers.create")
    checked_minor(request.amount_minor)
    cash = request.kind in CASH
    missing = SourceNotFound(pointer="/wallet" if cash else "/source_wallet")
    source = _end(request.source, directory, missing)
    absent = DestinationNotFound(pointer="/wallet" if cash else "/destination_wallet")
    destination = _end(request.destination, directory, absent)
    _ALLOWED[request.kind](request, source, destination)
    if source and destination and source.id == destination.id:
        raise SameWallet(pointer="/destination_wallet")
    if any(end.currency != request.currency for end in (source, destination) if end):
        raise CurrencyDiffers(pointer="/currency")
    return Draft(new_id(), request, source, destination)


def _end(
    name: str | None, directory: Mapping[str, Listed], missing: VaultCraftError
) -> Listed | None:
    if name is None:
        return None
    if name not in directory:
        raise missing
    return directory[name]


def _allow_transfer(
    request: TransferRequest, source: Listed | None, destination: Listed | None
) -> None:
    wallet, actor = _present(source), request.actor
    if may_debit(actor, organization_id=wallet.organization_id, owner_id=wallet.owner_id):
        return
    # Who may see the wallet learns why; for anybody else it does not exist.
    if actor.organization_id == wallet.organization_id and may(actor, "wallets.read_all"):
        require(actor, "transfers.debit_any")
    raise SourceNotFound(pointer="/source_wallet")


def _allow_cash(
    request: TransferRequest, source: Listed | None, destination: Listed | None
) -> None:
    wallet = _present(source or destination)
    if not may_move_cash(request.actor, organization_id=wallet.organization_id):
        missing = SourceNotFound if source else DestinationNotFound
        raise missing(pointer="/wallet")


def _allow_capture(
    request: TransferRequest, source: Listed | None, destination: Listed | None
) -> None:
    payer, payee = _present(source), _present(destination)
    if not may_capture(
        request.actor,
        payer=(payer.organization_id, payer.owner_id),
        payee=(payee.organization_id, payee.owner_id),
    ):
        raise PermissionDenied()


def _allow_reversal(
    request: TransferRequest, source: Listed | None, destination: Listed | None
) -> None:
    giver, actor = _present(source or destination), request.actor
    if source is None or destination is None:
        if not may_move_cash(actor, organization_id=giver.organization_id):
            raise PermissionDenied()
        require(actor, "cash.move")
    elif not may_reverse(actor, organization_id=giver.organization_id, owner_id=giver.owner_id):
        raise PermissionDenied()
    elif actor.is_platform:
        require(actor, "transfers.reverse")


def _present(wallet: Listed | None) -> Listed:
    if wallet is None:
        raise InvariantBroken("a movement of this kind names this wallet")
    return wallet


CASH = (TransferKind.DEPOSIT, TransferKind.WITHDRAWAL)
# What meets the organization's cash at bank.
AT_BANK = (*CASH, TransferKind.PAYOUT)
_ALLOWED: Mapping[TransferKind, Callable[[TransferRequest, Listed | None, Listed | None], None]] = {
    TransferKind.TRANSFER: _allow_transfer,
    TransferKind.PAYOUT: _allow_transfer,
    TransferKind.CAPTURE: _allow_capture,
    TransferKind.REVERSAL: _allow_reversal,
    TransferKind.DEPOSIT: _allow_cash,
    TransferKind.WITHDRAWAL: _allow_cash,
}
