"""What the database itself refuses of wallets and transfers, as the application role."""

from __future__ import annotations

import uuid

import pytest
from django.db import connections, transaction

from accounts.models import Organization
from kernel.ids import new_id
from kernel.money import MAX_MINOR
from ledger.services.accounts import open_wallet_account
from tests.database import FORBIDDEN, refused_by, refuses, rows, run, view
from tests.world import NOW, World
from wallets.tests.people import moved, opened

in_one_database = pytest.mark.django_db


def transfer_row(world: World, **changed: object) -> tuple[str, list[object]]:
    """An INSERT of a pending transfer from Alice to Charlie, right unless changed."""
    row: dict[str, object] = {
        "id": new_id(),
        "organization_id": world.acme.id,
        "counterparty_organization_id": world.globex.id,
        "source_id": world.alice_wallet.id,
        "destination_id": world.charlie_wallet.id,
        "source_handle": "",
        "source_holder": "",
        "destination_handle": "",
        "destination_holder": "",
        "kind": "transfer",
        "state": "PENDING",
        "reason_code": "",
        "amount_minor": 5,
        "currency_id": "INR",
        "description": "",
        "metadata": "{}",
        "reference": uuid.uuid4().bytes * 2,
        "fingerprint": uuid.uuid4().bytes * 2,
        "actor_kind": "user",
        "actor_display": "",
        "door": "api",
        "request_id": "raw",
        "created_at": NOW,
    } | changed
    marks = ", ".join(["%s"] * len(row))
    return f"INSERT INTO wallets_transfer ({', '.join(row)}) VALUES ({marks})", list(row.values())


def insert(world: World, **changed: object) -> object:
    statement, values = transfer_row(world, **changed)
    run(statement, *values)
    return values[0]


def refuses_transfer(world: World, rule: str, **changed: object) -> None:
    statement, values = transfer_row(world, **changed)
    refuses(rule, statement, *values)
    assert rows("SELECT count(*) FROM wallets_transfer WHERE request_id = 'raw'") == [(0,)]


