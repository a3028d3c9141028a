"""The API's side of a second person: 202 with what waits, and deciding about it."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import User
from kernel import clock
from kernel.context import reading
from kernel.ids import encode
from tests.api.conftest import Caller, order, token_of
from tests.world import World, colleague, takes_two
from wallets.services.thresholds import set_dual_control_threshold

pytestmark = pytest.mark.django_db

ALICE = 1_00_000_00


@pytest.fixture
def fay(world: World) -> User:
    """Finance of Acme; above 1,000 rupees a second person has to agree."""
    found = colleague(world, "fay", "finance")
    takes_two(world)
    set_dual_control_threshold(
        actor=world.actor(world.alice), currency="INR", threshold_minor=1_000_00, now=clock.now()
    )
    return found


def caller(world: World, user: User) -> Caller:
    return Caller(token_of(world, user))


def wanted(world: World, amount_minor: int = 2_000_00) -> dict[str, Any]:
    return {**order(world), "amount_minor": amount_minor}


def test_a_large_transfer_is_202_and_can_be_polled_until_it_is_done(
    world: World, fay: User
) -> None:
    alice, checker = caller(world, world.alice), caller(world, fay)
    got = alice.post("/transfers", wanted(world), key="large")
    assert got.status == 202
    act = got.data["pending_act"]
    assert got.headers["Location"] == f"/api/v1/pending-acts/{act['id']}"
    assert (act["state"], act["amount"]["amount_minor"]) == ("pending", 2_000_00)
    assert act["made_by"]["id"] == encode("usr", world.alice.id)
    again = alice.post("/transfers", wanted(world), key="large")
    assert (again.status, again.body) == (202, got.body)
    assert again.headers["Idempotent-Replayed"] == "true"

    own = alice.post(f"/pending-acts/{act['id']}/agree", {})
    assert (own.status, own.code) == (403, "own_pending_act")
    done = checker.post(f"/pending-acts/{act['id']}/agree", {"note": "Rent"})

    assert (done.status, done.data["state"], done.data["note"]) == (200, "agreed", "Rent")
    assert done.data["decided_by"]["id"] == encode("usr", fay.id)
    transfer = alice.get(f"/transfers/{done.data['result']['id']}")
    assert transfer.data["state"] == "COMPLETED"
    assert alice.get(f"/pending-acts/{act['id']}").data["state"] == "agreed"
    assert world.balance(world.alice_wallet) == ALICE - 2_000_00
    repeated = checker.post(f"/pending-acts/{act['id']}/agree", {})
    assert (repeated.status, repeated.data["state"]) == (200, "agreed")
    assert world.balance(world.alice_wallet) == ALICE - 2_000_00


def test_a_batch_says_which_items_wait(world: World, fay: User) -> None:
    items = [wanted(world, 100), wanted(world)]
    got = caller(world, world.alice).post("/transfers/batch", {"items": items}, key="both")
    assert got.status == 200
    assert (got.data["completed"], got.data["waiting"], got.data["refused"]) == (1, 1, 0)
    assert [item["status"] for item in got.data["items"]] == [201, 202]
    assert got.data["items"][1]["pending_act"]["state"] == "pending"


def test_a_key_polls_what_it_asked_for_and_decides_nothing(world: World, fay: User) -> None:
    key = Caller(world.acme_key)
    body = {**wanted(world), "source_wallet": world.acme_wallet.handle}
    act = key.post("/transfers", body, key="k").data["pending_act"]
    assert key.get(f"/pending-acts/{act['id']}").status == 200
    assert len(key.get("/pending-acts").data["data"]) == 1
    for verb in ("agree", "reject"):
        assert key.post(f"/pending-acts/{act['id']}/{verb}", {}).status == 403
    # Alice issued the key, so the key's wish is hers.
    own = caller(world, world.alice).post(f"/pending-acts/{act['id']}/agree", {})
    assert own.code == "own_pending_act"
    assert caller(world, fay).post(f"/pending-acts/{act['id']}/agree", {}).status == 200


def test_another_organizations_act_is_nowhere(world: World, fay: User) -> None:
    act = caller(world, world.alice).post("/transfers", wanted(world), key="k").data["pending_act"]
    charlie = caller(world, world.charlie)
    assert charlie.get("/pending-acts").data["data"] == []
    assert charlie.get(f"/pending-acts/{act['id']}").status == 404
    for verb in ("agree", "reject", "withdraw"):
        got = charlie.post(f"/pending-acts/{act['id']}/{verb}", {})
        assert (got.status, got.code) == (404, "pending_act_not_found")
    assert world.balance(world.alice_wallet) == ALICE


def test_rejecting_and_withdrawing(world: World, fay: User) -> None:
    alice, checker = caller(world, world.alice), caller(world, fay)
    first = alice.post("/transfers", wanted(world), key="a").data["pending_act"]["id"]
    second = alice.post("/transfers", wanted(world), key="b").data["pending_act"]["id"]

    no = checker.post(f"/pending-acts/{first}/reject", {"note": "Twice?"})
    back = alice.post(f"/pending-acts/{second}/withdraw", {})

    assert (no.data["state"], back.data["state"]) == ("rejected", "withdrawn")
    late = checker.post(f"/pending-acts/{second}/agree", {})
    assert (late.status, late.code, late.data["facts"]) == (
        409,
        "pending_act_decided",
        {"state": "withdrawn"},
    )
    listed = alice.get("/pending-acts?state=pending").data["data"]
    assert listed == []


def test_roles_wait_and_extra_members_are_refused(world: World, fay: User) -> None:
    alice = caller(world, world.alice)
    with reading(world.actor(world.alice)):
        adam = User.objects.get(email="adam@acme.test")
    flags = {"roles": True, "journals": False, "terms": False}
    assert alice("PUT", "/dual-control-policy", flags).status == 200
    path = f"/members/{encode('usr', world.bob.id)}"
    sneaky = alice("PUT", path, {"role": "admin", "platform_role": "super_admin"})
    assert sneaky.status == 400

    got = alice("PUT", path, {"role": "admin"})

    assert got.status == 202
    act = got.data["pending_act"]["id"]
    assert caller(world, fay).post(f"/pending-acts/{act}/agree", {}).status == 403
    assert caller(world, adam).post(f"/pending-acts/{act}/agree", {}).data["state"] == "agreed"


def test_fewer_checks_wait_and_more_do_not(world: World, fay: User) -> None:
    alice = caller(world, world.alice)
    body = {"currency": "INR", "threshold_minor": 500_00}
    assert alice("PUT", "/dual-control-thresholds", body).data["thresholds"] == [
        {"currency": "INR", "threshold_minor": 500_00, "display": "₹500.00", "counts_keys": True}
    ]
    got = alice("PUT", "/dual-control-thresholds", {"currency": "INR", "threshold_minor": None})
    assert got.status == 202
    assert alice.get("/dual-control-policy").data["thresholds"][0]["threshold_minor"] == 500_00
