"""Adding to the chart of accounts."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from accounts.policy import require
from api import fields, queries
from api.answers import Answer
from api.endpoint import Endpoint, actor_of, body_of, path_id
from api.pagination import page_of
from api.schema.operations import operation
from api.schema.shapes import page_shape
from api.v1.ledger.homes import home_of, organization
from api.v1.ledger.shapes import READ, TAG
from api.v1.rendering import instant, typed_id
from api.v1.shapes import id_member
from kernel import clock, ids
from kernel.context import reading
from kernel.errors import NotFound
from ledger import errors as ledger_errors
from ledger import queries as books
from ledger.choices import AccountClass
from ledger.services.chart import open_group

MAX_NAME = 100
MAX_CODE = 32
FOR_STAFF = "Whose chart; for platform staff, who have no organization of their own."


class AccountGroupOrder(fields.StrictSerializer):
    """A heading below another; it is of the other's class."""

    parent = fields.PatternField(  # type: ignore[assignment]
        fields.id_pattern("agr"), message="Expected a heading's id."
    )
    code = fields.LineField(
        max_length=MAX_CODE,
        help_text="Four digits, then capital letters, digits, and points or dashes between.",
    )
    name = fields.LineField(max_length=MAX_NAME, visible=True)
    organization = organization(help_text=FOR_STAFF)


class AccountGroup(serializers.Serializer[Any]):
    """A heading of the chart of accounts. It holds no money."""

    id = id_member("agr")
    organization = id_member("org")
    code = serializers.CharField()
    name = serializers.CharField()
    account_class = serializers.ChoiceField(choices=AccountClass.choices)
    parent = id_member(  # type: ignore[assignment]
        "agr", allow_null=True, help_text="Null for the five roots."
    )
    created_at = serializers.DateTimeField()


AccountGroupPage = page_shape(AccountGroup, "AccountGroupPage")


class AccountGroupQuery(queries.PageQuery):
    """Which headings."""

    list_name = "account_groups"

    account_class = queries.one_of(*AccountClass.values, required=False)


class AccountGroups(Endpoint):
    """The headings."""

    @operation(
        "list_account_groups",
        tag=TAG,
        summary="List the headings of the chart of accounts, newest first",
        response=AccountGroupPage,
        query=AccountGroupQuery,
    )
    def get(self, request: Request) -> HttpResponse:
        """One page of headings."""
        actor, query = actor_of(request), queries.query_of(request, AccountGroupQuery)
        require(actor, READ)
        rows = books.account_groups()
        if "account_class" in query:
            rows = rows.filter(account_class=query["account_class"])
        with reading(actor):
            page = page_of(
                request, rows, query=query, render=lambda found: [_rendered(row) for row in found]
            )
        return Answer.of(page).response()

    @operation(
        "open_account_group",
        tag=TAG,
        summary="Add a heading to the chart of accounts",
        request=AccountGroupOrder,
        response=AccountGroup,
        status=201,
        refusals=(NotFound, ledger_errors.CodeUnusable, ledger_errors.CodeTaken),
    )
    def post(self, request: Request) -> HttpResponse:
        """Add one."""
        actor, order = actor_of(request), body_of(request, AccountGroupOrder)
        group = open_group(
            actor=actor,
            organization_id=home_of(actor, order),
            parent_id=path_id("agr", order["parent"]),
            code=order["code"],
            name=order["name"],
            now=clock.now(),
        )
        return Answer.of(_rendered(group), status=201).response()


def _rendered(group: Any) -> dict[str, Any]:
    return {
        "id": ids.encode("agr", group.id),
        "organization": ids.encode("org", group.organization_id),
        "code": group.code,
        "name": group.name,
        "account_class": group.account_class,
        "parent": typed_id("agr", group.parent_id),
        "created_at": instant(group.created_at),
    }
