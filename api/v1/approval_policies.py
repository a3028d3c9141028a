"""Which acts of an organization take a second person."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from accounts import errors as accounts_errors
from accounts.models import PendingAct as PendingActRow
from accounts.policy import own_organization
from accounts.queries import approval_policy_of
from accounts.services.approval_policies import set_approval_policy
from api import fields, queries
from api.answers import Answer
from api.endpoint import Endpoint, actor_of, body_of
from api.schema.operations import operation
from api.v1.pending_acts import TAG, Waiting, waiting_answer
from api.v1.rendering import shown
from api.v1.shapes import minor
from kernel import clock
from kernel.actor import Actor
from kernel.context import reading
from ledger import errors as ledger_errors
from wallets import errors as wallet_errors
from wallets.models import ApprovalThreshold
from wallets.queries import approval_thresholds
from wallets.services.thresholds import set_approval_threshold


class ApprovalPolicyOrder(fields.StrictSerializer):
    """What takes a second person from now on; all of it is set at once."""

    roles = fields.BooleanField(help_text="Making somebody an owner, admin or finance.")
    journals = fields.BooleanField(help_text="Entries by hand, and undoing them.")
    terms = fields.BooleanField(help_text="Fees and clearing caps.")


class ThresholdOrder(fields.StrictSerializer):
    """From which amount on payments in one currency take a second person."""

    currency = fields.currency()
    threshold_minor = fields.CapField(
        allow_null=True,
        help_text="What one person may send, and one wallet pay, in 24 hours without one. 0: every"
        " payment takes one; null: none does.",
    )
    counts_keys = fields.BooleanField(
        default=True, help_text="Whether it counts for API keys as for people."
    )


class Threshold(serializers.Serializer[Any]):
    """What one person may send, and one wallet pay, in 24 hours without a second person."""

    currency = serializers.CharField()
    threshold_minor = minor()
    display = serializers.CharField()
    counts_keys = serializers.BooleanField()


class ApprovalPolicy(serializers.Serializer[Any]):
    """What takes a second person in an organization."""

    roles = serializers.BooleanField()
    journals = serializers.BooleanField()
    terms = serializers.BooleanField()
    thresholds = Threshold(many=True)


class ApprovalPolicies(Endpoint):
    """The policy of one's own organization."""

    @operation(
        "read_second_person_policy",
        tag=TAG,
        summary="Read what takes a second person",
        response=ApprovalPolicy,
        query=queries.Query,
    )
    def get(self, request: Request) -> HttpResponse:
        """The policy as it stands."""
        queries.query_of(request)
        return Answer.of(_rendered(actor_of(request))).response()

    @operation(
        "set_second_person_policy",
        tag=TAG,
        summary="Set which acts take a second person",
        description="More of them at once; fewer only when a second person agrees.",
        request=ApprovalPolicyOrder,
        response=ApprovalPolicy,
        waits=Waiting,
        refusals=(accounts_errors.NobodyToCheck,),
    )
    def put(self, request: Request) -> HttpResponse:
        """Set."""
        actor, now = actor_of(request), clock.now()
        done = set_approval_policy(actor=actor, now=now, **body_of(request, ApprovalPolicyOrder))
        if isinstance(done, PendingActRow):
            return waiting_answer(done, now=now).response()
        return Answer.of(_rendered(actor)).response()


class ApprovalThresholds(Endpoint):
    """The thresholds of payments."""

    @operation(
        "set_approval_threshold",
        tag=TAG,
        summary="Set from which amount on payments take a second person",
        description="A lower amount at once; a higher one, or none, only when a second person"
        " agrees. A sum of payments counts like one payment.",
        request=ThresholdOrder,
        response=ApprovalPolicy,
        waits=Waiting,
        refusals=(
            accounts_errors.NobodyToCheck,
            wallet_errors.TermsInvalid,
            ledger_errors.CurrencyUnknown,
        ),
    )
    def put(self, request: Request) -> HttpResponse:
        """Set."""
        actor, now = actor_of(request), clock.now()
        done = set_approval_threshold(actor=actor, now=now, **body_of(request, ThresholdOrder))
        if isinstance(done, PendingActRow):
            return waiting_answer(done, now=now).response()
        return Answer.of(_rendered(actor)).response()


def _rendered(actor: Actor) -> dict[str, Any]:
    home = own_organization(actor)
    with reading(actor):
        policy = approval_policy_of(home)
        rows = list(approval_thresholds(home))
    return {
        "roles": policy is not None and policy.roles,
        "journals": policy is not None and policy.journals,
        "terms": policy is not None and policy.terms,
        "thresholds": [_threshold(row) for row in rows],
    }


def _threshold(row: ApprovalThreshold) -> dict[str, Any]:
    least = row.threshold_minor or 0
    return {
        "currency": row.currency_id,
        "threshold_minor": least,
        "display": shown(least, row.currency_id),
        "counts_keys": row.counts_keys,
    }
