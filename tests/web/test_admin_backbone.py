"""How events are carried, on the staff site."""

from __future__ import annotations

import datetime as dt
import json
import uuid

import pytest
from django.conf import settings

from events.choices import DeliveryState
from events.consuming import Consumer, registry
from events.models import FailedDelivery
from kernel import clock
from kernel.ids import new_id
from tests.backbone.brokers import own_broker
from tests.database import all_seeing
from tests.web.conftest import Visit
from tests.world import World, colleague

pytestmark = pytest.mark.django_db

PAGE = "/admin/backbone/"
LIST = "/admin/events/faileddelivery/"


def failed(
    consumer: str, state: DeliveryState, *, ago: dt.timedelta = dt.timedelta(hours=3)
) -> FailedDelivery:
    now = clock.now()
    with all_seeing():
        return FailedDelivery.objects.create(
            id=new_id(),
            consumer=consumer,
            event_id=uuid.uuid4(),
            name="ledger.transaction.posted",
            organization_id=None,
            body=json.dumps({"payload": {"secret_of_the_body": 1}}),
            error="ValueError: priya.sharma@example.org is nobody",
            deliveries=8,
            state=state,
            failed_at=now - ago,
            settled_at=now if state == DeliveryState.TAKEN else None,
        )


@pytest.fixture
def consumer(monkeypatch: pytest.MonkeyPatch) -> str:
    one = Consumer(name="spending", names=frozenset(), handle=lambda event, now: None)
    monkeypatch.setattr(registry, "_registered", {one.name: one})
    return one.name


def test_what_waits_what_streams_hold_and_who_gave_up(
    world: World, visit: Visit, consumer: str
) -> None:
    failed(consumer, DeliveryState.DEAD)
    failed(consumer, DeliveryState.RETRYING)
    failed("notices", DeliveryState.TAKEN)
    answer = visit(world.olga).get(PAGE)
    text = answer.content.decode()
    assert answer.status_code == 200
    assert answer.context["outbox"]["waiting"] not in ("0", "")
    assert answer.context["outbox"]["standing"] == "Late"  # the world's events are of 2026-11-20
    names = [row["name"] for row in answer.context["streams"]]
    assert [name.partition("_")[2] for name in names] == ["EVENTS", "DEAD_LETTERS", "REQUESTS"]
    assert [(row.name, row.standing) for row in answer.context["consumers"]][-1] == (
        consumer,
        "Never ran",
    )
    assert [(row["label"], row["events"]) for row in answer.context["failed"]] == [
        ("dead letter", 1),
        ("tried again", 1),
    ]
    assert f"{LIST}?consumer=spending&amp;state__exact=DEAD" in text
    assert "priya" not in text


def test_a_broker_that_is_down_is_said_to_be_and_the_rest_is_there(
    world: World, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "NATS_URL", "nats://127.0.0.1:1")
    text = visit(world.olga).get(PAGE).content.decode()
    assert "Broker down" in text
    assert "NATS does not answer" in text
    assert "Every consumer has taken what it was given." in text


def test_a_broker_without_streams(world: World, visit: Visit) -> None:
    with own_broker() as broker:
        broker.start()
        for _ in range(20):
            answer = visit(world.olga).get(PAGE)
            if answer.context["broker_answers"]:
                break
    assert answer.content.decode().count("Not there yet") == 3


def test_the_list_names_event_consumer_reason_and_age_and_nobody(
    world: World, visit: Visit, consumer: str
) -> None:
    row = failed(consumer, DeliveryState.DEAD)
    client = visit(world.olga)
    for address in (LIST, f"{LIST}?consumer=spending&state__exact=DEAD", f"{LIST}{row.id}/change/"):
        text = client.get(address).content.decode()
        assert "ledger.transaction.posted" in text
        assert "spending" in text
        assert "ValueError" in text
        assert "Dead letter" in text
        assert "priya" not in text
        assert "secret_of_the_body" not in text
    assert "3\xa0hours ago" in client.get(LIST).content.decode()
    assert client.get(f"{LIST}?error__startswith=V").status_code == 400
    assert client.get(f"{LIST}?q={row.event_id}").context["cl"].result_count == 1


def test_it_is_for_staff_alone(world: World, visit: Visit, consumer: str) -> None:
    failed(consumer, DeliveryState.DEAD)
    finance = colleague(world, "fiona", "finance")
    for person in (world.alice, finance):
        client = visit(person)
        assert client.get(PAGE).status_code == 403
        assert client.get(LIST).status_code == 403
        index = client.get("/admin/").content.decode()
        assert PAGE not in index
        assert LIST not in index
    assert PAGE in visit(world.olga).get("/admin/").content.decode()
