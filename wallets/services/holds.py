"""Money reserved on one wallet for another: placed, captured in one or several parts, or voided."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections.abc import Mapping

from django.db import IntegrityError

from accounts.policy import may, require
from audit.services import record
from events.services import emit
from kernel.actor import Actor
from kernel.context import Context, reading, widen
from kernel.errors import Busy, PermissionDenied, VaultCraftError
from kernel.ids import encode
from kernel.money import checked_minor
from kernel.transactions import needs_transaction, opens_transaction
from ledger.choices import HoldState
from ledger.errors import AccountFrozen, AccountSuspended
from ledger.services import holds as ledger_holds
from wallets.choices import TransferKind
from wallets.directory import Listed, look_up
from wallets.errors import (
    CurrencyDiffers,
    DestinationNotFound,
    HoldExpiryInvalid,
    ReferenceReused,
    SameWallet,
    SourceFrozen,
    SourceNotFound,
    SourceSuspended,
)
from wallets.models import WalletHold
from wallets.policy import may_capture, may_debit
from wallets.queries import hold_of
from wallets.services.transfers import (
    CaptureOf,
    TransferOutcome,
    TransferRequest,
    execute_together,
)

LONGEST = dt.timedelta(days=30)

_AT_SOURCE: Mapping[type[VaultCraftError], type[VaultCraftError]] = {
    AccountFrozen: SourceFrozen,
    AccountSuspended: SourceSuspended,
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class HoldRequest:
    """Money to be reserved, as it was asked for.

    :param source: wallet id or handle whose money is reserved.
    :param destination: wallet id or handle it is reserved for.
    :param amount_minor: minor units of `currency`, 1 to 2^53 - 1.
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


def place_hold(request: HoldRequest) -> WalletHold:
    """Reserve money on a wallet; the same reference again gives the hold that stands.

    Locks the wallet's account. Records `wallets.hold.place` and emits `wallets.hold.placed`.

    :raises SourceNotFound: if there is no such wallet, or none the actor may debit.
    :raises DestinationNotFound: if there is no such wallet.
    :raises HoldExpiryInvalid: unless it ends after `now` and within `LONGEST`.
    :raises ReferenceReused: if the reference stands for another request.
    :raises PostingRefused: for what the books refuse, `InsufficientFunds` above all.
    """
    try:
        return _place(request=request)
    except IntegrityError as error:
        if "hold_reference" in str(error):  # a rival with the same key committed first
            raise Busy() from error
        raise


def _nothing_yet(**_: object) -> Context:
    return Context()


@opens_transaction(context=_nothing_yet)
def _place(*, request: HoldRequest) -> WalletHold:
    actor = request.actor
    require(actor, "transfers.create")
    checked_minor(request.amount_minor)
    directory = look_up([request.source, request.destination])
    source = _source(actor, directory.get(request.source))
    widen(Context(organizations=(source.organization_id,)))
    standing = _standing(source.organization_id, request)
    if standing is not None:
        return standing
    destination = _destination(source, directory.get(request.destination), request.currency)
    if not request.now < request.expires_at <= request.now + LONGEST:
        raise HoldExpiryInvalid(pointer="/expires_at")
    hold_id = _reserve(source, request)
    WalletHold.objects.create(**_row(hold_id, source, destination, request))
    hold = WalletHold.objects.select_related("hold").get(hold_id=hold_id)
    _tell(actor=actor, hold=hold, verb="place", happened="placed", now=request.now)
    return hold


def _source(actor: Actor, wallet: Listed | None) -> Listed:
    missing = SourceNotFound(pointer="/source_wallet")
    if wallet is None:
        raise missing
    if may_debit(actor, organization_id=wallet.organization_id, owner_id=wallet.owner_id):
        return wallet
    if actor.organization_id == wallet.organization_id and may(actor, "wallets.read_all"):
        require(actor, "transfers.debit_any")
    raise missing


def _destination(source: Listed, wallet: Listed | None, currency: str) -> Listed:
    if wallet is None:
        raise DestinationNotFound(pointer="/destination_wallet")
    if wallet.id == source.id:
        raise SameWallet(pointer="/destination_wallet")
    if source.currency != currency or wallet.currency != currency:
        raise CurrencyDiffers(pointer="/currency")
    return wallet


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


