"""What if it were written or undone by hand? The same judgment, and nothing is written."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from accounts.policy import require
from api.answers import Answer
from api.endpoint import Endpoint, actor_of, body_of, path_id
from api.schema.operations import operation
from api.v1.dry_runs import Verdict, verdict
from api.v1.ledger.journals import (
    POST,
    JournalOrder,
    JournalReversalOrder,
    journal_order,
    reversal_order,
)
from api.v1.ledger.shapes import TAG
from api.v1.rendering import shown
from api.v1.shapes import id_member, minor
from kernel import clock, ids
from kernel.actor import Actor
from kernel.context import reading
from kernel.errors import NotFound
from kernel.rates.table import RouteClass
from ledger import errors as ledger_errors
from ledger import queries as books
from ledger.services import journals
from wallets.services.references import unused_reference


class BalanceAfter(serializers.Serializer[Any]):
    """What an account would show."""

    account = id_member("acc")
    posted_minor = minor(help_text="Positive on the account's normal side.")
    held_minor = minor()
    currency = serializers.CharField()
    posted_display = serializers.CharField()


class JournalDryRun(Verdict):
    """What would become of a journal, if it were posted or undone now."""

    balances = BalanceAfter(many=True, help_text="Empty if it would be refused.")


class JournalDryRuns(Endpoint):
    """Asking before posting."""

    rate = RouteClass.LOOK_UPS

    @operation(
        "rehearse_journal",
        tag=TAG,
        summary="Ask what would become of entries by hand",
        description="The body of `POST /ledger/journal-entries`, judged by the same rules at this"
        " moment; no key is needed and nothing is written. The answer is 200 whether it would be"
        " posted or refused.",
        request=JournalOrder,
        response=JournalDryRun,
        refusals=(NotFound,),
    )
    def post(self, request: Request) -> HttpResponse:
        """What if?"""
        actor = actor_of(request)
        try:
            given = body_of(request, JournalOrder)
        except ledger_errors.JournalSizeUnusable as refusal:
            require(actor, POST)
            return _answer(request, journals.Rehearsal({}, refusal), {})
        order = journal_order(actor, given, unused_reference())
        told = journals.rehearse_journal(actor=actor, order=order, now=clock.now())
        return _answer(request, told, {leg.account_id: leg.currency for leg in order.legs})


class JournalReversalDryRun(Endpoint):
    """Asking before undoing."""

    rate = RouteClass.LOOK_UPS

    @operation(
        "rehearse_journal_reversal",
        tag=TAG,
        summary="Ask what would become of undoing a manual journal",
        description="The body of `POST /ledger/transactions/{transaction_id}/reverse`, judged by"
        " the same rules at this moment; no key is needed and nothing is written. The answer is 200"
        " whether it would be undone or refused.",
        request=JournalReversalOrder,
        response=JournalDryRun,
        path={"transaction_id": "txn"},
    )
    def post(self, request: Request, transaction_id: str) -> HttpResponse:
        """What if?"""
        actor, given = actor_of(request), body_of(request, JournalReversalOrder)
        wanted = path_id("txn", transaction_id)
        try:
            order = reversal_order(wanted, given, unused_reference())
            told = journals.rehearse_reversal(actor=actor, order=order, now=clock.now())
        except ledger_errors.PostingRefused as refusal:
            told = journals.Rehearsal({}, refusal)
        return _answer(request, told, _currencies(actor, wanted) if told.balances else {})


def _currencies(actor: Actor, transaction_id: uuid.UUID) -> Mapping[uuid.UUID, str]:
    """The currencies of the accounts that a transaction moved."""
    with reading(actor):
        entries = books.transaction_of(transaction_id).entries.all()
        return {entry.account_id: entry.currency_id for entry in entries}


def _answer(
    request: Request, told: journals.Rehearsal, currencies: Mapping[uuid.UUID, str]
) -> HttpResponse:
    balances = [
        {
            "account": ids.encode("acc", account_id),
            "posted_minor": balance.posted_minor,
            "held_minor": balance.held_minor,
            "currency": currencies[account_id],
            "posted_display": shown(balance.posted_minor, currencies[account_id]),
        }
        for account_id, balance in told.balances.items()
    ]
    return Answer.of({**verdict(request, told.refusal), "balances": balances}).response()
