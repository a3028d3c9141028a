"""Fees and limits where people meet them: the review, the receipt, the wallet, the organization."""

import dataclasses

import pytest
from django.test import Client

from kernel import clock
from kernel.context import reading
from tests.web.conftest import Visit
from tests.web.test_give_back import form_of as give_back_form
from tests.web.test_give_back import give, place
from tests.web.test_send import form_of, review, sealed, transfers
from tests.world import World
from wallets.choices import TransferKind, WalletKind
from wallets.models import FeeSchedule, LimitRule
from wallets.services.terms import set_fee_schedule, set_limit_rule
from wallets.tests.people import moved

pytestmark = pytest.mark.django_db

ALICE = 1_00_000_00
FEE = {
    "fee-kind": "transfer",
    "fee-currency": "INR",
    "fee-fixed": "2",
    "fee-percent": "0.5",
    "fee-floor": "5",
    "fee-ceiling": "50",
}


@dataclasses.dataclass
class Charged:
    """Setting a flat fee for transfers of Acme's people, in paise."""

    world: World

    def __call__(self, fixed_minor: int) -> None:
        set_fee_schedule(
            actor=self.world.actor(self.world.alice),
            organization_id=self.world.acme.id,
            kind=TransferKind.TRANSFER,
            currency="INR",
            fixed_minor=fixed_minor,
            bps=0,
            floor_minor=0,
            ceiling_minor=None,
            now=clock.now(),
        )


@pytest.fixture
def charge(world: World) -> Charged:
    return Charged(world)


def limited(world: World, *, day_minor: int | None = None, month_minor: int | None = None) -> None:
    set_limit_rule(
        actor=world.actor(world.olga),
        organization_id=world.acme.id,
        wallet_kind=WalletKind.CURRENT,
        currency="INR",
        day_minor=day_minor,
        month_minor=month_minor,
        now=clock.now(),
    )


def confirm(client: Client, answer):
    return client.post("/send/confirm", {"review": sealed(answer)})


def schedules(world: World) -> list[tuple[str, int, int, int, int | None]]:
    with reading(world.actor(world.olga)):
        rows = FeeSchedule.objects.filter(organization=world.acme)
        return [(r.kind, r.fixed_minor, r.bps, r.floor_minor, r.ceiling_minor) for r in rows]


def test_the_review_shows_fee_and_total_and_the_receipt_keeps_them(
    world: World, visit: Visit, charge: Charged
):
    charge(7_50)
    client = visit(world.alice)
    shown = review(client, form_of(world, client))
    text = shown.content.decode()
    assert ("₹7.50" in text, "₹1,258.00" in text, "₹98,742.00" in text) == (True,) * 3
    receipt = client.get(confirm(client, shown).headers["Location"]).content.decode()
    assert ("₹7.50" in receipt, "₹1,258.00" in receipt) == (True, True)
    assert world.balance(world.alice_wallet) == ALICE - 1_258_00


def test_a_fee_that_changed_is_shown_before_anything_moves(
    world: World, visit: Visit, charge: Charged
):
    charge(7_50)
    client = visit(world.alice)
    shown = review(client, form_of(world, client))
    charge(9_00)
    again = confirm(client, shown)
    text = again.content.decode()
    assert (again.status_code, "The fee is ₹9.00 now; you were shown ₹7.50" in text) == (422, True)
    assert world.balance(world.alice_wallet) == ALICE
    assert confirm(client, again).status_code == 302
    assert world.balance(world.alice_wallet) == ALICE - 1_250_50 - 9_00
    assert [one.reason_code for one in transfers(world)] == ["", "fee_changed"]


def test_the_amount_must_leave_room_for_the_fee(world: World, visit: Visit, charge: Charged):
    charge(7_50)
    client = visit(world.alice)
    answer = review(client, form_of(world, client, amount="1,00,000"))
    assert answer.context["form"].errors["amount"] == [
        "There is not enough available for this and its fee of ₹7.50."
    ]
    assert transfers(world) == []


def test_the_receiver_does_not_read_the_payer_s_fee(world: World, visit: Visit, charge: Charged):
    charge(7_50)
    transfer = world.send(amount_minor=1_000_00).transfer
    assert transfer is not None
    assert visit(world.alice).get(place(transfer)).context["transfer"].fee == "₹7.50"
    for page in ("", "/receipt", "/give-back"):
        assert "₹7.50" not in visit(world.charlie).get(place(transfer) + page).content.decode()


def test_the_fee_goes_back_with_everything_and_stays_with_a_part(
    world: World, visit: Visit, charge: Charged
):
    charge(7_50)
    client = visit(world.alice)
    transfer = world.send(destination=world.acme_wallet, amount_minor=1_000_00).transfer
    assert transfer is not None
    give(client, transfer, give_back_form(client, transfer, how_much="part", amount="400"))
    assert world.balance(world.alice_wallet) == ALICE - 600_00 - 7_50
    assert client.get(place(transfer)).context["history"].fee_left == "₹7.50"
    give(client, transfer, give_back_form(client, transfer))
    history = client.get(place(transfer)).context["history"]
    assert [(one.amount, one.fee) for one in history.back] == [
        ("₹400.00", ""),
        ("₹600.00", "₹7.50"),
    ]
    assert world.balance(world.alice_wallet) == ALICE


