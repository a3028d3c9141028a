"""A phone number: sealed, masked, found by its own kind, shown to its owner alone."""

from __future__ import annotations

import pytest

from accounts.errors import InvalidProfile, PhoneNotFound
from accounts.models import Phone
from accounts.queries import people_with_phone
from accounts.services.erasing import shred_person
from accounts.services.people import remove_member
from accounts.services.phones import remove_phone, reveal_phone, set_phone
from accounts.tests.builders import acts_recorded, events_emitted
from audit.models import AuditRecord
from events.models import OutboxEvent
from kernel import actor as actors
from kernel.actor import Door
from kernel.context import reading
from kernel.errors import PermissionDenied
from tests.world import NOW, World

pytestmark = pytest.mark.django_db

NUMBER = "+91 98765-43210"


def test_only_the_last_digits_are_shown_and_the_owner_sees_all(world: World) -> None:
    alice = world.actor(world.alice)
    row = set_phone(actor=alice, phone=NUMBER, now=NOW)
    assert row.masked == "•••• 10"
    assert b"9876543210" not in bytes(row.sealed)
    assert reveal_phone(actor=alice, now=NOW) == "+919876543210"
    assert acts_recorded()[-2:] == ["accounts.phone.set", "accounts.phone.reveal"]
    assert events_emitted()[-1] == "accounts.phone.changed"


def test_evidence_and_events_do_not_hold_the_number(world: World) -> None:
    set_phone(actor=world.actor(world.alice), phone=NUMBER, now=NOW)
    with reading(world.actor(world.olga)):
        record = AuditRecord.objects.order_by("-id")[0]
        event = OutboxEvent.objects.order_by("-id")[0]
    assert "43210" not in str(record.metadata) + str(event.payload)


def test_a_number_replaces_the_one_before(world: World) -> None:
    alice = world.actor(world.alice)
    set_phone(actor=alice, phone=NUMBER, now=NOW)
    set_phone(actor=alice, phone="+1 212 555 0100", now=NOW)
    assert reveal_phone(actor=alice, now=NOW) == "+12125550100"
    with reading(alice):
        assert Phone.objects.count() == 1


@pytest.mark.parametrize(
    "wrong",
    ["", "98765 43210", "+0 123 456 789", "+91 98765 4321०", "+123", "+" + "1" * 16, "++91"],
)
def test_what_is_no_international_number_is_refused(world: World, wrong: str) -> None:
    with pytest.raises(InvalidProfile):
        set_phone(actor=world.actor(world.alice), phone=wrong, now=NOW)


def test_taken_back_it_is_gone(world: World) -> None:
    alice = world.actor(world.alice)
    set_phone(actor=alice, phone=NUMBER, now=NOW)
    remove_phone(actor=alice, now=NOW)
    remove_phone(actor=alice, now=NOW)
    with pytest.raises(PhoneNotFound):
        reveal_phone(actor=alice, now=NOW)
    assert acts_recorded().count("accounts.phone.remove") == 1


def test_it_is_found_in_any_spelling_within_ones_own_view(world: World) -> None:
    set_phone(actor=world.actor(world.alice), phone=NUMBER, now=NOW)
    spelled = "(+91) 98765.43210"
    for viewer, expected in ((world.bob, [world.alice]), (world.olga, [world.alice])):
        with reading(world.actor(viewer)):
            assert list(people_with_phone(world.actor(viewer), spelled)) == expected
    with reading(world.actor(world.charlie)):
        assert list(people_with_phone(world.actor(world.charlie), spelled)) == []


def test_a_program_has_no_phone(world: World) -> None:
    root = actors.system(door=Door.COMMAND, request_id="test")
    with pytest.raises(PermissionDenied):
        set_phone(actor=root, phone=NUMBER, now=NOW)


def test_an_erased_person_leaves_no_digit(world: World) -> None:
    set_phone(actor=world.actor(world.bob), phone=NUMBER, now=NOW)
    remove_member(actor=world.actor(world.alice), user_id=world.bob.id, now=NOW)
    shred_person(actor=world.actor(world.olga), user_id=world.bob.id, now=NOW)
    with reading(world.actor(world.olga)):
        assert not Phone.objects.filter(user=world.bob).exists()
