"""What the application role may not even try, and what not even the tables' owner can do."""

from __future__ import annotations

import pytest
from django.db import connections, transaction

from ledger.models import LedgerAccount
from ledger.services.periods import open_period
from ledger.tests.raw import insert_entries, nothing_changes, pair
from tests.database import FORBIDDEN, refused_by, refuses, rows, rule_of, run, view
from tests.world import NOW, World

OWNED_BY_THE_DATABASE = [
    ("ledger_ledgeraccount", column)
    for column in (
        "posted_minor",
        "held_minor",
        "version",
        "floor_minor",
        "ceiling_minor",
        "organization_id",
        "currency_id",
        "kind",
        "account_class",
        "code",
        "counterparty_id",
        "last_recorded_at",
    )
] + [
    ("ledger_clearingcap", "organization_id"),
    ("ledger_clearingcap", "counterparty_id"),
    ("ledger_clearingcap", "currency_id"),
    ("ledger_currency", "exponent"),
    ("ledger_currency", "code"),
    ("ledger_currency", "name"),
]
APPEND_ONLY = ["ledger_entry", "ledger_transaction"]
KEPT = [*APPEND_ONLY, "ledger_ledgeraccount", "ledger_clearingcap", "ledger_currency"]


@pytest.fixture
def _seeing_all(db: None) -> None:
    view(scope="platform")


@pytest.mark.django_db
@pytest.mark.usefixtures("_seeing_all")
class TestTheApplication:
    """Even with every row in view. Grants are asked before rows are, so none are needed."""

    @pytest.mark.parametrize(("table", "column"), OWNED_BY_THE_DATABASE)
    def test_never_writes_what_the_database_owns(self, table: str, column: str) -> None:
        with nothing_changes():
            refuses(FORBIDDEN, f"UPDATE {table} SET {column} = {column}")

    @pytest.mark.parametrize("table", APPEND_ONLY)
    def test_never_changes_the_past(self, table: str) -> None:
        with nothing_changes():
            refuses(FORBIDDEN, f"UPDATE {table} SET recorded_at = now()")

    @pytest.mark.parametrize("table", KEPT)
    @pytest.mark.parametrize("verb", ["DELETE FROM", "TRUNCATE"])
    def test_never_removes(self, table: str, verb: str) -> None:
        with nothing_changes():
            refuses(FORBIDDEN, f"{verb} {table}")

    @pytest.mark.parametrize(
        "column", ["posted_minor", "held_minor", "version", "ceiling_minor", "last_recorded_at"]
    )
    def test_never_opens_an_account_with_a_balance(self, column: str) -> None:
        with nothing_changes():
            refuses(
                FORBIDDEN,
                "INSERT INTO ledger_ledgeraccount (id, organization_id, kind, account_class,"
                f" currency_id, code, name, status, floor_minor, created_at, {column})"
                " SELECT gen_random_uuid(), organization_id, kind, account_class, currency_id,"
                f" 'X', name, status, floor_minor, created_at, {column} FROM ledger_ledgeraccount"
                " WHERE kind = 'CASH'",
            )

    def test_never_makes_a_currency(self) -> None:
        refuses(
            FORBIDDEN, "INSERT INTO ledger_currency (code, name, exponent) VALUES ('XXX', 'x', 2)"
        )

    @pytest.mark.parametrize(
        "statement",
        [
            "ALTER TABLE ledger_entry DISABLE TRIGGER ALL",
            "ALTER TABLE ledger_entry DISABLE TRIGGER ledger_entries_apply",
            "ALTER TABLE ledger_entry NO FORCE ROW LEVEL SECURITY",
            "ALTER TABLE ledger_ledgeraccount DISABLE ROW LEVEL SECURITY",
            "ALTER TABLE ledger_ledgeraccount DROP CONSTRAINT account_above_floor",
            "DROP TRIGGER ledger_entries_apply ON ledger_entry",
            "DROP POLICY ledger_entry_read ON ledger_entry",
            "CREATE POLICY open ON ledger_entry FOR ALL USING (true)",
            "CREATE RULE open AS ON INSERT TO ledger_entry DO INSTEAD NOTHING",
            "CREATE TABLE public.loot (id int)",
            "CREATE FUNCTION public.vaultcraft_scope(x int) RETURNS text LANGUAGE sql RETURN 'a'",
            "SET session_replication_role = replica",
            "SET ROLE vaultcraft_owner",
            "SET ROLE vaultcraft_auditor",
            "SET SESSION AUTHORIZATION vaultcraft_owner",
            "ALTER ROLE vaultcraft_app BYPASSRLS",
            "COPY ledger_entry TO PROGRAM 'cat'",
            "SELECT ledger_apply_entries()",
        ],
    )
    def test_never_loosens_the_rules(self, statement: str) -> None:
        with nothing_changes():
            rule = _refusal_of(statement)
        assert rule in {FORBIDDEN, "0A000", "42P17"}, rule

    def test_copy_is_no_way_around_row_security(self) -> None:
        assert _refusal_of("COPY ledger_entry (seq) FROM STDIN") == "0A000"

    def test_turning_row_security_off_only_makes_statements_fail(self) -> None:
        with refused_by(FORBIDDEN), transaction.atomic():
            run("SET LOCAL row_security = off")
            run("SELECT count(*) FROM ledger_entry")


