"""Webhooks over the API: the secret once, changes in part, the log, sending again."""

from __future__ import annotations

from typing import Any

import pytest

from kernel import clock, ids
from notifications.models import WebhookDelivery
from notifications.tests.scenes import arrives, attempt, claims, outcome
from tests.api.conftest import Caller
from tests.database import all_seeing
from tests.world import World

pytestmark = pytest.mark.django_db
ORDER = {"url": "https://hooks.acme.example/", "events": ["wallets.wallet.opened"]}


def add(alice: Caller, **given: Any) -> dict[str, Any]:
    got = alice.post("/webhook-endpoints", {**ORDER, **given})
    assert got.status == 201, got.body
    return got.data


def test_the_secret_is_in_the_first_answer_and_in_no_other(alice: Caller):
    made = add(alice)
    assert made["secret"].startswith("whsec_")
    place = f"/webhook-endpoints/{made['id']}"
    read = alice.get(place).data
    assert read == {name: value for name, value in made.items() if name != "secret"}
    assert alice.get("/webhook-endpoints").data["data"] == [read]
    rotated = alice.post(f"{place}/rotate-secret", {}).data
    assert list(rotated) == ["secret"]
    assert rotated["secret"] != made["secret"]


@pytest.mark.parametrize(
    ("order", "status", "code"),
    [
        ({"url": "http://10.0.0.1/"}, 422, "invalid_webhook_url"),
        ({"url": "https://hooks.acme.example/#x"}, 422, "invalid_webhook_url"),
        ({"events": ["ledger.transaction.imagined"]}, 400, "invalid_request"),
        ({"secret": "whsec_mine"}, 400, "invalid_request"),
        ({"url": 5}, 400, "invalid_request"),
    ],
)
def test_what_cannot_be_added(alice: Caller, order: dict[str, Any], status: int, code: str):
    got = alice.post("/webhook-endpoints", {**ORDER, **order})
    assert (got.status, got.code) == (status, code)
    assert alice.get("/webhook-endpoints").data["data"] == []


def test_a_change_leaves_what_is_not_given(alice: Caller):
    made = add(alice, description="Orders")
    place = f"/webhook-endpoints/{made['id']}"
    changed = alice("PATCH", place, {"events": []}).data
    assert (changed["events"], changed["description"]) == ([], "Orders")
    assert alice.post(f"{place}/pause", {}).data["status_reason"] == "by_hand"
    assert alice.post(f"{place}/test", {}).code == "webhook_endpoint_not_enabled"
    assert alice.post(f"{place}/enable", {}).data["status"] == "enabled"
    assert alice("DELETE", place).status == 204
    assert alice.get(place).status == 404


def test_the_log_and_sending_again(world: World, alice: Caller):
    made, now = add(alice), clock.now()
    event = arrives(world.acme, now=now)
    (claim,) = claims(now=now)
    attempt(claim, outcome(410), now=now)
    with all_seeing():
        delivery = WebhookDelivery.objects.get()
    place = f"/webhook-endpoints/{made['id']}"
    listed = alice.get(f"{place}/deliveries?state=failed").data["data"]
    assert [row["event_id"] for row in listed] == [str(event.id)]
    assert alice.get(f"{place}/deliveries?state=delivered").data["data"] == []
    one = f"/webhook-deliveries/{ids.encode('whd', delivery.id)}"
    read = alice.get(one).data
    assert read["body"] == event.body
    assert [(row["number"], row["status"], row["failure"]) for row in read["log"]] == [
        (1, 410, "status")
    ]
    assert alice.get(place).data["status_reason"] == "gone"
    assert alice.post(f"{one}/resend", {}).code == "webhook_endpoint_not_enabled"
    alice.post(f"{place}/enable", {})
    assert alice.post(f"{one}/resend", {}).data["state"] == "pending"
    assert alice.post(f"{one}/resend", {}).code == "delivery_under_way"
