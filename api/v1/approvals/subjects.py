"""What somebody approves, as the wallets room is asked about it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

from accounts.choices import ApprovalKind
from accounts.models import Approval
from accounts.services.approvals import Proof
from accounts.services.challenges import Challenge
from api import errors
from api.v1.holds.operations import hold_request
from api.v1.payouts import account_in
from api.v1.transfers.rehearsing import transfer_asked
from kernel import ids
from kernel.actor import Actor
from wallets.services.approving import (
    approve_batch,
    approve_hold,
    approve_movement,
    ask_to_approve_batch,
    ask_to_approve_hold,
    ask_to_approve_movement,
)
from wallets.services.holds import HoldRequest, capture_request
from wallets.services.payouts.asking import payout_request
from wallets.services.references import unused_reference
from wallets.services.reversals import reversal_request
from wallets.services.transfers import TransferRequest

FINGERPRINT = bytes(32)
_PAYMENT = ("source_wallet", "destination_wallet", "amount_minor", "currency")
_PAYOUT = ("source_wallet", "beneficiary", "amount_minor", "currency")
# What each kind needs; `amount_minor` is otherwise "all that is left".
_NEEDED: Mapping[str, tuple[str, ...]] = {
    ApprovalKind.TRANSFER: _PAYMENT,
    ApprovalKind.PAYOUT: _PAYOUT,
    ApprovalKind.HOLD: _PAYMENT,
    ApprovalKind.CAPTURE: ("hold",),
    ApprovalKind.REVERSAL: ("transfer",),
    ApprovalKind.BATCH: ("items",),
}
# What goes without saying where it does not matter for an approval.
_UNSAID = {"description": "", "metadata": {}}


@dataclasses.dataclass(frozen=True, slots=True)
class Batch:
    """Several transfers, all or nothing or each by itself."""

    requests: list[TransferRequest]
    whole: bool


Subject = TransferRequest | HoldRequest | Batch


def given(subject: Subject, proof: Proof) -> Approval:
    """The approval, once the proof is judged."""
    if isinstance(subject, Batch):
        return approve_batch(requests=subject.requests, all_or_nothing=subject.whole, proof=proof)
    if isinstance(subject, HoldRequest):
        return approve_hold(request=subject, proof=proof)
    return approve_movement(request=subject, proof=proof)


def asked(subject: Subject) -> Challenge:
    """A challenge to approve it."""
    if isinstance(subject, Batch):
        return ask_to_approve_batch(requests=subject.requests, all_or_nothing=subject.whole)
    if isinstance(subject, HoldRequest):
        return ask_to_approve_hold(request=subject)
    return ask_to_approve_movement(request=subject)


def require_members(order: dict[str, Any], names: tuple[str, ...]) -> None:
    """Go on only if they are all there.

    :raises UnacceptableValue: naming those that are missing.
    """
    missing = [
        errors.FieldError(pointer=f"/{name}", code="required", detail="This approval needs it.")
        for name in names
        if name not in order
    ]
    if missing:
        raise errors.UnacceptableValue(errors=missing)


def subject_of(order: dict[str, Any], *, actor: Actor, now: dt.datetime) -> Subject:
    """What an order asks to approve.

    :raises UnacceptableValue: if a member that its kind needs is missing or no id.
    """
    kind = order["kind"]
    require_members(order, _NEEDED[kind])
    whole = {**_UNSAID, **order}
    nobodys: dict[str, Any] = {
        "reference": unused_reference(),
        "fingerprint": FINGERPRINT,
        "now": now,
    }
    if kind == ApprovalKind.BATCH:
        items = [transfer_asked(actor, item, now=now) for item in order["items"]]
        return Batch(items, order["all_or_nothing"])
    if kind == ApprovalKind.HOLD:
        return hold_request(actor, whole, **nobodys)
    amount_minor = order.get("amount_minor")
    if kind == ApprovalKind.CAPTURE:
        hold_id = _id("hld", order, "hold")
        return capture_request(
            actor=actor, hold_id=hold_id, amount_minor=amount_minor, final=False, **nobodys
        )
    if kind == ApprovalKind.REVERSAL:
        transfer_id = _id("trf", order, "transfer")
        return reversal_request(
            actor=actor, transfer_id=transfer_id, amount_minor=amount_minor, **nobodys
        )
    if kind == ApprovalKind.PAYOUT:
        return payout_request(
            actor=actor,
            source=order["source_wallet"],
            account=account_in(order["beneficiary"]),
            amount_minor=order["amount_minor"],
            currency=order["currency"],
            **nobodys,
        )
    return transfer_asked(actor, whole, now=now)


def _id(prefix: str, order: dict[str, Any], name: str) -> uuid.UUID:
    try:
        return ids.decode(prefix, order[name])
    except ids.MalformedId as error:
        wrong = errors.FieldError(pointer=f"/{name}", code="malformed", detail=error.detail)
        raise errors.UnacceptableValue(errors=[wrong]) from error
