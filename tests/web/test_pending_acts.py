"""Pending acts in the browser: asking, seeing, deciding; the staff site's queue and system page."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from accounts.errors import MoneyReadOnly
from accounts.models import PendingAct, User
from accounts.services.staff import create_staff
from accounts.services.system_settings import set_setting
from accounts.system import MONEY_READ_ONLY, STAFF_DUAL_CONTROL
from kernel import clock
from kernel.actor import Door, system
from kernel.context import reading
from kernel.ids import encode
from tests.web.conftest import Visit
from tests.world import NOW, PASSWORD, World, colleague, takes_two
from wallets.models import LimitRule
from wallets.services.thresholds import set_dual_control_threshold

pytestmark = pytest.mark.django_db

ALICE = 1_00_000_00


@pytest.fixture
def fay(world: World) -> User:
    found = colleague(world, "fay", "finance")
    takes_two(world)
    set_dual_control_threshold(
        actor=world.actor(world.alice), currency="INR", threshold_minor=1_000_00, now=clock.now()
    )
    return found


def asked(world: World, client: Client) -> tuple[str, str]:
    """Alice sends 2,000 rupees: where she is led, and what the review said."""
    form = client.get("/send").content.decode()
    key = re.search(r'name="key" value="([^"]+)"', form)
    assert key
    review = client.post(
        "/send/review",
        {
            "key": key[1],
            "source": world.alice_wallet.handle,
            "destination": world.charlie_wallet.handle,
            "amount": "2000",
            "description": "Rent",
        },
    )
    text = review.content.decode()
    token = re.search(r'name="review" value="([^"]+)"', text)
    assert token, text
    sent = client.post("/send/confirm", {"review": token[1]})
    assert sent.status_code == 302
    return sent["Location"], text


def test_a_large_payment_is_announced_asked_for_and_agreed_to(
    world: World, fay: User, visit: Visit
) -> None:
    alice, checker = visit(world.alice), visit(fay)
    place, review = asked(world, alice)
    assert "a colleague is asked to agree" in review
    assert "Ask a colleague" in review
    assert place.startswith("/pending-acts/pac_")
    own = alice.get(place).content.decode()
    assert "Take it back" in own
    assert "Agree</button>" not in own

    assert "Payment above the threshold" in checker.get("/pending-acts").content.decode()
    assert "Alice asks you to agree" in checker.get("/").content.decode()
    assert "asks you to agree" not in alice.get("/").content.decode()
    assert "Agree</button>" in checker.get(place).content.decode()
    done = checker.post(f"{place}/decide", {"decision": "agree", "note": "Fine"}, follow=True)

    assert "Agreed, and done." in done.content.decode()
    assert "See the transfer" in done.content.decode()
    assert world.balance(world.alice_wallet) == ALICE - 2_000_00


def test_nobody_decides_for_themselves_by_a_forged_form(
    world: World, fay: User, visit: Visit
) -> None:
    alice = visit(world.alice)
    place, _ = asked(world, alice)
    page = alice.post(f"{place}/decide", {"decision": "agree"}, follow=True).content.decode()
    assert "Another person has to decide this" in page
    assert world.balance(world.alice_wallet) == ALICE


def test_others_do_not_see_it(world: World, fay: User, visit: Visit) -> None:
    place, _ = asked(world, visit(world.alice))
    assert visit(world.charlie).get(place).status_code == 404
    stranger = visit(world.charlie).post(f"{place}/decide", {"decision": "agree"})
    assert stranger.status_code == 404
    viewer = visit(world.bob).get(place).content.decode()
    assert "Agree</button>" not in viewer


def test_an_owner_sets_rules_and_loosens_them_with_a_second_person(
    world: World, fay: User, visit: Visit
) -> None:
    alice = visit(world.alice)
    page = alice.get("/organization").content.decode()
    assert "Payments above" in page
    strict = alice.post(
        "/organization/dual-control/thresholds",
        {"threshold-currency": "INR", "threshold-amount": "500", "threshold-counts_keys": "on"},
    )
    assert strict["Location"] == "/organization#dual-control"
    loose = alice.post("/organization/dual-control/thresholds", {"threshold-currency": "INR"})
    assert loose["Location"].startswith("/pending-acts/pac_")
    words = alice.get(loose["Location"]).content.decode()
    assert "Any amount" in words  # lifting the bound is said, not left out
    assert "One person sends, in 24 hours: ₹500.00" in words  # what it was before
    refused = alice.post("/organization/dual-control", {"policy-terms": "on"}, follow=True)
    assert "has to take a second person first: else one person alone" in refused.content.decode()
    assert visit(world.bob).post("/organization/dual-control", {}).status_code in (302, 403)


def test_an_owner_sets_time_zone_and_wallets(world: World, visit: Visit) -> None:
    alice = visit(world.alice)
    given = {"house-timezone": "Asia/Kolkata", "house-per_kind": "2", "house-members_open": "on"}
    assert alice.post("/organization/house", given)["Location"] == "/organization#house"
    assert "Asia/Kolkata" in alice.get("/organization").content.decode()
    assert visit(world.bob).post("/organization/house", given).status_code == 403


def test_staff_agree_to_each_others_limits(world: World, visit: Visit) -> None:
    omar = second_super_admin(world)
    olga = visit(world.olga)
    wanted = {
        "organization": str(world.acme.id),
        "wallet_kind": "current",
        "currency": "INR",
        "day": "100",
        "month": "",
    }
    answer = olga.post("/admin/wallets/limits/", wanted, follow=True)
    assert "waits for a second person" in answer.content.decode()
    with reading(world.actor(world.olga)):
        act = PendingAct.objects.get()
    assert act.organization_id is None
    queue = olga.get("/admin/pending-acts/").content.decode()
    assert "Limits of current wallets in INR" in queue
    decide = {"id": str(act.id), "decision": "agree"}
    assert (
        "Another person"
        in olga.post("/admin/pending-acts/decide/", decide, follow=True).content.decode()
    )
    assert not_set(world)

    looked = visit(omar).get(f"/admin/pending-acts/decide/?id={act.id}").content.decode()
    assert "Agree</button>" in looked
    visit(omar).post("/admin/pending-acts/decide/", decide)

    assert not not_set(world)
    assert visit(world.alice).get("/admin/pending-acts/").status_code == 200
    assert (
        "Limits of current" not in visit(world.alice).get("/admin/pending-acts/").content.decode()
    )


def not_set(world: World) -> bool:
    with reading(world.actor(world.olga)):
        return not LimitRule.objects.filter(organization=world.acme).exists()


def second_super_admin(world: World) -> User:
    """Omar; from now on staff's acts take a second person."""
    omar = create_staff(
        actor=system(door=Door.COMMAND, request_id="test"),  # whom Olga adds counts in a week
        email="omar@platform.test",
        full_name="Omar",
        platform_role="super_admin",
        password=PASSWORD,
        now=NOW,
    )
    set_setting(actor=world.actor(world.olga), name=STAFF_DUAL_CONTROL, value=True, now=NOW)
    return omar


