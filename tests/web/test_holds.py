"""Holds in the dashboard: placed once, captured in parts, voided, and hidden from others."""

import datetime as dt

import pytest
from django.test import Client

from kernel import clock
from kernel.context import reading
from tests.web.conftest import Visit
from tests.web.reserved import held, hold_id_of, standing
from tests.world import World
from wallets.models import Transfer, WalletHold
from wallets.services.wallets import freeze_wallet
from wallets.tests.test_hold_fees import charge_captures

pytestmark = pytest.mark.django_db

ALICE = 1_00_000_00


def place_form(world: World, client: Client, **changed: str) -> dict[str, str]:
    return {
        "key": client.get("/holds/new").context["form"].initial["key"],
        "source": world.alice_wallet.handle,
        "destination": world.acme_wallet.handle,
        "amount": "1,000",
        "days": "7",
        "description": "Deposit",
        **changed,
    }


def take_form(client: Client, hold: WalletHold, **changed: str) -> dict[str, str]:
    page = client.get(f"/holds/{hold_id_of(hold)}/capture")
    return {"key": page.context["form"].initial["key"], "how_much": "whole", **changed}


def take(client: Client, hold: WalletHold, form: dict[str, str]):
    return client.post(f"/holds/{hold_id_of(hold)}/capture/confirm", form)


def holds(world: World) -> list[WalletHold]:
    with reading(world.actor(world.olga)):
        return list(WalletHold.objects.select_related("hold"))


def captures(world: World) -> list[tuple[str, int]]:
    with reading(world.actor(world.olga)):
        found = Transfer.objects.filter(kind="capture").order_by("id")
        return [(one.state, one.amount_minor) for one in found]


def test_placing_reserves_and_moves_nothing(world: World, visit: Visit):
    client = visit(world.alice)
    answer = client.post("/holds/place", place_form(world, client))
    page = client.get(answer.headers["Location"]).content.decode()
    assert ("₹1,000.00" in page, "Deposit" in page, "wallets.hold.place" in page) == (True,) * 3
    wallet = client.get(f"/wallets/{world.alice_wallet.handle}").content.decode()
    assert ("₹1,00,000.00" in wallet, "₹99,000" in wallet, "₹1,000.00" in wallet) == (True,) * 3
    assert world.balance(world.alice_wallet) == ALICE


def test_the_fee_is_shown_before_it_is_held(world: World, visit: Visit):
    charge_captures(world)
    client = visit(world.alice)
    form = place_form(world, client)
    asked = client.post("/holds/place", form)
    text = asked.content.decode()
    assert (asked.status_code, "₹10.00" in text, "₹1,010.00" in text) == (200, True, True)
    assert holds(world) == []

    agreed = asked.context["form"]["agreed"].value()
    answer = client.post("/holds/place", {**form, "agreed": agreed})
    assert [one.hold.fee_minor for one in holds(world)] == [10_00]
    assert "Fee held on top" in client.get(answer.headers["Location"]).content.decode()


def test_a_fee_that_changed_since_it_was_shown_is_shown_again(world: World, visit: Visit):
    charge_captures(world)
    client = visit(world.alice)
    answer = client.post("/holds/place", place_form(world, client, agreed="999"))
    assert (answer.context["fee"], holds(world)) == ("₹10.00", [])


def test_the_capture_page_says_what_is_held_of_the_fee(world: World, visit: Visit):
    charge_captures(world)
    client, hold = visit(world.alice), held(world)
    take(client, hold, take_form(client, hold, how_much="part", amount="400"))
    page = client.get(f"/holds/{hold_id_of(hold)}/capture").content.decode()
    assert ("₹6.00" in page, "takes its share" in page) == (True, True)


def test_placing_twice_reserves_once(world: World, visit: Visit):
    client = visit(world.alice)
    form = place_form(world, client)
    first, second = client.post("/holds/place", form), client.post("/holds/place", form)
    assert first.headers["Location"] == second.headers["Location"]
    assert [one.hold.amount_minor for one in holds(world)] == [1_000_00]


