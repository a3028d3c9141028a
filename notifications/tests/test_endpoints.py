"""Endpoints: who manages them, what is kept, and what their secrets are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import PendingMail
from audit.models import AuditRecord
from events.models import OutboxEvent
from kernel.errors import NotFound, PermissionDenied
from notifications.choices import DeliveryState, EndpointStatus, StatusReason
from notifications.errors import InvalidWebhookUrl, TooManyWebhookEndpoints, UnknownEvents
from notifications.models import WebhookDelivery, WebhookEndpoint, WebhookSecret
from notifications.services import webhooks
from notifications.services.webhooks.endpoints import MOST_ENDPOINTS
from notifications.tests.scenes import NOW, URL, added, arrives, event_of, live_keys, taken
from tests.database import all_seeing
from tests.world import World, colleague

pytestmark = pytest.mark.django_db


def test_an_endpoint_is_added_with_a_secret_that_is_kept_sealed(world: World) -> None:
    endpoint, secret = added(world)

    assert secret.startswith("whsec_")
    assert (endpoint.status, endpoint.organization_id) == ("enabled", world.acme.id)
    assert live_keys(endpoint) == [secret]
    with all_seeing():
        kept = WebhookSecret.objects.get()
        assert secret.encode() not in bytes(kept.sealed)
        told = OutboxEvent.objects.filter(name="notifications.webhook_endpoint.added").get()
        noted = AuditRecord.objects.filter(action="notifications.webhook_endpoint.add").get()
        assert PendingMail.objects.filter(kind="webhook_set", user_id=world.alice.id).count() == 1
    assert told.payload["event_names"] == []
    assert noted.metadata["url"] == URL
    assert secret not in f"{told.payload}{noted.metadata}"


def test_a_secret_is_replaced_and_the_one_before_signs_for_a_day(world: World) -> None:
    endpoint, first = added(world)
    alice = world.actor(world.alice)
    second = webhooks.rotate_secret(actor=alice, endpoint_id=endpoint.id, now=NOW)
    assert live_keys(endpoint) == [second, first]
    hours = dt.timedelta(hours=1)
    assert live_keys(endpoint, now=NOW + 23 * hours) == [second, first]
    assert live_keys(endpoint, now=NOW + 24 * hours) == [second]

    third = webhooks.rotate_secret(actor=alice, endpoint_id=endpoint.id, now=NOW + hours)
    assert live_keys(endpoint, now=NOW + hours) == [third, second]


@pytest.mark.parametrize("role", ["finance", "member", "viewer"])
def test_only_owner_and_admin_manage(world: World, role: str) -> None:
    endpoint, _ = added(world)
    somebody = world.actor(colleague(world, "somebody", role))
    one: dict[str, Any] = {"actor": somebody, "endpoint_id": endpoint.id, "now": NOW}
    for act in (
        webhooks.rotate_secret,
        webhooks.pause_endpoint,
        webhooks.enable_endpoint,
        webhooks.remove_endpoint,
        webhooks.try_endpoint,
        webhooks.change_endpoint,
    ):
        with pytest.raises(PermissionDenied):
            act(**one)
    with pytest.raises(PermissionDenied):
        added(world, actor=somebody)


def test_another_organization_finds_nothing(world: World) -> None:
    endpoint, _ = added(world)
    arrives(world.acme)
    with all_seeing():
        delivery = WebhookDelivery.objects.get()
    charlie = world.actor(world.charlie)
    for act in (
        webhooks.rotate_secret,
        webhooks.pause_endpoint,
        webhooks.enable_endpoint,
        webhooks.remove_endpoint,
        webhooks.try_endpoint,
        webhooks.change_endpoint,
    ):
        with pytest.raises(NotFound):
            act(actor=charlie, endpoint_id=endpoint.id, now=NOW)
    with pytest.raises(NotFound):
        webhooks.resend(actor=charlie, delivery_id=delivery.id, now=NOW)


def test_what_cannot_be_added(world: World) -> None:
    with pytest.raises(InvalidWebhookUrl):
        added(world, url="https://10.0.0.1/")
    with pytest.raises(UnknownEvents):
        added(world, event_names=["ledger.transaction.imagined"])
    for number in range(MOST_ENDPOINTS):
        added(world, url=f"{URL}/{number}")
    with pytest.raises(TooManyWebhookEndpoints):
        added(world)


def test_changing_leaves_what_is_not_given(world: World) -> None:
    endpoint, _ = added(world, event_names=["wallets.wallet.opened"])
    with all_seeing():
        WebhookEndpoint.objects.filter(id=endpoint.id).exists()
    changed = webhooks.change_endpoint(
        actor=world.actor(world.alice), endpoint_id=endpoint.id, description="Orders", now=NOW
    )
    assert (changed.url, changed.description) == (URL, "Orders")
    assert changed.event_names == ["wallets.wallet.opened"]
    everything = webhooks.change_endpoint(
        actor=world.actor(world.alice), endpoint_id=endpoint.id, event_names=[], now=NOW
    )
    assert everything.event_names == []


def test_pausing_keeps_what_comes_and_removing_calls_it_off(world: World) -> None:
    endpoint, _ = added(world)
    alice = world.actor(world.alice)
    paused = webhooks.pause_endpoint(actor=alice, endpoint_id=endpoint.id, now=NOW)
    assert (paused.status, paused.status_reason) == (EndpointStatus.PAUSED, StatusReason.BY_HAND)
    arrives(world.acme)
    with all_seeing():
        assert WebhookDelivery.objects.get().state == DeliveryState.PENDING

    enabled = webhooks.enable_endpoint(actor=alice, endpoint_id=endpoint.id, now=NOW)
    assert (enabled.status, enabled.status_reason) == (EndpointStatus.ENABLED, StatusReason.NONE)

    webhooks.remove_endpoint(actor=alice, endpoint_id=endpoint.id, now=NOW)
    arrives(world.acme)
    with all_seeing():
        assert WebhookDelivery.objects.get().state == DeliveryState.CANCELED
        assert not WebhookSecret.objects.exists()
    with pytest.raises(NotFound):
        webhooks.enable_endpoint(actor=alice, endpoint_id=endpoint.id, now=NOW)


def test_an_event_becomes_one_delivery_for_each_endpoint_that_wants_it(world: World) -> None:
    everything, _ = added(world)
    wallets_only, _ = added(world, event_names=["wallets.wallet.opened"])
    added(world, event_names=["accounts.member.joined"])
    added(world, actor=world.actor(world.charlie))

    event = arrives(world.acme)
    arrives(world.acme, event_id=event.id)  # it came twice

    with all_seeing():
        kept = list(WebhookDelivery.objects.order_by("endpoint_id"))
    assert [row.endpoint_id for row in kept] == sorted([everything.id, wallets_only.id])
    assert {row.event_id for row in kept} == {event.id}
    assert {row.body for row in kept} == {event.body}


def test_a_test_event_goes_to_the_endpoint_it_is_about_alone(world: World) -> None:
    tried, _ = added(world, event_names=["accounts.member.joined"])
    added(world)
    arrives(world.acme, name="notifications.webhook_endpoint.tested", subject_id=tried.id)
    with all_seeing():
        assert WebhookDelivery.objects.get().endpoint_id == tried.id


def test_what_happened_before_an_endpoint_was_added_is_no_news_to_it(world: World) -> None:
    added(world)
    arrives(world.acme, now=NOW - dt.timedelta(seconds=1))
    with all_seeing():
        assert not WebhookDelivery.objects.exists()


def test_many_events_at_once_cost_no_more_statements_than_one(
    world: World, django_assert_max_num_queries: Callable[..., AbstractContextManager[None]]
) -> None:
    """Of two organizations, each with endpoints of its own; all in the order they came in."""
    mine, _ = added(world)
    opened, _ = added(world, event_names=["wallets.wallet.opened"])
    theirs, _ = added(world, actor=world.actor(world.charlie))
    with CaptureQueriesContext(connection) as one:
        taken(events=[event_of(world.acme, name="ledger.transaction.posted")])
    batch = [
        event_of(world.globex if number % 3 else world.acme, name=name)
        for number, name in enumerate(["wallets.wallet.opened", "ledger.transaction.posted"] * 30)
    ]

    with django_assert_max_num_queries(len(one)):
        taken(events=batch)

    with all_seeing():
        kept = WebhookDelivery.objects.all()
        found = {(one.endpoint_id, one.event_id) for one in kept}
    wanted = {
        (endpoint.id, event.id)
        for event in batch
        for endpoint in (mine, opened, theirs)
        if (event.organization_id == world.acme.id) == (endpoint is not theirs)
        and (endpoint is not opened or event.name == "wallets.wallet.opened")
    }
    assert wanted <= found
    assert len(found) == len(wanted) + 1