def test_the_fee_stays_when_another_organization_gives_everything_back(
    world: World, visit: Visit, charge: Charged
):
    charge(7_50)
    client, alice = visit(world.charlie), visit(world.alice)
    transfer = world.send(amount_minor=1_000_00).transfer
    assert transfer is not None
    assert alice.get(place(transfer)).context["history"].fee_left == ""
    give(client, transfer, give_back_form(client, transfer))
    history = alice.get(place(transfer)).context["history"]
    assert [(one.amount, one.fee) for one in history.back] == [("₹1,000.00", "")]
    assert world.balance(world.alice_wallet) == ALICE - 7_50


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"day_minor": 2_000_00}, "₹2,000.00 today; ₹1,500.00 is used, so ₹500.00 is left"),
        ({"month_minor": 2_000_00}, "₹2,000.00 this month; ₹1,500.00 is used, so ₹500.00 is left"),
    ],
)
def test_a_limit_is_told_at_the_review_with_what_is_left(
    world: World, visit: Visit, limits: dict[str, int], words: str
):
    limited(world, **limits)
    client = visit(world.alice)
    confirm(client, review(client, form_of(world, client, amount="1500")))
    answer = review(client, form_of(world, client, amount="500.01"))
    assert words in answer.context["form"].errors["amount"][0]
    assert review(client, form_of(world, client, amount="500")).status_code == 200
    assert len(transfers(world)) == 1


def test_a_limit_lowered_after_the_review_is_told(world: World, visit: Visit):
    client = visit(world.alice)
    shown = review(client, form_of(world, client))
    limited(world, day_minor=1_000_00)
    answer = confirm(client, shown)
    assert answer.status_code == 422
    assert "₹1,000.00 is left" in answer.context["form"].errors["amount"][0]
    assert world.balance(world.alice_wallet) == ALICE


def test_the_wallet_shows_what_is_used_today_and_this_month(world: World, visit: Visit):
    limited(world, day_minor=2_000_00, month_minor=10_000_00)
    client = visit(world.alice)
    confirm(client, review(client, form_of(world, client, amount="1700")))
    page = client.get(f"/wallets/{world.alice_wallet.handle}")
    bars = page.context["limits"].bars
    assert [(bar.title, bar.used, bar.limit, bar.left, bar.percent, bar.near) for bar in bars] == [
        ("Today", "₹1,700.00", "₹2,000.00", "₹300.00", 85, True),
        ("This month", "₹1,700.00", "₹10,000.00", "₹8,300.00", 17, False),
    ]
    assert "85% used" in page.content.decode()
    assert client.get(f"/wallets/{world.acme_wallet.handle}").context["limits"] is None


def test_an_owner_sets_a_fee_and_everybody_reads_it(world: World, visit: Visit):
    answer = visit(world.alice).post("/organization/fees", FEE)
    assert answer.status_code == 302
    assert schedules(world) == [("transfer", 2_00, 50, 5_00, 50_00)]
    for person in (world.alice, world.bob):
        [row] = visit(person).get("/organization").context["fees"]
        assert row.words == "₹2.00 + 0.5%, at least ₹5.00, at most ₹50.00"
        assert row.example == "₹50.00 for ₹10,000.00"
    assert visit(world.charlie).get("/organization").context["fees"] == []


def test_emptied_fields_make_it_free(world: World, visit: Visit):
    client = visit(world.alice)
    client.post("/organization/fees", FEE)
    client.post("/organization/fees", {"fee-kind": "transfer", "fee-currency": "INR"})
    assert schedules(world) == [("transfer", 0, 0, 0, None)]
    assert client.get("/organization").context["fees"] == []


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"fee-ceiling": "4"}, "ceiling"),
        ({"fee-percent": "100.01"}, "percent"),
        ({"fee-percent": "0.123"}, "percent"),
        ({"fee-fixed": "-1"}, None),
        ({"fee-kind": "deposit"}, "kind"),
        ({"fee-currency": "XXX"}, "currency"),
    ],
)
def test_a_fee_that_makes_no_sense_is_refused(
    world: World, visit: Visit, changed: dict[str, str], field: str | None
):
    answer = visit(world.alice).post("/organization/fees", {**FEE, **changed})
    assert answer.status_code in (400, 422)
    errors = answer.context["fee_form"].errors
    assert field in errors if field else errors
    assert schedules(world) == []


def test_who_may_not_set_a_fee(world: World, visit: Visit):
    assert visit(world.bob).post("/organization/fees", FEE).status_code == 403
    assert visit(world.olga).post("/organization/fees", FEE).status_code == 403
    assert "fee_form" not in visit(world.bob).get("/organization").context
    assert schedules(world) == []


def test_an_own_rule_replaces_the_general_one_on_the_organization_page(world: World, visit: Visit):
    limited(world, day_minor=2_000_00)
    rows = visit(world.bob).get("/organization").context["limits"]
    assert [(row.kind, row.day, row.month, row.own) for row in rows] == [
        ("Savings", "₹10,00,000.00", "₹1,00,00,000.00", False),
        ("Current", "₹2,000.00", "No limit", True),
        ("Merchant", "₹2,50,00,000.00", "₹25,00,00,000.00", False),
    ]


def test_staff_return_an_organization_to_the_general_rule(world: World, visit: Visit):
    limited(world, day_minor=5)
    with reading(world.actor(world.olga)):
        rule = LimitRule.objects.get(organization=world.acme)
    client = visit(world.olga)
    ticked = {"action": "withdraw", "_selected_action": [str(rule.id)]}
    page = client.post("/admin/wallets/limitrule/", ticked, follow=True)
    assert page.context["rows"] == [(rule.id, "Current · INR", "Acme")]
    answer = client.post("/admin/wallets/limits/general/", {"id": str(rule.id)}, follow=True)
    assert "The limit is withdrawn; the general rules hold." in answer.content.decode()
    assert moved(world.send(amount_minor=6)).amount_minor == 6
    refused = visit(world.alice).post("/admin/wallets/limits/general/", {"id": str(rule.id)})
    assert refused.status_code == 403