@in_one_database
class TestTransfers:
    @pytest.fixture(autouse=True)
    def _seeing_acme(self, world: World) -> None:
        view(world.acme)

    def test_the_control(self, world: World) -> None:
        transfer_id = insert(world)
        assert run("UPDATE wallets_transfer SET state = 'PROCESSING' WHERE id = %s", transfer_id)

    @pytest.mark.parametrize("amount_minor", [0, -1, MAX_MINOR + 1])
    def test_amounts(self, world: World, amount_minor: int) -> None:
        refuses_transfer(world, "transfer_amount", amount_minor=amount_minor)

    def test_ends(self, world: World) -> None:
        refuses_transfer(world, "transfer_two_wallets", destination_id=world.alice_wallet.id)
        refuses_transfer(world, "transfer_ends", source_id=None)
        refuses_transfer(world, "transfer_ends", destination_id=None)
        refuses_transfer(world, "transfer_ends", kind="deposit")
        refuses_transfer(world, "transfer_ends", kind="withdrawal")
        refuses_transfer(world, "transfer_ends", kind="gift")

    @pytest.mark.parametrize(
        "changed",
        [
            {"state": "FAILED"},
            {"state": "CANCELLED"},
            {"state": "PENDING", "reason_code": "x"},
            {"state": "PENDING", "completed_at": NOW},
            {"state": "FAILED", "reason_code": "x", "completed_at": NOW},
            {"state": "DONE"},
        ],
    )
    def test_an_outcome_that_contradicts_itself(self, world: World, changed: dict) -> None:
        refuses_transfer(world, "transfer_outcome", **changed)

    def test_completed_only_with_its_transactions(self, world: World) -> None:
        done = {"state": "COMPLETED", "completed_at": NOW}
        refuses_transfer(world, "transfer_completed_in_books", **done)
        refuses_transfer(world, "transfer_completed_in_books", state="COMPLETED")
        transfer_id = insert(world)
        refuses(
            "transfer_completed_in_books",
            "UPDATE wallets_transfer SET state = 'COMPLETED', completed_at = now() WHERE id = %s",
            transfer_id,
        )

    def test_somebody_elses_wallet_as_the_source(self, world: World) -> None:
        view(world.acme, world.globex)
        refuses_transfer(
            world,
            "transfer_source",
            source_id=world.charlie_wallet.id,
            destination_id=world.alice_wallet.id,
        )

    def test_another_currency_than_the_wallets(self, world: World) -> None:
        refuses_transfer(world, "transfer_source", currency_id="USD")

    def test_a_receiver_elsewhere_without_a_counterparty(self, world: World) -> None:
        refuses_transfer(world, "transfer_destination", counterparty_organization_id=None)

    def test_another_currency_than_the_receivers(self, world: World) -> None:
        dollars = opened(world, world.alice, currency="USD")
        view(world.acme)
        refuses_transfer(world, "transfer_destination", destination_id=dollars.id)

    def test_a_transaction_of_another_transfer(self, world: World) -> None:
        theirs = moved(world.send(amount_minor=5)).source_transaction_id
        view(world.acme)
        refuses_transfer(
            world,
            "transfer_source_transaction",
            state="COMPLETED",
            completed_at=NOW,
            source_transaction_id=theirs,
            destination_transaction_id=theirs,
        )

    def test_one_transaction_for_the_books_of_two(self, world: World) -> None:
        own, transaction_id = new_id(), new_id()
        run(
            "INSERT INTO ledger_transaction (id, organization_id, kind, reference, transfer_id,"
            " entry_count, effective_at, recorded_at, description, metadata)"
            " VALUES (%s, %s, 'TRANSFER', sha256('x'), %s, 2, now(), now(), '', '{}')",
            transaction_id,
            world.acme.id,
            own,
        )
        refuses_transfer(
            world,
            "transfer_destination_transaction",
            id=own,
            state="COMPLETED",
            completed_at=NOW,
            source_transaction_id=transaction_id,
            destination_transaction_id=transaction_id,
        )

    def test_a_reference_twice(self, world: World) -> None:
        insert(world, reference=b"r" * 32)
        statement, values = transfer_row(world, reference=b"r" * 32)
        with refused_by("wallets_transfer_reference_key"), transaction.atomic():
            run(statement, *values)

    def test_of_another_organization(self, world: World) -> None:
        refuses_transfer(world, FORBIDDEN, organization_id=world.globex.id)
        view(world.globex)
        refuses_transfer(world, FORBIDDEN)
        view()
        refuses_transfer(world, FORBIDDEN)

    @pytest.mark.parametrize("scope", ["directory", "sign_in", "anything"])
    def test_no_other_scope_opens_them(self, world: World, scope: str) -> None:
        view(scope=scope)
        refuses_transfer(world, FORBIDDEN)
        assert rows("SELECT count(*) FROM wallets_wallet") == [(0,)]

    @pytest.mark.parametrize(
        ("first", "then"),
        [
            ({"state": "FAILED", "reason_code": "x"}, "PENDING"),
            ({"state": "FAILED", "reason_code": "x"}, "FAILED"),
            ({"state": "CANCELLED", "reason_code": "x"}, "PROCESSING"),
            ({"state": "PROCESSING"}, "PENDING"),
            ({"state": "PENDING"}, "PENDING"),
        ],
    )
    def test_illegal_moves_of_state(self, world: World, first: dict, then: str) -> None:
        transfer_id = insert(world, **first)
        refuses(
            "transfer_state_machine",
            "UPDATE wallets_transfer SET state = %s WHERE id = %s",
            then,
            transfer_id,
        )

    def test_what_is_completed_stays(self, world: World) -> None:
        transfer = moved(world.send())
        view(world.acme)
        for change in ("state = 'PENDING'", "completed_at = now()", "reason_code = 'x'"):
            refuses(
                "transfer_state_machine",
                f"UPDATE wallets_transfer SET {change} WHERE id = %s",
                transfer.id,
            )

    def test_the_receiver_changes_nothing(self, world: World) -> None:
        transfer = moved(world.send())
        view(world.globex)
        assert rows("SELECT id FROM wallets_transfer WHERE id = %s", transfer.id)
        statement = "UPDATE wallets_transfer SET state = 'FAILED' WHERE id = %s"
        assert run(statement, transfer.id) == 0


@in_one_database
class TestWallets:
    @pytest.fixture(autouse=True)
    def _seeing_acme(self, world: World) -> None:
        view(world.acme)

    def test_one_of_each(self, world: World) -> None:
        spare = self._spare_account(world.acme)
        self._refuses(world, "wallet_one_of_each", kind="current", account_id=spare)

    def test_one_wallet_for_an_account(self, world: World) -> None:
        self._refuses(world, "wallets_wallet_account_id_key", kind="merchant")

    @pytest.mark.parametrize("handle", ["VC-ABC", "vc-abcde0", "VC-ABCDU0", "ABCDE0", ""])
    def test_handles(self, world: World, handle: str) -> None:
        self._refuses(world, "wallet_handle", handle=handle, kind="merchant")

    def test_kinds(self, world: World) -> None:
        self._refuses(world, "wallet_kind", kind="secret")

    def test_in_ones_own_organization_only(self, world: World) -> None:
        self._refuses(world, "wallets_wallet_of_its_person", organization_id=world.globex.id)

    def test_on_a_wallet_account_of_ones_own_organization_and_currency_only(
        self, world: World
    ) -> None:
        view(world.globex)
        foreign = self._spare_account(world.globex)
        view(world.acme)
        self._refuses(world, "wallet_account_kind", account_id=foreign)
        self._refuses(world, "wallet_account_kind", account_id=self._cash_account(world.acme))
        dollars = {"currency_id": "USD", "account_id": self._spare_account(world.acme)}
        self._refuses(world, "wallet_account", **dollars)

    def _spare_account(self, organization: Organization) -> uuid.UUID:
        with transaction.atomic():
            return open_wallet_account(
                organization_id=organization.id,
                currency="INR",
                handle="VC-ABCDE0",
                name="Spare",
                now=NOW,
            )

    def _cash_account(self, organization: Organization) -> uuid.UUID:
        ((account_id,),) = rows(
            "SELECT id FROM ledger_ledgeraccount WHERE organization_id = %s AND kind = 'CASH'",
            organization.id,
        )
        assert isinstance(account_id, uuid.UUID)
        return account_id

    def _refuses(self, world: World, rule: str, **changed: object) -> None:
        row: dict[str, object] = {
            "id": new_id(),
            "handle": "VC-ABCDE0",
            "organization_id": world.acme.id,
            "owner_id": world.alice.id,
            "kind": "savings",
            "currency_id": "INR",
            "account_id": world.alice_wallet.account_id,
            "created_at": NOW,
        } | changed
        refuses(
            rule,
            f"INSERT INTO wallets_wallet ({', '.join(row)})"
            f" VALUES ({', '.join(['%s'] * len(row))})",
            *row.values(),
        )


