"""Activity, one transfer in full, wallets with their running balance."""

import dataclasses
import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kernel import clock
from kernel.ids import encode
from ledger.services.timezones import set_timezone
from tests.web.conftest import Visit
from tests.world import World
from wallets.choices import WalletKind
from wallets.services.transfers import execute_transfers
from wallets.services.wallets import open_wallet

pytestmark = pytest.mark.django_db


def titles(answer) -> list[str]:
    return [row.title for day in answer.context["days"] for row in day.rows]


def test_filters_live_in_the_address(world: World, visit: Visit):
    world.send(amount_minor=10_00)
    world.send(amount_minor=99_99_99_999)  # refused: too much
    client = visit(world.alice)
    assert titles(client.get("/transfers")) == ["Charlie", "Charlie", "Deposit", "Deposit"]
    assert titles(client.get("/transfers?state=FAILED")) == ["Charlie"]
    assert titles(client.get("/transfers?direction=in")) == ["Deposit", "Deposit"]
    assert titles(client.get("/transfers?kind=transfer&state=COMPLETED")) == ["Charlie"]
    assert titles(client.get("/transfers?currency=USD")) == []
    assert titles(client.get("/transfers?until=2026-11-19")) == []
    assert titles(client.get("/transfers?since=2026-11-20&q=charl")) == ["Charlie", "Charlie"]
    assert "Nothing matches" in client.get("/transfers?q=zzz").content.decode()


def test_days_are_those_of_the_organization(world: World, visit: Visit):
    alice = world.signed_in(world.alice)
    set_timezone(actor=alice, timezone="Asia/Kolkata", now=clock.now())
    late = dt.datetime(2026, 11, 20, 19, 30, tzinfo=dt.UTC)  # one in the morning of the 21st
    [sent] = execute_transfers([dataclasses.replace(world.request(), now=late)])
    assert sent.transfer is not None
    client = visit(world.alice)
    page = client.get("/transfers")
    assert [day.day for day in page.context["days"]] == [
        dt.date(2026, 11, 21),
        dt.date(2026, 11, 20),
    ]
    assert "by days of Asia/Kolkata" in page.content.decode()
    assert titles(client.get("/transfers?since=2026-11-21")) == ["Charlie"]
    assert titles(client.get("/transfers?until=2026-11-20")) == ["Deposit", "Deposit"]


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "1899-12-31", "99999-01-01", "\x00"])
@pytest.mark.parametrize("name", ["since", "until"])
def test_a_day_no_transfer_can_have_is_told(world: World, visit: Visit, name: str, day: str):
    answer = visit(world.alice).get("/transfers", {name: day})
    assert answer.status_code == 200
    assert answer.context["form"].errors[name]
    assert titles(answer) == ["Deposit", "Deposit"]


def test_an_id_finds_its_transfer(world: World, visit: Visit):
    sent = world.send().transfer
    assert sent is not None
    answer = visit(world.alice).get("/transfers", {"q": encode("trf", sent.id)})
    assert titles(answer) == ["Charlie"]


def test_pages_neither_repeat_nor_miss_while_rows_arrive(world: World, visit: Visit):
    for _ in range(30):
        world.send(amount_minor=1_00)
    client = visit(world.alice)
    first = client.get("/transfers?kind=transfer")
    world.send(amount_minor=1_00)
    second = client.get(first.context["pager"].next)
    seen = [row.url for page in (first, second) for day in page.context["days"] for row in day.rows]
    assert (len(seen), len(set(seen))) == (30, 30)
    back = client.get(second.context["pager"].previous)
    assert [row.url for day in back.context["days"] for row in day.rows] == seen[:25]


def test_htmx_gets_the_rows_alone(world: World, visit: Visit):
    world.send()
    text = visit(world.alice).get("/transfers", headers={"HX-Request": "true"}).content.decode()
    assert ("list-row" in text, "<html" in text) == (True, False)


def test_a_transfer_shows_entries_audit_and_event_of_one_s_own_side(world: World, visit: Visit):
    sent = world.send(amount_minor=2_500_00, description="Rent").transfer
    assert sent is not None
    answer = visit(world.alice).get(f"/transfers/{encode('trf', sent.id)}")
    [transaction] = answer.context["transactions"]
    assert [(entry.debit, entry.credit) for entry in transaction.entries] == [
        ("₹2,500.00", ""),
        ("", "₹2,500.00"),
    ]
    assert transaction.entries[0].balance_after == "₹97,500.00"
    [audit] = answer.context["audits"]
    assert (audit.action, audit.actor) == ("wallets.transfer.complete", "Alice")
    assert [row.name for row in answer.context["events"]] == ["wallets.transfer.completed"]
    text = answer.content.decode()
    assert (encode("trf", sent.id) in text, sent.request_id in text) == (True, True)


