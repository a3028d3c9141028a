"""Deposits and withdrawals: money that came to the bank, or left it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from accounts import errors as accounts_errors
from api import fields, queries
from api.answers import Answer
from api.endpoint import Endpoint, actor_of, body_of
from api.idempotency.guards import Claim
from api.idempotency.runner import canonical, claim_of, run_once
from api.schema.operations import operation
from api.v1.pending_acts import Waiting
from api.v1.transfers.foretelling import FINGERPRINT, TransferDryRun, foretold
from api.v1.transfers.rendering import Viewer, answer_of
from api.v1.transfers.shapes import MAX_DESCRIPTION, Transfer
from kernel import clock, crypto
from kernel.rates.table import RouteClass
from ledger import errors as ledger_errors
from wallets import errors as wallet_errors
from wallets.choices import TransferKind
from wallets.services import cash
from wallets.services.references import reference_of, unused_reference
from wallets.services.transfers import TransferOutcome

TAG = "Cash"
DEPOSITS, WITHDRAWALS = "deposits", "withdrawals"
ASKED = (
    ", judged by the same rules at this moment; no key is needed, nothing is kept. The answer is"
    " 200 whether it would be recorded or refused; a bank reference that was taken before is"
    " refused."
)

BY_WHOM = (
    "Platform staff, or an API key with the scope `cash:write`. Where staff's acts take a second"
    " person it waits for another of them: 202 with the act to poll. What a key records counts"
    " against no threshold: see the key's `exempt_from`."
)
EFFECTIVE = (
    "From when it counts, as the bank dates it; without it, now. Never in the future, in a closed"
    " period, or before the day on which the organization was registered. Limits count a withdrawal"
    " on the day it is recorded."
)
REFUSALS = (
    wallet_errors.SourceNotFound,
    wallet_errors.DestinationNotFound,
    wallet_errors.CurrencyDiffers,
    wallet_errors.OrganizationInactive,
    wallet_errors.ExternalReferenceUsed,
    ledger_errors.InsufficientFunds,
    accounts_errors.NetworkNotTrusted,
    accounts_errors.CountryNotAllowed,
    accounts_errors.FactorsLatelyReset,
    ledger_errors.BalanceOutOfRange,
    ledger_errors.PeriodClosed,
    ledger_errors.EffectiveInFuture,
    ledger_errors.EffectiveTooEarly,
    ledger_errors.EffectiveBeforeBooks,
)


class CashOrder(fields.StrictSerializer):
    """Money that crossed the bank account."""

    wallet = fields.wallet_reference(help_text="Wallet id or handle.")
    amount_minor = fields.AmountField()
    currency = fields.currency()
    external_reference = fields.LineField(
        visible=True,
        max_length=100,
        help_text="The bank's own; each is taken once in an organization.",
    )
    description = fields.LineField(max_length=MAX_DESCRIPTION, default="", allow_blank=True)
    effective_at = queries.TimeField(required=False, help_text=EFFECTIVE)


class Deposits(Endpoint):
    """Money in."""

    rate = RouteClass.MONEY

    @operation(
        "create_deposit",
        tag=TAG,
        summary="Record money that arrived for a wallet",
        description=BY_WHOM,
        request=CashOrder,
        response=Transfer,
        status=201,
        refusals=(
            *REFUSALS,
            wallet_errors.DestinationSuspended,
            wallet_errors.DestinationClosed,
        ),
        waits=Waiting,
        once=True,
    )
    def post(self, request: Request) -> HttpResponse:
        """Record a deposit."""
        return _moved(request, route=DEPOSITS, service=cash.deposit)


class Withdrawals(Endpoint):
    """Money out."""

    rate = RouteClass.MONEY

    @operation(
        "create_withdrawal",
        tag=TAG,
        summary="Record money that was paid out of a wallet",
        description=BY_WHOM,
        request=CashOrder,
        response=Transfer,
        status=201,
        refusals=(
            *REFUSALS,
            wallet_errors.SourceFrozen,
            wallet_errors.SourceSuspended,
            wallet_errors.SourceClosed,
        ),
        waits=Waiting,
        once=True,
    )
    def post(self, request: Request) -> HttpResponse:
        """Record a withdrawal."""
        return _moved(request, route=WITHDRAWALS, service=cash.withdraw)


class DepositDryRun(Endpoint):
    """Money in, asked about."""

    rate = RouteClass.LOOK_UPS

    @operation(
        "rehearse_deposit",
        tag=TAG,
        summary="Ask what would become of a deposit",
        description="The body of `POST /deposits`" + ASKED,
        request=CashOrder,
        response=TransferDryRun,
    )
    def post(self, request: Request) -> HttpResponse:
        """What if?"""
        return _foretold(request, TransferKind.DEPOSIT)


class WithdrawalDryRun(Endpoint):
    """Money out, asked about."""

    rate = RouteClass.LOOK_UPS

    @operation(
        "rehearse_withdrawal",
        tag=TAG,
        summary="Ask what would become of a withdrawal",
        description="The body of `POST /withdrawals`" + ASKED,
        request=CashOrder,
        response=TransferDryRun,
    )
    def post(self, request: Request) -> HttpResponse:
        """What if?"""
        return _foretold(request, TransferKind.WITHDRAWAL)


def _foretold(request: Request, kind: TransferKind) -> HttpResponse:
    actor, order = actor_of(request), body_of(request, CashOrder)
    return foretold(
        request,
        lambda: cash.cash_request(
            kind=kind,
            actor=actor,
            **order,
            reference=unused_reference(),
            fingerprint=FINGERPRINT,
            now=clock.now(),
        ),
    )


def _moved(
    request: Request, *, route: str, service: Callable[..., TransferOutcome]
) -> HttpResponse:
    actor, now = actor_of(request), clock.now()
    order: dict[str, Any] = body_of(request, CashOrder)
    claim = claim_of(request._request, actor=actor, route=route, payload=request.data, now=now)

    def effect(claim: Claim) -> Answer:
        outcome = service(
            actor=actor,
            **order,
            reference=reference_of(actor=actor, route=route, key=claim.key),
            fingerprint=crypto.fingerprint(route, canonical(_as_json(order))),
            now=now,
        )
        return answer_of(outcome, viewer=Viewer.of(actor))

    return run_once(request._request, claim=claim, effect=effect)


def _as_json(order: dict[str, Any]) -> dict[str, Any]:
    """The order with its time, if it names one, in one form."""
    at = order.get("effective_at")
    return order if at is None else {**order, "effective_at": at.isoformat()}
