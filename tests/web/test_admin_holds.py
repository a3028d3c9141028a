"""Holds by age, fees and limits on the staff site."""

import datetime as dt

import pytest

from kernel import clock
from kernel.context import reading
from ledger.services.holds import reap_overdue_holds
from tests.web.conftest import Visit
from tests.web.reserved import held, hold_id_of
from tests.web.test_admin import act
from tests.web.test_give_back import form_of as give_back_form
from tests.web.test_give_back import give
from tests.world import World
from wallets.choices import TransferKind
from wallets.models import FeeSchedule, LimitRule
from wallets.services.holds import void_hold
from wallets.services.terms import set_fee_schedule
from wallets.tests.test_hold_fees import charge_captures

pytestmark = pytest.mark.django_db

HOLDS = "/admin/wallets/wallethold/"
FEE = {"kind": "transfer", "currency": "INR", "fixed": "2", "percent": "0.25", "ceiling": "50"}
LIMIT = {"wallet_kind": "savings", "currency": "INR", "day": "1,000", "month": ""}


def ages(world: World) -> None:
    """A young hold, an old one, one that ran out, and one that ended."""
    now = clock.now()
    held(world, amount_minor=1_00)
    held(world, amount_minor=2_00, placed_at=now - dt.timedelta(days=8), days=30)
    ended = held(world, amount_minor=4_00)
    void_hold(actor=world.actor(world.alice), hold_id=ended.hold_id, now=now)
    held(world, amount_minor=3_00, placed_at=now - dt.timedelta(days=9), days=1)


def schedules(world: World) -> list[tuple[str, int, int, int | None]]:
    with reading(world.actor(world.olga)):
        rows = FeeSchedule.objects.all()
        return [(r.organization.name, r.fixed_minor, r.bps, r.ceiling_minor) for r in rows]


def rules(world: World) -> list[tuple[str, int | None, int | None]]:
    with reading(world.actor(world.olga)):
        rows = LimitRule.objects.exclude(organization=None)
        return [(r.wallet_kind, r.day_minor, r.month_minor) for r in rows]


def amounts(answer) -> list[int]:
    return [row.hold.amount_minor for row in answer.context["cl"].result_list]


def test_open_holds_come_first_and_the_oldest_on_top(world: World, visit: Visit):
    ages(world)
    answer = visit(world.olga).get(HOLDS)
    text = answer.content.decode()
    assert amounts(answer) == [3_00, 2_00, 1_00, 4_00]
    assert ("Ran out, not freed" in text, "Open, old" in text, "8 days ago" in text) == (True,) * 3


@pytest.mark.parametrize(
    ("age", "found"),
    [
        ("open", [3_00, 2_00, 1_00]),
        ("old", [3_00, 2_00]),
        ("stuck", [3_00]),
        ("ended", [4_00]),
        ("nonsense", [3_00, 2_00, 1_00, 4_00]),
    ],
)
def test_holds_are_asked_for_by_age(world: World, visit: Visit, age: str, found: list[int]):
    ages(world)
    assert amounts(visit(world.olga).get(HOLDS, {"age": age})) == found


def test_nothing_is_stuck_once_it_was_freed(world: World, visit: Visit):
    ages(world)
    reap_overdue_holds(actor=world.actor(world.olga), now=clock.now())
    assert amounts(visit(world.olga).get(HOLDS, {"age": "stuck"})) == []


def test_a_hold_leads_to_its_account_and_its_captures_and_back(world: World, visit: Visit):
    hold, client = held(world), visit(world.alice)
    place = f"/holds/{hold_id_of(hold)}/capture"
    key = client.get(place).context["form"].initial["key"]
    client.post(f"{place}/confirm", {"key": key, "how_much": "part", "amount": "300"})
    page = client.get(f"{HOLDS}{hold.hold_id}/change/").content.decode()
    assert f"/admin/ledger/ledgeraccount/{world.alice_wallet.account_id}/change/" in page
    [capture] = client.get("/admin/wallets/transfer/?kind__exact=capture").context["cl"].result_list
    assert f"/admin/wallets/transfer/{capture.id}/change/" in page
    back = client.get(f"/admin/wallets/transfer/{capture.id}/change/").content.decode()
    assert f"{HOLDS}{hold.hold_id}/change/" in back