@pytest.mark.parametrize(
    ("changed", "field", "words"),
    [
        ({"amount": "1,00,000.01"}, "amount", "not enough available"),
        ({"amount": "12.345"}, "amount", "digits after the point"),
        ({"amount": "0"}, "amount", "above zero"),
        ({"destination": "VC-000000"}, "destination", "No wallet has this handle"),
        ({"days": "400"}, "days", "valid choice"),
        ({"source": "VC-000000"}, "source", "valid choice"),
        ({"description": "a\u202eb"}, "description", "direction overrides"),
    ],
)
def test_what_cannot_be_held_is_told_beside_its_field(
    world: World, visit: Visit, changed: dict[str, str], field: str, words: str
):
    client = visit(world.alice)
    answer = client.post("/holds/place", place_form(world, client, **changed))
    assert answer.status_code in (400, 422)
    assert words in " ".join(answer.context["form"].errors[field])
    assert holds(world) == []


def test_a_wallet_frozen_meanwhile_reserves_nothing(world: World, visit: Visit):
    client = visit(world.alice)
    form = place_form(world, client)
    freeze_wallet(
        actor=world.actor(world.alice),
        wallet_id=world.alice_wallet.id,
        reason="lost phone",
        now=clock.now(),
    )
    assert client.post("/holds/place", form).status_code in (400, 422)
    assert holds(world) == []


def test_captured_in_two_parts_and_the_rest_freed(world: World, visit: Visit):
    client, hold = visit(world.alice), held(world)
    take(client, hold, take_form(client, hold, how_much="part", amount="300"))
    last = take_form(client, hold, how_much="part", amount="200", final="on")
    answer = take(client, hold, last)
    receipt = client.get(answer.headers["Location"]).content.decode()
    assert ("₹200.00" in receipt, "Money sent" in receipt) == (True, True)
    assert standing(world, hold) == ("CAPTURED", 500_00, 500_00)
    assert world.balance(world.alice_wallet) == ALICE - 500_00
    page = client.get(f"/holds/{hold_id_of(hold)}")
    assert [row.amount for row in page.context["captures"]] == ["₹200.00", "₹300.00"]


def test_a_form_that_was_used_for_another_amount_brings_a_fresh_key(world: World, visit: Visit):
    client, hold = visit(world.alice), held(world)
    form = place_form(world, client)
    part = take_form(client, hold, how_much="part", amount="300")
    client.post("/holds/place", form)
    take(client, hold, part)
    for answer, spent in (
        (client.post("/holds/place", {**form, "amount": "5"}), form),
        (take(client, hold, {**part, "amount": "5"}), part),
    ):
        again = answer.context["form"]
        assert (answer.status_code, again.data["key"] != spent["key"]) == (422, True)
        assert "already used" in again.non_field_errors()[0]
    assert (len(holds(world)), captures(world)) == (2, [("COMPLETED", 300_00)])


def test_capturing_twice_moves_the_money_once(world: World, visit: Visit):
    client, hold = visit(world.alice), held(world)
    form = take_form(client, hold, how_much="part", amount="300")
    first, second = take(client, hold, form), take(client, hold, form)
    assert first.headers["Location"] == second.headers["Location"]
    assert captures(world) == [("COMPLETED", 300_00)]


def test_more_than_is_left_is_told_beside_the_amount(world: World, visit: Visit):
    client, hold = visit(world.alice), held(world)
    form = take_form(client, hold, how_much="part", amount="1000.01")
    answer = take(client, hold, form)
    again = answer.context["form"]
    assert (answer.status_code, "less than this left" in again.errors["amount"][0]) == (422, True)
    assert again.data["key"] != form["key"]
    assert standing(world, hold) == ("OPEN", 0, 0)
    assert world.balance(world.alice_wallet) == ALICE


@pytest.mark.parametrize("amount", ["", "0", "-1", "12.345", "1e5"])
def test_a_part_that_is_no_amount_is_refused(world: World, visit: Visit, amount: str):
    client, hold = visit(world.alice), held(world)
    answer = take(client, hold, take_form(client, hold, how_much="part", amount=amount))
    assert (answer.status_code, bool(answer.context["form"].errors["amount"])) == (400, True)
    assert captures(world) == []


def test_voiding_frees_what_is_left_and_is_final(world: World, visit: Visit):
    client, hold = visit(world.alice), held(world)
    form = take_form(client, hold)
    place = f"/holds/{hold_id_of(hold)}"
    for _ in range(2):
        assert client.post(f"{place}/void").status_code == 302
    assert standing(world, hold) == ("VOIDED", 0, 1_000_00)
    answer = take(client, hold, form)
    assert (answer.status_code, "has ended" in answer.content.decode()) == (422, True)
    assert client.get(f"{place}/capture").status_code == 422
    assert world.balance(world.alice_wallet) == ALICE


