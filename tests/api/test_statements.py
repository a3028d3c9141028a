"""How many statements a request costs: few, and the same however many rows there are."""

from __future__ import annotations

from unittest import mock

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.api.conftest import Caller, order
from tests.world import World

pytestmark = pytest.mark.django_db

LISTS = [
    "/transfers?limit=100",
    "/transfers?limit=100&expand=entries",
    "/wallets?limit=100",
    "/wallets/{wallet}/entries?limit=100",
    "/ledger/accounts?limit=100",
    "/ledger/transactions?limit=100",
    "/ledger/trial-balance",
    "/audit/records?limit=100",
    "/members?limit=100",
    "/invitations?limit=100",
    "/api-keys?limit=100",
    "/organizations?limit=100",
]


def statements(caller: Caller, method: str, path: str, data: object = None, key: str = "") -> int:
    """Statements of a successful request, without those that only a test's nesting adds."""
    with CaptureQueriesContext(connection) as captured:
        answer = caller(method, path, data, key=key or None)
    assert answer.status < 300, answer.body
    nesting = ("SAVEPOINT", "RELEASE", "ROLLBACK", "SELECT coalesce(current_setting")
    texts = [query["sql"].strip() for query in captured.captured_queries]
    return sum(1 for text in texts if not text.startswith(nesting))


@pytest.mark.parametrize("path", LISTS)
def test_a_list_costs_the_same_with_more_rows(world: World, alice: Caller, path: str) -> None:
    path = path.format(wallet=world.alice_wallet.handle)
    alice.move("/transfers", order(world))
    alice.get(path)  # fills what is read once per process
    few = statements(alice, "GET", path)
    for _ in range(8):
        alice.move("/transfers", order(world))
    for kind in ("savings", "merchant"):
        alice.post("/wallets", {"kind": kind, "currency": "INR"})
        alice.post("/invitations", {"email": f"{kind}@acme.test", "role": "member"})
    assert statements(alice, "GET", path) == few
    assert few <= 8


def test_the_frame_around_a_transfer_is_three_statements(world: World, alice: Caller) -> None:
    """One to authenticate, one to take the guard, one to keep the answer."""
    outcome = world.send()
    with mock.patch("api.v1.transfers.operations.execute_together", return_value=outcome):
        assert statements(alice, "POST", "/transfers", order(world), "k") == 3


def test_a_batch_costs_as_much_as_a_single_transfer(world: World, alice: Caller) -> None:
    # Once, it is kept on which network she is.
    statements(alice, "POST", "/transfers/batch", {"items": [order(world)]}, "k-0")
    one = statements(alice, "POST", "/transfers/batch", {"items": [order(world)]}, "k-1")
    many = {"items": [order(world, amount_minor=n) for n in range(1, 101)]}
    assert statements(alice, "POST", "/transfers/batch", many, "k-2") == one
