"""Giving an approval, by PIN or in answer to a challenge."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from accounts import errors as accounts_errors
from accounts.choices import ApprovalMethod
from accounts.models import Approval as ApprovalRow
from accounts.services.approvals import METHOD_OF, Proof
from api.answers import Answer
from api.endpoint import Endpoint, actor_of, body_of
from api.schema.operations import operation
from api.v1.approvals.shapes import (
    Approval,
    ApprovalChallenged,
    ApprovalOrder,
    ApprovalSubject,
)
from api.v1.approvals.subjects import asked, given, require_members, subject_of
from api.v1.factors.challenges import ANSWER_REFUSALS
from api.v1.factors.shapes import rendered_challenge
from api.v1.pins import TRIED
from api.v1.rendering import instant, money
from api.v1.transfers.operations import MAX_BATCH_BYTES, REFUSALS
from kernel import clock, ids
from kernel.rates.table import RouteClass
from ledger import errors as ledger_errors
from wallets import errors as wallet_errors

TAG = "Approvals"
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
        subject = subject_of(order, actor=actor_of(request), now=clock.now())
        require_members(order, _PROOFS[order["method"]])
        shown = _PROOFS[order["method"]][-1]
        method = ApprovalMethod(order["method"])
        row = given(subject, Proof(method, order[shown], order.get("challenge", "")))
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
        challenge = asked(subject_of(order, actor=actor_of(request), now=clock.now()))
        methods = [METHOD_OF[one].value for one in challenge.methods]
        shown = {**rendered_challenge(challenge), "methods": methods}
        return Answer.of({"challenge": shown}, status=201).response()


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
