"""Giving dead letters to their consumers again, or discarding them, on the staff site."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator

import pytest

from audit.models import AuditRecord
from events.choices import DeliveryState
from events.consuming import Consumer, Event, registry
from events.models import FailedDelivery
from kernel import clock
from kernel.ids import new_id
from tests.database import all_seeing
from tests.security.test_stale_acts import staff
from tests.web.conftest import Visit
from tests.world import World

pytestmark = pytest.mark.django_db

LIST = "/admin/events/faileddelivery/"
REPLAY, DISCARD = "/admin/dead-letters/replay/", "/admin/dead-letters/discard/"


@pytest.fixture
def broken() -> Iterator[set[str]]:
    """A consumer that cannot take what is about one of these."""
    of: set[str] = set()

    def handle(event: Event, now: dt.datetime) -> None:
        if event.payload["about"] in of:
            raise ValueError("priya.sharma@example.org is nobody")

    one = Consumer(name="spending", names=frozenset({"accounts.session.opened"}), handle=handle)
    registry.register(one)
    yield of
    del registry._registered[one.name]


def dead(about: str) -> FailedDelivery:
    event_id = new_id()
    body = {
        "id": str(event_id),
        "name": "accounts.session.opened",
        "version": 1,
        "organization_id": None,
        "subject_id": None,
        "occurred_at": clock.now().isoformat(),
        "request_id": "",
        "actor": {"kind": "system", "id": None},
        "payload": {"about": about},
    }
    with all_seeing():
        return FailedDelivery.objects.create(
            consumer="spending",
            event_id=event_id,
            name="accounts.session.opened",
            body=json.dumps(body),
            error="ValueError: priya.sharma@example.org is nobody",
            deliveries=8,
            state=DeliveryState.DEAD,
            failed_at=clock.now(),
        )


def state(letter: FailedDelivery) -> str:
    with all_seeing():
        return FailedDelivery.objects.get(pk=letter.pk).state


def recorded(action: str) -> list[object]:
    with all_seeing():
        return list(AuditRecord.objects.filter(action=action).values_list("actor_id", flat=True))


def test_what_would_come_of_it_is_said_and_then_it_does(
    world: World, visit: Visit, broken: set[str]
) -> None:
    good, bad = dead("good"), dead("bad")
    broken.add("bad")
    client = visit(world.olga)
    ticked = {"action": "replay", "_selected_action": [str(good.id), str(bad.id)]}
    led = client.post(LIST, ticked).headers["Location"]
    assert led == f"{REPLAY}?id={good.id}&id={bad.id}"

    page = client.get(led).content.decode()
    assert "would be taken" in page
    assert "would fail again: ValueError" in page
    assert "priya" not in page
    assert (state(good), state(bad)) == ("DEAD", "DEAD")
    assert recorded("events.dead_letter.replay") == []

    form = {"id": [str(good.id), str(bad.id)]}
    answer = client.post(REPLAY, form, follow=True)
    assert "Taken: 1. Failed again: 1. Already taken: 0." in answer.content.decode()
    assert (state(good), state(bad)) == ("TAKEN", "DEAD")
    assert recorded("events.dead_letter.replay") == [world.olga.id] * 2


def test_it_is_discarded_with_a_reason_and_stays_so(
    world: World, visit: Visit, broken: set[str]
) -> None:
    letter = dead("bad")
    client = visit(world.olga)
    ticked = {"action": "discard", "_selected_action": [str(letter.id)]}
    led = client.post(LIST, ticked).headers["Location"]
    assert "ValueError" in client.get(led).content.decode()

    again = client.post(DISCARD, {"id": str(letter.id), "reason": " "})
    assert again.status_code == 200
    assert state(letter) == "DEAD"

    client.post(DISCARD, {"id": str(letter.id), "reason": "written twice by a test"})
    assert state(letter) == "DISCARDED"
    assert recorded("events.dead_letter.discard") == [world.olga.id]
    told = client.post(REPLAY, {"id": str(letter.id)}, follow=True).content.decode()
    assert "No dead letter is among what was chosen" in told


def test_nobody_else_may_and_is_not_asked_to(world: World, visit: Visit, broken: set[str]) -> None:
    letter = dead("good")
    for person in (world.alice, staff("sam", "moderator")):
        client = visit(person)
        for page in (REPLAY, DISCARD):
            assert client.get(page, {"id": str(letter.id)}).status_code == 403
            form = {"id": str(letter.id), "reason": "because"}
            assert client.post(page, form).status_code == 403
    assert "Discard for good" not in client.get(LIST).content.decode()
    assert state(letter) == "DEAD"
