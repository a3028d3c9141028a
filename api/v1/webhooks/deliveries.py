"""Deliveries: what was sent to an endpoint, what it answered, and sending it again."""

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
from api.v1.webhooks.rendering import rendered_attempt, rendered_delivery
from kernel import clock
from kernel.context import reading
from notifications import errors
from notifications.queries import attempts_of, delivery_of, endpoint_of, visible_deliveries
from notifications.services import webhooks as service

TAG = "Webhooks"
MOST_ATTEMPTS = 50
PATH = {"webhook_delivery_id": "whd"}


class WebhookDeliveries(Endpoint):
    """What was sent to one endpoint."""

    @operation(
        "list_webhook_deliveries",
        tag=TAG,
        summary="List an endpoint's deliveries of the last 30 days, newest first",
        response=shapes.WebhookDeliveryPage,
        query=shapes.WebhookDeliveryQuery,
        path={"webhook_endpoint_id": "whe"},
    )
    def get(self, request: Request, webhook_endpoint_id: str) -> HttpResponse:
        """One page of deliveries."""
        actor, query = actor_of(request), queries.query_of(request, shapes.WebhookDeliveryQuery)
        require(actor, "webhooks.read")
        with reading(actor):
            endpoint = endpoint_of(actor=actor, endpoint_id=path_id("whe", webhook_endpoint_id))
            rows = visible_deliveries(actor).filter(endpoint=endpoint)
            if "state" in query:
                rows = rows.filter(state=query["state"])
            page = page_of(
                request,
                rows,
                query=query,
                render=lambda found: [rendered_delivery(row) for row in found],
            )
        return Answer.of(page).response()


class OneWebhookDelivery(Endpoint):
    """One delivery."""

    @operation(
        "read_webhook_delivery",
        tag=TAG,
        summary="Read one delivery with its requests and answers",
        response=shapes.WebhookDeliveryInFull,
        query=queries.Query,
        path=PATH,
    )
    def get(self, request: Request, webhook_delivery_id: str) -> HttpResponse:
        """The delivery and its log."""
        actor, _ = actor_of(request), queries.query_of(request)
        require(actor, "webhooks.read")
        with reading(actor):
            row = delivery_of(actor=actor, delivery_id=path_id("whd", webhook_delivery_id))
            log = [rendered_attempt(one) for one in attempts_of(row, most=MOST_ATTEMPTS)]
        return Answer.of({**rendered_delivery(row), "body": row.body, "log": log}).response()


class ResendWebhookDelivery(Endpoint):
    """Send it again."""

    @operation(
        "resend_webhook_delivery",
        tag=TAG,
        summary="Deliver again what is over, under the same webhook-id (owners and admins)",
        request=NoMembers,
        response=shapes.WebhookDelivery,
        path=PATH,
        refusals=(
            errors.DeliveryUnderWay,
            errors.WebhookEndpointNotEnabled,
            accounts_errors.NetworkNotTrusted,
        ),
    )
    def post(self, request: Request, webhook_delivery_id: str) -> HttpResponse:
        """Put it in line."""
        body_of(request, NoMembers)
        row = service.resend(
            actor=actor_of(request),
            delivery_id=path_id("whd", webhook_delivery_id),
            now=clock.now(),
        )
        return Answer.of(rendered_delivery(row)).response()
