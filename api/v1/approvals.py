"""Approving a movement before it is asked for."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from accounts.choices import ApprovalKind, ApprovalMethod
from accounts.models import Approval as ApprovalRow
from accounts.services.approvals import Proof
from api import errors, fields
from api.answers import Answer
from api.endpoint import Endpoint, actor_of, body_of
from api.schema.operations import operation
from api.v1.holds.operations import hold_request
from api.v1.pins import TRIED, pin_member
from api.v1.rendering import instant, money
from api.v1.shapes import Money, id_member
from api.v1.transfers.operations import MAX_BATCH_BYTES, REFUSALS
from api.v1.transfers.rehearsing import transfer_asked
from api.v1.transfers.shapes import BatchItemOrder
from kernel import clock, ids
from kernel.actor import Actor
from ledger import errors as ledger_errors
from ledger.policy import MAX_BATCH
from wallets import errors as wallet_errors
from wallets.services.approving import approve_batch, approve_hold, approve_movement
from wallets.services.holds import capture_request
from wallets.services.references import unused_reference
from wallets.services.reversals import reversal_request

FINGERPRINT = bytes(32)
_PAYMENT = ("source_wallet", "destination_wallet", "amount_minor", "currency")
# What each kind needs; `amount_minor` is otherwise "all that is left".
_NEEDED: Mapping[str, tuple[str, ...]] = {
    ApprovalKind.TRANSFER: _PAYMENT,
    ApprovalKind.HOLD: _PAYMENT,
    ApprovalKind.CAPTURE: ("hold",),
    ApprovalKind.REVERSAL: ("transfer",),
    ApprovalKind.BATCH: ("items",),
}
# What goes without saying where it does not matter for an approval.
_UNSAID = {"description": "", "metadata": {}}


class ApprovalOrder(fields.StrictSerializer):
    """What to approve, and the proof that it is you. Each kind needs its own members."""

    kind = serializers.ChoiceField(
        choices=ApprovalKind.choices,
        help_text="`transfer` and `hold` need wallets, amount and currency; `capture` a hold and"
        " `reversal` a transfer, both with an amount for a part; `batch` its items.",
    )
    source_wallet = fields.wallet_reference(required=False)
    destination_wallet = fields.wallet_reference(required=False)
    amount_minor = fields.AmountField(required=False)
    currency = fields.currency(required=False)
    hold = fields.PatternField(
        fields.id_pattern("hld"), message="Expected a hold's id.", required=False
    )
    transfer = fields.PatternField(
        fields.id_pattern("trf"), message="Expected a transfer's id.", required=False
    )
    items = BatchItemOrder(
        many=True,
        required=False,
        allow_empty=False,
        max_length=MAX_BATCH,
        help_text=f"1 to {MAX_BATCH}, in the order of the batch.",
    )
    all_or_nothing = fields.BooleanField(default=False)
    method = serializers.ChoiceField(choices=[(ApprovalMethod.PIN.value, "PIN")])
    pin = pin_member(required=False)


class Approval(serializers.Serializer[Any]):
    """An approval: for this movement, in this session, once, until it expires."""

    id = id_member("apr")
    kind = serializers.ChoiceField(choices=ApprovalKind.choices)
    method = serializers.ChoiceField(choices=ApprovalMethod.choices)
    source_wallet = id_member("wal", allow_null=True)
    amount = Money(allow_null=True, help_text="Of a batch, the sum; null in several currencies.")
    fee = Money(allow_null=True, help_text="Bound with it; null where it is decided later.")
    item_count = serializers.IntegerField(min_value=1)
    expires_at = serializers.DateTimeField()


class Approvals(Endpoint):
    """Giving one."""

    max_body_bytes = MAX_BATCH_BYTES

    @operation(
        "give_approval",
        tag="Approvals",
        summary="Approve a movement that you are about to ask for",
        description="It is judged first: what would be refused is refused here, without a try at"
        " the PIN. The approval is bound to payer, payee, amount, fee and currency; changing any"
        " of them voids it. Name its id as `approval` in the request itself.",
        request=ApprovalOrder,
        response=Approval,
        status=201,
        refusals=(
            *TRIED,
            *REFUSALS,
            wallet_errors.HoldExpiryInvalid,
            wallet_errors.WalletHoldNotFound,
            wallet_errors.TransferNotFound,
            wallet_errors.TransferNotCompleted,
            wallet_errors.ReversalOfReversal,
            ledger_errors.HoldEnded,
            ledger_errors.CaptureExceedsHold,
            ledger_errors.ReversalExceedsOriginal,
        ),
    )
    def post(self, request: Request) -> HttpResponse:
        """Approve."""
        actor, now, order = actor_of(request), clock.now(), body_of(request, ApprovalOrder)
        _require_members(order, (*_NEEDED[order["kind"]], order["method"]))
        proof = Proof(ApprovalMethod(order["method"]), order[order["method"]])
        row = _GIVEN[order["kind"]](actor, order, proof, now)
        return Answer.of(_rendered(row), status=201).response()


def _require_members(order: dict[str, Any], names: tuple[str, ...]) -> None:
    missing = [
        errors.FieldError(
            pointer=f"/{name}", code="required", detail="This kind of approval needs it."
        )
        for name in names
        if name not in order
    ]
    if missing:
        raise errors.UnacceptableValue(errors=missing)


def _transfer(actor: Actor, order: dict[str, Any], proof: Proof, now: dt.datetime) -> ApprovalRow:
    asked = transfer_asked(actor, {**_UNSAID, **order}, now=now)
    return approve_movement(request=asked, proof=proof)


def _hold(actor: Actor, order: dict[str, Any], proof: Proof, now: dt.datetime) -> ApprovalRow:
    asked = hold_request(
        actor,
        {**_UNSAID, **order},
        reference=unused_reference(),
        fingerprint=FINGERPRINT,
        now=now,
    )
    return approve_hold(request=asked, proof=proof)


def _capture(actor: Actor, order: dict[str, Any], proof: Proof, now: dt.datetime) -> ApprovalRow:
    asked = capture_request(
        actor=actor,
        hold_id=_id("hld", order, "hold"),
        amount_minor=order.get("amount_minor"),
        final=False,
        reference=unused_reference(),
        fingerprint=FINGERPRINT,
        now=now,
    )
    return approve_movement(request=asked, proof=proof)


def _reversal(actor: Actor, order: dict[str, Any], proof: Proof, now: dt.datetime) -> ApprovalRow:
    asked = reversal_request(
        actor=actor,
        transfer_id=_id("trf", order, "transfer"),
        amount_minor=order.get("amount_minor"),
        reference=unused_reference(),
        fingerprint=FINGERPRINT,
        now=now,
    )
    return approve_movement(request=asked, proof=proof)


def _batch(actor: Actor, order: dict[str, Any], proof: Proof, now: dt.datetime) -> ApprovalRow:
    asked = [transfer_asked(actor, item, now=now) for item in order["items"]]
    whole = order["all_or_nothing"]
    return approve_batch(requests=asked, all_or_nothing=whole, proof=proof)


_Giving = Callable[[Actor, dict[str, Any], Proof, dt.datetime], ApprovalRow]
_GIVEN: Mapping[str, _Giving] = {
    ApprovalKind.TRANSFER: _transfer,
    ApprovalKind.HOLD: _hold,
    ApprovalKind.CAPTURE: _capture,
    ApprovalKind.REVERSAL: _reversal,
    ApprovalKind.BATCH: _batch,
}


def _id(prefix: str, order: dict[str, Any], name: str) -> uuid.UUID:
    try:
        return ids.decode(prefix, order[name])
    except ids.MalformedId as error:
        wrong = errors.FieldError(pointer=f"/{name}", code="malformed", detail=error.detail)
        raise errors.UnacceptableValue(errors=[wrong]) from error


def _rendered(row: ApprovalRow) -> dict[str, Any]:
    return {
        "id": ids.encode("apr", row.id),
        "kind": row.kind,
        "method": row.method,
        "source_wallet": _wallet(row.source_wallet_id),
        "amount": money(row.amount_minor, row.currency) if row.currency else None,
        "fee": (
            money(row.fee_minor, row.currency)
            if row.currency and row.fee_minor is not None
            else None
        ),
        "item_count": row.item_count,
        "expires_at": instant(row.expires_at),
    }


def _wallet(wallet_id: uuid.UUID | None) -> str | None:
    return ids.encode("wal", wallet_id) if wallet_id else None
