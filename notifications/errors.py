"""What this room refuses."""

from __future__ import annotations

from kernel.errors import Kind, VaultCraftError


class InvalidWebhookUrl(VaultCraftError):
    """The address cannot be one to deliver to."""

    kind = Kind.REFUSED
    code = "invalid_webhook_url"
    title = "Events cannot be sent to this address"


class UnknownEvents(VaultCraftError):
    """The filter names an event that is not in the catalogue."""

    kind = Kind.REFUSED
    code = "unknown_events"
    title = "There is no such event"


class TooManyWebhookEndpoints(VaultCraftError):
    """The organization has as many endpoints as one may have."""

    kind = Kind.CONFLICT
    code = "too_many_webhook_endpoints"
    title = "There are too many webhook endpoints"


class WebhookEndpointNotEnabled(VaultCraftError):
    """What was asked for takes an endpoint that is enabled."""

    kind = Kind.CONFLICT
    code = "webhook_endpoint_not_enabled"
    title = "The webhook endpoint is not enabled"


class DeliveryUnderWay(VaultCraftError):
    """The delivery waits already, or is being carried out."""

    kind = Kind.CONFLICT
    code = "delivery_under_way"
    title = "The delivery is under way"


class ChannelAlwaysOn(VaultCraftError):
    """Somebody wants to be told less of what they must be told of."""

    kind = Kind.REFUSED
    code = "channel_always_on"
    title = "This cannot be turned off"
