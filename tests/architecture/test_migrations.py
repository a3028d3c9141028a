"""Migrations can be taken back and made again, with every promise of the database."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import connections

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


def promises() -> dict[str, list[tuple]]:
    kept = {}
    with connections["owner"].cursor() as cursor:
        for name, statement in PROMISES.items():
            cursor.execute(statement)
            kept[name] = sorted(cursor.fetchall(), key=repr)
    return kept


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


@pytest.mark.django_db
def test_models_and_migrations_say_the_same() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
