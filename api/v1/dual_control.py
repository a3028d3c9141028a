"""Which acts of an organization take a second person."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from accounts import errors as accounts_errors
from accounts.models import PendingAct as PendingActRow
from accounts.policy import own_organization
from accounts.queries import dual_control_policy_of
from accounts.services.dual_control import set_dual_control_policy
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
from wallets.models import DualControlThreshold
from wallets.queries import dual_control_thresholds
from wallets.services.thresholds import set_dual_control_threshold


class DualControlPolicyOrder(fields.StrictSerializer):
    """What takes a second person from now on; all of it is set at once."""

    roles = fields.BooleanField(help_text="Making somebody an owner, admin or finance.")
    journals = fields.BooleanField(help_text="Entries by hand, and undoing them; with `roles`.")
    terms = fields.BooleanField(help_text="Fees and clearing caps; with `roles`.")


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


class DualControlPolicy(serializers.Serializer[Any]):
    """What takes a second person in an organization."""

    roles = serializers.BooleanField()
    journals = serializers.BooleanField()
    terms = serializers.BooleanField()
    thresholds = Threshold(many=True)


class DualControlPolicies(Endpoint):
    """The policy of one's own organization."""

    @operation(
        "read_dual_control_policy",
        tag=TAG,
        summary="Read what takes a second person",
        response=DualControlPolicy,
        query=queries.Query,
    )
    def get(self, request: Request) -> HttpResponse:
        """The policy as it stands."""
        queries.query_of(request)
        return Answer.of(_rendered(actor_of(request))).response()

    @operation(
        "set_dual_control_policy",
        tag=TAG,
        summary="Set which acts take a second person",
        description="More of them at once; fewer only when a second person agrees.",
        request=DualControlPolicyOrder,
        response=DualControlPolicy,
        waits=Waiting,
        refusals=(
            accounts_errors.RolesComeFirst,
            accounts_errors.NobodyToCheck,
            accounts_errors.NetworkNotTrusted,
        ),
    )
    def put(self, request: Request) -> HttpResponse:
        """Set."""
        actor, now = actor_of(request), clock.now()
        done = set_dual_control_policy(
            actor=actor, now=now, **body_of(request, DualControlPolicyOrder)
        )
        if isinstance(done, PendingActRow):
            return waiting_answer(done, now=now).response()
        return Answer.of(_rendered(actor)).response()


class DualControlThresholds(Endpoint):
    """The thresholds of payments."""

    @operation(
        "set_dual_control_threshold",
        tag=TAG,
        summary="Set from which amount on payments take a second person",
        description="A lower amount at once; a higher one, or none, only when a second person"
        " agrees. A sum of payments counts like one payment.",
        request=ThresholdOrder,
        response=DualControlPolicy,
        waits=Waiting,
        refusals=(
            accounts_errors.StepUpRequired,
            accounts_errors.RolesComeFirst,
            accounts_errors.NobodyToCheck,
            accounts_errors.NetworkNotTrusted,
            wallet_errors.TermsInvalid,
            ledger_errors.CurrencyUnknown,
        ),
    )
    def put(self, request: Request) -> HttpResponse:
        """Set."""
        actor, now = actor_of(request), clock.now()
        done = set_dual_control_threshold(actor=actor, now=now, **body_of(request, ThresholdOrder))
        if isinstance(done, PendingActRow):
            return waiting_answer(done, now=now).response()
        return Answer.of(_rendered(actor)).response()


def _rendered(actor: Actor) -> dict[str, Any]:
    home = own_organization(actor)
    with reading(actor):
        policy = dual_control_policy_of(home)
        rows = list(dual_control_thresholds(home))
    return {
        "roles": policy is not None and policy.roles,
        "journals": policy is not None and policy.journals,
        "terms": policy is not None and policy.terms,
        "thresholds": [_threshold(row) for row in rows],
    }


def _threshold(row: DualControlThreshold) -> dict[str, Any]:
    least = row.threshold_minor or 0
    return {
        "currency": row.currency_id,
        "threshold_minor": least,
        "display": shown(least, row.currency_id),
        "counts_keys": row.counts_keys,
    }
