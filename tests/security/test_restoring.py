"""Giving a role back: what the record says was taken, to whom it was taken from, and no more."""

from __future__ import annotations

import datetime as dt

import pytest

from accounts.errors import InvalidProfile, RoleNotLost
from accounts.models import PendingAct, User
from accounts.services.erasing import shred_person
from accounts.services.lost_roles import RESTORABLE_FOR
from accounts.services.pending_acts import agree, make_pending
from accounts.services.people import change_role, remove_member
from accounts.services.restoring import ask_to_restore
from accounts.tests.builders import ROOT, staff
from kernel import clock
from kernel.actor import Actor
from kernel.errors import NotFound
from kernel.transactions import opens_transaction
from tests.database import all_seeing, run, view
from tests.web.conftest import Visit, visit  # noqa: F401 - a fixture
from tests.world import NOW, World, colleague

pytestmark = pytest.mark.django_db

LATER = NOW + dt.timedelta(hours=1)


@pytest.fixture
def olive(world: World) -> User:
    """Another owner of Acme, and a thief: she takes."""
    return colleague(world, "olive", "owner")


def asked(world: World, user: User, role: str, *, now: dt.datetime = LATER) -> PendingAct:
    return ask_to_restore(actor=world.signed_in(world.olga), user_id=user.id, role=role, now=now)


def agreed(world: World, act: PendingAct) -> PendingAct:
    return agree(actor=world.signed_in(staff(name="omar")), act_id=act.id, now=LATER)


def role_of(user: User) -> str | None:
    with all_seeing():
        found = User.objects.get(id=user.id)
    return found.role if found.is_active else None


def removed(world: World, by: User, user: User, *, now: dt.datetime = NOW) -> None:
    assert isinstance(remove_member(actor=world.signed_in(by), user_id=user.id, now=now), User)


@pytest.mark.parametrize("role", ["owner", "admin", "finance", "member"])
def test_nobody_gets_what_they_never_had(world: World, role: str) -> None:
    with pytest.raises(RoleNotLost):
        asked(world, world.bob, role)
    removed(world, world.alice, world.bob)
    with pytest.raises(RoleNotLost):
        asked(world, world.bob, role)


def test_nobody_gets_back_what_was_taken_too_long_ago(world: World, olive: User) -> None:
    removed(world, olive, world.alice)
    with pytest.raises(RoleNotLost):
        asked(world, world.alice, "owner", now=NOW + RESTORABLE_FOR + dt.timedelta(minutes=1))
    assert asked(world, world.alice, "owner", now=NOW + RESTORABLE_FOR).state == "pending"


@pytest.mark.parametrize("role", ["owner", "admin", "finance", "member", "viewer"])
def test_who_was_removed_gets_their_role_back_or_less(world: World, olive: User, role: str) -> None:
    removed(world, olive, world.alice)
    assert agreed(world, asked(world, world.alice, role)).state == "agreed"
    assert role_of(world.alice) == role


def test_who_was_demoted_and_then_removed_gets_back_what_came_before(
    world: World, olive: User
) -> None:
    change_role(actor=world.signed_in(olive), user_id=world.alice.id, role="viewer", now=NOW)
    removed(world, olive, world.alice)
    assert agreed(world, asked(world, world.alice, "owner")).state == "agreed"
    assert role_of(world.alice) == "owner"


def test_whoever_was_promoted_lost_nothing(world: World, olive: User) -> None:
    change_role(actor=world.signed_in(olive), user_id=world.bob.id, role="owner", now=NOW)
    for role in ("viewer", "member", "owner"):
        with pytest.raises(InvalidProfile):
            asked(world, world.bob, role)
    assert role_of(world.bob) == "owner"


def test_an_act_that_was_written_by_hand_is_judged_again(world: World) -> None:
    @opens_transaction
    def forged(*, actor: Actor) -> PendingAct:
        facts = {
            "user_id": str(world.bob.id),
            "organization_id": str(world.acme.id),
            "before": "viewer",
            "role": "owner",
        }
        return make_pending(
            actor=actor, kind="accounts.restoration", organization_id=None, facts=facts, now=NOW
        )

    done = agreed(world, forged(actor=world.signed_in(world.olga)))
    assert (done.state, done.reason_code) == ("failed", "role_not_lost")
    assert role_of(world.bob) == "viewer"


def test_both_read_all_that_it_is(world: World, olive: User, visit: Visit) -> None:  # noqa: F811
    """Who, where, from what to what, and who took it when."""
    removed(world, olive, world.alice, now=clock.now())
    act = asked(world, world.alice, "admin", now=clock.now())
    for person in (world.olga, staff(name="omar")):
        page = visit(person).get("/admin/pending-acts/decide/", {"id": str(act.id)})
        card = page.context["act"]
        shown = dict(card.pairs)
        assert shown.pop("Taken on").endswith("UTC")
        assert shown == {
            "Organization": "Acme",
            "Person": "Alice",
            "Before": "Removed",
            "New role": "Admin",
            "Role that was taken": "Owner",
            "Taken by": "Olive",
        }
        assert card.row.summary == "A removed person is Admin of their organization again"


def test_the_erased_are_known_by_their_address_and_not_by_a_name(world: World) -> None:
    removed(world, world.alice, world.bob)
    view(world.acme)
    run("UPDATE accounts_user SET full_name = 'Erased person' WHERE id = %s", world.bob.id)
    assert agreed(world, asked(world, world.bob, "viewer")).state == "agreed"
    removed(world, world.alice, world.bob, now=LATER)
    shred_person(actor=ROOT, user_id=world.bob.id, now=LATER)
    with pytest.raises(NotFound):
        asked(world, world.bob, "viewer")


def test_who_is_erased_while_it_waits_stays_erased(world: World) -> None:
    removed(world, world.alice, world.bob)
    act = asked(world, world.bob, "viewer")
    shred_person(actor=ROOT, user_id=world.bob.id, now=LATER)
    failed = agreed(world, act)
    assert (failed.state, failed.reason_code) == ("failed", "not_found")
    assert role_of(world.bob) is None
