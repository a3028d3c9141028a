"""Migrations can be taken back and made again, with every promise of the database.

A way through all of them takes the better part of a minute, so tests of rows of then share one.
"""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Iterator

import psycopg
import pytest
from django.core.management import call_command
from django.db import connections
from pytest_django.plugin import DjangoDbBlocker

from tests.connecting import close_connections, point_at
from tests.founded import founded
from tests.servers import SUPERUSER_VARIABLE, clone_database, drop_database, own_database
from tests.world import World

PROMISES = {
    "triggers": "SELECT tgrelid::regclass::text, tgname::text, pg_get_triggerdef(oid)"
    " FROM pg_trigger WHERE NOT tgisinternal",
    "policies": "SELECT tablename::text, policyname::text, cmd, qual, with_check FROM pg_policies",
    "security": "SELECT relname::text, relrowsecurity, relforcerowsecurity, relacl::text"
    " FROM pg_class WHERE relkind IN ('r', 'S') AND relnamespace = 'public'::regnamespace",
    "functions": "SELECT proname::text, prosrc, prosecdef, proconfig::text, proacl::text"
    " FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
    "constraints": "SELECT conrelid::regclass::text, conname::text, pg_get_constraintdef(oid)"
    " FROM pg_constraint WHERE connamespace = 'public'::regnamespace",
    "indexes": "SELECT indexname::text, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "columns": "SELECT table_name::text, column_name::text, data_type::text, is_nullable::text"
    " FROM information_schema.columns WHERE table_schema = 'public'",
    "column grants": "SELECT attrelid::regclass::text, attname::text, attacl::text"
    " FROM pg_attribute WHERE attacl IS NOT NULL AND attrelid > 16383",
    "currencies": "SELECT code, exponent FROM ledger_currency",
}

TWIN = uuid.uuid4()


def promises() -> dict[str, list[tuple]]:
    kept = {}
    with connections["owner"].cursor() as cursor:
        for name, statement in PROMISES.items():
            cursor.execute(statement)
            kept[name] = sorted(cursor.fetchall(), key=repr)
    return kept


@pytest.fixture(scope="module")
def again(django_db_blocker: DjangoDbBlocker) -> Iterator[tuple[World, str]]:
    """The world, down and up again with rows of then, and the name of its database.

    Rows of accounts 0002, and of a second person's consents before those had today's names.
    """
    place, name = founded(django_db_blocker), f"{own_database()}_again"
    world = place.world()
    clone_database(name=name, template=place.template)
    own = point_at(name)
    with django_db_blocker.unblock():
        call_command("migrate", "accounts", "0002", verbosity=0)
        _write_zones_and_cash(world, name)
        call_command("migrate", "accounts", "0017", verbosity=0)
        _write_acts(world, name)
        call_command("migrate", verbosity=0)
        close_connections()
    point_at(own)
    yield world, name
    drop_database(name=name)


@contextlib.contextmanager
def superuser(database: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(os.environ[SUPERUSER_VARIABLE], dbname=database) as connection:
        yield connection


def test_down_and_up_again_is_where_we_began(committed_db: str) -> None:
    before = promises()
    assert before["triggers"]
    assert before["policies"]

    for room in ("accounts", "events", "audit"):  # and with them all that stands on them
        call_command("migrate", room, "zero", verbosity=0)
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT relname::text FROM pg_class WHERE relkind = 'r'"
            " AND relname ~ '^(accounts|audit|events|ledger|wallets)_'"
            " UNION ALL SELECT proname::text FROM pg_proc"
            " WHERE pronamespace = 'public'::regnamespace"
        )
        assert cursor.fetchall() == []
    call_command("migrate", verbosity=0)

    after = promises()
    for name in PROMISES:
        assert after[name] == before[name], name


def test_books_with_unknown_zones_and_two_cash_accounts_are_migrated(
    again: tuple[World, str],
) -> None:
    """What the rules refuse from now on is mended, and the evidence says what it was."""
    world, database = again
    acme = world.acme.id
    with superuser(database) as connection:
        zones = connection.execute("SELECT DISTINCT timezone FROM accounts_organization").fetchall()
        cash = connection.execute(
            "SELECT code FROM ledger_ledgeraccount WHERE kind = 'CASH' AND organization_id = %s",
            [acme],
        ).fetchall()
        told = connection.execute(
            "SELECT action, subject_id, metadata ->> 'before', metadata ->> 'code'"
            " FROM audit_auditrecord WHERE request_id LIKE 'migration %%' ORDER BY action"
        ).fetchall()
    assert zones == [("UTC",)]
    assert cash == [("1000-CASH",)]
    assert told == [
        ("accounts.organization.set_timezone", acme, "localtime", None),
        ("ledger.account.make_general", TWIN, None, "0999-CASH"),
    ]


def test_acts_that_waited_under_the_old_names_wait_on(again: tuple[World, str]) -> None:
    """Approvals of a second person became dual control: states, kinds and settings with it."""
    _, database = again
    with superuser(database) as connection:
        acts = connection.execute(
            "SELECT kind, state, result_type, facts ->> 'name' FROM accounts_pendingact ORDER BY 1"
        ).fetchall()
        settings = connection.execute("SELECT name FROM accounts_systemsetting").fetchall()
    assert acts == [
        ("accounts.system_setting", "pending", "", "dual_control.lifetime_hours"),
        ("wallets.dual_control_threshold", "agreed", "dual_control_threshold", None),
    ]
    assert settings == [("dual_control.staff",)]


@pytest.mark.django_db
def test_models_and_migrations_say_the_same() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def _write_zones_and_cash(world: World, database: str) -> None:
    with superuser(database) as connection:
        connection.execute(
            "UPDATE accounts_organization SET timezone = 'localtime' WHERE id = %s", [world.acme.id]
        )
        connection.execute(
            "INSERT INTO ledger_ledgeraccount (id, organization_id, kind, account_class,"
            " currency_id, code, name, status, floor_minor, created_at) VALUES"
            " (%s, %s, 'CASH', 'ASSET', 'INR', '0999-CASH', '', 'ACTIVE', 0, '2020-01-01')",
            [TWIN, world.acme.id],
        )


def _write_acts(world: World, database: str) -> None:
    waits = ("accounts.system_setting", '{"name": "approvals.lifetime_hours", "value": 1}', "")
    done = ("wallets.approval_threshold", "{}", "approval_threshold")
    with superuser(database) as connection:
        connection.execute("SET session_replication_role = replica")  # past the triggers
        for kind, facts, result in (waits, done):
            connection.execute(
                "INSERT INTO accounts_pendingact (id, kind, facts, reference, fingerprint,"
                " maker_kind, maker_id, maker_person_id, maker_display, door, request_id, made_at,"
                " expires_at, state, checker_id, checker_display, decided_at, note, reason_code,"
                " result_type) VALUES (gen_random_uuid(), %(kind)s, %(facts)s, %(reference)s,"
                " '', 'user', %(maker)s, %(maker)s, '', 'web', '', '2026-01-01', '2026-01-02',"
                " %(state)s, %(checker)s, '', %(decided)s, '', '', %(result)s)",
                {
                    "kind": kind,
                    "facts": facts,
                    "reference": kind.encode(),
                    "maker": world.olga.id,
                    "state": "approved" if result else "pending",
                    "checker": world.alice.id if result else None,
                    "decided": "2026-01-01" if result else None,
                    "result": result,
                },
            )
        connection.execute(
            "INSERT INTO accounts_systemsetting VALUES"
            " ('approvals.staff_second_person', 'true', '2026-01-01')"
        )
