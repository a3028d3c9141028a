"""Deliveries: claimed by one, tried a bounded number of times, and what follows from answers."""

from __future__ import annotations

import datetime as dt

import pytest

from accounts.models import PendingMail
from events.models import OutboxEvent
from notifications.choices import DeliveryState, EndpointStatus, StatusReason
from notifications.errors import DeliveryUnderWay, WebhookEndpointNotEnabled
from notifications.models import (
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookSecret,
)
from notifications.services import webhooks
from notifications.services.webhooks.claiming import AT_ONCE, LEASE
from notifications.tests.scenes import NOW, WORKER, added, arrives, attempt, claims, outcome
from notifications.webhooks.times import FAILING_TOO_LONG, KEPT, LIFETIME, MAX_TRIES
from tests.database import all_seeing, refuses, view
from tests.world import World

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)


def the_delivery() -> WebhookDelivery:
    with all_seeing():
        return WebhookDelivery.objects.get()


def the_endpoint() -> WebhookEndpoint:
    with all_seeing():
        return WebhookEndpoint.objects.get()


def test_a_delivery_is_taken_up_once_signed_with_every_live_secret(world: World) -> None:
    endpoint, first = added(world)
    alice = world.actor(world.alice)
    second = webhooks.rotate_secret(actor=alice, endpoint_id=endpoint.id, now=NOW)
    event = arrives(world.acme)

    (claim,) = claims()
    assert claims() == []
    assert (claim.attempt, claim.tries) == (1, 1)
    assert claim.outgoing.message_id == str(event.id)
    assert claim.outgoing.body == event.body.encode()
    assert claim.outgoing.keys == (second, first)

    attempt(claim)
    assert the_delivery().state == DeliveryState.DELIVERED
    assert claims(now=NOW + 2 * LEASE) == []


def test_a_worker_that_died_loses_its_lease_and_the_same_message_goes_out_again(
    world: World,
) -> None:
    added(world)
    arrives(world.acme)
    (first,) = claims()
    assert claims(now=NOW + LEASE / 2) == []
    (second,) = claims(now=NOW + LEASE)
    assert (second.attempt, second.outgoing.message_id) == (2, first.outgoing.message_id)

    # The first was only slow: its answer is noted, and decides nothing any more.
    attempt(first, outcome(500), now=NOW + LEASE)
    assert the_delivery().state == DeliveryState.PENDING
    attempt(second, now=NOW + LEASE)
    assert the_delivery().state == DeliveryState.DELIVERED
    with all_seeing():
        assert WebhookAttempt.objects.count() == 2


def test_no_more_than_a_few_go_to_one_endpoint_at_once(world: World) -> None:
    endpoint, _ = added(world)
    other, _ = added(world, actor=world.actor(world.charlie))
    for _ in range(AT_ONCE + 3):
        arrives(world.acme)
    arrives(world.globex)
    taken = claims()
    assert [claim.endpoint_id for claim in taken].count(endpoint.id) == AT_ONCE
    assert [claim.endpoint_id for claim in taken].count(other.id) == 1
    assert claims() == []
    attempt(taken[0] if taken[0].endpoint_id == endpoint.id else taken[1])
    assert [claim.endpoint_id for claim in claims()] == [endpoint.id]


def test_endpoints_have_their_turn(world: World) -> None:
    added(world)
    added(world, actor=world.actor(world.charlie))
    for _ in range(3):
        arrives(world.acme)
        arrives(world.globex)
    second = dt.timedelta(seconds=1)
    served = [claims(most=1, now=NOW + turn * second)[0].organization_id for turn in range(4)]
    assert served[0] != served[1]
    assert served[:2] == served[2:]


def test_a_failure_is_tried_again_and_the_last_one_ends_it(world: World) -> None:
    added(world)
    arrives(world.acme)
    now = NOW
    for number in range(1, MAX_TRIES + 1):
        (claim,) = claims(now=now)
        assert claim.tries == number
        attempt(claim, outcome(500), now=now)
        now = the_delivery().next_attempt_at
    done = the_delivery()
    assert (done.state, done.attempts) == (DeliveryState.FAILED, MAX_TRIES)
    assert claims(now=now + LIFETIME) == []
    with all_seeing():
        log = list(WebhookAttempt.objects.order_by("number"))
    assert [row.number for row in log] == list(range(1, MAX_TRIES + 1))
    assert {row.status for row in log} == {500}
    assert now - NOW < dt.timedelta(days=4)


