"""Who am I?"""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from accounts import policy
from accounts.choices import PlatformRole, Role
from accounts.models import User as UserRow
from accounts.permissions import PERMISSIONS
from accounts.queries import visible_organizations
from api import queries
from api.answers import Answer
from api.endpoint import Endpoint, actor_of
from api.schema.operations import operation
from api.v1.organizations import Organization, rendered_organization
from api.v1.rendering import instant, typed_id
from api.v1.shapes import id_member
from kernel import ids
from kernel.actor import Actor, ActorKind
from kernel.context import reading

PREFIX = {ActorKind.USER: "usr", ActorKind.API_KEY: "key"}


class User(serializers.Serializer[Any]):
    """A person."""

    id = id_member("usr")
    email = serializers.CharField()
    name = serializers.CharField()
    organization = id_member("org", allow_null=True)
    role = serializers.ChoiceField(choices=Role.choices, allow_null=True)
    platform_role = serializers.ChoiceField(choices=PlatformRole.choices, allow_null=True)
    active = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class Me(serializers.Serializer[Any]):
    """Whoever sent the request, and what they may do."""

    kind = serializers.ChoiceField(choices=["user", "api_key"])
    id = serializers.CharField()
    name = serializers.CharField()
    email = serializers.CharField(allow_null=True, help_text="Null for an API key.")
    email_confirmed = serializers.BooleanField(
        help_text="Until it is, a person may look and nothing else."
    )
    role = serializers.ChoiceField(choices=Role.choices, allow_null=True)
    platform_role = serializers.ChoiceField(choices=PlatformRole.choices, allow_null=True)
    scopes = serializers.ListField(child=serializers.CharField(), help_text="Of an API key.")
    permissions = serializers.ListField(child=serializers.CharField())
    organization = Organization(allow_null=True, help_text="Null for platform staff.")


class ReadMe(Endpoint):
    """The caller."""

    @operation("read_me", tag="Me", summary="Read who I am", response=Me, query=queries.Query)
    def get(self, request: Request) -> HttpResponse:
        """The person or API key behind the request."""
        actor, _ = actor_of(request), queries.query_of(request)
        with reading(actor):
            found = _rendered(actor)
        return Answer.of(found).response()


def _rendered(actor: Actor) -> dict[str, Any]:
    email = None
    if actor.kind is ActorKind.USER and actor.id is not None:
        email = UserRow.objects.filter(id=actor.id).values_list("email", flat=True).first()
    organization = None
    if actor.organization_id is not None:
        organization = visible_organizations(actor).get(id=actor.organization_id)
    return {
        "kind": actor.kind.value,
        "id": typed_id(PREFIX[actor.kind], actor.id),
        "name": actor.display,
        "email": email,
        "email_confirmed": actor.email_confirmed,
        "role": actor.role,
        "platform_role": actor.platform_role,
        "scopes": sorted(actor.scopes),
        "permissions": [name for name in PERMISSIONS if policy.may(actor, name)],
        "organization": rendered_organization(organization) if organization else None,
    }


def rendered_user(user: UserRow) -> dict[str, Any]:
    """One person."""
    return {
        "id": ids.encode("usr", user.id),
        "email": user.email,
        "name": user.full_name,
        "organization": typed_id("org", user.organization_id),
        "role": user.role,
        "platform_role": user.platform_role,
        "active": user.is_active,
        "created_at": instant(user.created_at),
    }
