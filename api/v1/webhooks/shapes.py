"""Bodies and answers about webhooks."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api import fields, queries
from api.schema.shapes import page_shape
from api.v1.shapes import id_member
from events.catalogue import CATALOGUE
from notifications.choices import DeliveryState, EndpointStatus, Failure, StatusReason
from notifications.models.webhooks import DESCRIPTION_LENGTH, URL_LENGTH

EVENT_NAMES = sorted(CATALOGUE)
FAILURES = [failure for failure in Failure.values if failure]
STATUS_REASONS = [reason for reason in StatusReason.values if reason]


def _url(**kwargs: Any) -> fields.TextField:
    return fields.TextField(
        max_length=URL_LENGTH,
        help_text="Begins with `https://`; a server on the public internet.",
        **kwargs,
    )


def _events(**kwargs: Any) -> serializers.ListField:
    return serializers.ListField(
        child=serializers.ChoiceField(choices=EVENT_NAMES),
        max_length=len(EVENT_NAMES),
        required=False,
        help_text="Names of events; an empty list: every event of the organization.",
        **kwargs,
    )


class WebhookEndpointOrder(fields.StrictSerializer):
    """A server to which events are to be sent."""

    url = _url()
    description = fields.LineField(
        max_length=DESCRIPTION_LENGTH, required=False, allow_blank=True, help_text="For people."
    )
    events = _events()


class WebhookEndpointChange(fields.StrictSerializer):
    """What is to be another; the rest stays."""

    url = _url(required=False)
    description = fields.LineField(max_length=DESCRIPTION_LENGTH, required=False, allow_blank=True)
    events = _events()


class WebhookEndpoint(serializers.Serializer[Any]):
    """A server to which events are sent, without its secret."""

    id = id_member("whe")
    organization = id_member("org")
    url = serializers.CharField()
    description = serializers.CharField()
    events = serializers.ListField(
        child=serializers.CharField(), help_text="Empty: every event of the organization."
    )
    status = serializers.ChoiceField(
        choices=EndpointStatus.values,
        help_text="`paused`: events wait for it, up to five days; `disabled`: they do not.",
    )
    status_reason = serializers.ChoiceField(choices=STATUS_REASONS, allow_null=True)
    created_at = serializers.DateTimeField()
    changed_at = serializers.DateTimeField()
    failing_since = serializers.DateTimeField(
        allow_null=True, help_text="The first failure after the last success."
    )
    resting_until = serializers.DateTimeField(
        allow_null=True, help_text="It asked for quiet by `Retry-After`."
    )


class WebhookSecret(serializers.Serializer[Any]):
    """A signing secret, which is shown this once."""

    secret = serializers.CharField(help_text="`whsec_...`: verify deliveries with it.")


class NewWebhookEndpoint(WebhookEndpoint, WebhookSecret):
    """A new endpoint with its secret, which is shown this once."""


class WebhookDelivery(serializers.Serializer[Any]):
    """One event for one endpoint."""

    id = id_member("whd")
    endpoint = id_member("whe")
    event_id = serializers.UUIDField(help_text="What is sent as `webhook-id`.")
    event = serializers.CharField()
    state = serializers.ChoiceField(choices=DeliveryState.values)
    attempts = serializers.IntegerField(min_value=0)
    created_at = serializers.DateTimeField()
    next_attempt_at = serializers.DateTimeField(allow_null=True, help_text="Null when it is over.")
    finished_at = serializers.DateTimeField(allow_null=True)


class WebhookAttempt(serializers.Serializer[Any]):
    """One request and its answer."""

    number = serializers.IntegerField(min_value=1)
    began_at = serializers.DateTimeField()
    took_ms = serializers.IntegerField(min_value=0)
    url = serializers.CharField()
    address = serializers.CharField(allow_null=True, help_text="To which the connection was made.")
    request_headers = serializers.DictField(child=serializers.CharField())
    status = serializers.IntegerField(allow_null=True, help_text="Null: no answer came.")
    failure = serializers.ChoiceField(
        choices=FAILURES, allow_null=True, help_text="Null: it was taken."
    )
    answer_headers = serializers.DictField(child=serializers.CharField())
    answer_body = serializers.CharField(help_text="Its first 2,000 characters.")


class WebhookDeliveryInFull(WebhookDelivery):
    """A delivery with what was sent and what came back."""

    body = serializers.CharField(help_text="Word for word what is sent.")
    log = WebhookAttempt(many=True, help_text="The last 50 attempts, newest first.")


WebhookEndpointPage = page_shape(WebhookEndpoint, "WebhookEndpointPage")
WebhookDeliveryPage = page_shape(WebhookDelivery, "WebhookDeliveryPage")


class WebhookEndpointQuery(queries.PageQuery):
    """Where to go on in the list."""

    list_name = "webhook_endpoints"


class WebhookDeliveryQuery(queries.PageQuery):
    """Which deliveries of the endpoint."""

    list_name = "webhook_deliveries"

    state = queries.one_of(*DeliveryState.values, required=False)
