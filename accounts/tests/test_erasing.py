"""Erasing somebody for ever: by two where staff's acts take two, and out of what waits, too."""

from __future__ import annotations

import datetime as dt

import pytest

from accounts.errors import OwnPendingAct, PersonStillActive
from accounts.models import PendingAct, User
from accounts.services.erasing import shred_person
from accounts.services.pending_acts import agree, reject
from accounts.services.people import change_role, remove_member
from accounts.services.system_settings import set_setting
from accounts.system import STAFF_DUAL_CONTROL
from accounts.tests.builders import ROOT, acts_recorded, by_two, staff
from accounts.tests.factors.test_resetting import proven
from kernel.context import reading
from tests.database import FORBIDDEN, all_seeing, refuses, rows, run, view
from tests.world import NOW, World, colleague, takes_two

pytestmark = pytest.mark.django_db

LATER = NOW + dt.timedelta(hours=1)


@pytest.fixture
def omar(world: World) -> User:
    """Another super admin; staff's acts take two from now on, and Bob is no member any more."""
    found = staff(name="omar")
    set_setting(actor=world.signed_in(world.olga), name=STAFF_DUAL_CONTROL, value=True, now=NOW)
    remove_member(actor=world.actor(world.alice), user_id=world.bob.id, now=NOW)
    return found


def asked(world: World) -> PendingAct:
    act = shred_person(actor=world.signed_in(world.olga), user_id=world.bob.id, now=NOW)
    assert isinstance(act, PendingAct)
    return act


def name_of(user: User) -> str:
    with all_seeing():
        return User.objects.get(id=user.id).full_name


def test_a_second_super_admin_agrees_before_anybody_is_erased(world: World, omar: User) -> None:
    act = asked(world)
    assert asked(world).id == act.id
    assert name_of(world.bob) == "Bob"
    with pytest.raises(OwnPendingAct):
        agree(actor=proven(world.olga, NOW), act_id=act.id, now=NOW)

    done = agree(actor=proven(omar, NOW), act_id=act.id, now=NOW)

    assert (done.state, done.result_id) == ("agreed", world.bob.id)
    assert name_of(world.bob) == "Erased person"
    assert acts_recorded()[-2:] == ["accounts.person.shred", "accounts.pending_act.agree"]
    again = shred_person(actor=world.signed_in(world.olga), user_id=world.bob.id, now=LATER)
    assert isinstance(again, User), "twice is once"


def test_a_refused_erasure_erases_nobody(world: World, omar: User) -> None:
    reject(actor=proven(omar, NOW), act_id=asked(world).id, now=NOW)
    assert name_of(world.bob) == "Bob"


def test_whose_account_is_open_is_not_even_asked_about(world: World, omar: User) -> None:
    with pytest.raises(PersonStillActive):
        shred_person(actor=world.signed_in(world.olga), user_id=world.charlie.id, now=NOW)


def test_the_command_on_the_server_has_nobody_to_ask(world: World, omar: User) -> None:
    assert isinstance(shred_person(actor=ROOT, user_id=world.bob.id, now=NOW), User)


def test_two_who_asked_erase_once(world: World, omar: User) -> None:
    first = asked(world)
    second = shred_person(actor=world.signed_in(omar), user_id=world.bob.id, now=NOW)
    agree(actor=proven(omar, NOW), act_id=first.id, now=NOW)
    done = agree(actor=proven(world.olga, NOW), act_id=second.id, now=NOW)
    assert done.state == "agreed"
    assert acts_recorded().count("accounts.person.shred") == 1


def decided_acts(world: World, *, adam_is: str = "Adam") -> tuple[User, PendingAct, PendingAct]:
    """Adam; what he asked for and Fay decided; and the other way round."""
    fay = colleague(world, "fay", "admin")
    mia = colleague(world, "mia", "member")
    adam = takes_two(world)
    view(world.acme)
    run("UPDATE accounts_user SET full_name = %s WHERE id = %s", adam_is, adam.id)
    adam.full_name = adam_is
    made = []
    for maker, checker, role in ((adam, fay, "finance"), (fay, adam, "admin")):
        act = change_role(actor=world.signed_in(maker), user_id=mia.id, role=role, now=NOW)
        assert isinstance(act, PendingAct)
        made.append(reject(actor=world.actor(checker), act_id=act.id, now=LATER))
    return adam, made[0], made[1]


