"""Webhooks on the dashboard: the secret once, the log, and who may press what."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from kernel.ids import encode
from notifications.models import WebhookDelivery, WebhookEndpoint
from notifications.tests.scenes import URL, added, arrives, attempt, claims, outcome
from tests.database import all_seeing
from tests.web.conftest import Visit
from tests.world import World, colleague

pytestmark = pytest.mark.django_db
HOME = "/organization/webhooks"


@pytest.fixture
def alice(world: World, visit: Visit) -> Client:
    return visit(world.alice)


def the_endpoint() -> WebhookEndpoint:
    with all_seeing():
        return WebhookEndpoint.objects.get()


def place_of(endpoint: WebhookEndpoint) -> str:
    return f"{HOME}/{encode('whe', endpoint.id)}"


def test_adding_shows_the_secret_once(alice: Client):
    assert "No endpoints yet" in alice.get(HOME).content.decode()
    got = alice.post(f"{HOME}/add", {"url": URL, "description": "Orders", "events": []})
    assert got.status_code == 200
    assert len(set(re.findall(r"whsec_[\w+/=]+", got.content.decode()))) == 1
    place = place_of(the_endpoint())
    assert "whsec_" not in alice.get(place).content.decode()
    assert "Orders" in alice.get(HOME).content.decode()


@pytest.mark.parametrize("url", ["", "https://10.0.0.1/", "https://user@hooks.example.com/"])
def test_what_cannot_be_added_is_said_at_the_form(alice: Client, url: str):
    got = alice.post(f"{HOME}/add", {"url": url})
    assert got.status_code in (400, 422)
    assert "notice-bad" in got.content.decode() or "field-bad" in got.content.decode()
    with all_seeing():
        assert not WebhookEndpoint.objects.exists()


def test_changing_pausing_enabling_rotating_and_removing(world: World, alice: Client):
    endpoint, _ = added(world)
    place = place_of(endpoint)
    other = "https://other.acme.example/"
    names = ["wallets.wallet.opened"]
    assert alice.post(f"{place}/change", {"url": other, "events": names}).status_code == 302
    assert (the_endpoint().url, the_endpoint().event_names) == (other, names)
    refused = alice.post(f"{place}/change", {"url": "https://127.0.0.1.nip/#x"})
    assert refused.status_code == 422
    alice.post(f"{place}/switch", {"to": "paused"})
    assert the_endpoint().status == "paused"
    assert "Nothing is sent until it is enabled" in alice.get(place).content.decode()
    alice.post(f"{place}/switch", {"to": "enabled"})
    assert the_endpoint().status == "enabled"
    assert "whsec_" in alice.post(f"{place}/rotate").content.decode()
    assert alice.post(f"{place}/test").status_code == 302
    alice.post(f"{place}/remove")
    assert alice.get(place).status_code == 404


def test_the_log_shows_requests_and_answers_and_sends_again(world: World, alice: Client):
    added(world)
    event = arrives(world.acme)
    (claim,) = claims()
    attempt(claim, outcome(503, retry_after="120"))
    with all_seeing():
        delivery = WebhookDelivery.objects.get()
    place = place_of(the_endpoint())
    assert "wallets.wallet.opened" in alice.get(place).content.decode()
    assert "Nothing in this state" in alice.get(f"{place}?state=failed").content.decode()

    one = f"/organization/webhook-deliveries/{encode('whd', delivery.id)}"
    text = alice.get(one).content.decode()
    for said in ("Answered 503", "retry-after: 120", str(event.id), "₹"):
        assert said in text
    assert "Send again" not in text  # it is not over
    with all_seeing():
        WebhookDelivery.objects.get()
    alice.post(f"{one}/resend")
    with all_seeing():
        assert WebhookDelivery.objects.get().tries == 1


def test_finance_looks_and_a_viewer_does_not(world: World, visit: Visit):
    endpoint, _ = added(world)
    fay = visit(colleague(world, "fay", "finance"))
    text = fay.get(place_of(endpoint)).content.decode()
    assert "Deliveries" in text
    assert "Rotate secret" not in text
    assert fay.post(f"{place_of(endpoint)}/rotate").status_code == 403
    assert visit(world.bob).get(place_of(endpoint)).status_code == 403
    assert "/organization/webhooks" not in visit(world.bob).get("/organization").content.decode()
    assert "/organization/webhooks" in fay.get("/organization").content.decode()
