"""Giving back what a transfer moved: who may, how much, once."""

import pytest
from django.test import Client

from kernel.context import reading
from kernel.ids import encode
from tests.web.conftest import Visit
from tests.web.reserved import held
from tests.world import World
from wallets.models import Transfer

pytestmark = pytest.mark.django_db

ALICE, CHARLIE = 1_00_000_00, 50_000_00


def sent(world: World, **wanted: object) -> Transfer:
    transfer = world.send(**{"amount_minor": 1_000_00, **wanted}).transfer
    assert transfer is not None
    return transfer


def place(transfer: Transfer) -> str:
    return f"/transfers/{encode('trf', transfer.id)}"


def form_of(client: Client, transfer: Transfer, **changed: str) -> dict[str, str]:
    page = client.get(f"{place(transfer)}/give-back")
    return {"key": page.context["form"].initial["key"], "how_much": "whole", **changed}


def give(client: Client, transfer: Transfer, form: dict[str, str]):
    return client.post(f"{place(transfer)}/give-back/confirm", form)


def reversals(world: World) -> list[tuple[str, int]]:
    with reading(world.actor(world.olga)):
        found = Transfer.objects.filter(kind="reversal").order_by("id")
        return [(one.state, one.amount_minor) for one in found]


def test_the_receiver_gives_everything_back(world: World, visit: Visit):
    client, transfer = visit(world.charlie), sent(world)
    answer = give(client, transfer, form_of(client, transfer))
    receipt = client.get(answer.headers["Location"]).content.decode()
    assert ("Money given back" in receipt, "₹1,000.00" in receipt) == (True, True)
    assert (world.balance(world.alice_wallet), world.balance(world.charlie_wallet)) == (
        ALICE,
        CHARLIE,
    )


def test_a_part_leaves_the_rest_and_both_sides_read_the_history(world: World, visit: Visit):
    client, transfer = visit(world.charlie), sent(world, description="Order 7")
    answer = give(
        client,
        transfer,
        form_of(client, transfer, how_much="part", amount="300", description="Ripped"),
    )
    for person in (world.charlie, world.alice):
        history = visit(person).get(place(transfer)).context["history"]
        assert [(one.amount, one.description) for one in history.back] == [("₹300.00", "Ripped")]
        assert (history.given, history.left) == ("₹300.00", "₹700.00")
        back = visit(person).get(answer.headers["Location"].removesuffix("/receipt"))
        assert back.context["history"].original.description == "Order 7"
    assert world.balance(world.charlie_wallet) == CHARLIE + 700_00


def test_giving_back_twice_moves_the_money_once(world: World, visit: Visit):
    client, transfer = visit(world.charlie), sent(world)
    form = form_of(client, transfer, how_much="part", amount="300")
    first, second = give(client, transfer, form), give(client, transfer, form)
    assert first.headers["Location"] == second.headers["Location"]
    assert reversals(world) == [("COMPLETED", 300_00)]


def test_more_than_is_left_is_told_and_nothing_moves(world: World, visit: Visit):
    client, transfer = visit(world.charlie), sent(world)
    give(client, transfer, form_of(client, transfer, how_much="part", amount="700"))
    answer = give(client, transfer, form_of(client, transfer, how_much="part", amount="300.01"))
    assert answer.status_code == 422
    assert "less than this left" in answer.context["form"].errors["amount"][0]
    assert world.balance(world.charlie_wallet) == CHARLIE + 300_00


def test_money_spent_since_is_told(world: World, visit: Visit):
    client, transfer = visit(world.charlie), sent(world)
    form = form_of(client, transfer)
    world.send(
        sender=world.charlie,
        source=world.charlie_wallet,
        destination=world.alice_wallet,
        amount_minor=CHARLIE + 900_00,
    )
    answer = give(client, transfer, form)
    assert (answer.status_code, "not enough" in answer.content.decode()) == (422, True)
    assert world.balance(world.charlie_wallet) == 100_00


def test_after_everything_went_back_nothing_is_offered(world: World, visit: Visit):
    client, transfer = visit(world.charlie), sent(world)
    give(client, transfer, form_of(client, transfer))
    assert client.get(place(transfer)).context["history"].give_back_url == ""
    assert "Nothing is left" in client.get(f"{place(transfer)}/give-back").content.decode()
    answer = give(client, transfer, {"key": "late", "how_much": "whole"})
    assert answer.status_code == 422
    assert world.balance(world.alice_wallet) == ALICE


def test_only_the_receiving_side_may(world: World, visit: Visit):
    transfer = sent(world)
    for person, status in ((world.alice, 403), (world.bob, 403)):
        client = visit(person)
        assert client.get(f"{place(transfer)}/give-back").status_code == status
        assert give(client, transfer, {"key": "k", "how_much": "whole"}).status_code == status
        assert client.get(place(transfer)).context["history"].give_back_url == ""
    inside = sent(world, destination=world.acme_wallet)
    assert visit(world.charlie).get(f"{place(inside)}/give-back").status_code == 404
    assert give(visit(world.charlie), inside, {"key": "k"}).status_code == 404
    assert reversals(world) == []


def test_what_never_moved_and_what_came_back_cannot_be_given_back(world: World, visit: Visit):
    client, transfer = visit(world.charlie), sent(world)
    location = give(client, transfer, form_of(client, transfer)).headers["Location"]
    back = location.removesuffix("/receipt")
    refused = sent(world, amount_minor=99_99_99_999)
    alice = visit(world.alice)
    assert alice.get(f"{back}/give-back").status_code == 403
    assert alice.get(f"{place(refused)}/give-back").status_code == 403
    form = {"key": "k", "how_much": "whole"}
    assert alice.post(f"{back}/give-back/confirm", form).status_code == 422
    assert alice.post(f"{place(refused)}/give-back/confirm", form).status_code == 422
    assert world.balance(world.alice_wallet) == ALICE


def test_the_list_names_captures_and_what_was_given_back(world: World, visit: Visit):
    client, transfer = visit(world.charlie), sent(world)
    give(client, transfer, form_of(client, transfer))
    alice, hold = visit(world.alice), held(world)
    page = alice.get(f"/holds/{encode('hld', hold.hold_id)}/capture")
    key = page.context["form"].initial["key"]
    alice.post(
        f"/holds/{encode('hld', hold.hold_id)}/capture/confirm", {"key": key, "how_much": "whole"}
    )
    rows = [row for day in alice.get("/transfers").context["days"] for row in day.rows]
    assert [(row.title, row.tag) for row in rows[:3]] == [
        ("Acme", "Captured hold"),
        ("Charlie", "Given back"),
        ("Charlie", ""),
    ]
    for kind in ("capture", "reversal"):
        found = alice.get(f"/transfers?kind={kind}").context["days"]
        assert [len(day.rows) for day in found] == [1]