def test_a_hold_that_ran_out_says_so_and_gives_nothing(world: World, visit: Visit):
    hold = held(world, placed_at=clock.now() - dt.timedelta(days=9), days=7)
    client = visit(world.alice)
    page = client.get(f"/holds/{hold_id_of(hold)}")
    assert page.context["hold"].badge.label == "Ran out"
    assert "Capture</a>" not in page.content.decode()
    assert take(client, hold, {"key": "k", "how_much": "whole"}).status_code == 422
    assert world.balance(world.alice_wallet) == ALICE


def test_somebody_else_neither_sees_nor_takes_nor_voids(world: World, visit: Visit):
    hold = held(world, destination=world.charlie_wallet)
    place = f"/holds/{hold_id_of(hold)}"
    for person, status in ((world.charlie, 404), (world.bob, 403)):
        client = visit(person)
        assert client.post(f"{place}/void").status_code == status
        answer = client.post(f"{place}/capture/confirm", {"key": "k", "how_much": "whole"})
        assert answer.status_code == status
    assert visit(world.charlie).get("/holds").context["rows"] == []
    assert standing(world, hold) == ("OPEN", 0, 0)


def test_staff_frees_a_hold_and_cannot_take_it(world: World, visit: Visit):
    hold = held(world)
    place, client = f"/holds/{hold_id_of(hold)}", visit(world.olga)
    content = client.get(place).content.decode()
    assert ("Void the hold" in content, f"{place}/capture" in content) == (True, False)
    form = {"key": "k", "how_much": "whole"}
    assert client.post(f"{place}/capture/confirm", form).status_code == 403
    assert client.post(f"{place}/void").status_code == 302
    assert standing(world, hold) == ("VOIDED", 0, 1_000_00)


def test_a_viewer_cannot_place_a_hold(world: World, visit: Visit):
    answer = visit(world.bob).post("/holds/place", {"source": world.acme_wallet.handle})
    assert answer.status_code == 403
    assert holds(world) == []


def test_filters_live_in_the_address(world: World, visit: Visit):
    client = visit(world.alice)
    first = held(world, description="Bicycle")
    held(world, amount_minor=20_00, description="Camera")
    client.post(f"/holds/{hold_id_of(first)}/void")
    found = {
        address: [row.amount for row in client.get(f"/holds?{address}").context["rows"]]
        for address in ("", "state=OPEN", "state=VOIDED", "q=bicycle", "currency=USD", "q=zzz")
    }
    assert found == {
        "": ["₹20.00", "₹1,000.00"],
        "state=OPEN": ["₹20.00"],
        "state=VOIDED": ["₹1,000.00"],
        "q=bicycle": ["₹1,000.00"],
        "currency=USD": [],
        "q=zzz": [],
    }
    assert len(client.get(f"/holds?q={hold_id_of(first)}").context["rows"]) == 1


@pytest.mark.parametrize("query", ["state=NOPE", "before=zzz", "q=%00", "after=hld_x"])
def test_an_address_that_means_nothing_breaks_nothing(world: World, visit: Visit, query: str):
    held(world)
    assert visit(world.alice).get(f"/holds?{query}").status_code in (200, 404)


def test_pages_follow_each_other(world: World, visit: Visit):
    for number in range(1, 28):
        held(world, amount_minor=number * 100)
    client = visit(world.alice)
    first = client.get("/holds")
    second = client.get(first.context["pager"].next)
    assert [len(page.context["rows"]) for page in (first, second)] == [25, 2]
    assert second.context["rows"][-1].amount == "₹1.00"


def test_home_shows_held_only_where_something_is(world: World, visit: Visit):
    client = visit(world.alice)
    [card] = client.get("/").context["balances"]
    assert (card.has_held, "Held" in client.get("/").content.decode()) == (False, False)
    held(world)
    [card] = client.get("/").context["balances"]
    assert (card.has_held, card.held, card.posted) == (True, "₹1,000.00", "₹6,00,000.00")
    assert card.whole + card.fraction == "₹5,99,000.00"
