"""What if? The same judgment as a real request, and nothing is written or held."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from api.answers import Answer
from api.endpoint import Endpoint, actor_of, body_of, path_id
from api.schema.operations import operation
from api.throttling import admit_items
from api.v1.transfers.foretelling import FINGERPRINT, TransferDryRun, all_foretold, foretold
from api.v1.transfers.operations import MAX_BATCH_BYTES, TAG, approval_of
from api.v1.transfers.shapes import BatchOrder, ReversalOrder, TransferOrder
from kernel import clock
from kernel.actor import Actor
from kernel.rates.table import RouteClass
from ledger.errors import BatchTooLarge
from wallets.errors import TransferNotFound
from wallets.services.references import unused_reference
from wallets.services.reversals import reversal_request
from wallets.services.transfers import TransferRequest, bundled


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

    rate = RouteClass.LOOK_UPS

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
        actor, order = actor_of(request), body_of(request, TransferOrder)
        return foretold(request, lambda: transfer_asked(actor, order, now=clock.now()))


class BatchDryRuns(Endpoint):
    """Many transfers in one request."""

    rate = RouteClass.BATCHES

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
        actor, now, order = actor_of(request), clock.now(), body_of(request, BatchOrder)
        admit_items(request._request, actor=actor, items=len(order["items"]))
        asked = [transfer_asked(actor, item, now=now) for item in order["items"]]
        whole = order["all_or_nothing"]
        asked = bundled(asked, all_or_nothing=whole, approval_id=approval_of(order))
        found = all_foretold(request, asked, whole=whole)
        items = [{"index": index, **item} for index, item in enumerate(found)]
        refused = sum(1 for item in found if item["problem"])
        result = {"completed": len(found) - refused, "refused": refused, "items": items}
        return Answer.of(result).response()


class ReversalDryRun(Endpoint):
    """Giving one back."""

    rate = RouteClass.LOOK_UPS

    @operation(
        "rehearse_reversal",
        tag=TAG,
        summary="Ask what would become of giving a transfer back",
        description="The body of `POST /transfers/{transfer_id}/reverse`, judged by the same rules"
        " at this moment; no key is needed, nothing is kept. The answer is 200 whether it would be"
        " given back or refused. The source is the wallet that received.",
        request=ReversalOrder,
        response=TransferDryRun,
        path={"transfer_id": "trf"},
        refusals=(TransferNotFound,),
    )
    def post(self, request: Request, transfer_id: str) -> HttpResponse:
        """What if?"""
        actor, order = actor_of(request), body_of(request, ReversalOrder)
        wanted = path_id("trf", transfer_id)

        def ask() -> TransferRequest:
            return reversal_request(
                actor=actor,
                transfer_id=wanted,
                amount_minor=order.get("amount_minor"),
                description=order["description"],
                reference=unused_reference(),
                fingerprint=FINGERPRINT,
                now=clock.now(),
                approval_id=approval_of(order),
            )

        return foretold(request, ask)


def transfer_asked(actor: Actor, order: dict[str, Any], *, now: dt.datetime) -> TransferRequest:
    """The order, under a reference that nothing stands under."""
    return TransferRequest(
        actor=actor,
        source=order["source_wallet"],
        destination=order["destination_wallet"],
        amount_minor=order["amount_minor"],
        currency=order["currency"],
        description=order["description"],
        metadata=order["metadata"],
        expected_fee_minor=order.get("expected_fee_minor"),
        reference=unused_reference(),
        fingerprint=FINGERPRINT,
        now=now,
        approval_id=approval_of(order),
    )
