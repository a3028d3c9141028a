"""Giving back what a transfer moved."""

from __future__ import annotations

from django.http import HttpResponse
from rest_framework.request import Request

from api.answers import Answer
from api.endpoint import Endpoint, actor_of, body_of, path_id
from api.idempotency.guards import Claim
from api.idempotency.runner import claim_of, run_once, without_approval
from api.schema.operations import operation
from api.v1.pending_acts import Waiting
from api.v1.transfers.operations import REFUSALS, TAG, UNAPPROVED, approval_of
from api.v1.transfers.rendering import Viewer, answer_of
from api.v1.transfers.shapes import ReversalOrder, Transfer
from kernel import clock
from kernel.rates.table import RouteClass
from ledger import errors as ledger_errors
from wallets import errors as wallet_errors
from wallets.services.references import reference_of
from wallets.services.reversals import reverse_transfer

ROUTE = "transfers/reverse"


class ReverseTransfer(Endpoint):
    """The other direction."""

    rate = RouteClass.MONEY

    @operation(
        "reverse_transfer",
        tag=TAG,
        summary="Give back a completed transfer, whole or in part",
        description="The answer is a transfer of kind `reversal`. Who could pay from the wallet"
        " that received may give back, and the officers of its organization; deposits and"
        " withdrawals are reversed by who records them. A part gives back no fee; the"
        " reversal that gives back the last of the amount gives back the fee, too, unless it"
        " comes from another organization.",
        request=ReversalOrder,
        response=Transfer,
        status=201,
        path={"transfer_id": "trf"},
        refusals=(
            *REFUSALS,
            *UNAPPROVED,
            wallet_errors.TransferNotFound,
            wallet_errors.TransferNotCompleted,
            wallet_errors.ReversalOfReversal,
            ledger_errors.ReversalExceedsOriginal,
        ),
        waits=Waiting,
        once=True,
    )
    def post(self, request: Request, transfer_id: str) -> HttpResponse:
        """Give back."""
        actor, now = actor_of(request), clock.now()
        order, wanted = body_of(request, ReversalOrder), path_id("trf", transfer_id)
        # The original is in the path: the same key and body for another one is another request.
        payload = [transfer_id, without_approval(request.data)]
        claim = claim_of(request._request, actor=actor, route=ROUTE, payload=payload, now=now)

        def effect(claim: Claim) -> Answer:
            outcome = reverse_transfer(
                actor=actor,
                transfer_id=wanted,
                amount_minor=order.get("amount_minor"),
                description=order["description"],
                reference=reference_of(actor=actor, route=ROUTE, key=claim.key),
                fingerprint=claim.fingerprint,
                now=now,
                approval_id=approval_of(order),
            )
            return answer_of(outcome, viewer=Viewer.of(actor))

        return run_once(request._request, claim=claim, effect=effect)
