"""Placing a hold, and asking what would become of one."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections.abc import Mapping

from django.db import IntegrityError

from accounts.policy import may, require
from accounts.services.networks import foretell_network, require_trusted_network
from kernel.actor import Actor
from kernel.context import Context, reading_as, widen
from kernel.errors import Busy, VaultCraftError
from kernel.money import checked_minor
from kernel.transactions import needs_transaction, opens_transaction, tune
from ledger.choices import AccountStatus
from ledger.errors import AccountClosed, AccountFrozen, AccountSuspended
from ledger.queries import account_of
from ledger.services import holds as ledger_holds
from ledger.services.movements import Balance
from wallets.directory import Listed, look_up
from wallets.errors import (
    CurrencyDiffers,
    DestinationClosed,
    DestinationNotFound,
    FeeChanged,
    HoldExpiryInvalid,
    ReferenceReused,
    SameWallet,
    SourceClosed,
    SourceFrozen,
    SourceNotFound,
    SourceSuspended,
)
from wallets.models import WalletHold
from wallets.policy import may_debit
from wallets.services.holds.charging import HoldFee, fee_of_hold
from wallets.services.holds.telling import tell
from wallets.services.lanes import LOCK_WAIT_MS

LONGEST = dt.timedelta(days=30)

_AT_SOURCE: Mapping[type[VaultCraftError], type[VaultCraftError]] = {
    AccountFrozen: SourceFrozen,
    AccountSuspended: SourceSuspended,
    AccountClosed: SourceClosed,
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class HoldRequest:
    """Money to be reserved, as it was asked for.

    :param source: wallet id or handle whose money is reserved.
    :param destination: wallet id or handle it is reserved for.
    :param amount_minor: minor units of `currency`, 1 to 2^53 - 1.
    :param expected_fee_minor: the fee the payer agreed to; another one is refused `fee_changed`.
    :param expires_at: after `now`, at most 30 days.
    :param reference: 32 bytes from `reference_of`, unique for ever.
    :param fingerprint: 32 bytes that change when anything asked for changes.
    """

    actor: Actor
    source: str
    destination: str
    amount_minor: int
    currency: str
    expires_at: dt.datetime
    reference: bytes
    fingerprint: bytes
    now: dt.datetime
    description: str = ""
    metadata: Mapping[str, object] = dataclasses.field(default_factory=dict)
    expected_fee_minor: int | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class HoldRehearsal:
    """What would become of a hold: its fee, and what the source wallet would show after it."""

    fee_minor: int
    source: Balance


def place_hold(request: HoldRequest) -> WalletHold:
    """Reserve money on a wallet; the same reference again gives the hold that stands.

    What captures will cost by the schedule of this moment is reserved on top of the amount.
    Locks the wallet's account. Records `wallets.hold.place` and emits `wallets.hold.placed`.

    :raises SourceNotFound: if there is no such wallet, or none the actor may debit.
    :raises DestinationNotFound: if there is no such wallet.
    :raises DestinationClosed: if it is closed: nothing could ever be captured for it.
    :raises HoldExpiryInvalid: unless it ends after `now` and within `LONGEST`.
    :raises FeeChanged: if another fee was expected.
    :raises ReferenceReused: if the reference stands for another request.
    :raises PostingRefused: for what the books refuse, `InsufficientFunds` above all.
    :raises NetworkNotTrusted: if its person may not move money from where they are.
    :raises CountryNotAllowed: if its organization lets no money move from there.
    """
    require(request.actor, "transfers.create")
    require_trusted_network(actor=request.actor, now=request.now)
    try:
        return _place(request=request)
    except IntegrityError as error:
        if "hold_reference" in str(error):  # a rival with the same key committed first
            raise Busy() from error
        raise


def rehearse_hold(request: HoldRequest) -> HoldRehearsal:
    """Say what `place_hold` would say now, and what the source wallet would show after it.

    Takes no lock and writes no row; whether the reference stands already is not asked. Raises what
    `place_hold` does.
    """
    require(request.actor, "transfers.create")
    foretell_network(actor=request.actor, now=request.now)
    with reading_as(Context()):
        directory = look_up([request.source, request.destination])
        source = _payer(request, directory)
        _payee(request, source, directory)
        fee = _fee(source, request)
        try:
            balance = ledger_holds.rehearse_hold(
                organization_id=source.organization_id,
                account_id=source.account_id,
                amount_minor=request.amount_minor,
                currency=request.currency,
                now=request.now,
                fee_minor=fee.amount_minor,
            )
        except tuple(_AT_SOURCE) as error:
            raise _AT_SOURCE[type(error)](pointer="/source_wallet") from error
    return HoldRehearsal(fee.amount_minor, balance)


def _nothing_yet(**_: object) -> Context:
    return Context()


@opens_transaction(context=_nothing_yet)
def _place(*, request: HoldRequest) -> WalletHold:
    tune(lock_wait_ms=LOCK_WAIT_MS)
    actor = request.actor
    directory = look_up([request.source, request.destination])
    source = _payer(request, directory)
    standing = _standing(source.organization_id, request)
    if standing is not None:
        return standing
    destination = _payee(request, source, directory)
    hold_id = _reserve(source, request)
    WalletHold.objects.create(**_row(hold_id, source, destination, request))
    hold = WalletHold.objects.select_related("hold").get(hold_id=hold_id)
    tell(actor=actor, hold=hold, verb="place", happened="placed", now=request.now)
    return hold


def _payer(request: HoldRequest, directory: Mapping[str, Listed]) -> Listed:
    """The wallet that will pay, if the actor may debit it; its organization comes into view."""
    actor = request.actor
    require(actor, "transfers.create")
    checked_minor(request.amount_minor)
    missing = SourceNotFound(pointer="/source_wallet")
    wallet = directory.get(request.source)
    if wallet is None:
        raise missing
    widen(Context(organizations=(wallet.organization_id,)))
    if may_debit(actor, organization_id=wallet.organization_id, owner_id=wallet.owner_id):
        return wallet
    if actor.organization_id == wallet.organization_id and may(actor, "wallets.read_all"):
        require(actor, "transfers.debit_any")
    raise missing


def _payee(request: HoldRequest, source: Listed, directory: Mapping[str, Listed]) -> Listed:
    """The wallet it is for, if a hold to it can be placed."""
    wallet = directory.get(request.destination)
    if wallet is None:
        raise DestinationNotFound(pointer="/destination_wallet")
    if wallet.id == source.id:
        raise SameWallet(pointer="/destination_wallet")
    if any(end.currency != request.currency for end in (source, wallet)):
        raise CurrencyDiffers(pointer="/currency")
    if not request.now < request.expires_at <= request.now + LONGEST:
        raise HoldExpiryInvalid(pointer="/expires_at")
    _require_open(wallet, source)
    return wallet


def _require_open(payee: Listed, source: Listed) -> None:
    """Closed is final, so this needs no lock; the payee's organization comes into view for it."""
    widen(Context(organizations=(source.organization_id, payee.organization_id)))
    if account_of(payee.account_id).status == AccountStatus.CLOSED:
        raise DestinationClosed(pointer="/destination_wallet")