@in_one_database
class TestGrants:
    """They are asked before rows are, so no row is needed to be refused."""

    @pytest.mark.parametrize(
        "column",
        [
            "id",
            "organization_id",
            "counterparty_organization_id",
            "source_id",
            "destination_id",
            "kind",
            "amount_minor",
            "currency_id",
            "description",
            "metadata",
            "reference",
            "fingerprint",
            "external_reference",
            "actor_kind",
            "actor_id",
            "created_at",
            "source_holder",
        ],
    )
    def test_what_was_asked_for_never_changes(self, column: str) -> None:
        refuses(FORBIDDEN, f"UPDATE wallets_transfer SET {column} = {column}")

    @pytest.mark.parametrize("verb", ["DELETE FROM", "TRUNCATE"])
    @pytest.mark.parametrize("table", ["wallets_transfer", "wallets_wallet"])
    def test_nothing_is_removed(self, verb: str, table: str) -> None:
        refuses(FORBIDDEN, f"{verb} {table}")

    @pytest.mark.parametrize(
        "column", ["handle", "organization_id", "owner_id", "kind", "currency_id", "account_id"]
    )
    def test_their_identity_never_changes(self, column: str) -> None:
        refuses(FORBIDDEN, f"UPDATE wallets_wallet SET {column} = {column}")


@in_one_database
class TestTheDirectory:
    """One look beyond one's own organization, by exact name."""

    def test_anybody_may_ask_it_by_name(self, world: World) -> None:
        view()
        found = rows(
            "SELECT handle, holder_name FROM wallet_directory('{}', ARRAY[%s])",
            world.charlie_wallet.handle,
        )
        assert found == [(world.charlie_wallet.handle, "Charlie")]

    def test_it_leaves_no_scope_behind(self, world: World) -> None:
        view(world.acme)
        rows("SELECT * FROM wallet_directory('{}', ARRAY[%s])", world.charlie_wallet.handle)
        assert rows("SELECT vaultcraft_scope(), cardinality(vaultcraft_organizations())") == [
            ("", 1)
        ]

    def test_its_scope_is_worth_nothing_without_it(self, world: World) -> None:
        view(scope="directory")
        assert rows("SELECT count(*) FROM wallets_wallet") == [(0,)]
        assert rows("SELECT count(*) FROM wallets_transfer") == [(0,)]

    def test_it_does_not_answer_patterns(self, world: World) -> None:
        assert rows("SELECT * FROM wallet_directory('{}', ARRAY['%%', 'VC-______', NULL])") == []
        assert rows("SELECT * FROM wallet_directory(NULL, NULL)") == []


class TestTheOwner:
    @pytest.mark.parametrize(
        ("statement", "rule"),
        [
            ("DELETE FROM wallets_transfer", "wallets_transfer_kept"),
            ("TRUNCATE wallets_transfer", "wallets_transfer_no_truncate"),
            ("UPDATE wallets_wallet SET kind = kind", "wallets_wallet_kept"),
            ("DELETE FROM wallets_wallet", "wallets_wallet_kept"),
            ("TRUNCATE wallets_wallet CASCADE", "wallets_wallet_no_truncate"),
            ("UPDATE wallets_transfer SET amount_minor = 1", "transfer_state_machine"),
        ],
    )
    def test_cannot_change_the_past(
        self, committed_db: str, world: World, statement: str, rule: str
    ) -> None:
        opened(world, world.alice)
        with (
            refused_by(rule),
            transaction.atomic(using="owner"),
            connections["owner"].cursor() as cursor,
        ):
            cursor.execute("SELECT set_config('vaultcraft.scope', 'platform', true)")
            cursor.execute(statement)
