"""The operation that asks for one transfer, put together without one of its parts.

They live under the bench only: the product has no switch for either.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpResponse  # noqa: TID251 - a door
from rest_framework.request import Request

from api.answers import Answer
from api.endpoint import Endpoint, actor_of, body_of
from api.idempotency.guards import Claim
from api.idempotency.runner import claim_of, run_once
from api.v1.transfers.operations import SINGLE, transfer_request
from api.v1.transfers.rendering import Viewer, answer_of
from api.v1.transfers.shapes import TransferOrder
from kernel import clock
from wallets.services.transfers import (
    TransferOutcome,
    TransferRequest,
    execute_together,
    execute_transfers,
)

Execute = Callable[[TransferRequest], TransferOutcome]


class Alone(Endpoint):
    """Without group commit: each request is a transaction of its own."""

    schema = None

    def post(self, request: Request) -> HttpResponse:
        """Ask for one transfer."""
        claim, effect = _asked(request, lambda item: execute_transfers([item])[0])
        return run_once(request._request, claim=claim, effect=effect)


class Unguarded(Endpoint):
    """Without the idempotency guard: only the reference in the books is left."""

    schema = None

    def post(self, request: Request) -> HttpResponse:
        """Ask for one transfer."""
        claim, effect = _asked(request, execute_together)
        return effect(claim).response()


def _asked(request: Request, execute: Execute) -> tuple[Claim, Callable[[Claim], Answer]]:
    actor, now = actor_of(request), clock.now()
    order = body_of(request, TransferOrder)
    claim = claim_of(request._request, actor=actor, route=SINGLE, payload=request.data, now=now)

    def effect(claim: Claim) -> Answer:
        return answer_of(execute(transfer_request(claim, order)), viewer=Viewer.of(actor))

    return claim, effect
