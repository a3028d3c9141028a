"""What if? The same judgment as a real request, and nothing is written or held."""

from __future__ import annotations

import collections
import datetime as dt
import secrets
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from api import problems
from api.answers import Answer
from api.endpoint import Endpoint, actor_of, body_of
from api.problems import request_id_of
from api.schema.operations import operation
from api.schema.shapes import Problem
from api.v1.rendering import money
from api.v1.shapes import Money
from api.v1.transfers.operations import MAX_BATCH_BYTES, TAG
from api.v1.transfers.shapes import BatchOrder, TransferOrder
from api.v1.wallets.balances import BalancesAfter, balances_after
from api.v1.wallets.limits import LimitWindows, rendered_limits
from kernel import clock, crypto
from kernel.actor import Actor
from kernel.context import reading
from ledger.errors import BatchTooLarge
from wallets.models import Wallet
from wallets.queries import WalletLimits, limits_by_wallet, wallets_named
from wallets.services.transfers import Rehearsal, TransferRequest, rehearse_transfers

REFERENCE_BYTES = 32


class TransferDryRun(serializers.Serializer[Any]):
    """What would become of one transfer, if it were asked for now."""

    status = serializers.IntegerField(help_text="The status that the request would have.")
    code = serializers.CharField(allow_null=True, help_text="Why it would be refused.")
    problem = Problem(allow_null=True)
    fee = Money(allow_null=True, help_text="Null where no fee was found out.")
    source = BalancesAfter(  # type: ignore[assignment]
        allow_null=True, help_text="Null if it would not change, or you may not see it."
    )
    destination = BalancesAfter(allow_null=True, help_text="The same.")
    limits = LimitWindows(
        allow_null=True,
        help_text="Of the source, as they would be after it. Null where you may not see it.",
    )


class TransferDryRunItem(TransferDryRun):
    """One item of a batch, after those before it."""

    index = serializers.IntegerField(min_value=0)


class BatchDryRun(serializers.Serializer[Any]):
    """What would become of each item, in order."""

    completed = serializers.IntegerField(min_value=0)
    refused = serializers.IntegerField(min_value=0)
    items = TransferDryRunItem(many=True)


class DryRun(Endpoint):
    """One transfer."""

    @operation(
        "rehearse_transfer",
        tag=TAG,
        summary="Ask what would become of a transfer",
        description="The body of `POST /transfers`, judged by the same rules at this moment; no key"
        " is needed, nothing is kept or reserved. The answer is 200 whether it would be carried out"
        " or refused.",
        request=TransferOrder,
        response=TransferDryRun,
    )
    def post(self, request: Request) -> HttpResponse:
        """What if?"""
        order = body_of(request, TransferOrder)
        return Answer.of(_rehearsed(request, [order], whole=False)[0]).response()


class BatchDryRuns(Endpoint):
    """Many transfers in one request."""

    max_body_bytes = MAX_BATCH_BYTES

    @operation(
        "rehearse_transfer_batch",
        tag=TAG,
        summary="Ask what would become of a batch of transfers",
        description="The body of `POST /transfers/batch`; each item is judged after those before"
        " it.",
        request=BatchOrder,
        response=BatchDryRun,
        refusals=(BatchTooLarge,),
    )
    def post(self, request: Request) -> HttpResponse:
        """What if?"""
        order = body_of(request, BatchOrder)
        found = _rehearsed(request, order["items"], whole=order["all_or_nothing"])
        items = [{"index": index, **item} for index, item in enumerate(found)]
        refused = sum(1 for item in found if item["problem"])
        result = {"completed": len(found) - refused, "refused": refused, "items": items}
        return Answer.of(result).response()


def _rehearsed(
    request: Request, orders: Sequence[dict[str, Any]], *, whole: bool
) -> list[dict[str, Any]]:
    actor, now = actor_of(request), clock.now()
    asked = [_request(actor, order, now=now) for order in orders]
    rehearsals = rehearse_transfers(asked, all_or_nothing=whole)
    with reading(actor):
        names = {name for one in asked for name in (one.source, one.destination) if name}
        wallets = wallets_named(actor=actor, names=names)
        limits = limits_by_wallet(list(wallets.values()), now=now)
        answer = _Answers(wallets, limits, request_id=request_id_of(request._request))
        return [answer.of(one, done) for one, done in zip(asked, rehearsals, strict=True)]


def _request(actor: Actor, order: dict[str, Any], *, now: dt.datetime) -> TransferRequest:
    """The order under a reference that nothing stands under, or ever will."""
    return TransferRequest(
        actor=actor,
        source=order["source_wallet"],
        destination=order["destination_wallet"],
        amount_minor=order["amount_minor"],
        currency=order["currency"],
        description=order["description"],
        metadata=order["metadata"],
        expected_fee_minor=order.get("expected_fee_minor"),
        reference=secrets.token_bytes(REFERENCE_BYTES),
        fingerprint=crypto.fingerprint("dry-run"),
        now=now,
    )


class _Answers:
    """Answers in the order of the items; what earlier ones would spend counts for later ones."""

    def __init__(
        self,
        wallets: Mapping[str, Wallet],
        limits: Mapping[uuid.UUID, WalletLimits],
        *,
        request_id: str,
    ) -> None:
        self._wallets = wallets
        self._limits = limits
        self._request_id = request_id
        self._spent: collections.Counter[uuid.UUID] = collections.Counter()

    def of(self, asked: TransferRequest, done: Rehearsal) -> dict[str, Any]:
        """What would become of one item."""
        error, source = done.error, self._wallets.get(asked.source or "")
        if source is not None and error is None:
            self._spent[source.id] += asked.amount_minor
        known = error is None or done.fee_minor
        return {
            "status": problems.status_of(error) if error else 201,
            "code": error.code if error else None,
            "problem": problems.document(error, request_id=self._request_id) if error else None,
            "fee": money(done.fee_minor, asked.currency) if known else None,
            "source": balances_after(source, done.source),
            "destination": balances_after(
                self._wallets.get(asked.destination or ""), done.destination
            ),
            "limits": self._limits_of(source),
        }

    def _limits_of(self, source: Wallet | None) -> dict[str, Any] | None:
        if source is None:
            return None
        return rendered_limits(
            self._limits.get(source.id),
            currency=source.currency_id,
            spent_minor=self._spent[source.id],
        )
