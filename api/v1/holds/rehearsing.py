"""What if money were reserved, or captured? The same judgment, and nothing is written or held."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from api.answers import Answer
from api.endpoint import Endpoint, actor_of, body_of, path_id
from api.schema.operations import operation
from api.v1.dry_runs import (
    DEMAND_HELP,
    Demand,
    Verdict,
    rendered_demand,
    require_answer,
    verdict,
)
from api.v1.holds.operations import PATH, TAG, hold_request
from api.v1.holds.shapes import CaptureOrder, HoldOrder
from api.v1.rendering import money
from api.v1.shapes import Money
from api.v1.transfers.foretelling import FINGERPRINT, TransferDryRun, foretold
from api.v1.transfers.operations import approval_of
from api.v1.wallets.balances import BalancesAfter, balances_after
from kernel import clock
from kernel.context import reading
from kernel.errors import VaultCraftError
from kernel.rates.table import RouteClass
from wallets.errors import WalletHoldNotFound
from wallets.queries import wallets_named
from wallets.services.holds import HoldRehearsal, capture_request, rehearse_hold
from wallets.services.references import unused_reference
from wallets.services.transfers import TransferRequest


class HoldDryRun(Verdict):
    """What would become of one hold, if it were asked for now."""

    fee = Money(allow_null=True, help_text="Reserved on top. Null where it would be refused.")
    source = BalancesAfter(  # type: ignore[assignment]
        allow_null=True, help_text="Null if it would not change, or you may not see it."
    )
    approval = Demand(allow_null=True, help_text=DEMAND_HELP)


class DryRun(Endpoint):
    """One hold."""

    rate = RouteClass.LOOK_UPS

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
        source = balances_after(
            wallets.get(order["source_wallet"]), found.source if found else None
        )
        fee = money(found.fee_minor, order["currency"]) if found else None
        found_out = {"fee": fee, "source": source}
        demand = rendered_demand(found.demand) if found else None
        return Answer.of({**verdict(request, error), **found_out, "approval": demand}).response()


class CaptureDryRun(Endpoint):
    """Paying out of one."""

    rate = RouteClass.LOOK_UPS

    @operation(
        "rehearse_capture",
        tag=TAG,
        summary="Ask what would become of a capture",
        description="The body of `POST /holds/{hold_id}/capture`, judged by the same rules at this"
        " moment; no key is needed, nothing is kept. The answer is 200 whether it would be captured"
        " or refused. Voiding has no dry run: it posts nothing, and frees what the hold shows as"
        " `remaining_minor`.",
        request=CaptureOrder,
        response=TransferDryRun,
        path=PATH,
        refusals=(WalletHoldNotFound,),
    )
    def post(self, request: Request, hold_id: str) -> HttpResponse:
        """What if?"""
        actor, order = actor_of(request), body_of(request, CaptureOrder)
        wanted = path_id("hld", hold_id)

        def ask() -> TransferRequest:
            return capture_request(
                actor=actor,
                hold_id=wanted,
                amount_minor=order.get("amount_minor"),
                final=order["final"],
                description=order["description"],
                reference=unused_reference(),
                fingerprint=FINGERPRINT,
                now=clock.now(),
                approval_id=approval_of(order),
            )

        return foretold(request, ask)


def _rehearsed(
    request: Request, order: dict[str, Any]
) -> tuple[HoldRehearsal | None, VaultCraftError | None]:
    """The fee and the balances after it, or the refusal."""
    try:
        asked = hold_request(
            actor_of(request),
            order,
            reference=unused_reference(),
            fingerprint=FINGERPRINT,
            now=clock.now(),
        )
        return rehearse_hold(asked), None
    except VaultCraftError as error:
        require_answer(error)
        return None, error
