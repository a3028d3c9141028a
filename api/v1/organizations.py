"""Organizations: one's own, and for platform staff all of them."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from accounts import errors as accounts_errors
from accounts.choices import OrganizationStatus
from accounts.models import Organization as OrganizationRow
from accounts.queries import visible_organizations
from accounts.services import organizations as service
from api import fields, queries
from api.answers import Answer
from api.endpoint import Endpoint, actor_of, body_of, path_id
from api.pagination import page_of
from api.schema.operations import operation
from api.schema.shapes import page_shape
from api.v1.rendering import instant
from api.v1.shapes import id_member, minor
from kernel import clock, ids
from kernel.context import reading
from kernel.errors import NotFound
from ledger.errors import TimeZoneTearsBooks
from ledger.services.timezones import set_timezone

TAG = "Organizations"
PATH = {"organization_id": "org"}


class Organization(serializers.Serializer[Any]):
    """A tenant with books of its own."""

    id = id_member("org")
    slug = serializers.CharField()
    name = serializers.CharField()
    display_name = serializers.CharField()
    country = serializers.CharField()
    timezone = serializers.CharField()
    base_currency = serializers.CharField()
    status = serializers.ChoiceField(choices=OrganizationStatus.choices)
    approval_over_minor = minor(
        allow_null=True,
        help_text="People approve what they move over this, in the base currency, and everything in"
        " another one. Null: nothing.",
    )
    created_at = serializers.DateTimeField()
    activated_at = serializers.DateTimeField(allow_null=True)


OrganizationPage = page_shape(Organization, "OrganizationPage")


class OrganizationQuery(queries.PageQuery):
    """Filters of the list."""

    list_name = "organizations"

    status = queries.one_of(*OrganizationStatus.values, required=False)


class Nothing(fields.StrictSerializer):
    """An empty object, or no body at all."""


class Reason(fields.StrictSerializer):
    """Why; kept in the audit record."""

    reason = fields.LineField(max_length=200, default="", allow_blank=True)


class TimeZone(fields.StrictSerializer):
    """In which zone the organization counts its days."""

    timezone = fields.TextField(max_length=64, help_text="IANA name.")


class Organizations(Endpoint):
    """The list."""

    @operation(
        "list_organizations",
        tag=TAG,
        summary="List the organizations in view, newest first",
        description="Platform staff see all, everybody else their own.",
        response=OrganizationPage,
        query=OrganizationQuery,
    )
    def get(self, request: Request) -> HttpResponse:
        """One page of organizations."""
        actor, query = actor_of(request), queries.query_of(request, OrganizationQuery)
        rows = visible_organizations(actor)
        if "status" in query:
            rows = rows.filter(status=query["status"])
        with reading(actor):
            page = page_of(
                request,
                rows,
                query=query,
                render=lambda found: [rendered_organization(row) for row in found],
            )
        return Answer.of(page).response()


class OneOrganization(Endpoint):
    """One organization."""

    @operation(
        "read_organization",
        tag=TAG,
        summary="Read one organization",
        response=Organization,
        query=queries.Query,
        path=PATH,
    )
    def get(self, request: Request, organization_id: str) -> HttpResponse:
        """The organization."""
        actor, _ = actor_of(request), queries.query_of(request)
        wanted = path_id("org", organization_id)
        with reading(actor):
            row = visible_organizations(actor).filter(id=wanted).first()
        if row is None:
            raise NotFound("There is no such organization.")
        return Answer.of(rendered_organization(row)).response()


class ActivateOrganization(Endpoint):
    """For platform staff."""

    @operation(
        "activate_organization",
        tag=TAG,
        summary="Let an organization move money (platform staff)",
        request=Nothing,
        response=Organization,
        path=PATH,
        refusals=(accounts_errors.IllegalOrganizationStatus,),
    )
    def post(self, request: Request, organization_id: str) -> HttpResponse:
        """Activate."""
        body_of(request, Nothing)
        row = service.activate_organization(
            actor=actor_of(request),
            organization_id=path_id("org", organization_id),
            now=clock.now(),
        )
        return Answer.of(rendered_organization(row)).response()


class SuspendOrganization(Endpoint):
    """For platform staff."""

    @operation(
        "suspend_organization",
        tag=TAG,
        summary="Stop an organization (platform staff)",
        request=Reason,
        response=Organization,
        path=PATH,
        refusals=(accounts_errors.IllegalOrganizationStatus,),
    )
    def post(self, request: Request, organization_id: str) -> HttpResponse:
        """Suspend."""
        order = body_of(request, Reason)
        row = service.suspend_organization(
            actor=actor_of(request),
            organization_id=path_id("org", organization_id),
            reason=order["reason"],
            now=clock.now(),
        )
        return Answer.of(rendered_organization(row)).response()


class SetTimeZone(Endpoint):
    """For the organization's owner."""

    @operation(
        "set_timezone",
        tag=TAG,
        summary="Set the time zone in which your organization counts its days (owners)",
        description="Days and months of limits and the next periods follow it from now on; nothing"
        " that was counted is counted again. It stands once a period is open or closed.",
        request=TimeZone,
        response=Organization,
        path=PATH,
        refusals=(accounts_errors.InvalidProfile, TimeZoneTearsBooks),
    )
    def put(self, request: Request, organization_id: str) -> HttpResponse:
        """Set it."""
        order, actor = body_of(request, TimeZone), actor_of(request)
        if path_id("org", organization_id) != actor.organization_id:
            raise NotFound("There is no such organization.")
        row = set_timezone(actor=actor, timezone=order["timezone"], now=clock.now())
        return Answer.of(rendered_organization(row)).response()


def rendered_organization(organization: OrganizationRow) -> dict[str, Any]:
    """One organization."""
    return {
        "id": ids.encode("org", organization.id),
        "slug": organization.slug,
        "name": organization.name,
        "display_name": organization.display_name,
        "country": organization.country,
        "timezone": organization.timezone,
        "base_currency": organization.base_currency,
        "status": organization.status,
        "approval_over_minor": organization.approval_over_minor,
        "created_at": instant(organization.created_at),
        "activated_at": instant(organization.activated_at),
    }
