"""API keys: programs' credentials in one organization."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from accounts import errors as accounts_errors
from accounts.choices import Exemption, KeyScope
from accounts.models import ApiKey as ApiKeyRow
from accounts.models import PendingAct
from accounts.policy import exemptions_of, require
from accounts.queries import visible_api_keys
from accounts.services import api_keys as service
from api import fields, queries
from api.answers import Answer
from api.endpoint import Endpoint, actor_of, body_of, path_id
from api.pagination import page_of
from api.schema.operations import operation
from api.schema.shapes import page_shape
from api.v1.pending_acts import Waiting, waiting_answer
from api.v1.rendering import instant
from api.v1.shapes import id_member
from kernel import clock, ids
from kernel.context import reading
from kernel.errors import NotFound

TAG = "Keys"


class ApiKeyOrder(fields.StrictSerializer):
    """A key to issue."""

    name = fields.LineField(visible=True, max_length=80)
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=[scope.value for scope in KeyScope]),
        allow_empty=False,
        min_length=1,
        max_length=len(KeyScope),
        help_text="`cash:write` can be given by platform staff only, `wallets:debit-any` only by"
        " the organization's owner and platform staff.",
    )
    expires_at = queries.TimeField(required=False)
    organization = fields.PatternField(
        fields.id_pattern("org"),
        message="Expected an organization's id.",
        required=False,
        help_text="For platform staff, who have no organization of their own.",
    )


class ApiKey(serializers.Serializer[Any]):
    """A program's credential, without its secret."""

    id = id_member("key")
    organization = id_member("org")
    name = serializers.CharField()
    prefix = serializers.CharField(help_text="The start of the secret, to tell it by.")
    scopes = serializers.ListField(child=serializers.CharField())
    exempt_from = serializers.ListField(
        child=serializers.ChoiceField(choices=Exemption.values),
        help_text="What its scopes spare it: `approvals`, it pays without a payer's approval;"
        " `dual_control`, it records withdrawals that no threshold counts.",
    )
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)
    last_used_at = serializers.DateTimeField(allow_null=True, help_text="Exact to a minute.")
    revoked_at = serializers.DateTimeField(allow_null=True)


class NewApiKey(ApiKey):
    """A new key with its secret, which is shown this once."""

    secret = serializers.CharField(help_text="`vck_...`: send it as a bearer token.")


ApiKeyPage = page_shape(ApiKey, "ApiKeyPage")


class ApiKeyQuery(queries.PageQuery):
    """Where to go on in the list."""

    list_name = "api_keys"


class ApiKeys(Endpoint):
    """The list of keys, and issuing one."""

    @operation(
        "list_api_keys",
        tag=TAG,
        summary="List API keys, newest first",
        response=ApiKeyPage,
        query=ApiKeyQuery,
    )
    def get(self, request: Request) -> HttpResponse:
        """One page of keys."""
        actor, query = actor_of(request), queries.query_of(request, ApiKeyQuery)
        require(actor, "api_keys.read")
        with reading(actor):
            page = page_of(
                request,
                visible_api_keys(actor),
                query=query,
                render=lambda found: [rendered_api_key(row) for row in found],
            )
        return Answer.of(page).response()

    @operation(
        "issue_api_key",
        tag=TAG,
        summary="Issue an API key",
        request=ApiKeyOrder,
        description="One that moves money may wait for a second person: of staff where their acts"
        " take one (`cash:write`, `wallets:debit-any`, `transfers:write`, `wallets:write`), of an"
        " organization's people where making officers does (`transfers:write`,"
        " `wallets:debit-any`). Once the act is agreed to, its maker sends the same request again"
        " within 24 hours and gets the key, once, with its secret.",
        response=NewApiKey,
        status=201,
        waits=Waiting,
        refusals=(
            accounts_errors.InvalidProfile,
            accounts_errors.FactorsLatelyReset,
            accounts_errors.NetworkNotTrusted,
            NotFound,
        ),
    )
    def post(self, request: Request) -> HttpResponse:
        """Issue."""
        order = body_of(request, ApiKeyOrder)
        home = order.get("organization")
        now = clock.now()
        issued = service.issue(
            actor=actor_of(request),
            name=order["name"],
            scopes=order["scopes"],
            expires_at=order.get("expires_at"),
            organization_id=path_id("org", home) if home else None,
            now=now,
        )
        if isinstance(issued, PendingAct):
            return waiting_answer(issued, now=now).response()
        found = {**rendered_api_key(issued.key), "secret": issued.secret}
        return Answer.of(found, status=201).response()


class OneApiKey(Endpoint):
    """One key."""

    @operation(
        "revoke_api_key",
        tag=TAG,
        summary="Revoke an API key, from now on",
        status=204,
        path={"api_key_id": "key"},
    )
    def delete(self, request: Request, api_key_id: str) -> HttpResponse:
        """Revoke."""
        service.revoke(
            actor=actor_of(request), api_key_id=path_id("key", api_key_id), now=clock.now()
        )
        return HttpResponse(status=204)


def rendered_api_key(key: ApiKeyRow) -> dict[str, Any]:
    """One key, never with its secret."""
    return {
        "id": ids.encode("key", key.id),
        "organization": ids.encode("org", key.organization_id),
        "name": key.name,
        "prefix": key.prefix,
        "scopes": list(key.scopes),
        "exempt_from": [one.value for one in exemptions_of(key.scopes)],
        "created_at": instant(key.created_at),
        "expires_at": instant(key.expires_at),
        "last_used_at": instant(key.last_used_at),
        "revoked_at": instant(key.revoked_at),
    }