def test_a_super_admin_manages_the_system(world: World, visit: Visit) -> None:
    olga = visit(world.olga)
    page = olga.get("/admin/system/").content.decode()
    assert "Money is read only" in page
    assert "(signs)" in page
    assert "PRIVATE" not in page
    wrong = olga.post(
        "/admin/system/setting/", {"name": "dual_control.lifetime_hours", "value": "0"}, follow=True
    )
    assert "from 1 to 720" in wrong.content.decode()
    unknown = olga.post("/admin/system/setting/", {"name": "x", "value": "yes"}, follow=True)
    assert "no such setting" in unknown.content.decode()
    added = {"full_name": "Max", "email": "max@platform.test", "platform_role": "moderator"}
    olga.post("/admin/system/staff/add/", {**added, "password": PASSWORD})
    with reading(world.actor(world.olga)):
        max_ = User.objects.get(email="max@platform.test")
    olga.post("/admin/system/staff/", {"id": str(max_.id), "role": "admin"})
    olga.post("/admin/system/staff/", {"id": str(world.olga.id), "role": "close"})
    with reading(world.actor(world.olga)):
        assert User.objects.get(id=max_.id).platform_role == "admin"
        assert User.objects.get(id=world.olga.id).is_active


def test_money_does_not_move_while_it_is_read_only(world: World, visit: Visit) -> None:
    visit(world.olga).post("/admin/system/setting/", {"name": MONEY_READ_ONLY, "value": "yes"})
    with pytest.raises(MoneyReadOnly):
        world.send()
    visit(world.olga).post("/admin/system/setting/", {"name": MONEY_READ_ONLY, "value": "no"})
    assert world.send().error is None


def test_nobody_else_manages_the_system(world: World, visit: Visit) -> None:
    for person in (world.alice, world.bob):
        for path in ("", "setting/", "staff/", "staff/add/"):
            answer = visit(person).post(f"/admin/system/{path}", {"name": MONEY_READ_ONLY})
            assert answer.status_code in (302, 403), path
    assert world.send().error is None


def test_a_policy_of_roles_leads_to_the_pending_act(world: World, fay: User, visit: Visit) -> None:
    place = f"/organization/people/{encode('usr', world.bob.id)}/role"
    answer = visit(world.alice).post(place, {"role": "admin"})
    assert answer["Location"].startswith("/pending-acts/pac_")
    assert "Viewer becomes Admin" in visit(world.alice).get(answer["Location"]).content.decode()
