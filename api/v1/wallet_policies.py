"""How many wallets an organization's holders may have, and who opens them."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from accounts.policy import own_organization, require
from api import fields, queries
from api.answers import Answer
from api.endpoint import Endpoint, actor_of, body_of
from api.schema.operations import operation
from api.v1.rendering import instant
from kernel import clock
from kernel.context import reading
from wallets.errors import TermsInvalid
from wallets.models import WalletPolicy as WalletPolicyRow
from wallets.models.policies import MOST_OF_A_KIND
from wallets.queries import wallet_policy_of
from wallets.services.policies import set_wallet_policy

TAG = "Wallets"


@extend_schema_field({"type": "integer", "minimum": 1, "maximum": MOST_OF_A_KIND})
class NumberField(fields.AmountField):
    """How many wallets."""

    least, most = 1, MOST_OF_A_KIND


class WalletPolicyOrder(fields.StrictSerializer):
    """What holds from now on; all of it is set at once."""

    per_kind = NumberField(help_text="Of each kind and currency, for each holder.")
    members_open = fields.BooleanField(
        help_text="Whether members open their own; officers always may."
    )


class WalletPolicy(serializers.Serializer[Any]):
    """How many wallets holders may have, and who opens them."""

    per_kind = serializers.IntegerField(min_value=1, max_value=MOST_OF_A_KIND)
    members_open = serializers.BooleanField()
    set_at = serializers.DateTimeField(allow_null=True, help_text="Null: never; the usual holds.")


class WalletPolicies(Endpoint):
    """The policy of one's own organization."""

    @operation(
        "read_wallet_policy",
        tag=TAG,
        summary="Read how many wallets holders may have",
        response=WalletPolicy,
        query=queries.Query,
    )
    def get(self, request: Request) -> HttpResponse:
        """The policy as it stands."""
        actor, _ = actor_of(request), queries.query_of(request)
        require(actor, "wallets.read_terms")
        home = own_organization(actor)
        with reading(actor):
            row = wallet_policy_of(home)
        return Answer.of(rendered_wallet_policy(row)).response()

    @operation(
        "set_wallet_policy",
        tag=TAG,
        summary="Set how many wallets holders may have (owners)",
        description="Wallets that are open stay, however many.",
        request=WalletPolicyOrder,
        response=WalletPolicy,
        refusals=(TermsInvalid,),
    )
    def put(self, request: Request) -> HttpResponse:
        """Set."""
        order = body_of(request, WalletPolicyOrder)
        row = set_wallet_policy(actor=actor_of(request), now=clock.now(), **order)
        return Answer.of(rendered_wallet_policy(row)).response()


def rendered_wallet_policy(policy: WalletPolicyRow | None) -> dict[str, Any]:
    """The policy; none is the usual one."""
    return {
        "per_kind": policy.per_kind if policy else 1,
        "members_open": policy is None or policy.members_open,
        "set_at": instant(policy.set_at) if policy else None,
    }
