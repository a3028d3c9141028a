"""The staff site's door to erasing a person."""

from __future__ import annotations

import datetime as dt

import pytest

from accounts.models import PendingAct, User
from accounts.services.people import remove_member
from accounts.services.system_settings import set_setting
from accounts.system import STAFF_DUAL_CONTROL
from accounts.tests.builders import staff as another_of_staff
from kernel import clock
from kernel.ids import encode
from kyc.tests.people import staff
from tests.database import all_seeing
from tests.web.conftest import Visit
from tests.world import NOW, World

pytestmark = pytest.mark.django_db

PAGE = "/admin/people/erase/"


def name_of(person: User) -> str:
    with all_seeing():
        return User.objects.get(id=person.id).full_name


def test_a_super_admin_erases_whose_id_they_typed(world: World, visit: Visit):
    remove_member(actor=world.actor(world.alice), user_id=world.bob.id, now=NOW)
    client = visit(world.olga)
    chosen = {"action": "erase", "_selected_action": [str(world.bob.id)]}
    page = client.post("/admin/accounts/user/", chosen, follow=True)
    assert encode("usr", world.bob.id) in page.content.decode()
    wanted = {"id": str(world.bob.id)}
    wrong = client.post(PAGE, wanted | {"confirmation": encode("usr", world.alice.id)})
    assert "not the id of this person" in wrong.content.decode()
    assert name_of(world.bob) == "Bob"
    done = client.post(PAGE, wanted | {"confirmation": encode("usr", world.bob.id)})
    assert done.status_code == 302
    assert name_of(world.bob) == "Erased person"


def test_where_staff_take_two_the_page_erases_nobody_yet(world: World, visit: Visit):
    remove_member(actor=world.actor(world.alice), user_id=world.bob.id, now=NOW)
    omar = another_of_staff(name="omar")
    set_setting(actor=world.signed_in(world.olga), name=STAFF_DUAL_CONTROL, value=True, now=NOW)
    given = {"id": str(world.bob.id), "confirmation": encode("usr", world.bob.id)}
    page = visit(world.olga).post(PAGE, given, follow=True)
    assert "waits for a second person" in page.content.decode()
    assert name_of(world.bob) == "Bob"
    with all_seeing():
        act = PendingAct.objects.get(kind="accounts.erasure")
    checker, deciding = visit(omar), "/admin/pending-acts/decide/"
    assert "Bob" in checker.get(deciding, {"id": str(act.id)}).content.decode()
    checker.post(deciding, {"id": str(act.id), "decision": "agree", "note": ""})
    assert name_of(world.bob) == "Erased person"


def test_whose_account_is_open_stays(world: World, visit: Visit):
    given = {"id": str(world.bob.id), "confirmation": encode("usr", world.bob.id)}
    client = visit(world.olga)
    page = client.get(PAGE, {"id": str(world.bob.id)}).content.decode()
    assert "They are active." in page
    assert "confirmation" not in page
    client.post(PAGE, given)
    assert name_of(world.bob) == "Bob"


def test_a_factor_proven_long_ago_erases_nobody(world: World, visit: Visit, time_machine):
    remove_member(actor=world.actor(world.alice), user_id=world.bob.id, now=NOW)
    client = visit(world.olga)
    given = {"id": str(world.bob.id), "confirmation": encode("usr", world.bob.id)}
    time_machine.move_to(clock.now() + dt.timedelta(minutes=11))
    assert client.post(PAGE, given).headers["Location"].startswith("/step-up")
    assert name_of(world.bob) == "Bob"


def test_no_other_role_is_let_in(world: World, visit: Visit):
    staff("admin")
    with all_seeing():
        admin = User.objects.get(email__startswith="admin")
    client = visit(admin)
    assert client.get(PAGE, {"id": str(world.bob.id)}).status_code == 403
    assert "Erase" not in client.get("/admin/accounts/user/").content.decode()
