"""Endpoints: list, add, read, change, remove, pause, enable, rotate the secret, try."""

from __future__ import annotations

from django.http import HttpResponse
from rest_framework.request import Request

from accounts import errors as accounts_errors
from accounts.policy import require
from api import queries
from api.answers import Answer
from api.endpoint import Endpoint, actor_of, body_of, path_id
from api.pagination import page_of
from api.schema.operations import operation
from api.v1.shapes import NoMembers
from api.v1.webhooks import shapes
from api.v1.webhooks.rendering import rendered_endpoint
from kernel import clock
from kernel.context import reading
from notifications import errors
from notifications.queries import endpoint_of, visible_endpoints
from notifications.services import webhooks as service

TAG = "Webhooks"
PATH = {"webhook_endpoint_id": "whe"}
_REFUSALS = (
    errors.InvalidWebhookUrl,
    errors.UnknownEvents,
    accounts_errors.InvalidProfile,
    accounts_errors.NetworkNotTrusted,
)


class WebhookEndpoints(Endpoint):
    """The list of endpoints, and adding one."""

    @operation(
        "list_webhook_endpoints",
        tag=TAG,
        summary="List webhook endpoints, newest first",
        response=shapes.WebhookEndpointPage,
        query=shapes.WebhookEndpointQuery,
    )
    def get(self, request: Request) -> HttpResponse:
        """One page of endpoints."""
        actor, query = actor_of(request), queries.query_of(request, shapes.WebhookEndpointQuery)
        require(actor, "webhooks.read")
        with reading(actor):
            page = page_of(
                request,
                visible_endpoints(actor),
                query=query,
                render=lambda found: [rendered_endpoint(row) for row in found],
            )
        return Answer.of(page).response()

    @operation(
        "add_webhook_endpoint",
        tag=TAG,
        summary="Have events sent to a server (owners and admins)",
        description="Events that happen from now on are sent there, at least once each and in no"
        " promised order, signed as Standard Webhooks says. `docs/webhooks.md` tells how to verify"
        " them, and when they are sent again.",
        request=shapes.WebhookEndpointOrder,
        response=shapes.NewWebhookEndpoint,
        status=201,
        refusals=(*_REFUSALS, errors.TooManyWebhookEndpoints),
    )
    def post(self, request: Request) -> HttpResponse:
        """Add it."""
        order = body_of(request, shapes.WebhookEndpointOrder)
        row, secret = service.add_endpoint(
            actor=actor_of(request),
            url=order["url"],
            description=order.get("description", ""),
            event_names=order.get("events", []),
            now=clock.now(),
        )
        return Answer.of({**rendered_endpoint(row), "secret": secret}, status=201).response()


class OneWebhookEndpoint(Endpoint):
    """One endpoint."""

    @operation(
        "read_webhook_endpoint",
        tag=TAG,
        summary="Read one webhook endpoint",
        response=shapes.WebhookEndpoint,
        query=queries.Query,
        path=PATH,
    )
    def get(self, request: Request, webhook_endpoint_id: str) -> HttpResponse:
        """The endpoint."""
        actor, _ = actor_of(request), queries.query_of(request)
        require(actor, "webhooks.read")
        with reading(actor):
            row = endpoint_of(actor=actor, endpoint_id=path_id("whe", webhook_endpoint_id))
        return Answer.of(rendered_endpoint(row)).response()

    @operation(
        "change_webhook_endpoint",
        tag=TAG,
        summary="Change a webhook endpoint's address, description or filter (owners and admins)",
        request=shapes.WebhookEndpointChange,
        response=shapes.WebhookEndpoint,
        path=PATH,
        refusals=_REFUSALS,
    )
    def patch(self, request: Request, webhook_endpoint_id: str) -> HttpResponse:
        """Change what is given."""
        order = body_of(request, shapes.WebhookEndpointChange)
        row = service.change_endpoint(
            actor=actor_of(request),
            endpoint_id=path_id("whe", webhook_endpoint_id),
            url=order.get("url"),
            description=order.get("description"),
            event_names=order.get("events"),
            now=clock.now(),
        )
        return Answer.of(rendered_endpoint(row)).response()

    @operation(
        "remove_webhook_endpoint",
        tag=TAG,
        summary="Send nothing to a server any more (owners and admins)",
        status=204,
        path=PATH,
    )
    def delete(self, request: Request, webhook_endpoint_id: str) -> HttpResponse:
        """Remove it."""
        service.remove_endpoint(
            actor=actor_of(request),
            endpoint_id=path_id("whe", webhook_endpoint_id),
            now=clock.now(),
        )
        return HttpResponse(status=204)