def test_an_erased_person_s_name_leaves_the_acts_they_asked_for_and_decided(world: World) -> None:
    adam, *made = decided_acts(world)
    away = remove_member(actor=world.signed_in(world.alice), user_id=adam.id, now=LATER)
    by_two(away, now=LATER)
    shred_person(actor=ROOT, user_id=adam.id, now=LATER)
    with reading(ROOT):
        by_adam, by_fay = (PendingAct.objects.get(id=act.id) for act in made)
    assert (by_adam.maker_display, by_adam.checker_display) == ("Erased person", "Fay")
    assert (by_fay.maker_display, by_fay.checker_display) == ("Fay", "Erased person")
    assert (by_adam.maker_id, by_fay.checker_id) == (adam.id, adam.id)


def test_an_act_that_still_waits_loses_its_maker_s_name_too(world: World) -> None:
    mia, adam = colleague(world, "mia", "member"), takes_two(world)
    act = change_role(actor=world.signed_in(adam), user_id=mia.id, role="finance", now=NOW)
    by_two(remove_member(actor=world.signed_in(world.alice), user_id=adam.id, now=NOW), now=NOW)
    shred_person(actor=ROOT, user_id=adam.id, now=NOW)
    with reading(ROOT):
        found = PendingAct.objects.get(id=act.id)
    assert (found.maker_display, found.state) == ("Erased person", "pending")


def test_whoever_is_called_like_the_erased_is_erased_like_everybody(world: World) -> None:
    """Their name on what is decided stays what it is: nothing is written there."""
    adam, *made = decided_acts(world, adam_is="Erased person")
    by_two(remove_member(actor=world.signed_in(world.alice), user_id=adam.id, now=NOW), now=LATER)
    erased = shred_person(actor=ROOT, user_id=adam.id, now=LATER)
    assert isinstance(erased, User)
    with reading(ROOT):
        names = {PendingAct.objects.get(id=act.id).maker_display for act in made}
    assert names == {"Erased person", "Fay"}


def test_names_of_acts_are_only_ever_erased_and_by_the_platform_alone(world: World) -> None:
    _, act, _ = decided_acts(world)
    change = "UPDATE accounts_pendingact SET {} WHERE id = %s".format
    view(world.acme)
    columns = {
        "maker_display": "pending_act_as_asked",
        "checker_display": "pending_act_decided_once",
    }
    for column, rule in columns.items():
        refuses(rule, change(f"{column} = 'Erased person'"), act.id)
        refuses(rule, change(f"{column} = 'Eve'"), act.id)
    view(scope="platform")
    for column, rule in columns.items():
        refuses(rule, change(f"{column} = 'Eve'"), act.id)
    hidden = "maker_display = 'Erased person', {}".format
    refuses("pending_act_decided_once", change(hidden("note = 'Never said'")), act.id)
    refuses("pending_act_decided_once", change(hidden("checker_id = maker_id")), act.id)
    refuses(FORBIDDEN, change(hidden("facts = '{}'")), act.id)
    refuses("pending_act_names_the_living", change("maker_display = 'Erased person'"), act.id)
    refuses("pending_act_names_the_living", change("checker_display = 'Erased person'"), act.id)
    gone = (
        "UPDATE accounts_user SET is_active = false, email = 'erased-' || id || '@erased.invalid'"
        " WHERE id = %s"
    )
    run(gone, act.maker_id)
    both = hidden("checker_display = 'Erased person'")
    refuses("pending_act_names_the_living", change(both), act.id)
    assert act.checker_id
    run(gone, act.checker_id)
    assert run(change(both), act.id) == 1


def test_rows_about_people_stay_with_them_when_they_are_changed(world: World) -> None:
    """No door changes whose row it is, and the application may not; the guard holds the owner."""
    guarded = rows(
        "SELECT c.relname::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
        " WHERE t.tgname = c.relname || '_of_its_person' AND (t.tgtype & 16) = 16"
        " AND (t.tgtype & 4) = 4"
    )
    assert {
        "accounts_factorchallenge",
        "accounts_mailedlink",
        "accounts_passkey",
        "accounts_pendingmail",
        "accounts_recoverycode",
        "accounts_totpfactor",
    } <= {name for (name,) in guarded}