def test_the_receiver_sees_the_same_transfer_from_the_other_side(world: World, visit: Visit):
    sent = world.send(amount_minor=2_500_00).transfer
    assert sent is not None
    answer = visit(world.charlie).get(f"/transfers/{encode('trf', sent.id)}")
    [transaction] = answer.context["transactions"]
    assert sent.destination_transaction_id is not None
    assert transaction.id == encode("txn", sent.destination_transaction_id)
    assert answer.context["transfer"].signed_amount == "+₹2,500.00"
    assert (answer.context["transfer"].made_by, answer.context["transfer"].request_id) == ("", "")


def test_strangers_and_refused_receivers_see_nothing(world: World, visit: Visit):
    inside = world.send(destination=world.acme_wallet).transfer
    refused = world.send(amount_minor=99_99_99_999).transfer
    assert inside is not None
    assert refused is not None
    client = visit(world.charlie)
    for transfer in (inside, refused):
        assert client.get(f"/transfers/{encode('trf', transfer.id)}").status_code == 404
    assert client.get(f"/wallets/{world.alice_wallet.handle}").status_code == 404
    assert titles(client.get("/transfers")) == ["Deposit"]


def test_a_failed_transfer_says_why_and_that_nothing_moved(world: World, visit: Visit):
    refused = world.send(amount_minor=99_99_99_999).transfer
    assert refused is not None
    text = visit(world.alice).get(f"/transfers/{encode('trf', refused.id)}").content.decode()
    assert ("not enough available" in text, "No money moved" in text) == (True, True)


def test_a_wallet_shows_its_running_balance(world: World, visit: Visit):
    world.send(amount_minor=10_000_00)
    world.send(amount_minor=500_00, destination=world.acme_wallet)
    answer = visit(world.alice).get(f"/wallets/{world.alice_wallet.handle}")
    assert [(row.amount, row.balance_after) for row in answer.context["entries"]] == [
        ("−₹500.00", "₹89,500.00"),
        ("−₹10,000.00", "₹90,000.00"),
        ("+₹1,00,000.00", "₹1,00,000.00"),
    ]


def test_home_sums_each_currency_by_itself(world: World, visit: Visit):
    open_wallet(
        actor=world.actor(world.alice),
        owner_id=world.alice.id,
        kind=WalletKind.SAVINGS,
        currency="USD",
        now=clock.now(),
    )
    balances = visit(world.alice).get("/").context["balances"]
    assert [(card.currency, card.whole + card.fraction) for card in balances] == [
        ("INR", "₹6,00,000.00"),
        ("USD", "$0.00"),
    ]


def test_opening_freezing_and_unfreezing_a_wallet(world: World, visit: Visit):
    client = visit(world.alice)
    form = {"kind": "savings", "currency": "INR", "owner": str(world.alice.id)}
    place = client.post("/wallets/open", form).headers["Location"]
    assert client.post("/wallets/open", form).status_code == 409
    for action, status in (("freeze", "Frozen"), ("unfreeze", "Active"), ("close", "Closed")):
        client.post(f"{place}/status", {"action": action, "reason": "test"})
        assert client.get(place).context["wallet"].badge.label == status


def test_a_status_change_needs_a_reason(world: World, visit: Visit):
    client, place = visit(world.alice), f"/wallets/{world.alice_wallet.handle}"
    answer = client.post(f"{place}/status", {"action": "freeze", "reason": " "}, follow=True)
    assert "Say why" in answer.content.decode()
    assert answer.context["wallet"].badge.label == "Active"


@pytest.mark.parametrize("page", ["/", "/transfers", "/wallets/{wallet}"])
def test_more_rows_cost_no_more_queries(
    world: World, visit: Visit, django_assert_max_num_queries, page: str
):
    client, place = visit(world.alice), page.format(wallet=world.alice_wallet.handle)
    world.send(amount_minor=1_00)
    with CaptureQueriesContext(connection) as few:
        client.get(place)
    for _ in range(6):
        world.send(amount_minor=1_00)
    with django_assert_max_num_queries(len(few)):
        client.get(place)


@pytest.mark.parametrize(
    "query", ["before=x", "after=trf_0", "before=99999999999999999999", "since=nonsense", "state=X"]
)
def test_a_broken_address_is_answered_with_a_page(world: World, visit: Visit, query: str):
    client = visit(world.alice)
    for place in ("/transfers", f"/wallets/{world.alice_wallet.handle}"):
        assert client.get(f"{place}?{query}").status_code in (200, 404)


def test_a_filter_that_cannot_be_read_is_told_and_the_others_count(world: World, visit: Visit):
    world.send(amount_minor=99_99_99_999)
    answer = visit(world.alice).get("/transfers?since=nonsense&state=FAILED")
    assert titles(answer) == ["Charlie"]
    assert "Enter a valid date" in answer.content.decode()
