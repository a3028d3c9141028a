"""The operations on holds."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

from django.db.models import Q
from django.http import HttpResponse
from rest_framework.request import Request

from accounts import errors as accounts_errors
from api import queries
from api.answers import Answer
from api.endpoint import Endpoint, actor_of, body_of, path_id
from api.idempotency.guards import Claim
from api.idempotency.runner import claim_of, run_once, without_approval
from api.pagination import page_of
from api.schema.operations import operation
from api.v1.holds.rendering import AS_PLACED, rendered_hold, standing_at
from api.v1.holds.shapes import (
    DEFAULT_TIME,
    CaptureOrder,
    Hold,
    HoldOrder,
    HoldPage,
    HoldQuery,
)
from api.v1.organizations import Nothing
from api.v1.pending_acts import Waiting
from api.v1.transfers.operations import REFUSALS, UNAPPROVED, approval_of
from api.v1.transfers.rendering import Viewer, answer_of
from api.v1.transfers.shapes import Transfer
from kernel import clock, ids
from kernel.actor import Actor
from kernel.context import reading
from kernel.rates.table import RouteClass
from ledger import errors as ledger_errors
from wallets import errors as wallet_errors
from wallets.directory import key_of
from wallets.queries import hold_of, holds_in, visible_holds
from wallets.services.holds import HoldRequest, capture_hold, place_hold, void_hold
from wallets.services.lanes import DIRECT
from wallets.services.references import reference_of
from wallets.services.transfers import QueueFull

TAG = "Holds"
PLACING, CAPTURING = "holds", "holds/capture"
PATH = {"hold_id": "hld"}


REFUSED = (
    wallet_errors.SourceNotFound,
    wallet_errors.DestinationNotFound,
    wallet_errors.SameWallet,
    wallet_errors.CurrencyDiffers,
    wallet_errors.HoldExpiryInvalid,
    wallet_errors.FeeChanged,
    wallet_errors.SourceFrozen,
    wallet_errors.SourceSuspended,
    wallet_errors.SourceClosed,
    wallet_errors.DestinationClosed,
    wallet_errors.OrganizationInactive,
    ledger_errors.InsufficientFunds,
    accounts_errors.NetworkNotTrusted,
    accounts_errors.CountryNotAllowed,
    accounts_errors.FactorsLatelyReset,
)


class Holds(Endpoint):
    """The list of holds, and placing one."""

    rate = RouteClass.MONEY

    @operation(
        "list_holds",
        tag=TAG,
        summary="List holds, newest first",
        description="A hold belongs to the payer's organization; no other one sees it. One whose"
        " time has run out is `EXPIRED` from that moment on.",
        response=HoldPage,
        query=HoldQuery,
    )
    def get(self, request: Request) -> HttpResponse:
        """One page of what the caller may see."""
        actor, query = actor_of(request), queries.query_of(request, HoldQuery)
        now, viewer = clock.now(), Viewer.of(actor)
        with reading(actor):
            page = page_of(
                request,
                _filtered(visible_holds(actor), query, now=now),
                query=query,
                render=lambda rows: [
                    rendered_hold(row, viewer=viewer, standing=standing_at(row, now=now))
                    for row in rows
                ],
                key="hold_id",
            )
        return Answer.of(page).response()

    @operation(
        "place_hold",
        tag=TAG,
        summary="Reserve money on a wallet for another",
        description="Available falls, posted stays. What captures will cost is fixed now and"
        " reserved on top. The answer shows the hold as it was placed;"
        " read it to see how it stands. A refusal reserves nothing and leaves no hold.",
        request=HoldOrder,
        response=Hold,
        status=201,
        refusals=(*REFUSED, *UNAPPROVED),
        once=True,
    )
    def post(self, request: Request) -> HttpResponse:
        """Place a hold."""
        actor, now = actor_of(request), clock.now()
        order = body_of(request, HoldOrder)
        claim = claim_of(
            request._request,
            actor=actor,
            route=PLACING,
            payload=without_approval(request.data),
            now=now,
        )
        return run_once(request._request, claim=claim, effect=lambda claim: _placed(claim, order))


def _placed(claim: Claim, order: dict[str, Any]) -> Answer:
    reference = reference_of(actor=claim.actor, route=claim.route, key=claim.key)
    hold = place_hold(
        hold_request(
            claim.actor,
            order,
            reference=reference,
            fingerprint=claim.fingerprint,
            now=claim.now,
        )
    )
    answer = Answer.of(
        rendered_hold(hold, viewer=Viewer.of(claim.actor), standing=AS_PLACED),
        status=201,
        location=f"/api/v1/holds/{ids.encode('hld', hold.hold_id)}",
    )
    return dataclasses.replace(answer, replayed=hold.created_at != claim.now)


def hold_request(
    actor: Actor, order: dict[str, Any], *, reference: bytes, fingerprint: bytes, now: dt.datetime
) -> HoldRequest:
    """What the wallets room is asked."""
    return HoldRequest(
        actor=actor,
        source=order["source_wallet"],
        destination=order["destination_wallet"],
        amount_minor=order["amount_minor"],
        currency=order["currency"],
        expires_at=_expires_at(order, now=now),
        lasts=None if order.get("expires_at") else _lasts(order),
        reference=reference,
        fingerprint=fingerprint,
        now=now,
        description=order["description"],
        metadata=order["metadata"],
        expected_fee_minor=order.get("expected_fee_minor"),
        approval_id=approval_of(order),
    )


def _expires_at(order: dict[str, Any], *, now: dt.datetime) -> dt.datetime:
    moment: dt.datetime | None = order.get("expires_at")
    seconds: int | None = order.get("expires_in_seconds")
    if moment is not None and seconds is not None:
        raise wallet_errors.HoldExpiryInvalid(
            "Say either when it ends or how long it lasts.", pointer="/expires_in_seconds"
        )
    if moment is not None:
        return moment
    return now + _lasts(order)


def _lasts(order: dict[str, Any]) -> dt.timedelta:
    seconds: int | None = order.get("expires_in_seconds")
    return DEFAULT_TIME if seconds is None else dt.timedelta(seconds=seconds)


class OneHold(Endpoint):
    """One hold."""

    @operation(
        "read_hold",
        tag=TAG,
        summary="Read one hold",
        description="Its captures: `GET /transfers?hold=...`.",
        response=Hold,
        query=queries.Query,
        path=PATH,
        refusals=(wallet_errors.WalletHoldNotFound,),
    )
    def get(self, request: Request, hold_id: str) -> HttpResponse:
        """The hold as it stands now."""
        actor, _ = actor_of(request), queries.query_of(request)
        with reading(actor):
            row = hold_of(actor=actor, hold_id=path_id("hld", hold_id))
            standing = standing_at(row, now=clock.now())
            found = rendered_hold(row, viewer=Viewer.of(actor), standing=standing)
        return Answer.of(found).response()


class CaptureHold(Endpoint):
    """Paying out of a hold."""

    rate = RouteClass.MONEY

    @operation(
        "capture_hold",
        tag=TAG,
        summary="Pay reserved money to the wallet it is for",
        description="In one or several parts, each with its share of the reserved fee; the answer"
        " is a transfer of kind `capture`. Who could pay from the source may capture, in the"
        " payer's organization also whom it is for.",
        request=CaptureOrder,
        response=Transfer,
        status=201,
        path=PATH,
        refusals=(
            *REFUSALS,
            *UNAPPROVED,
            wallet_errors.WalletHoldNotFound,
            ledger_errors.HoldEnded,
            ledger_errors.CaptureExceedsHold,
            QueueFull,
        ),
        waits=Waiting,
        once=True,
    )
    def post(self, request: Request, hold_id: str) -> HttpResponse:
        """Capture."""
        actor, now = actor_of(request), clock.now()
        order, wanted = body_of(request, CaptureOrder), path_id("hld", hold_id)
        # The hold is in the path: the same key and body for another hold is another request.
        payload = [hold_id, without_approval(request.data)]
        claim = claim_of(request._request, actor=actor, route=CAPTURING, payload=payload, now=now)

        def effect(claim: Claim) -> Answer:
            outcome = capture_hold(
                actor=actor,
                hold_id=wanted,
                amount_minor=order.get("amount_minor"),
                final=order["final"],
                description=order["description"],
                reference=reference_of(actor=actor, route=CAPTURING, key=claim.key),
                fingerprint=claim.fingerprint,
                now=now,
                approval_id=approval_of(order),
            )
            return answer_of(outcome, viewer=Viewer.of(actor))

        return run_once(request._request, claim=claim, effect=effect, grouped=True)


class VoidHold(Endpoint):
    """Letting a hold go."""

    rate = RouteClass.MONEY

    @operation(
        "void_hold",
        tag=TAG,
        summary="Free what a hold has left",
        description="No key is needed: a hold that was voided before is answered as it is.",
        request=Nothing,
        response=Hold,
        path=PATH,
        refusals=(wallet_errors.WalletHoldNotFound, ledger_errors.HoldEnded),
    )
    def post(self, request: Request, hold_id: str) -> HttpResponse:
        """Void."""
        actor, now = actor_of(request), clock.now()
        body_of(request, Nothing)
        with DIRECT.one_of(actor.organization_id):
            row = void_hold(actor=actor, hold_id=path_id("hld", hold_id), now=now)
        found = rendered_hold(row, viewer=Viewer.of(actor), standing=standing_at(row, now=now))
        return Answer.of(found).response()


def _filtered(rows: Any, query: dict[str, Any], *, now: dt.datetime) -> Any:
    if "state" in query:
        rows = holds_in(rows, state=query["state"], now=now)
    if "currency" in query:
        rows = rows.filter(currency_id=query["currency"])
    if "wallet" in query:
        key = key_of(query["wallet"])
        column = "handle" if isinstance(key, str) else "id"
        rows = rows.filter(Q(**{f"source_{column}": key}) | Q(**{f"destination_{column}": key}))
    return rows
