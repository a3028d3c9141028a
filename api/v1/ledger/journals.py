"""Entries by hand."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from typing import Any

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from accounts import errors as accounts_errors
from accounts.models import PendingAct
from api import fields, queries
from api.answers import Answer
from api.endpoint import Endpoint, actor_of, body_of, path_id
from api.idempotency.guards import Claim
from api.idempotency.runner import claim_of, run_once
from api.schema.operations import operation
from api.v1.ledger.homes import home_of, organization
from api.v1.ledger.rendering import rendered_transaction
from api.v1.ledger.shapes import TAG, Transaction
from api.v1.pending_acts import Waiting, waiting_answer
from kernel import clock
from kernel.actor import Actor
from kernel.context import reading
from kernel.errors import NotFound
from kernel.rates.table import RouteClass
from ledger import errors as ledger_errors
from ledger import queries as books
from ledger.choices import Side
from ledger.services import journals
from wallets.services.references import reference_of

ROUTE, REVERSALS = "ledger/journal-entries", "ledger/transactions/reverse"
POST = "ledger.post_journal"
MAX_DESCRIPTION = 200
EFFECTIVE = (
    "From when it counts; without it, now. Never in the future, in a closed period, or before the"
    " day on which the organization was registered."
)

REFUSED_BY_BOOKS = (
    ledger_errors.AccountFrozen,
    ledger_errors.AccountSuspended,
    ledger_errors.AccountClosed,
    ledger_errors.InsufficientFunds,
    accounts_errors.NetworkNotTrusted,
    accounts_errors.CountryNotAllowed,
    accounts_errors.FactorsLatelyReset,
    ledger_errors.BalanceOutOfRange,
    ledger_errors.OrganizationInactive,
    ledger_errors.PeriodClosed,
    ledger_errors.EffectiveInFuture,
    ledger_errors.EffectiveTooEarly,
    ledger_errors.EffectiveBeforeBooks,
    ledger_errors.UnbalancedJournal,
    ledger_errors.AccountNotForJournals,
    ledger_errors.JournalReferenceReused,
)
REFUSALS = (
    NotFound,
    ledger_errors.JournalSizeUnusable,
    ledger_errors.AccountNotFound,
    ledger_errors.CurrencyMismatch,
    *REFUSED_BY_BOOKS,
)


class JournalLeg(fields.StrictSerializer):
    """One line."""

    account = fields.PatternField(fields.id_pattern("acc"), message="Expected an account's id.")
    side = serializers.ChoiceField(choices=Side.choices)
    amount_minor = fields.AmountField()
    currency = fields.currency(help_text="The account's, so that minor units mean the same.")


class JournalOrder(fields.StrictSerializer):
    """From 2 to 100 legs, debits and credits equal in each currency."""

    legs = JournalLeg(  # type: ignore[call-arg] # of the list that `many` makes
        many=True,
        allow_empty=False,
        max_length=journals.MAX_LEGS,
        help_text=f"2 to {journals.MAX_LEGS}.",
    )
    description = fields.LineField(max_length=MAX_DESCRIPTION, visible=True)
    effective_at = queries.TimeField(required=False, help_text=EFFECTIVE)
    organization = organization(
        help_text="Whose books; for platform staff, who have no organization of their own."
    )

    def to_internal_value(self, data: Any) -> Any:
        """The validated legs; too many of them are refused before any is looked at.

        :raises JournalSizeUnusable: for more than `MAX_LEGS`.
        """
        legs = data.get("legs") if isinstance(data, dict) else None
        if isinstance(legs, list) and len(legs) > journals.MAX_LEGS:
            raise ledger_errors.JournalSizeUnusable(
                facts={"minimum": 2, "maximum": journals.MAX_LEGS}, pointer="/legs"
            )
        return super().to_internal_value(data)


class EntryAmount(fields.StrictSerializer):
    """How much of one entry is undone."""

    seq = serializers.IntegerField(min_value=1, max_value=journals.MAX_LEGS)
    amount_minor = fields.AmountField()


class JournalReversalOrder(fields.StrictSerializer):
    """What is undone, and from when."""

    amounts = EntryAmount(
        many=True,
        required=False,
        allow_empty=False,
        help_text="By `seq` of the entries, each once; without it, all that is left.",
    )
    description = fields.LineField(max_length=MAX_DESCRIPTION, visible=True)
    effective_at = queries.TimeField(required=False, help_text=EFFECTIVE)


class JournalEntries(Endpoint):
    """Posting by hand."""

    rate = RouteClass.MONEY

    @operation(
        "post_journal",
        tag=TAG,
        summary="Post entries by hand",
        description="Wallets and cash at bank move by transfers; only platform staff correct them"
        " here. Clearing accounts are never written to by hand.",
        request=JournalOrder,
        response=Transaction,
        status=201,
        waits=Waiting,
        refusals=REFUSALS,
        once=True,
    )
    def post(self, request: Request) -> HttpResponse:
        """Post one journal."""
        actor, now = actor_of(request), clock.now()
        given = body_of(request, JournalOrder)
        claim = claim_of(request._request, actor=actor, route=ROUTE, payload=request.data, now=now)

        def effect(claim: Claim) -> Answer:
            reference = reference_of(actor=actor, route=ROUTE, key=claim.key)
            order = journal_order(actor, given, reference)
            outcome = journals.post_journal(actor=actor, order=order, now=now)
            return _answer(actor, outcome, now)

        return run_once(request._request, claim=claim, effect=effect)


class ReverseJournal(Endpoint):
    """Undoing by hand."""

    rate = RouteClass.MONEY

    @operation(
        "reverse_journal",
        tag=TAG,
        summary="Undo a manual journal, whole or in part",
        description="Only transactions of kind `JOURNAL`; transfers are reversed as transfers.",
        request=JournalReversalOrder,
        response=Transaction,
        status=201,
        waits=Waiting,
        path={"transaction_id": "txn"},
        refusals=(
            ledger_errors.NotAJournal,
            ledger_errors.ReversalOfReversal,
            ledger_errors.ReversalExceedsOriginal,
            ledger_errors.ReversalBeforeOriginal,
            *REFUSED_BY_BOOKS,
        ),
        once=True,
    )
    def post(self, request: Request, transaction_id: str) -> HttpResponse:
        """Undo one journal."""
        actor, now = actor_of(request), clock.now()
        given, wanted = body_of(request, JournalReversalOrder), path_id("txn", transaction_id)
        # The original is in the path: the same key and body for another one is another request.
        payload = [transaction_id, request.data]
        claim = claim_of(request._request, actor=actor, route=REVERSALS, payload=payload, now=now)

        def effect(claim: Claim) -> Answer:
            reference = reference_of(actor=actor, route=REVERSALS, key=claim.key)
            order = reversal_order(wanted, given, reference)
            outcome = journals.reverse_journal(actor=actor, order=order, now=now)
            return _answer(actor, outcome, now)

        return run_once(request._request, claim=claim, effect=effect)


def journal_order(actor: Actor, given: dict[str, Any], reference: bytes) -> journals.JournalOrder:
    """What the ledger room is asked."""
    legs = tuple(
        journals.JournalLeg(
            account_id=path_id("acc", leg["account"]),
            side=Side(leg["side"]),
            amount_minor=leg["amount_minor"],
            currency=leg["currency"],
        )
        for leg in given["legs"]
    )
    return journals.JournalOrder(
        organization_id=home_of(actor, given),
        legs=legs,
        description=given["description"],
        reference=reference,
        effective_at=given.get("effective_at"),
    )


def reversal_order(
    transaction_id: uuid.UUID, given: dict[str, Any], reference: bytes
) -> journals.ReversalOrder:
    """The same of what is undone.

    :raises ReversalExceedsOriginal: if an entry is named twice.
    """
    return journals.ReversalOrder(
        transaction_id=transaction_id,
        description=given["description"],
        reference=reference,
        amounts_minor=_amounts(given),
        effective_at=given.get("effective_at"),
    )


def _amounts(given: dict[str, Any]) -> dict[int, int] | None:
    listed = given.get("amounts")
    if listed is None:
        return None
    amounts = {one["seq"]: one["amount_minor"] for one in listed}
    if len(amounts) < len(listed):
        raise ledger_errors.ReversalExceedsOriginal("Name each entry once.", pointer="/amounts")
    return amounts


def _answer(
    actor: Actor, outcome: journals.JournalOutcome | PendingAct, now: dt.datetime
) -> Answer:
    if isinstance(outcome, PendingAct):
        waiting = waiting_answer(outcome, now=now)
        return dataclasses.replace(waiting, replayed=outcome.made_at != now)
    with reading(actor):
        found = rendered_transaction(books.transaction_of(outcome.transaction_id))
    location = f"/api/v1/ledger/transactions/{found['id']}"
    answer = Answer.of(found, status=201, location=location)
    return dataclasses.replace(answer, replayed=outcome.replayed)