def test_retry_after_makes_the_endpoint_rest(world: World) -> None:
    added(world)
    arrives(world.acme)
    arrives(world.acme)
    first, second = claims()
    attempt(first, outcome(429, retry_after="3600"))
    attempt(second)
    arrives(world.acme)
    assert claims(now=NOW + HOUR / 2) == []
    assert len(claims(now=NOW + HOUR)) == 2
    assert the_endpoint().status == EndpointStatus.ENABLED


def test_retry_after_of_another_answer_means_nothing(world: World) -> None:
    added(world)
    arrives(world.acme)
    attempt(claims()[0], outcome(500, retry_after="86400"))
    assert len(claims(now=NOW + HOUR)) == 1


def test_gone_disables_the_endpoint_calls_the_rest_off_and_tells_the_owners(world: World) -> None:
    added(world)
    for _ in range(AT_ONCE + 1):
        arrives(world.acme)
    attempt(claims()[0], outcome(410))

    endpoint = the_endpoint()
    assert (endpoint.status, endpoint.status_reason) == ("disabled", StatusReason.GONE)
    assert claims(now=NOW + HOUR) == []
    arrives(world.acme)
    with all_seeing():
        states = sorted(WebhookDelivery.objects.values_list("state", flat=True))
        assert states == ["canceled"] * AT_ONCE + ["failed"]
        assert PendingMail.objects.filter(kind="webhook_stopped").count() == 1
        told = OutboxEvent.objects.filter(name="notifications.webhook_endpoint.changed").get()
    assert (told.payload["status"], told.payload["status_reason"]) == ("disabled", "gone")


def test_long_failure_pauses_the_endpoint_and_tells_the_owners_once(world: World) -> None:
    added(world)
    arrives(world.acme)
    arrives(world.acme)
    first, second = claims()
    attempt(first, outcome(None))
    attempt(second, outcome(500), now=NOW + FAILING_TOO_LONG - HOUR)
    assert the_endpoint().status == EndpointStatus.ENABLED
    later = NOW + FAILING_TOO_LONG
    for claim in claims(now=later):
        attempt(claim, outcome(500), now=later)

    endpoint = the_endpoint()
    assert (endpoint.status, endpoint.status_reason) == ("paused", StatusReason.FAILING)
    assert claims(now=later + HOUR) == []
    with all_seeing():
        assert PendingMail.objects.filter(kind="webhook_stopped").count() == 1

    enabling = later + HOUR
    alice = world.actor(world.alice)
    webhooks.enable_endpoint(actor=alice, endpoint_id=endpoint.id, now=enabling)
    assert the_endpoint().failing_since is None


def test_a_success_forgets_earlier_failures(world: World) -> None:
    added(world)
    arrives(world.acme)
    arrives(world.acme)
    first, second = claims()
    attempt(first, outcome(500))
    assert the_endpoint().failing_since == NOW
    attempt(second)
    assert the_endpoint().failing_since is None


def test_an_answer_that_comes_after_the_endpoint_was_removed_is_noted(world: World) -> None:
    endpoint, _ = added(world)
    for _ in range(3):
        arrives(world.acme)
    first, second, third = claims()
    attempt(first, outcome(500))
    webhooks.remove_endpoint(
        actor=world.actor(world.alice), endpoint_id=endpoint.id, now=NOW + HOUR
    )
    attempt(second, now=NOW + HOUR)
    attempt(third, outcome(410), now=NOW + HOUR)
    with all_seeing():
        assert WebhookAttempt.objects.count() == 3
        states = set(WebhookDelivery.objects.values_list("state", flat=True))
    assert states == {DeliveryState.CANCELED}
    assert the_endpoint().status_reason == StatusReason.REMOVED


def test_what_waits_for_a_paused_endpoint_expires(world: World) -> None:
    endpoint, _ = added(world)
    alice = world.actor(world.alice)
    webhooks.pause_endpoint(actor=alice, endpoint_id=endpoint.id, now=NOW)
    arrives(world.acme)
    assert webhooks.sweep(actor=WORKER, now=NOW + LIFETIME - HOUR) == 0
    assert webhooks.sweep(actor=WORKER, now=NOW + LIFETIME) == 1
    assert the_delivery().state == DeliveryState.FAILED


