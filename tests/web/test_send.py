"""Sending: details, review of amount and payee, confirmation, receipt."""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from kernel import clock
from kernel.context import reading
from tests.web.conftest import Visit
from tests.world import World
from wallets.choices import WalletKind
from wallets.models import Transfer, Wallet
from wallets.services.wallets import close_wallet, freeze_wallet, open_wallet, suspend_wallet

pytestmark = pytest.mark.django_db


def form_of(world: World, client: Client, **changed: str) -> dict[str, str]:
    """What Alice fills in; the key is the one the page brought."""
    key = client.get("/send").context["form"].initial["key"]
    return {
        "key": key,
        "source": world.alice_wallet.handle,
        "destination": world.charlie_wallet.handle,
        "amount": "1,250.50",
        "description": "Lunch",
        **changed,
    }


def review(client: Client, form: dict[str, str]):
    return client.post("/send/review", form)


def sealed(answer) -> str:
    found = re.search(r'name="review" value="([^"]+)"', answer.content.decode())
    assert found, answer.content.decode()
    return found[1]


def transfers(world: World) -> list[Transfer]:
    with reading(world.actor(world.olga)):
        return list(Transfer.objects.filter(kind="transfer"))


def test_review_shows_amount_and_payee_and_moves_nothing(world: World, visit: Visit):
    client = visit(world.alice)
    text = review(client, form_of(world, client)).content.decode()
    assert "₹1,250.50" in text
    assert ("Charlie" in text, "Globex" in text) == (True, True)
    assert "₹98,749.50" in text  # available after
    assert transfers(world) == []


def test_confirming_moves_the_money_and_shows_the_receipt(world: World, visit: Visit):
    client = visit(world.alice)
    answer = client.post(
        "/send/confirm", {"review": sealed(review(client, form_of(world, client)))}
    )
    receipt = client.get(answer.headers["Location"]).content.decode()
    assert ("Money sent" in receipt, "₹1,250.50" in receipt, "Charlie" in receipt) == (True,) * 3
    assert world.balance(world.alice_wallet) == 98_749_50
    assert world.balance(world.charlie_wallet) == 51_250_50


def test_confirming_twice_moves_the_money_once(world: World, visit: Visit):
    client = visit(world.alice)
    body = {"review": sealed(review(client, form_of(world, client)))}
    first, second = client.post("/send/confirm", body), client.post("/send/confirm", body)
    assert first.headers["Location"] == second.headers["Location"]
    assert world.balance(world.alice_wallet) == 98_749_50
    assert len(transfers(world)) == 1


def test_a_changed_or_borrowed_review_is_refused(world: World, visit: Visit):
    client, other = visit(world.alice), visit(world.charlie)
    good = sealed(review(client, form_of(world, client)))
    for who, body in ((client, good[:-2] + "xx"), (client, ""), (other, good)):
        answer = who.post("/send/confirm", {"review": body})
        assert answer.status_code == 422
        assert "Nothing was sent" in answer.content.decode()
    assert transfers(world) == []


@pytest.mark.parametrize(
    ("changed", "field", "words"),
    [
        ({"amount": "0"}, "amount", "above zero"),
        ({"amount": "-5"}, "amount", "amount like"),
        ({"amount": "12.345"}, "amount", "digits after the point"),
        ({"amount": "1e5"}, "amount", "amount like"),
        ({"amount": "९००"}, "amount", "amount like"),
        ({"amount": "99999999999999999"}, "amount", "amount like"),
        ({"amount": "1,00,000.01"}, "amount", "not enough available"),
        ({"amount": ""}, "amount", "required"),
        ({"destination": "VC-000000"}, "destination", "No wallet has this handle"),
        ({"destination": "hello"}, "destination", "No wallet has this handle"),
        ({"source": "VC-000000"}, "source", "valid choice"),
    ],
)
def test_bad_input_is_told_beside_its_field(
    world: World, visit: Visit, changed: dict[str, str], field: str, words: str
):
    client = visit(world.alice)
    answer = review(client, form_of(world, client, **changed))
    assert answer.status_code in (400, 422)
    assert words in " ".join(answer.context["form"].errors[field])
    assert transfers(world) == []


def test_the_own_wallet_is_no_payee(world: World, visit: Visit):
    client = visit(world.alice)
    answer = review(client, form_of(world, client, destination=world.alice_wallet.handle.lower()))
    assert "comes from" in answer.context["form"].errors["destination"][0]


def test_a_wallet_frozen_after_the_review_is_caught(world: World, visit: Visit):
    client = visit(world.alice)
    body = {"review": sealed(review(client, form_of(world, client)))}
    freeze_wallet(
        actor=world.actor(world.alice),
        wallet_id=world.alice_wallet.id,
        reason="lost phone",
        now=clock.now(),
    )
    answer = client.post("/send/confirm", body)
    assert answer.status_code == 422
    assert "No money moved" in answer.content.decode()
    assert world.balance(world.charlie_wallet) == 50_000_00


@pytest.mark.parametrize(("end", "word"), [(suspend_wallet, "suspended"), (close_wallet, "closed")])
def test_a_payee_s_wallet_that_ended_after_the_review_is_told_beside_the_handle(
    world: World, visit: Visit, end: Callable[..., Wallet], word: str
):
    client, owner = visit(world.alice), world.charlie
    theirs = open_wallet(
        actor=world.actor(owner),
        owner_id=owner.id,
        kind=WalletKind.SAVINGS,
        currency="INR",
        now=clock.now(),
    )
    form = form_of(world, client, destination=theirs.handle)
    body = {"review": sealed(review(client, form))}
    end(actor=world.actor(world.olga), wallet_id=theirs.id, reason="a case", now=clock.now())
    answer = client.post("/send/confirm", body)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert answer.context["form"].errors["destination"] == [f"The payee’s wallet is {word}."]
    assert (f"The payee’s wallet is {word}." in text, "No money moved" in text) == (True, True)
    assert world.balance(world.alice_wallet) == 1_00_000_00


def test_funds_spent_after_the_review_are_told_beside_the_amount(world: World, visit: Visit):
    client = visit(world.alice)
    body = {"review": sealed(review(client, form_of(world, client, amount="90000")))}
    world.send(amount_minor=50_000_00)
    answer = client.post("/send/confirm", body)
    assert "not enough" in answer.context["form"].errors["amount"][0]
    assert answer.context["form"].data["key"] not in body["review"]
    assert world.balance(world.alice_wallet) == 50_000_00


def test_change_something_brings_the_form_back_filled_in(world: World, visit: Visit):
    client = visit(world.alice)
    body = {"review": sealed(review(client, form_of(world, client)))}
    text = client.post("/send/edit", body).content.decode()
    assert ('value="1,250.50"' in text, world.charlie_wallet.handle in text) == (True, True)


def test_the_payee_is_named_while_typing(world: World, visit: Visit):
    client = visit(world.alice)
    typed = {"destination": world.charlie_wallet.handle.lower()}
    text = client.post("/send/payee", typed, headers={"HX-Request": "true"}).content.decode()
    assert ("Charlie" in text, "<html" in text) == (True, False)


def test_each_form_has_its_own_key(world: World, visit: Visit):
    client = visit(world.alice)
    keys = {client.get("/send").context["form"].initial["key"] for _ in range(3)}
    assert len(keys) == 3


def test_a_viewer_cannot_send(world: World, visit: Visit):
    client = visit(world.bob)
    for answer in (client.get("/send"), client.post("/send/payee"), client.post("/send/review")):
        assert answer.status_code == 403
