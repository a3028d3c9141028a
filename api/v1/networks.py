"""Where the caller was seen, and from where money may be moved."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from accounts import errors as accounts_errors
from accounts.models import CountryPolicy as CountryPolicyRow
from accounts.models import Network as NetworkRow
from accounts.queries import own_networks, visible_country_policies
from accounts.services import networks
from api import fields, queries
from api.answers import Answer
from api.endpoint import Endpoint, actor_of, body_of, path_id
from api.pagination import page_of
from api.schema.operations import operation
from api.schema.shapes import page_shape
from api.v1.rendering import instant
from api.v1.shapes import id_member
from kernel import clock, ids
from kernel.addresses import network_of
from kernel.context import reading
from kernel.rates.table import RouteClass

TAG = "Me"
MOST_COUNTRIES = 250


class Network(serializers.Serializer[Any]):
    """One IPv4 address, or a /64 of IPv6, on which somebody was seen."""

    id = id_member("net")
    prefix = serializers.CharField(help_text="`203.0.113.7/32` or `2001:db8::/64`.")
    first_seen_at = serializers.DateTimeField()
    opens_at = serializers.DateTimeField(
        allow_null=True,
        help_text="From when it may move money unconfirmed; null: once it is confirmed only.",
    )
    confirmed_at = serializers.DateTimeField(allow_null=True)
    trusted = serializers.BooleanField(help_text="Whether it may move money now.")
    current = serializers.BooleanField(help_text="Whether this request comes from there.")


NetworkPage = page_shape(Network, "NetworkPage")


class NetworkQuery(queries.PageQuery):
    """Where to go on in the list."""

    list_name = "networks"


class LinkOrder(fields.StrictSerializer):
    """Nothing is needed: it is about the network of the request."""


class Confirmation(fields.StrictSerializer):
    """What stands at the end of the link."""

    token = fields.TextField(max_length=200)


class CountryPolicy(serializers.Serializer[Any]):
    """From which countries an organization's people may move money."""

    countries = serializers.ListField(
        child=serializers.CharField(), help_text="ISO 3166-1 alpha-2; empty: from any."
    )
    set_at = serializers.DateTimeField(allow_null=True)


class CountryPolicyOrder(fields.StrictSerializer):
    """Which countries shall be allowed."""

    countries = serializers.ListField(
        child=fields.PatternField(r"^[A-Z]{2}$", message="Expected a country code like IN."),
        max_length=MOST_COUNTRIES,
        help_text="ISO 3166-1 alpha-2; an empty list lifts the rule.",
    )


class OwnNetworks(Endpoint):
    """The caller's networks."""

    @operation(
        "list_own_networks",
        tag=TAG,
        summary="List the networks I was seen on, newest first",
        description="An API key has no networks, so its list is empty.",
        response=NetworkPage,
        query=NetworkQuery,
    )
    def get(self, request: Request) -> HttpResponse:
        """One page of networks."""
        actor, query, now = actor_of(request), queries.query_of(request, NetworkQuery), clock.now()
        with reading(actor):
            page = page_of(
                request,
                own_networks(actor),
                query=query,
                render=lambda found: [rendered_network(row, ip=actor.ip, now=now) for row in found],
            )
        return Answer.of(page).response()


class OneOwnNetwork(Endpoint):
    """One of the caller's networks."""

    @operation(
        "revoke_own_network",
        tag=TAG,
        summary="Disown a network, and end the sessions that were opened there",
        description="Should I be seen there again, only the e-mailed link opens it for money.",
        status=204,
        path={"network_id": "net"},
    )
    def delete(self, request: Request, network_id: str) -> HttpResponse:
        """Revoke."""
        networks.revoke_network(
            actor=actor_of(request), network_id=path_id("net", network_id), now=clock.now()
        )
        return HttpResponse(status=204)


class NetworkLink(Endpoint):
    """The link by e-mail."""

    rate = RouteClass.PROOFS

    @operation(
        "send_network_link",
        tag=TAG,
        summary="E-mail me a link that lets this network move my money",
        description="It works once, for half an hour, and for me alone. A network that needs none"
        " gets none.",
        request=LinkOrder,
        response=Network,
        refusals=(accounts_errors.NetworkLinkTooSoon,),
    )
    def post(self, request: Request) -> HttpResponse:
        """Send."""
        body_of(request, LinkOrder)
        actor, now = actor_of(request), clock.now()
        network = networks.send_network_link(actor=actor, now=now)
        return Answer.of(rendered_network(network, ip=actor.ip, now=now)).response()


class ConfirmNetwork(Endpoint):
    """Following the link."""

    rate = RouteClass.PROOFS

    @operation(
        "confirm_own_network",
        tag=TAG,
        summary="Confirm a network with what was e-mailed",
        request=Confirmation,
        response=Network,
        refusals=(accounts_errors.InvalidNetworkLink,),
    )
    def post(self, request: Request) -> HttpResponse:
        """Confirm."""
        order, actor, now = body_of(request, Confirmation), actor_of(request), clock.now()
        network = networks.confirm_network(actor=actor, token=order["token"], now=now)
        return Answer.of(rendered_network(network, ip=actor.ip, now=now)).response()


class CountryPolicies(Endpoint):
    """The countries of the caller's organization."""

    @operation(
        "read_country_policy",
        tag="Organizations",
        summary="Read from which countries our people may move money",
        response=CountryPolicy,
        query=queries.Query,
    )
    def get(self, request: Request) -> HttpResponse:
        """Read."""
        actor, _ = actor_of(request), queries.query_of(request)
        with reading(actor):
            row = visible_country_policies(actor).first()
        return Answer.of(rendered_countries(row)).response()

    @operation(
        "set_country_policy",
        tag="Organizations",
        summary="Set from which countries our people may move money",
        description="Only where the installation has a GeoIP file. An address whose country nobody"
        " knows is in none. API keys are not asked.",
        request=CountryPolicyOrder,
        response=CountryPolicy,
        refusals=(
            accounts_errors.CountriesUnknown,
            accounts_errors.InvalidProfile,
            accounts_errors.NetworkNotTrusted,
        ),
    )
    def put(self, request: Request) -> HttpResponse:
        """Set."""
        order = body_of(request, CountryPolicyOrder)
        row = networks.set_country_policy(
            actor=actor_of(request), countries=order["countries"], now=clock.now()
        )
        return Answer.of(rendered_countries(row)).response()


def rendered_network(network: NetworkRow, *, ip: str | None, now: dt.datetime) -> dict[str, Any]:
    """One network."""
    return {
        "id": ids.encode("net", network.id),
        "prefix": network.prefix,
        "first_seen_at": instant(network.first_seen_at),
        "opens_at": instant(network.opens_at),
        "confirmed_at": instant(network.confirmed_at),
        "trusted": network.is_trusted(now=now),
        "current": ip is not None and network_of(ip) == network.prefix,
    }


def rendered_countries(policy: CountryPolicyRow | None) -> dict[str, Any]:
    """The rule; none is one that allows all."""
    return {
        "countries": policy.countries if policy else [],
        "set_at": instant(policy.set_at) if policy else None,
    }
