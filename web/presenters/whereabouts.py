"""Where somebody is signed in, on what, and from where their money may move.

Each function fills one section of a page and is called inside `reading(actor)`.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.urls import reverse

from accounts.errors import FactorsLatelyReset
from accounts.models import Device, Network, SignInSession
from accounts.queries import own_devices, own_networks, own_sessions
from accounts.services.networks import standing_of
from accounts.user_agents import label_of
from kernel import clock
from kernel.actor import Door
from kernel.addresses import network_of
from kernel.errors import VaultCraftError
from kernel.ids import encode
from web.doors import PersonRequest

MOST_ROWS = 20


def session_facts(request: PersonRequest) -> dict[str, Any]:
    """The person's live sessions, newest first."""
    mine = own_sessions(request.actor, now=clock.now())[:MOST_ROWS]
    return {"sessions": [_session(request, row) for row in mine]}


def device_facts(request: PersonRequest) -> dict[str, Any]:
    """The devices on which the person is recognized, the one seen last first."""
    mine = own_devices(request.actor).order_by("-last_seen_at", "-id")[:MOST_ROWS]
    here = own_sessions(request.actor, now=clock.now()).filter(id=request.session_id)
    device_id = here.values_list("device_id", flat=True).first()
    return {"devices": [_device(row, here=row.id == device_id) for row in mine]}


def network_facts(request: PersonRequest) -> dict[str, Any]:
    """The networks the person was seen on, newest first, and how the one they are on stands."""
    mine = own_networks(request.actor)[:MOST_ROWS]
    return {"networks": [_network(request, row) for row in mine], **network_notice(request)}


def network_notice(
    request: PersonRequest, *, link_form: str = "web:network-link", back: str = ""
) -> dict[str, Any]:
    """What the page says where money does not move from here now; nothing where it does.

    :param link_form: where its form asks for the link that is mailed.
    :param back: the page that form is told to come back to.
    """
    standing = standing_of(actor=request.actor, now=clock.now())
    if standing.refusal is None:
        return {}
    return {
        "network_notice": {
            "link_url": reverse(link_form),
            "back": back,
            "network": standing.network,
            "opens_at": standing.opens_at,
            "by_country": standing.refusal.code == "country_not_allowed",
            **_after_reset(standing.refusal),
        }
    }


def _after_reset(refusal: VaultCraftError) -> dict[str, Any]:
    """When money moves again after second factors were reset, and whether one has to be added."""
    if not isinstance(refusal, FactorsLatelyReset):
        return {}
    opens_at = dt.datetime.fromisoformat(str(refusal.facts["opens_at"]))
    return {
        "by_reset": True,
        "opens_at": opens_at if opens_at > clock.now() else None,
        "add_factor": refusal.facts["add_factor"],
    }


def confirming_facts(request: PersonRequest, network: Network) -> dict[str, Any]:
    """What a link would confirm: where somebody came from, since when, and on what they were."""
    mine = own_sessions(request.actor, now=clock.now()).order_by("-last_seen_at", "-id")
    there = [
        one.device.label if one.device else label_of(one.user_agent)
        for one in mine[:MOST_ROWS]
        if network.prefix in {network_of(str(ip)) for ip in (one.ip, one.last_ip) if ip}
    ]
    return {
        "network": network.prefix.removesuffix("/32"),
        "since": network.first_seen_at,
        "asked_at": network.link_sent_at,
        "devices": list(dict.fromkeys(there)),
        "here": network_of(request.actor.ip or "") == network.prefix,
    }


def _session(request: PersonRequest, row: SignInSession) -> dict[str, Any]:
    return {
        "device": row.device.label if row.device else label_of(row.user_agent),
        "door": "API" if row.door == Door.API else "Browser",
        "opened_at_ip": row.ip or "an unknown address",
        "since": row.opened_at,
        "last_ip": row.last_ip or row.ip or "an unknown address",
        "seen": row.last_seen_at,
        "here": row.id == request.session_id,
        "end_url": reverse("web:session-end", args=[encode("ses", row.id)]),
    }


def _device(row: Device, *, here: bool) -> dict[str, Any]:
    name = encode("dev", row.id)
    return {
        "id": name,
        "name": row.label,
        "ip": row.ip or "unknown address",
        "seen": row.last_seen_at,
        "trusted": row.trusted_at is not None,
        "here": here,
        "rename_url": reverse("web:device-rename", args=[name]),
        "trust_url": reverse("web:device-trust", args=[name]),
        "revoke_url": reverse("web:device-revoke", args=[name]),
    }


def _network(request: PersonRequest, row: Network) -> dict[str, Any]:
    ip = request.actor.ip
    return {
        "prefix": row.prefix.removesuffix("/32"),
        "since": row.first_seen_at,
        "trusted": row.is_trusted(now=clock.now()),
        "opens_at": row.opens_at,
        "here": ip is not None and network_of(ip) == row.prefix,
        "revoke_url": reverse("web:network-revoke", args=[encode("net", row.id)]),
    }