@needs_transaction
def _reserve(source: Listed, request: HoldRequest) -> uuid.UUID:
    try:
        return ledger_holds.place_hold(
            organization_id=source.organization_id,
            account_id=source.account_id,
            amount_minor=request.amount_minor,
            currency=request.currency,
            reference=request.reference,
            expires_at=request.expires_at,
            now=request.now,
        )
    except tuple(_AT_SOURCE) as error:
        raise _AT_SOURCE[type(error)]() from error


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


def capture_hold(
    *,
    actor: Actor,
    hold_id: uuid.UUID,
    amount_minor: int | None,
    final: bool,
    reference: bytes,
    fingerprint: bytes,
    now: dt.datetime,
    description: str = "",
    metadata: Mapping[str, object] | None = None,
) -> TransferOutcome:
    """Pay reserved money to the wallet it is reserved for: a transfer of kind `capture`.

    :param amount_minor: minor units; None takes all that is left.
    :param final: whether what is left after it is free again; otherwise it can be captured later.
    :raises WalletHoldNotFound: if there is no such hold, or none that may be seen.
    :raises QueueFull: if too many requests wait already.
    """
    with reading(actor):
        hold = hold_of(actor=actor, hold_id=hold_id)
    # Nothing left is asked for as it was: the books say that the hold has ended, on the record.
    wanted = hold.hold.remaining_minor or hold.hold.amount_minor
    request = TransferRequest(
        actor=actor,
        kind=TransferKind.CAPTURE,
        source=encode("wal", hold.source_id),
        destination=encode("wal", hold.destination_id),
        amount_minor=wanted if amount_minor is None else amount_minor,
        currency=hold.currency_id,
        description=description or hold.description,
        metadata=metadata or {},
        reference=reference,
        fingerprint=fingerprint,
        now=now,
        hold=CaptureOf(hold_id=hold_id, final=final),
    )
    return execute_together(request)


@opens_transaction
def void_hold(*, actor: Actor, hold_id: uuid.UUID, now: dt.datetime) -> WalletHold:
    """Free what is left of a hold; a hold that was voided before is given back as it is.

    Locks the account, then the hold. Records `wallets.hold.void`, emits `wallets.hold.voided`.

    :raises WalletHoldNotFound: if there is no such hold, or none that may be seen.
    :raises PermissionDenied: unless the actor could capture it.
    :raises HoldEnded: if it was captured whole, or its time has run out.
    """
    hold = hold_of(actor=actor, hold_id=hold_id)
    payer = (hold.organization_id, hold.source.owner_id)
    payee_organization = hold.counterparty_organization_id or hold.organization_id
    payee = (payee_organization, _owner_at_home(hold))
    if not may_capture(actor, payer=payer, payee=payee):
        raise PermissionDenied()
    if hold.hold.state == HoldState.VOIDED:
        return hold
    ledger_holds.void_hold(hold_id=hold_id, now=now)
    hold.hold.refresh_from_db()
    _tell(actor=actor, hold=hold, verb="void", happened="voided", now=now)
    return hold


def _owner_at_home(hold: WalletHold) -> uuid.UUID | None:
    """The payee's holder; across organizations its wallet is hidden, and nobody's business here."""
    if hold.counterparty_organization_id is not None:
        return None
    return hold.destination.owner_id


def _tell(*, actor: Actor, hold: WalletHold, verb: str, happened: str, now: dt.datetime) -> None:
    reserved = hold.hold
    facts: dict[str, object] = {
        "hold_id": str(hold.hold_id),
        "source_wallet_id": str(hold.source_id),
        "destination_wallet_id": str(hold.destination_id),
        "amount_minor": reserved.amount_minor,
        "captured_minor": reserved.captured_minor,
        "released_minor": reserved.released_minor,
        "currency": hold.currency_id,
        "expires_at": reserved.expires_at.isoformat(),
    }
    record(
        actor=actor,
        action=f"wallets.hold.{verb}",
        subject_type="hold",
        subject_id=hold.hold_id,
        organization_id=hold.organization_id,
        metadata=facts,
        now=now,
    )
    emit(
        name=f"wallets.hold.{happened}",
        organization_id=hold.organization_id,
        subject_id=hold.hold_id,
        payload=facts,
        actor=actor,
        now=now,
    )
