"""Replaying and discarding dead letters: once, by whom it is allowed to, and on record."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Iterator, Sequence

import pytest
from django.core.management import CommandError, call_command

from accounts.models import PendingAct
from accounts.services.pending_acts import agree, summary_of
from accounts.services.staff import create_staff
from accounts.services.system_settings import set_setting
from accounts.system import STAFF_DUAL_CONTROL
from audit.models import AuditRecord
from audit.services import record
from events.choices import DeliveryState
from events.consuming import Consumer, Event, registry
from events.consuming.replaying import Replayed
from events.consuming.taking import take
from events.models import FailedDelivery, InboxEntry
from events.queries import Selection
from kernel.actor import Door, system
from kernel.errors import PermissionDenied
from kernel.ids import new_id
from reporting.errors import NoDeadLetters, ReasonMissing
from reporting.services.dead_letters import (
    discard_dead_letters,
    rehearse_replay,
    replay_dead_letters,
)
from tests.database import all_seeing, refuses, run, view
from tests.world import NOW, PASSWORD, World

pytestmark = pytest.mark.django_db

LATER = NOW + dt.timedelta(hours=1)
ACTION = "events.test.taken"
ROOT = system(door=Door.COMMAND, request_id="test")


class Flaky:
    """A handler that refuses what it is told to."""

    def __init__(self) -> None:
        self.refused: set[str] = set()

    def __call__(self, event: Event, now: dt.datetime) -> None:
        about = event.payload["about"]
        record(
            actor=ROOT,
            action=ACTION,
            subject_type="test",
            subject_id=event.id,
            metadata={"about": about},
            now=now,
        )
        if about in self.refused:
            raise ValueError(f"not {about}")


@pytest.fixture
def handler() -> Iterator[Flaky]:
    flaky = Flaky()
    consumer = Consumer(name="flaky", names=frozenset({"accounts.session.opened"}), handle=flaky)
    registry.register(consumer)
    yield flaky
    del registry._registered["flaky"]


def dead(about: str, *, consumer: str = "flaky", at: dt.datetime = NOW) -> FailedDelivery:
    """A dead letter about something."""
    event_id = new_id()
    body = {
        "id": str(event_id),
        "name": "accounts.session.opened",
        "version": 1,
        "organization_id": None,
        "subject_id": None,
        "occurred_at": at.isoformat(),
        "request_id": "",
        "actor": {"kind": "system", "id": None},
        "payload": {"about": about},
    }
    view(scope="platform")
    letter = FailedDelivery.objects.create(
        consumer=consumer,
        event_id=event_id,
        name="accounts.session.opened",
        body=json.dumps(body),
        error="ValueError: once",
        deliveries=8,
        state=DeliveryState.DEAD,
        failed_at=at,
    )
    view()
    return letter


def states() -> dict[str, str]:
    with all_seeing():
        return {
            json.loads(letter.body)["payload"]["about"]: letter.state
            for letter in FailedDelivery.objects.all()
        }


def effects() -> list[str]:
    with all_seeing():
        kept = AuditRecord.objects.filter(action=ACTION).order_by("id")
        return [one.metadata["about"] for one in kept]


def recorded(action: str) -> list[dict]:
    with all_seeing():
        return [one.metadata for one in AuditRecord.objects.filter(action=action).order_by("id")]


def everything(**conditions: object) -> Selection:
    return Selection(**conditions)  # type: ignore[arg-type]


def replayed_now() -> Sequence[Replayed]:
    done = replay_dead_letters(actor=ROOT, selection=everything(), now=LATER)
    assert not isinstance(done, PendingAct)
    return done


def test_each_has_its_effect_once_and_one_that_fails_again_holds_up_no_other(
    handler: Flaky,
) -> None:
    for about in ("a", "bad", "b"):
        dead(about)
    handler.refused = {"bad"}
    replayed = replayed_now()
    assert [one.outcome for one in replayed] == ["TAKEN", "FAILED", "TAKEN"]
    assert effects() == ["a", "b"]
    assert states() == {"a": "TAKEN", "bad": "DEAD", "b": "TAKEN"}
    with all_seeing():
        bad = FailedDelivery.objects.get(state=DeliveryState.DEAD)
    assert (bad.error, bad.deliveries, bad.failed_at) == ("ValueError: not bad", 9, LATER)
    told = [(one["outcome"], one["consumer"]) for one in recorded("events.dead_letter.replay")]
    assert told == [("TAKEN", "flaky"), ("FAILED", "flaky"), ("TAKEN", "flaky")]

    handler.refused = set()
    replay_dead_letters(actor=ROOT, selection=everything(), now=LATER)
    assert effects() == ["a", "b", "bad"]
    with pytest.raises(NoDeadLetters):
        replay_dead_letters(actor=ROOT, selection=everything(), now=LATER)


def test_what_was_taken_off_the_stream_meanwhile_has_no_second_effect(handler: Flaky) -> None:
    letter = dead("a")
    consumer = registry.consumer_of("flaky")
    assert consumer
    with all_seeing():
        assert FailedDelivery.objects.get().state == "DEAD"
    view(scope="platform")
    InboxEntry.objects.create(consumer="flaky", event_id=letter.event_id, taken_at=NOW)
    view()
    [one] = replayed_now()
    assert one.outcome == "ALREADY"
    assert effects() == []


def test_a_rehearsal_says_what_would_come_and_does_nothing(handler: Flaky) -> None:
    dead("a")
    dead("bad")
    handler.refused = {"bad"}
    before = states()
    rehearsed = rehearse_replay(actor=ROOT, selection=everything(), now=LATER)
    assert [(one.outcome, one.error) for one in rehearsed] == [
        ("TAKEN", ""),
        ("FAILED", "ValueError: not bad"),
    ]
    assert states() == before
    assert effects() == []
    assert recorded("events.dead_letter.replay") == []
    with all_seeing():
        assert not InboxEntry.objects.exists()
        assert {letter.deliveries for letter in FailedDelivery.objects.all()} == {8}


@pytest.mark.parametrize(
    ("conditions", "wanted"),
    [
        ({"consumer": "flaky"}, ["a", "b"]),
        ({"since": NOW}, ["b"]),
        ({"until": NOW}, ["a"]),
        ({"consumer": "other"}, []),
    ],
)
def test_only_what_was_chosen(handler: Flaky, conditions: dict, wanted: list[str]) -> None:
    dead("a", at=NOW - dt.timedelta(hours=1))
    dead("b")
    if not wanted:
        with pytest.raises(NoDeadLetters):
            replay_dead_letters(actor=ROOT, selection=everything(**conditions), now=LATER)
        return
    replay_dead_letters(actor=ROOT, selection=everything(**conditions), now=LATER)
    assert effects() == wanted


def test_a_consumer_that_is_gone_is_told_so(handler: Flaky) -> None:
    dead("a", consumer="gone")
    [one] = replayed_now()
    assert (one.outcome, "gone" in one.error) == ("FAILED", True)


def test_what_is_discarded_never_has_an_effect(handler: Flaky) -> None:
    letter = dead("a")
    selection = everything(ids=[letter.id])
    discard_dead_letters(actor=ROOT, selection=selection, reason=" a test ", now=LATER)
    assert states() == {"a": "DISCARDED"}
    consumer = registry.consumer_of("flaky")
    assert consumer
    assert take(consumer=consumer, events=[Event.of(letter.body.encode())], now=LATER) == 0
    assert effects() == []
    [told] = recorded("events.dead_letter.discard")
    assert told["reason"] == "a test"
    view(scope="platform")
    refuses(
        "events_faileddelivery_ends_once",
        "UPDATE events_faileddelivery SET state = 'DEAD', settled_at = NULL, reason = ''",
    )
    refuses("events_faileddelivery_ends_once", "DELETE FROM events_faileddelivery")


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501, "two\nlines", "nul\x00"])
def test_discarding_takes_a_reason(handler: Flaky, reason: str) -> None:
    dead("a")
    with pytest.raises(ReasonMissing):
        discard_dead_letters(actor=ROOT, selection=everything(), reason=reason, now=LATER)
    assert states() == {"a": "DEAD"}


def test_only_the_platforms_admins(world: World, handler: Flaky) -> None:
    dead("a")
    for actor in (world.actor(world.alice), world.actor(world.charlie)):
        with pytest.raises(PermissionDenied):
            replay_dead_letters(actor=actor, selection=everything(), now=NOW)
        with pytest.raises(PermissionDenied):
            rehearse_replay(actor=actor, selection=everything(), now=NOW)
        with pytest.raises(PermissionDenied):
            discard_dead_letters(actor=actor, selection=everything(), reason="why", now=NOW)
    assert effects() == []
    replay_dead_letters(actor=world.actor(world.olga), selection=everything(), now=NOW)
    assert effects() == ["a"]


def test_an_organization_sees_no_dead_letter(world: World) -> None:
    dead("a")
    view(world.acme)
    assert not FailedDelivery.objects.exists()
    assert run("UPDATE events_faileddelivery SET error = ''") == 0


def test_by_command(handler: Flaky, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = dead("a"), dead("bad")
    handler.refused = {"bad"}
    with pytest.raises(CommandError, match="failed again"):
        call_command("replay_dead_letters", "--all", "--dry-run")
    assert effects() == []
    with pytest.raises(CommandError, match="failed again"):
        call_command("replay_dead_letters", "--consumer", "flaky")
    assert f"TAKEN    {good.id} flaky" in capsys.readouterr().out
    call_command("replay_dead_letters", "--id", str(bad.id), "--discard", "a test")
    assert states() == {"a": "TAKEN", "bad": "DISCARDED"}
    with pytest.raises(CommandError, match="no_dead_letters"):
        call_command("replay_dead_letters", "--all", "--since", "2026-11-01")


def test_two_people_where_staffs_acts_take_two(world: World, handler: Flaky) -> None:
    letter, other = dead("a"), dead("b")
    second = create_staff(
        actor=ROOT,
        email="second@example.com",
        full_name="Sam Second",
        platform_role="super_admin",
        password=PASSWORD,
        now=NOW - dt.timedelta(days=60),
    )
    set_setting(actor=world.signed_in(world.olga), name=STAFF_DUAL_CONTROL, value=True, now=NOW)
    act = replay_dead_letters(
        actor=world.signed_in(world.olga), selection=everything(ids=[letter.id]), now=NOW
    )
    assert isinstance(act, PendingAct)
    assert effects() == []
    assert summary_of(act) == "1 dead letters are given again to flaky"
    agree(actor=world.signed_in(second), act_id=act.id, now=NOW)
    assert effects() == ["a"]
    assert states() == {"a": "TAKEN", "b": "DEAD"}
    assert uuid.UUID(recorded("events.dead_letter.replay")[0]["event_id"]) == letter.event_id
    assert other.state == "DEAD"
