"""What if money were reserved? The same judgment, and nothing is written or held."""

from __future__ import annotations

import secrets
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
from api.v1.holds.operations import TAG, hold_request
from api.v1.holds.shapes import HoldOrder
from api.v1.rendering import money
from api.v1.shapes import Money
from api.v1.transfers.rehearsing import REFERENCE_BYTES
from api.v1.wallets.balances import BalancesAfter, balances_after
from kernel import clock, crypto
from kernel.context import reading
from kernel.errors import Kind, VaultCraftError
from wallets.queries import wallets_named
from wallets.services.holds import HoldRehearsal, rehearse_hold


class HoldDryRun(serializers.Serializer[Any]):
    """What would become of one hold, if it were asked for now."""

    status = serializers.IntegerField(help_text="The status that the request would have.")
    code = serializers.CharField(allow_null=True, help_text="Why it would be refused.")
    problem = Problem(allow_null=True)
    fee = Money(allow_null=True, help_text="Reserved on top. Null where it would be refused.")
    source = BalancesAfter(  # type: ignore[assignment]
        allow_null=True, help_text="Null if it would not change, or you may not see it."
    )


class DryRun(Endpoint):
    """One hold."""

    @operation(
        "rehearse_hold",
        tag=TAG,
        summary="Ask what would become of a hold",
        description="The body of `POST /holds`, judged by the same rules at this moment; no key is"
        " needed, nothing is kept or reserved. The answer is 200 whether it would be placed or"
        " refused.",
        request=HoldOrder,
        response=HoldDryRun,
    )
    def post(self, request: Request) -> HttpResponse:
        """What if?"""
        actor, order = actor_of(request), body_of(request, HoldOrder)
        found, error = _rehearsed(request, order)
        with reading(actor):
            wallets = wallets_named(actor=actor, names=[order["source_wallet"]])
        request_id = request_id_of(request._request)
        told = {
            "status": problems.status_of(error) if error else 201,
            "code": error.code if error else None,
            "problem": problems.document(error, request_id=request_id) if error else None,
            "fee": money(found.fee_minor, order["currency"]) if found else None,
            "source": balances_after(
                wallets.get(order["source_wallet"]), found.source if found else None
            ),
        }
        return Answer.of(told).response()


def _rehearsed(
    request: Request, order: dict[str, Any]
) -> tuple[HoldRehearsal | None, VaultCraftError | None]:
    """The fee and the balances after it, or the refusal; trouble that passes is no answer."""
    try:
        asked = hold_request(
            actor_of(request),
            order,
            reference=secrets.token_bytes(REFERENCE_BYTES),
            fingerprint=crypto.fingerprint("dry-run"),
            now=clock.now(),
        )
        return rehearse_hold(asked), None
    except VaultCraftError as error:
        if error.kind is Kind.UNAVAILABLE:
            raise
        return None, error