def test_a_transfer_and_its_reversal_lead_to_each_other(world: World, visit: Visit):
    sent, client = world.send(amount_minor=1_000_00).transfer, visit(world.charlie)
    assert sent is not None
    give(client, sent, give_back_form(client, sent, how_much="part", amount="300"))
    olga = visit(world.olga)
    [back] = olga.get("/admin/wallets/transfer/?kind__exact=reversal").context["cl"].result_list
    original = olga.get(f"/admin/wallets/transfer/{sent.id}/change/").content.decode()
    assert (f"/transfer/{back.id}/change/" in original, "₹700.00 left" in original) == (True, True)
    undone = olga.get(f"/admin/wallets/transfer/{back.id}/change/").content.decode()
    assert f"/transfer/{sent.id}/change/" in undone


def test_the_fee_is_not_shown_to_the_receiving_side(world: World, visit: Visit):
    set_fee_schedule(
        actor=world.actor(world.alice),
        organization_id=world.acme.id,
        kind=TransferKind.TRANSFER,
        currency="INR",
        fixed_minor=7_77,
        bps=0,
        floor_minor=0,
        ceiling_minor=None,
        now=clock.now(),
    )
    sent = world.send(amount_minor=1_000_00).transfer
    assert sent is not None
    place = f"/admin/wallets/transfer/{sent.id}/change/"
    shown = [
        "₹7.77" in visit(person).get(place).content.decode()
        for person in (world.alice, world.charlie, world.olga)
    ]
    assert shown == [True, False, True]


def test_the_page_of_a_hold_shows_its_fee(world: World, visit: Visit):
    charge_captures(world, fixed_minor=7_77)
    hold = held(world)
    page = visit(world.olga).get(f"{HOLDS}{hold.hold_id}/change/").content.decode()
    assert ("₹7.77" in page, "Fee captured" in page) == (True, True)


def test_an_owner_sees_holds_fees_and_rules_of_the_own_organization_only(
    world: World, visit: Visit
):
    held(world, destination=world.charlie_wallet)
    visit(world.olga).post("/admin/wallets/fees/", {"organization": str(world.acme.id), **FEE})
    visit(world.olga).post("/admin/wallets/limits/", {"organization": str(world.acme.id), **LIMIT})
    for person, count in ((world.alice, 1), (world.charlie, 0)):
        client = visit(person)
        assert client.get(HOLDS).context["cl"].result_count == count
        assert client.get("/admin/wallets/feeschedule/").context["cl"].result_count == count
        own = [
            row
            for row in client.get("/admin/wallets/limitrule/").context["cl"].result_list
            if row.organization_id
        ]
        assert len(own) == count


def test_staff_set_fees_and_limits_of_an_organization(world: World, visit: Visit):
    client, home = visit(world.olga), {"organization": str(world.acme.id)}
    assert client.post("/admin/wallets/fees/", {**home, **FEE}).status_code == 302
    assert client.post("/admin/wallets/limits/", {**home, **LIMIT}).status_code == 302
    assert schedules(world) == [("Acme", 2_00, 25, 50_00)]
    assert rules(world) == [("savings", 1_000_00, None)]
    with reading(world.actor(world.olga)):
        row = FeeSchedule.objects.get()
    page = act(client, "wallets/feeschedule", "change", row.id)
    assert page.context["form"].initial["percent"] == "0.25"
    assert page.context["form"].initial["fixed"] == "2.00"


def test_an_owner_sets_fees_at_home_and_no_limits(world: World, visit: Visit):
    client = visit(world.alice)
    assert (
        client.post("/admin/wallets/fees/", {"organization": str(world.acme.id), **FEE}).status_code
        == 302
    )
    assert schedules(world) == [("Acme", 2_00, 25, 50_00)]
    elsewhere = {"organization": str(world.globex.id), **FEE}
    assert client.post("/admin/wallets/fees/", elsewhere).context["form"].errors["organization"]
    limit = {"organization": str(world.acme.id), **LIMIT}
    assert client.get("/admin/wallets/limits/").status_code == 403
    assert client.post("/admin/wallets/limits/", limit).status_code == 403
    assert "Set a limit" not in client.get("/admin/wallets/limitrule/").content.decode()
    assert (len(schedules(world)), rules(world)) == (1, [])


@pytest.mark.parametrize(
    ("page", "changed", "field"),
    [
        ("fees", {**FEE, "ceiling": "1", "floor": "2"}, "ceiling"),
        ("fees", {**FEE, "percent": "x"}, "percent"),
        ("limits", {**LIMIT, "day": "12.345"}, None),
        ("limits", {**LIMIT, "organization": "x"}, "organization"),
    ],
)
def test_terms_that_make_no_sense_are_refused(
    world: World, visit: Visit, page: str, changed: dict[str, str], field: str | None
):
    asked = {"organization": str(world.acme.id), **changed}
    errors = visit(world.olga).post(f"/admin/wallets/{page}/", asked).context["form"].errors
    assert field in errors if field else errors
    assert (schedules(world), rules(world)) == ([], [])
