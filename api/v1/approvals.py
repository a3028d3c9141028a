"""Approving a movement before it is asked for."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from accounts import errors as accounts_errors
from accounts.choices import ApprovalKind, ApprovalMethod
from accounts.models import Approval as ApprovalRow
from accounts.services.approvals import METHOD_OF, Proof
from accounts.services.challenges import Challenge
from api import errors, fields
from api.answers import Answer
from api.endpoint import Endpoint, actor_of, body_of
from api.schema.operations import operation
from api.v1.factors.challenges import ANSWER_REFUSALS
from api.v1.factors.shapes import Challenge as FactorChallenge
from api.v1.factors.shapes import CredentialField, rendered_challenge
from api.v1.holds.operations import hold_request
from api.v1.pins import TRIED, pin_member
from api.v1.rendering import instant, money
from api.v1.shapes import Money, id_member
from api.v1.transfers.operations import MAX_BATCH_BYTES, REFUSALS
from api.v1.transfers.rehearsing import transfer_asked
from api.v1.transfers.shapes import BatchItemOrder, require_few
from kernel import clock, ids
from kernel.actor import Actor
from kernel.rates.table import RouteClass
from ledger import errors as ledger_errors
from ledger.policy import MAX_BATCH
from wallets import errors as wallet_errors
from wallets.services.approving import (
    approve_batch,
    approve_hold,
    approve_movement,
    ask_to_approve_batch,
    ask_to_approve_hold,
    ask_to_approve_movement,
)
from wallets.services.holds import HoldRequest, capture_request
from wallets.services.references import unused_reference
from wallets.services.reversals import reversal_request
from wallets.services.transfers import TransferRequest

TAG = "Approvals"
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
# What each method shows; the last is the proof itself.
_PROOFS: Mapping[str, tuple[str, ...]] = {
    ApprovalMethod.PIN: ("pin",),
    ApprovalMethod.TOTP: ("challenge", "code"),
    ApprovalMethod.EMAIL_OTP: ("challenge", "code"),
    ApprovalMethod.PASSKEY: ("challenge", "passkey"),
}
JUDGED = (
    *REFUSALS,
    wallet_errors.HoldExpiryInvalid,
    wallet_errors.WalletHoldNotFound,
    wallet_errors.TransferNotFound,
    wallet_errors.TransferNotCompleted,
    wallet_errors.ReversalOfReversal,
    ledger_errors.BatchTooLarge,
    ledger_errors.HoldEnded,
    ledger_errors.CaptureExceedsHold,
    ledger_errors.ReversalExceedsOriginal,
)
# What goes without saying where it does not matter for an approval.
_UNSAID = {"description": "", "metadata": {}}


class ApprovalSubject(fields.StrictSerializer):
    """What to approve. Each kind needs its own members."""

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
        help_text=f"1 to {MAX_BATCH}, in the order of the batch.",
    )
    all_or_nothing = fields.BooleanField(default=False)

    def to_internal_value(self, data: Any) -> Any:
        """The validated members; too many items are refused before any is looked at.

        :raises BatchTooLarge: for more than `MAX_BATCH` items.
        """
        require_few(data)
        return super().to_internal_value(data)


class ApprovalOrder(ApprovalSubject):
    """What to approve, and the proof that it is you."""

    method = serializers.ChoiceField(choices=ApprovalMethod.choices)
    pin = pin_member(required=False, help_text="For the method `pin`.")
    challenge = fields.TextField(
        max_length=100,
        required=False,
        help_text="For the others: from `POST /approvals/challenges`, with the same movement.",
    )
    code = fields.TextField(max_length=40, required=False, help_text="For `totp`, `email_otp`.")
    passkey = CredentialField(required=False, help_text="For the method `passkey`.")


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


class ApprovalChallenge(FactorChallenge):
    """A proof is asked for, of this movement alone."""

    methods = serializers.ListField(
        child=serializers.ChoiceField(choices=[one.value for one in METHOD_OF.values()]),
        help_text="The best first, by the names that `method` of `POST /approvals` takes. A code"
        " by e-mail is offered only to who has no app, no passkey and no PIN.",
    )


class ApprovalChallenged(serializers.Serializer[Any]):
    """What to answer with `POST /approvals`."""

    challenge = ApprovalChallenge()


class Approvals(Endpoint):
    """Giving one."""

    rate = RouteClass.PROOFS

    max_body_bytes = MAX_BATCH_BYTES

    @operation(
        "give_approval",
        tag=TAG,
        summary="Approve a movement that you are about to ask for",
        description="It is judged first: what would be refused is refused here, without a try at"
        " the PIN. The approval is bound to payer, payee, amount, fee and currency; changing any"
        " of them voids it. Name its id as `approval` in the request itself.",
        request=ApprovalOrder,
        response=Approval,
        status=201,
        refusals=(*TRIED, *ANSWER_REFUSALS, *JUDGED),
    )
    def post(self, request: Request) -> HttpResponse:
        """Approve."""
        order = body_of(request, ApprovalOrder)
        subject = _subject(order, actor=actor_of(request), now=clock.now())
        _require_members(order, _PROOFS[order["method"]])
        shown = _PROOFS[order["method"]][-1]
        method = ApprovalMethod(order["method"])
        row = _given(subject, Proof(method, order[shown], order.get("challenge", "")))
        return Answer.of(_rendered(row), status=201).response()


class ApprovalChallenges(Endpoint):
    """Approving by another way than the PIN."""

    rate = RouteClass.PROOFS

    max_body_bytes = MAX_BATCH_BYTES

    @operation(
        "challenge_to_approve",
        tag=TAG,
        summary="Ask for a challenge to approve by passkey, app or e-mail",
        description="It takes answers to this movement alone: what a passkey signs is made of"
        " payer, payee, amount, fee and currency.",
        request=ApprovalSubject,
        response=ApprovalChallenged,
        status=201,
        refusals=(
            accounts_errors.FactorNotOffered,
            accounts_errors.TooManyFactorTries,
            accounts_errors.OneTimeCodesUnavailable,
            *JUDGED,
        ),
    )
    def post(self, request: Request) -> HttpResponse:
        """Challenge."""
        order = body_of(request, ApprovalSubject)
        challenge = _asked(_subject(order, actor=actor_of(request), now=clock.now()))
        methods = [METHOD_OF[one].value for one in challenge.methods]
        shown = {**rendered_challenge(challenge), "methods": methods}
        return Answer.of({"challenge": shown}, status=201).response()


@dataclasses.dataclass(frozen=True, slots=True)
class _Batch:
    requests: list[TransferRequest]
    whole: bool


_Subject = TransferRequest | HoldRequest | _Batch


def _given(subject: _Subject, proof: Proof) -> ApprovalRow:
    if isinstance(subject, _Batch):
        return approve_batch(requests=subject.requests, all_or_nothing=subject.whole, proof=proof)
    if isinstance(subject, HoldRequest):
        return approve_hold(request=subject, proof=proof)
    return approve_movement(request=subject, proof=proof)


def _asked(subject: _Subject) -> Challenge:
    if isinstance(subject, _Batch):
        return ask_to_approve_batch(requests=subject.requests, all_or_nothing=subject.whole)
    if isinstance(subject, HoldRequest):
        return ask_to_approve_hold(request=subject)
    return ask_to_approve_movement(request=subject)


def _require_members(order: dict[str, Any], names: tuple[str, ...]) -> None:
    missing = [
        errors.FieldError(pointer=f"/{name}", code="required", detail="This approval needs it.")
        for name in names
        if name not in order
    ]
    if missing:
        raise errors.UnacceptableValue(errors=missing)


def _subject(order: dict[str, Any], *, actor: Actor, now: dt.datetime) -> _Subject:
    """What is approved, as the wallets room is asked about it."""
    kind = order["kind"]
    _require_members(order, _NEEDED[kind])
    whole = {**_UNSAID, **order}
    nobodys: dict[str, Any] = {
        "reference": unused_reference(),
        "fingerprint": FINGERPRINT,
        "now": now,
    }
    if kind == ApprovalKind.BATCH:
        items = [transfer_asked(actor, item, now=now) for item in order["items"]]
        return _Batch(items, order["all_or_nothing"])
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
    return transfer_asked(actor, whole, now=now)


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