def test_what_is_long_over_is_removed_with_its_log(world: World) -> None:
    endpoint, _ = added(world)
    alice = world.actor(world.alice)
    webhooks.rotate_secret(actor=alice, endpoint_id=endpoint.id, now=NOW)
    arrives(world.acme)
    attempt(claims()[0])
    assert webhooks.sweep(actor=WORKER, now=NOW + KEPT - HOUR) == 0
    assert webhooks.sweep(actor=WORKER, now=NOW + KEPT) == 1
    with all_seeing():
        assert not WebhookDelivery.objects.exists()
        assert not WebhookAttempt.objects.exists()
        assert WebhookSecret.objects.count() == 1


def test_resending_what_is_over_uses_the_same_message_and_begins_anew(world: World) -> None:
    endpoint, _ = added(world)
    event = arrives(world.acme)
    alice = world.actor(world.alice)
    delivery = the_delivery()
    with pytest.raises(DeliveryUnderWay):
        webhooks.resend(actor=alice, delivery_id=delivery.id, now=NOW)
    attempt(claims()[0])

    webhooks.resend(actor=alice, delivery_id=delivery.id, now=NOW)
    (claim,) = claims()
    assert (claim.attempt, claim.tries) == (2, 1)
    assert claim.outgoing.message_id == str(event.id)
    attempt(claim)

    webhooks.pause_endpoint(actor=alice, endpoint_id=endpoint.id, now=NOW)
    with pytest.raises(WebhookEndpointNotEnabled):
        webhooks.resend(actor=alice, delivery_id=delivery.id, now=NOW)
    with pytest.raises(WebhookEndpointNotEnabled):
        webhooks.try_endpoint(actor=alice, endpoint_id=endpoint.id, now=NOW)


def test_an_endpoint_whose_secret_cannot_be_read_stops_no_other(world: World) -> None:
    broken, _ = added(world)
    added(world, actor=world.actor(world.charlie))
    with all_seeing():
        sealed = bytes(WebhookSecret.objects.get(endpoint=broken).sealed)
    view(world.acme)
    WebhookSecret.objects.filter(endpoint=broken).update(sealed=sealed[:-1] + b"\0")
    arrives(world.acme)
    arrives(world.globex)
    found = {claim.organization_id: claim.outgoing.keys for claim in claims()}
    assert found[world.acme.id] == ()
    assert len(found[world.globex.id]) == 1


def test_what_the_database_itself_refuses(world: World) -> None:
    endpoint, _ = added(world)
    arrives(world.acme)
    attempt(claims()[0])
    view(scope="platform")
    # The application's own privileges end before the triggers do.
    refuses("42501", "UPDATE notifications_webhookdelivery SET body = ''")
    refuses("42501", "UPDATE notifications_webhookattempt SET status = 200")
    refuses("42501", "UPDATE notifications_webhookendpoint SET organization_id = gen_random_uuid()")
    refuses("42501", "DELETE FROM notifications_webhookendpoint")
    refuses(
        "notifications_webhookdelivery_counts_up",
        "UPDATE notifications_webhookdelivery SET attempts = 0",
    )
    refuses(
        "notifications_webhookdelivery_end",
        "UPDATE notifications_webhookdelivery SET state = 'pending'",
    )
    refuses(
        "notifications_webhooksecret_endpoint_id",
        "INSERT INTO notifications_webhooksecret (id, organization_id, endpoint_id, sealed,"
        " created_at, expires_at) VALUES (gen_random_uuid(), %s, %s, '', now(), now())",
        world.globex.id,
        endpoint.id,
    )
    webhooks.remove_endpoint(actor=world.actor(world.alice), endpoint_id=endpoint.id, now=NOW)
    view(scope="platform")
    refuses(
        "notifications_webhookendpoint_stays_removed",
        "UPDATE notifications_webhookendpoint SET removed_at = NULL, status = 'enabled',"
        " status_reason = ''",
    )


def test_a_waiting_delivery_is_never_deleted(world: World) -> None:
    added(world)
    arrives(world.acme)
    view(scope="platform")
    refuses(
        "notifications_webhookdelivery_no_delete_while_open",
        "DELETE FROM notifications_webhookdelivery",
    )