class PauseWebhookEndpoint(Endpoint):
    """Send nothing for now."""

    @operation(
        "pause_webhook_endpoint",
        tag=TAG,
        summary="Send nothing for now; events wait up to five days (owners and admins)",
        request=NoMembers,
        response=shapes.WebhookEndpoint,
        path=PATH,
    )
    def post(self, request: Request, webhook_endpoint_id: str) -> HttpResponse:
        """Pause it."""
        body_of(request, NoMembers)
        row = service.pause_endpoint(
            actor=actor_of(request),
            endpoint_id=path_id("whe", webhook_endpoint_id),
            now=clock.now(),
        )
        return Answer.of(rendered_endpoint(row)).response()


class EnableWebhookEndpoint(Endpoint):
    """Send again."""

    @operation(
        "enable_webhook_endpoint",
        tag=TAG,
        summary="Send again, what waits first (owners and admins)",
        request=NoMembers,
        response=shapes.WebhookEndpoint,
        path=PATH,
        refusals=(accounts_errors.NetworkNotTrusted,),
    )
    def post(self, request: Request, webhook_endpoint_id: str) -> HttpResponse:
        """Enable it."""
        body_of(request, NoMembers)
        row = service.enable_endpoint(
            actor=actor_of(request),
            endpoint_id=path_id("whe", webhook_endpoint_id),
            now=clock.now(),
        )
        return Answer.of(rendered_endpoint(row)).response()


class RotateWebhookSecret(Endpoint):
    """Another secret."""

    @operation(
        "rotate_webhook_secret",
        tag=TAG,
        summary="Sign with a new secret (owners and admins)",
        description="For 24 hours deliveries carry two signatures, also one by the secret before."
        " Rotating again within them ends the oldest at once.",
        request=NoMembers,
        response=shapes.WebhookSecret,
        path=PATH,
        refusals=(accounts_errors.NetworkNotTrusted,),
    )
    def post(self, request: Request, webhook_endpoint_id: str) -> HttpResponse:
        """Rotate it."""
        body_of(request, NoMembers)
        secret = service.rotate_secret(
            actor=actor_of(request),
            endpoint_id=path_id("whe", webhook_endpoint_id),
            now=clock.now(),
        )
        return Answer.of({"secret": secret}).response()


class TestWebhookEndpoint(Endpoint):
    """Try it."""

    __test__ = False  # no test case, whatever its name

    @operation(
        "test_webhook_endpoint",
        tag=TAG,
        summary="Send a test event (owners and admins)",
        description="Emits `notifications.webhook_endpoint.tested`, which takes the way of every"
        " event and goes to this endpoint alone, whatever its filter. The list of deliveries shows"
        " what came of it.",
        request=NoMembers,
        status=204,
        path=PATH,
        refusals=(errors.WebhookEndpointNotEnabled, accounts_errors.NetworkNotTrusted),
    )
    def post(self, request: Request, webhook_endpoint_id: str) -> HttpResponse:
        """Emit the event."""
        body_of(request, NoMembers)
        service.try_endpoint(
            actor=actor_of(request),
            endpoint_id=path_id("whe", webhook_endpoint_id),
            now=clock.now(),
        )
        return HttpResponse(status=204)
