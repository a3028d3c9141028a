"""The trial balance over the API: pages that add up while money moves."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.api.conftest import Caller
from tests.api.ledger_rows import general
from tests.api.test_pages import follow
from tests.world import World

pytestmark = pytest.mark.django_db

ADDRESS = "/ledger/trial-balance"
# The world's transfers count from this morning on, whenever they are written.
MORNING = "as_of=2026-11-20T09:00:00Z&axis=effective"
NOTHING = "0" * 26
EVERYTHING = "7" + "z" * 25


def sums(rows: list[dict[str, Any]]) -> tuple[int, int]:
    return sum(row["debit_minor"] for row in rows), sum(row["credit_minor"] for row in rows)


@pytest.mark.parametrize("query", ["", MORNING, "as_of=2200-01-01T00:00:00Z&axis=effective"])
def test_a_walk_while_money_moves(world: World, alice: Caller, query: str) -> None:
    world.send(amount_minor=250_00)
    page = alice.get(f"{ADDRESS}?limit=2&{query}").data
    first, rows = page, page["data"]
    while page["next"]:
        world.send(amount_minor=1_00)
        page = follow(alice, page["next"]).data
        assert (page["known_at"], page["totals"]) == (first["known_at"], None)
        rows = rows + page["data"]
    (total,) = first["totals"]
    assert sums(rows) == (total["debit_minor"], total["credit_minor"]) == (6_00_000_00,) * 2
    accounts = alice.get("/ledger/accounts?limit=100").data["data"]
    assert [row["account"] for row in rows] == [account["id"] for account in accounts]
    (clearing,) = (row["credit_minor"] for row in rows if "CLEARING" in row["code"])
    assert clearing == 250_00


def test_an_account_that_opens_during_the_walk_is_not_in_it(world: World, alice: Caller) -> None:
    page = alice.get(f"{ADDRESS}?limit=3").data
    codes = Counter(row["code"] for row in page["data"])
    assert alice.post("/ledger/accounts", general(world, "alice")).status == 201
    while page["next"]:
        page = follow(alice, page["next"]).data
        codes.update(row["code"] for row in page["data"])
    assert set(codes.values()) == {1}
    assert "5200-RENT" not in codes
    assert "5200-RENT" in [row["code"] for row in alice.get(ADDRESS).data["data"]]


def test_back_to_the_first_page(world: World, alice: Caller) -> None:
    first = alice.get(f"{ADDRESS}?limit=2").data
    assert (first["previous"], first["has_more"], first["as_of"]) == (None, True, None)
    second = follow(alice, first["next"]).data
    world.send(amount_minor=1)
    back = follow(alice, second["previous"]).data
    assert (back["data"], back["known_at"]) == (first["data"], first["known_at"])
    assert back["previous"] is None


def test_the_sums_are_of_all_accounts_that_were_asked_for(world: World, olga: Caller) -> None:
    (acme, globex) = sorted(
        olga.get(f"{ADDRESS}?limit=1").data["totals"], key=lambda total: -total["debit_minor"]
    )
    assert (acme["debit_minor"], globex["debit_minor"]) == (6_00_000_00, 50_000_00)
    one = olga.get(f"{ADDRESS}?limit=1&organization={globex['organization']}").data
    assert (len(one["data"]), one["totals"]) == (1, [globex])
    none = olga.get(f"{ADDRESS}?currency=USD").data
    assert (none["data"], none["totals"], none["has_more"]) == ([], [], False)


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        f"n_trial_balance_{EVERYTHING}",
        f"n_accounts_{EVERYTHING}",
        f"n_accounts_{EVERYTHING}_{EVERYTHING}",
        f"q_trial_balance_{EVERYTHING}_{EVERYTHING}",
        f"n_trial_balance_8{NOTHING[1:]}_{EVERYTHING}",
        f"n_trial_balance_{EVERYTHING}_{EVERYTHING}_{EVERYTHING}",
    ],
)
def test_a_cursor_that_is_none(alice: Caller, cursor: str) -> None:
    answer = alice.get(f"{ADDRESS}?cursor={cursor}")
    assert (answer.status, answer.code) == (400, "invalid_request")
    assert answer.data["errors"][0]["parameter"] == "cursor"


def test_a_forged_cursor_is_some_page_of_one_s_own(
    world: World, alice: Caller, charlie: Caller
) -> None:
    everything, never = (
        f"{ADDRESS}?limit=100&cursor=n_trial_balance_{pin}_{EVERYTHING}"
        for pin in (EVERYTHING, NOTHING)
    )
    assert sums(alice.get(everything).data["data"]) == (6_00_000_00, 6_00_000_00)
    assert sums(charlie.get(everything).data["data"]) == (50_000_00, 50_000_00)
    assert sums(alice.get(never).data["data"]) == (0, 0)
    assert alice.get(never).data["known_at"] == "1970-01-01T00:00:00.000000Z"
