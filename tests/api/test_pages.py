"""Walking a list while it grows: nothing twice, nothing missed."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from kernel import ids
from tests.api.conftest import Caller, Got, order
from tests.world import World

pytestmark = pytest.mark.django_db


def follow(caller: Caller, address: str) -> Got:
    parts = urlsplit(address)
    return caller.get(f"{parts.path.removeprefix('/api/v1')}?{parts.query}")


def ids_of(page: dict[str, Any]) -> list[str]:
    return [row["id"] for row in page["data"]]


def test_a_walk_under_inserts(world: World, alice: Caller) -> None:
    made = [alice.move("/transfers", order(world, amount_minor=n)).data["id"] for n in range(1, 12)]
    page = alice.get("/transfers?limit=3&kind=transfer").data
    seen = ids_of(page)
    while page["next"]:
        alice.move("/transfers", order(world))  # somebody keeps paying
        page = follow(alice, page["next"]).data
        seen += ids_of(page)
    assert seen == list(reversed(made))
    assert page["has_more"] is False


def test_back_and_forth(world: World, alice: Caller) -> None:
    for _ in range(7):
        alice.move("/transfers", order(world))
    first = alice.get("/transfers?limit=3&kind=transfer").data
    assert first["previous"] is None
    assert (len(first["data"]), first["has_more"]) == (3, True)
    second = follow(alice, first["next"]).data
    third = follow(alice, second["next"]).data
    assert (len(third["data"]), third["next"], third["has_more"]) == (1, None, False)
    assert ids_of(follow(alice, third["previous"]).data) == ids_of(second)
    assert ids_of(follow(alice, second["previous"]).data) == ids_of(first)
    assert follow(alice, second["previous"]).data["previous"] is None
    newest = alice.move("/transfers", order(world)).data["id"]
    back = follow(alice, second["previous"]).data
    assert ids_of(follow(alice, back["previous"]).data) == [newest]


def test_entries_are_walked_by_version(world: World, alice: Caller) -> None:
    for _ in range(5):
        alice.move("/transfers", order(world))
    path = f"/wallets/{world.alice_wallet.handle}/entries?limit=2"
    page, versions = alice.get(path).data, []
    while True:
        versions += [entry["version"] for entry in page["data"]]
        if not page["next"]:
            break
        page = follow(alice, page["next"]).data
    assert versions == [6, 5, 4, 3, 2, 1]


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "n_",
        "n_transfers_",
        "n_transfers_zzzzzzzzzzzzzzzzzzzzzzzzzz",
        "q_transfers_0" + "0" * 25,
        "n_transfers_0" + "U" * 25,
        "n_0" + "0" * 25,
        "n_wallets_0" + "0" * 25,
    ],
)
def test_a_cursor_that_is_none(alice: Caller, cursor: str) -> None:
    answer = alice.get(f"/transfers?cursor={cursor}")
    assert (answer.status, answer.code) == (400, "invalid_request")
    assert answer.data["errors"][0]["parameter"] == "cursor"


def test_a_forged_cursor_shows_nothing_foreign(
    world: World, alice: Caller, charlie: Caller
) -> None:
    alice.move("/transfers", order(world, destination_wallet=world.acme_wallet.handle))
    everything = f"/transfers?kind=transfer&cursor=n_transfers_7{'z' * 25}"
    assert len(alice.get(everything).data["data"]) == 1
    assert charlie.get(everything).data["data"] == []


LISTS = (
    "/transfers",
    "/holds",
    "/fee-schedules",
    "/limit-rules",
    "/wallets",
    "/wallets/{handle}/entries",
    "/ledger/accounts",
    "/ledger/accounts/{account}/entries",
    "/ledger/transactions",
    "/ledger/trial-balance",
    "/members",
    "/invitations",
    "/api-keys",
    "/audit/records",
    "/organizations",
)


def test_links_to_other_pages_are_under_our_address_whatever_host_was_asked(
    settings, world: World, alice: Caller
) -> None:
    settings.ALLOWED_HOSTS = ["testserver", "other.test"]
    settings.VAULTCRAFT_BASE_URL = "https://wallet.test"
    for _ in range(2):
        alice.move("/transfers", order(world))
    account = ids.encode("acc", world.alice_wallet.account_id)
    statement = f"/ledger/accounts/{account}/statement?from=2026-01-01T00:00:00Z&"
    for path in ("/transfers?", statement):
        page = alice("GET", f"{path}limit=1", headers={"Host": "other.test"}).data
        assert page["next"].startswith(f"https://wallet.test/api/v1{path[:10]}"), page["next"]


def test_a_cursor_is_good_for_its_own_list_only(world: World, alice: Caller) -> None:
    alice.move("/transfers", order(world))
    for _ in range(2):
        alice.move("/holds", order(world))
    found = alice.get(f"/wallets/{world.alice_wallet.handle}").data
    places = [path.format(handle=found["handle"], account=found["account"]) for path in LISTS]
    own = {}
    for place in places:
        answer = alice.get(f"{place}?limit=1")
        assert answer.status == 200, (place, answer.body)
        address = answer.data["next"] or ""
        own[place] = parse_qs(urlsplit(address).query).get("cursor", [""])[0]
    cursors = {place: cursor for place, cursor in own.items() if cursor}
    assert len(cursors) > 8
    for place in places:
        for home, cursor in cursors.items():
            answer = alice.get(f"{place}?cursor={cursor}")
            assert answer.status == (200 if home == place else 400), (place, home)


@pytest.mark.parametrize("limit", ["0", "101", "-1", "x", "1.0", "", "१०", "1e1"])
def test_limits(alice: Caller, limit: str) -> None:
    assert alice.get(f"/transfers?limit={limit}").status == 400


def test_filters(world: World, alice: Caller) -> None:
    alice.move("/transfers", order(world))
    alice.move("/transfers", order(world, amount_minor=9_00_000_00))

    def found(query: str) -> int:
        answer = alice.get(f"/transfers?{query}")
        assert answer.status == 200, answer.body
        return len(answer.data["data"])

    assert found("state=FAILED") == 1
    assert found("state=COMPLETED&kind=transfer") == 1
    assert found("currency=USD") == 0
    assert found("created_before=2026-11-20T09:00:00Z") == 0
    assert found("created_from=2026-11-20T09:00:00%2B05:30") == 4
    wallet = alice.get(f"/wallets/{world.acme_wallet.handle}").data["id"]
    assert found(f"wallet={wallet}") == 1
    assert alice.get("/transfers?state=failed").status == 400
    assert alice.get("/transfers?created_from=2026-11-20T09:00:00").status == 400
    assert alice.get("/transfers?created_from=2026-02-30T09:00:00Z").status == 422
    assert alice.get("/transfers?expand=entries,metadata").status == 400