def _standing(organization_id: uuid.UUID, request: HoldRequest) -> WalletHold | None:
    """The hold that stands under the reference already."""
    found = (
        WalletHold.objects.select_related("hold")
        .filter(organization_id=organization_id, hold__reference=request.reference)
        .first()
    )
    if found is not None and bytes(found.fingerprint) != request.fingerprint:
        raise ReferenceReused()
    return found


def _fee(source: Listed, request: HoldRequest) -> HoldFee:
    """What captures of it will cost, if that is what the payer expects."""
    fee = fee_of_hold(source, request.amount_minor)
    if request.expected_fee_minor not in (None, fee.amount_minor):
        raise FeeChanged(facts={"fee_minor": fee.amount_minor})
    return fee


@needs_transaction
def _reserve(source: Listed, request: HoldRequest) -> uuid.UUID:
    fee = _fee(source, request)
    try:
        return ledger_holds.place_hold(
            organization_id=source.organization_id,
            account_id=source.account_id,
            amount_minor=request.amount_minor,
            currency=request.currency,
            reference=request.reference,
            expires_at=request.expires_at,
            now=request.now,
            fee_minor=fee.amount_minor,
            fee_account_id=fee.account_id,
        )
    except tuple(_AT_SOURCE) as error:
        raise _AT_SOURCE[type(error)](pointer="/source_wallet") from error


def _row(
    hold_id: uuid.UUID, source: Listed, destination: Listed, request: HoldRequest
) -> dict[str, object]:
    there = destination.organization_id
    actor = request.actor
    return {
        "hold_id": hold_id,
        "organization_id": source.organization_id,
        "counterparty_organization_id": there if there != source.organization_id else None,
        "source_id": source.id,
        "destination_id": destination.id,
        "currency_id": request.currency,
        "source_handle": source.handle,
        "source_holder": source.holder_name,
        "destination_handle": destination.handle,
        "destination_holder": destination.holder_name,
        "description": request.description,
        "metadata": dict(request.metadata),
        "fingerprint": request.fingerprint,
        "actor_kind": actor.kind.value,
        "actor_id": actor.id,
        "actor_display": actor.display,
        "door": actor.door.value,
        "request_id": actor.request_id,
        "created_at": request.now,
    }
