"""The staff site's door to giving somebody their role back."""

from __future__ import annotations

import pytest

from accounts.choices import Role
from accounts.models import PendingAct, User
from accounts.services.people import remove_member
from accounts.tests.builders import staff
from kernel import clock
from tests.database import all_seeing
from tests.web.conftest import Visit
from tests.world import World

pytestmark = pytest.mark.django_db

PAGE = "/admin/people/restore/"


def test_the_page_says_what_they_are_and_leaves_it_to_another_super_admin(
    world: World, visit: Visit
):
    wanted = {"id": str(world.bob.id)}
    role = world.bob.role or ""
    label = Role(role).label
    assert f"{label} now" in visit(world.olga).get(PAGE, wanted).content.decode()
    remove_member(actor=world.actor(world.alice), user_id=world.bob.id, now=clock.now())
    assert f"removed, {label} before" in visit(world.olga).get(PAGE, wanted).content.decode()
    asked = visit(world.olga).post(PAGE, wanted | {"role": role}, follow=True)
    assert "waits for a second person" in asked.content.decode()
    with all_seeing():
        act = PendingAct.objects.get(kind="accounts.restoration")
    decision = {"id": str(act.id), "decision": "agree", "note": ""}
    visit(staff(name="omar")).post("/admin/pending-acts/decide/", decision)
    with all_seeing():
        bob = User.objects.get(id=world.bob.id)
    assert (bob.is_active, bob.role) == (True, role)


@pytest.mark.parametrize("ids", [[], ["x"], ["%00"], ["1", "2"]])
def test_it_is_about_one_person(world: World, visit: Visit, ids: list[str]):
    page = visit(world.olga).get(PAGE, {"id": ids}, follow=True)
    assert "Choose one person." in page.content.decode()
