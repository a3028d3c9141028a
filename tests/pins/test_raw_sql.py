"""What the database refuses of approvals and PINs, as the application role, by name."""

from __future__ import annotations

import dataclasses

import pytest

from accounts.models import Approval
from tests.approving import OVER, approval_of, asking, presenting, with_pin
from tests.database import FORBIDDEN, refuses, rows, run, view
from tests.world import World
from wallets.services.transfers import TransferRequest, execute_transfers
from wallets.tests.people import moved
from wallets.tests.test_constraints import transfer_row

pytestmark = pytest.mark.django_db


@pytest.fixture
def request_(world: World) -> TransferRequest:
    asking(world)
    alice = with_pin(world, world.alice)
    return dataclasses.replace(world.request(amount_minor=OVER + 1), actor=alice)


@pytest.fixture
def unused(request_: TransferRequest, world: World) -> Approval:
    """An approval that nobody presented; the connection sees Acme."""
    approval = approval_of(request_)
    view(world.acme)
    return approval


@pytest.fixture
def used(request_: TransferRequest, world: World) -> Approval:
    approval = approval_of(request_)
    moved(execute_transfers([presenting(request_, approval)])[0])
    view(world.acme)
    return approval


def test_a_spent_approval_is_never_unspent(used: Approval) -> None:
    for change in ("consumed_at = NULL, consumed_by = NULL", "consumed_by = sha256('x')"):
        statement = f"UPDATE accounts_approval SET {change} WHERE id = %s"
        refuses("accounts_approval_one_way", statement, used.id)


@pytest.mark.parametrize(
    "column",
    [
        *("user_id", "organization_id", "session_id", "kind", "source_wallet_id", "amount_minor"),
        *("destination_wallet_id", "fee_minor", "currency", "facts_hash", "method", "expires_at"),
    ],
)
def test_no_approval_is_bound_to_something_else(unused: Approval, column: str) -> None:
    statement = f"UPDATE accounts_approval SET {column} = {column} WHERE id = %s"
    refuses(FORBIDDEN, statement, unused.id)


def test_an_approval_is_not_spent_after_its_time(unused: Approval) -> None:
    refuses(
        "accounts_approval_in_time",
        "UPDATE accounts_approval SET consumed_at = expires_at, consumed_by = sha256('x')"
        " WHERE id = %s",
        unused.id,
    )


def test_no_approval_lasts_longer_or_begins_spent(unused: Approval) -> None:
    copied = (
        "INSERT INTO accounts_approval SELECT (r).* FROM (SELECT jsonb_populate_record(a,"
        " to_jsonb(a) || %s::jsonb || jsonb_build_object('id', gen_random_uuid())) AS r"
        " FROM accounts_approval a WHERE a.id = %s) AS copied"
    )
    refuses("accounts_approval_short", copied, '{"expires_at": "2026-11-20T09:06:00Z"}', unused.id)
    spent = '{"consumed_at": "2026-11-20T09:01:00Z", "consumed_by": "\\\\x00"}'
    refuses("accounts_approval_begins_unused", copied, spent, unused.id)


def test_no_approval_is_removed(unused: Approval) -> None:
    refuses(FORBIDDEN, "DELETE FROM accounts_approval WHERE id = %s", unused.id)


def test_nobody_sees_another_tenants_approvals_or_pins(unused: Approval, world: World) -> None:
    view(world.globex)
    for table in ("accounts_approval", "accounts_transactionpin", "accounts_pinreset"):
        assert rows(f"SELECT count(*) FROM {table}") == [(0,)]


def test_no_transfer_says_it_was_approved_by_what_approves_something_else(
    used: Approval, world: World
) -> None:
    """Another amount, and the same amount once more: the approval is spent on its own transfer."""
    for changed in ({"amount_minor": 5}, {"amount_minor": OVER + 1}):
        statement, values = transfer_row(
            world,
            **changed,
            actor_id=world.alice.id,
            approval_id=used.id,
            approval_method="pin",
        )
        refuses("transfer_approved_amount", statement, *values)
    statement, values = transfer_row(
        world, actor_id=world.bob.id, approval_id=used.id, approval_method="pin"
    )
    refuses("transfer_approval", statement, *values)


def test_a_fourth_try_cannot_be_written(unused: Approval) -> None:
    refuses("accounts_pin_three_tries", "UPDATE accounts_transactionpin SET tries = 4")
    refuses("accounts_pin_three_tries", "UPDATE accounts_transactionpin SET tries = 3")
    refuses("accounts_pin_hash", "UPDATE accounts_transactionpin SET pin_hash = '7394'")
    assert run("UPDATE accounts_transactionpin SET tries = 1") == 1
