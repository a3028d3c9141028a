"""The books over the API: instants, statements, periods, the chart, entries by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from kernel import clock, ids
from kernel.context import reading
from ledger.models import LedgerAccount
from ledger.tests.books import nothing_moves
from tests.api.conftest import Caller, Got
from tests.api.ledger_rows import YESTERDAY, account, general, group, heading, journal
from tests.world import NOW, World

pytestmark = pytest.mark.django_db


def at(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def balance(caller: Caller, account_id: str, **query: str) -> Any:
    return caller.get(f"/ledger/accounts/{account_id}/balance?{urlencode(query)}")


def statement(caller: Caller, account_id: str, **query: Any) -> Got:
    asked = {"from": at(NOW - dt.timedelta(days=1)), **query}
    return caller.get(f"/ledger/accounts/{account_id}/statement?{urlencode(asked)}")


@pytest.fixture
def wallet(world: World) -> str:
    return ids.encode("acc", world.alice_wallet.account_id)


def test_a_balance_at_an_instant(world: World, alice: Caller, wallet: str) -> None:
    before = at(clock.now())
    world.send(amount_minor=250_00)
    now = balance(alice, wallet).data
    assert (now["posted_minor"], now["as_of"], now["axis"]) == (99_750_00, None, "recorded")
    recorded = balance(alice, wallet, as_of=before).data
    assert (recorded["posted_minor"], recorded["display"]) == (1_00_000_00, "₹1,00,000.00")
    # The world's transfers count from this morning on, whenever they were written.
    effective = balance(alice, wallet, as_of=at(NOW), axis="effective").data
    assert effective["posted_minor"] == 99_750_00
    dawn = balance(alice, wallet, as_of=at(NOW - dt.timedelta(seconds=1)), axis="effective").data
    assert dawn["posted_minor"] == 0


def test_a_trial_balance_at_an_instant(world: World, alice: Caller) -> None:
    before = at(clock.now())
    world.send(amount_minor=250_00)
    query = urlencode({"as_of": before, "axis": "recorded"})
    then, now = (
        alice.get(f"/ledger/trial-balance?{query}").data,
        alice.get("/ledger/trial-balance").data,
    )
    sums = [(total["debit_minor"], total["balanced"]) for total in then["totals"] + now["totals"]]
    assert sums == [(6_00_000_00, True), (6_00_000_00, True)]
    clearing = [
        next(row["credit_minor"] for row in found["data"] if "CLEARING" in row["code"])
        for found in (then, now)
    ]
    assert clearing == [0, 250_00]


@pytest.mark.parametrize("year", ["0001", "1899", "9999"])
def test_instants_of_any_year(alice: Caller, wallet: str, year: str) -> None:
    for axis in ("recorded", "effective"):
        found = balance(alice, wallet, as_of=f"{year}-06-01T00:00:00Z", axis=axis)
        assert found.status == 200
        assert found.data["as_of"].startswith(f"{year}-06-01")


@pytest.mark.parametrize(
    "query",
    [
        {"as_of": "2026-11-20"},
        {"as_of": "2026-11-20T10:00:00"},
        {"as_of": "yesterday"},
        {"axis": "both"},
    ],
)
def test_instants_that_are_none(alice: Caller, wallet: str, query: dict[str, str]) -> None:
    assert balance(alice, wallet, **query).status == 400


@pytest.mark.parametrize("axis", ["recorded", "effective"])
def test_a_statement_is_walked_without_gap(
    world: World, alice: Caller, wallet: str, axis: str
) -> None:
    for amount_minor in range(1, 8):
        world.send(amount_minor=amount_minor)
    page = statement(alice, wallet, axis=axis, limit=3).data
    lines = list(page["lines"])
    assert (page["opening_minor"], page["closing_minor"]) == (0, 1_00_000_00 - 28)
    while page["next"]:
        parts = urlsplit(page["next"])
        page = alice.get(f"{parts.path.removeprefix('/api/v1')}?{parts.query}").data
        lines += page["lines"]
    assert not page["has_more"]
    assert [line["debit_minor"] for line in lines] == [None, *range(1, 8)]
    running = 0
    for line in lines:
        running += (line["credit_minor"] or 0) - (line["debit_minor"] or 0)
        assert line["running_minor"] == running
    assert running == page["closing_minor"]


def test_a_statement_by_effective_time_puts_late_lines_where_they_count(
    world: World, alice: Caller
) -> None:
    residue = ids.encode("acc", account(world, "4900-RESIDUE"))
    for days, amount_minor in ((2, 100), (0, 10), (1, 1)):
        order = journal(world, "alice")
        order["effective_at"] = at(NOW - dt.timedelta(days=days))
        for leg in order["legs"]:
            leg["amount_minor"] = amount_minor
        assert alice.move("/ledger/journal-entries", order).status == 201
    since = at(NOW - dt.timedelta(days=1, hours=1))
    found = statement(alice, residue, **{"from": since, "axis": "effective"}).data
    assert [line["debit_minor"] for line in found["lines"]] == [1, 10]
    assert [line["running_minor"] for line in found["lines"]] == [-101, -111]
    assert (found["opening_minor"], found["closing_minor"]) == (-100, -111)


def test_statements_of_impossible_ranges(alice: Caller, wallet: str) -> None:
    for since, until in (
        (NOW, NOW),
        (NOW, NOW - dt.timedelta(days=1)),
        (NOW - dt.timedelta(days=367), NOW),
    ):
        refused = statement(alice, wallet, **{"from": at(since), "to": at(until)})
        assert (refused.status, refused.code) == (422, "range_unusable")
    for year in ("0001", "9999"):
        query = {"from": f"{year}-12-01T00:00:00Z", "to": f"{year}-12-31T23:59:59.999999Z"}
        assert statement(alice, wallet, **query).code == "range_unusable"
    assert alice.get(f"/ledger/accounts/{wallet}/statement").status == 400
    assert statement(alice, wallet, cursor="n_statement_7zzzzzzzzzzzzzzzzzzzzzzzzz").status == 200


def test_a_journal_is_posted_once_and_undone(world: World, alice: Caller) -> None:
    order = journal(world, "alice")
    posted, again = (alice.move("/ledger/journal-entries", order, key="one") for _ in range(2))
    assert (posted.status, again.status, again.body) == (201, 201, posted.body)
    assert again.headers["Idempotent-Replayed"] == "true"
    found = posted.data
    assert (found["kind"], [entry["seq"] for entry in found["entries"]]) == ("JOURNAL", [1, 2])
    other = alice.move("/ledger/journal-entries", {**order, "description": "Other"}, key="one")
    assert (other.status, other.code) == (422, "idempotency_key_reused")

    address = f"/ledger/transactions/{found['id']}/reverse"
    part = {"description": "Half", "amounts": [{"seq": n, "amount_minor": 2} for n in (1, 2)]}
    undone = alice.move(address, part).data
    assert (undone["kind"], undone["reverses"]) == ("REVERSAL", found["id"])
    rest = alice.move(address, {"description": "The rest"}).data
    assert [entry["amount_minor"] for entry in rest["entries"]] == [3, 3]
    twice = {"description": "x", "amounts": [{"seq": 1, "amount_minor": 1}] * 2}
    with nothing_moves():
        for code, target, order in (
            ("reversal_exceeds_original", address, {"description": "More"}),
            ("reversal_exceeds_original", address, twice),
            (
                "reversal_of_reversal",
                address.replace(found["id"], undone["id"]),
                {"description": "Back"},
            ),
        ):
            refused = alice.move(target, order)
            assert (refused.status, refused.code) == (422, code)


def test_bad_journals_have_names_and_leave_no_trace(
    world: World, alice: Caller, bob: Caller
) -> None:
    unbalanced, foreign, exponent, early, wallet = (journal(world, "alice") for _ in range(5))
    unbalanced["legs"][0]["amount_minor"] = 6
    foreign["legs"][1]["account"] = ids.encode("acc", world.charlie_wallet.account_id)
    for leg in exponent["legs"]:
        leg["currency"] = "JPY"
    early["effective_at"] = "1899-12-31T00:00:00Z"
    before = {**journal(world, "alice"), "effective_at": "2026-08-31T23:59:59Z"}
    wallet["legs"][1]["account"] = ids.encode("acc", world.alice_wallet.account_id)
    future = {**journal(world, "alice"), "effective_at": at(clock.now() + dt.timedelta(days=1))}
    one = {**journal(world, "alice"), "legs": journal(world, "alice")["legs"][:1]}
    many = {**journal(world, "alice"), "legs": journal(world, "alice")["legs"] * 51}
    expected = {
        "unbalanced_journal": unbalanced,
        "account_not_found": foreign,
        "currency_mismatch": exponent,
        "effective_too_early": early,
        "effective_before_books": before,
        "account_not_for_journals": wallet,
        "effective_in_future": future,
        "journal_size_unusable": one,
    }
    with nothing_moves():
        for code, order in expected.items():
            answer = alice.move("/ledger/journal-entries", order)
            assert (answer.status, answer.code) == (422, code)
            told = alice.post("/ledger/journal-entries/dry-run", order)
            assert (told.status, told.data["status"], told.data["code"]) == (200, 422, code)
            assert told.data["balances"] == []
        refused = alice.move("/ledger/journal-entries", many)
        assert (refused.status, refused.code) == (422, "journal_size_unusable")
        told = alice.post("/ledger/journal-entries/dry-run", many)
        assert (told.status, told.data["code"]) == (200, "journal_size_unusable")
        assert (told.data["status"], told.data["balances"]) == (422, [])
        assert bob.post("/ledger/journal-entries/dry-run", many).code == "permission_denied"
        for address in ("/ledger/journal-entries", "/ledger/journal-entries/dry-run"):
            assert alice.move(address, {"legs": "all"}).status == 400
            assert alice.move(address, {}).status == 400


def test_a_dry_run_shows_balances_and_writes_nothing(world: World, alice: Caller) -> None:
    with nothing_moves():
        told = alice.post("/ledger/journal-entries/dry-run", journal(world, "alice")).data
    assert (told["status"], told["code"], told["problem"]) == (201, None, None)
    assert [row["posted_minor"] for row in told["balances"]] == [-5, 5]


def test_a_period_is_opened_closed_and_stays_closed(world: World, alice: Caller) -> None:
    opened = alice.post("/ledger/periods", {"closes_on": YESTERDAY.isoformat()}).data
    assert (opened["state"], opened["closing_proof"]) == ("OPEN", None)
    again = alice.post("/ledger/periods", {"closes_on": NOW.date().isoformat()})
    assert (again.status, again.code) == (409, "period_already_open")
    closed = alice.post(f"/ledger/periods/{opened['id']}/close", {}).data
    assert (closed["state"], len(closed["closing_proof"])) == ("CLOSED", 64)
    twice = alice.post(f"/ledger/periods/{opened['id']}/close", {})
    assert (twice.status, twice.code) == (409, "period_already_closed")
    assert [row["id"] for row in alice.get("/ledger/periods").data["data"]] == [opened["id"]]
    assert alice.get("/ledger/periods?state=OPEN").data["data"] == []
    late = {**journal(world, "alice"), "effective_at": at(NOW - dt.timedelta(days=2))}
    with nothing_moves():
        refused = alice.move("/ledger/journal-entries", late)
    assert (refused.status, refused.code) == (422, "period_closed")


def test_a_mistyped_period_is_withdrawn(alice: Caller) -> None:
    ahead = (clock.now() + dt.timedelta(days=360)).date().isoformat()
    mistyped = alice.post("/ledger/periods", {"closes_on": ahead}).data
    gone = alice.post(f"/ledger/periods/{mistyped['id']}/withdraw", {}).data
    assert (gone["state"], gone["closed_at"]) == ("WITHDRAWN", None)
    assert gone["withdrawn_at"]
    for step in ("withdraw", "close"):
        refused = alice.post(f"/ledger/periods/{mistyped['id']}/{step}", {})
        assert (refused.status, refused.code) == (409, "period_withdrawn")
    right = alice.post("/ledger/periods", {"closes_on": YESTERDAY.isoformat()}).data
    assert alice.post(f"/ledger/periods/{right['id']}/close", {}).data["state"] == "CLOSED"
    found = alice.get("/ledger/periods?state=WITHDRAWN").data["data"]
    assert [row["id"] for row in found] == [mistyped["id"]]


def test_periods_that_cannot_be(alice: Caller) -> None:
    for day in ("0001-01-01", "1899-01-01", "2200-01-01", "9999-12-31"):
        refused = alice.post("/ledger/periods", {"closes_on": day})
        assert (refused.status, refused.code) == (422, "period_end_unusable")
    assert alice.post("/ledger/periods", {"closes_on": "2026-02-30"}).status == 422
    for unreadable in ("2026-2-3", "tomorrow", 20261130, None):
        assert alice.post("/ledger/periods", {"closes_on": unreadable}).status == 400
    today = alice.post("/ledger/periods", {"closes_on": clock.now().date().isoformat()}).data
    refused = alice.post(f"/ledger/periods/{today['id']}/close", {})
    assert (refused.status, refused.code) == (409, "period_not_over")


def test_headings_and_accounts(world: World, alice: Caller, olga: Caller) -> None:
    made = alice.post("/ledger/account-groups", group(world, "alice")).data
    assert (made["parent"], made["account_class"]) == (heading(world, "5200"), "EXPENSE")
    order = {**general(world, "alice"), "group": made["id"]}
    opened = alice.post("/ledger/accounts", order).data
    assert (opened["group"], opened["kind"], opened["posted_minor"]) == (made["id"], "GENERAL", 0)
    refusals = {
        "code_taken": order,
        "code_reserved": {**order, "code": "4000-FEES"},
        "code_unusable": {**order, "code": "rent"},
        "code_unusable ": {**order, "code": "5200-"},
        "code_unusable  ": {**order, "code": "5200--A"},
        "code_unusable   ": {**order, "code": "5200-rent"},
        "currency_unknown": {**order, "currency": "XXX"},
        "not_found": {**order, "group": "agr_7zzzzzzzzzzzzzzzzzzzzzzzzz"},
    }
    for code, refused in refusals.items():
        assert alice.post("/ledger/accounts", refused).code == code.strip()
    nobodys = {name: value for name, value in order.items() if name != "organization"}
    assert olga.post("/ledger/accounts", nobodys).status == 422
    rows = alice.get("/ledger/account-groups?account_class=EXPENSE&limit=100").data["data"]
    assert {row["code"] for row in rows} == {"5000", "5100", "5200", "5210", "5900"}


def test_an_original_shows_what_was_undone_of_it(world: World, alice: Caller) -> None:
    posted = alice.move("/ledger/journal-entries", journal(world, "alice")).data
    address = f"/ledger/transactions/{posted['id']}"
    assert "reversals" not in posted
    assert alice.get(address).data["reversals"] == {
        "count": 0,
        "entries": [{"seq": n, "reversed_minor": 0, "left_minor": 5} for n in (1, 2)],
    }
    amounts = [{"seq": 1, "amount_minor": 2}, {"seq": 2, "amount_minor": 2}]
    backs = [
        alice.move(f"{address}/reverse", {"description": "Back", **part}).data["id"]
        for part in ({"amounts": amounts}, {})
    ]
    assert alice.get(address).data["reversals"] == {
        "count": 2,
        "entries": [{"seq": n, "reversed_minor": 5, "left_minor": 0} for n in (1, 2)],
    }
    listed = alice.get(f"/ledger/transactions?reverses={posted['id']}").data["data"]
    assert [row["id"] for row in listed] == backs[::-1]
    assert alice.get(f"/ledger/transactions/{backs[0]}").data["reversals"] == {
        "count": 0,
        "entries": [{"seq": n, "reversed_minor": 0, "left_minor": 0} for n in (1, 2)],
    }
    assert alice.get("/ledger/transactions?reverses=x").status == 400


def test_a_general_account_is_renamed_and_closed_at_zero(world: World, alice: Caller) -> None:
    rent = alice.post("/ledger/accounts", general(world, "alice")).data
    address = f"/ledger/accounts/{rent['id']}"
    renamed = alice("PATCH", address, {"name": "Rent of the shop"}).data
    assert renamed == {**rent, "name": "Rent of the shop"}
    order = journal(world, "alice")
    order["legs"][0]["account"] = rent["id"]
    posted = alice.move("/ledger/journal-entries", order).data
    refused = alice.post(f"{address}/close", {})
    assert (refused.status, refused.code) == (409, "account_not_empty")
    alice.move(f"/ledger/transactions/{posted['id']}/reverse", {"description": "Back"})
    closed = alice.post(f"{address}/close", {}).data
    assert (closed["status"], closed["posted_minor"], closed["version"]) == ("CLOSED", 0, 2)
    assert alice.move("/ledger/journal-entries", order).code == "account_closed"
    again = alice.post(f"{address}/close", {})
    assert (again.status, again.code) == (409, "state_conflict")


def test_the_programs_own_accounts_keep_name_and_state(
    world: World, alice: Caller, olga: Caller
) -> None:
    kept = [ids.encode("acc", account(world, code)) for code in ("1000-CASH", "3000-OPENING")]
    kept.append(ids.encode("acc", world.alice_wallet.account_id))
    for one in kept:
        for caller in (alice, olga):
            for answer in (
                caller("PATCH", f"/ledger/accounts/{one}", {"name": "Mine"}),
                caller.post(f"/ledger/accounts/{one}/close", {}),
            ):
                assert (answer.status, answer.code) == (409, "account_not_general")
    with reading(world.actor(world.olga)):
        assert not LedgerAccount.objects.filter(name="Mine").exists()