@pytest.mark.django_db
def test_a_temporary_table_never_stands_in_for_a_real_one(world: World) -> None:
    """Functions that run as the owner must not look up names in the caller's own schema."""
    alice, acme = world.alice_wallet.account, world.acme_wallet.account
    run("CREATE TEMP TABLE ledger_ledgeraccount (LIKE public.ledger_ledgeraccount)")
    run("GRANT ALL ON pg_temp.ledger_ledgeraccount TO PUBLIC")
    view(world.acme)
    run("INSERT INTO pg_temp.ledger_ledgeraccount SELECT * FROM public.ledger_ledgeraccount")
    run("UPDATE pg_temp.ledger_ledgeraccount SET posted_minor = 9000000000000")

    with refused_by("entries_continue_account"), transaction.atomic():
        insert_entries(pair(world.acme, alice, acme, 8_000_000_000_000))


def _refusal_of(statement: str) -> str | None:
    with pytest.raises(Exception) as refused, transaction.atomic():
        run(statement)
    return rule_of(refused.value)  # type: ignore[arg-type]


class TestTheOwner:
    """Row security is forced on the owner too, and triggers hold what grants cannot."""

    def test_sees_nothing_without_a_context(self, committed_db: str, world: World) -> None:
        assert self._run("SELECT id FROM ledger_entry", scope="") == 0
        assert self._run("SELECT id FROM ledger_entry") == 6

    @pytest.mark.parametrize("table", APPEND_ONLY)
    def test_cannot_change_the_past(self, committed_db: str, world: World, table: str) -> None:
        for statement in (f"UPDATE {table} SET recorded_at = now()", f"DELETE FROM {table}"):
            with refused_by(f"{table}_append_only"):
                self._run(statement)
        with refused_by(f"{table}_no_truncate"):
            self._run(f"TRUNCATE {table} CASCADE")

    def test_cannot_remove_accounts(self, committed_db: str, world: World) -> None:
        with refused_by("ledger_account_kept"):
            self._run("DELETE FROM ledger_ledgeraccount")
        with refused_by("ledger_account_no_truncate"):
            self._run("TRUNCATE ledger_ledgeraccount CASCADE")

    def test_cannot_renumber_accounts_and_periods(self, committed_db: str, world: World) -> None:
        open_period(
            actor=world.actor(world.alice),
            organization_id=world.acme.id,
            closes_on=NOW.date(),
            now=NOW,
        )
        with refused_by("ledger_account_keeps_id"):
            self._run("UPDATE ledger_ledgeraccount SET id = gen_random_uuid()")
        with refused_by("period_final"):
            self._run("UPDATE ledger_period SET id = gen_random_uuid()")

    @pytest.mark.parametrize("column", ["exponent = exponent + 1", "code = 'XXX'"])
    def test_cannot_change_a_currency(self, committed_db: str, column: str) -> None:
        with refused_by("ledger_currency_fixed"):
            self._run(f"UPDATE ledger_currency SET {column} WHERE code = 'INR'")

    @pytest.mark.parametrize(
        ("change", "rule"),
        [
            ("account_class = 'ASSET'", "account_identity_fixed"),
            ("code = 'X'", "account_identity_fixed"),
            ("currency_id = 'USD'", "account_identity_fixed"),
            ("kind = 'CASH'", "account_identity_fixed"),
            ("posted_minor = -1", "account_above_floor"),
            ("held_minor = -1", "account_held"),
            ("held_minor = posted_minor + 1", "account_above_floor"),
            ("floor_minor = NULL", "account_has_floor"),
        ],
    )
    def test_cannot_bend_an_account(
        self, committed_db: str, world: World, change: str, rule: str
    ) -> None:
        with refused_by(rule):
            self._run(
                f"UPDATE ledger_ledgeraccount SET {change} WHERE id ="
                f" '{world.alice_wallet.account_id}'"
            )

    def _run(self, statement: str, *, scope: str = "platform") -> int:
        with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
            cursor.execute("SELECT set_config('vaultcraft.scope', %s, true)", [scope])
            cursor.execute(statement)
            return cursor.rowcount


class TestTheAuditor:
    """Reads everything without any context, and writes nothing."""

    def test_reads_all_books(self, committed_db: str, world: World) -> None:
        with connections["auditor"].cursor() as cursor:
            cursor.execute("SELECT count(*) FROM ledger_entry")
            assert cursor.fetchone() == (6,)

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE ledger_ledgeraccount SET status = 'FROZEN'",
            "INSERT INTO ledger_currency (code, name, exponent) VALUES ('XXX', 'x', 2)",
            "DELETE FROM ledger_entry",
            "SELECT id FROM ledger_ledgeraccount FOR UPDATE",
            "SELECT wallet_directory('{}', '{}')",
        ],
    )
    def test_writes_nothing(self, committed_db: str, statement: str) -> None:
        with refused_by(FORBIDDEN), connections["auditor"].cursor() as cursor:
            cursor.execute(statement)


@pytest.mark.django_db
def test_the_application_sees_accounts_it_may_change_the_state_of(world: World) -> None:
    view(world.acme)
    account = LedgerAccount.objects.get(id=world.alice_wallet.account_id)
    assert rows("SELECT has_column_privilege('ledger_ledgeraccount', 'status', 'UPDATE')") == [
        (True,)
    ]
    assert account.status == "ACTIVE"
