"""No table of a tenant without a policy, and no grant that a promise depends on."""

from __future__ import annotations

import pytest
from django.apps import apps

from tests.database import rows

pytestmark = pytest.mark.django_db

MONEY_ROOMS = ("audit", "events", "kyc", "ledger", "reporting", "wallets")
# Tables of `public` without a tenant's rows. Everything else has policies, or this file fails.
OF_NO_TENANT = {
    "audit_auditchain": "where the chain over all records ends; read by all, kept by the database",
    "audit_auditseal": "hashes over all records; read by all, written by the program itself",
    "accounts_systemsetting": "the installation's own; read by all, changed by super admins",
    "auth_group": "Django's own; the site offers none of it, roles are the permission table's",
    "auth_group_permissions": "Django's own, unused",
    "auth_permission": "names of models, the same for everybody",
    "django_admin_log": "Django's own; our admin writes audit records, never this",
    "django_celery_beat_clockedschedule": "the platform's own timetable",
    "django_celery_beat_crontabschedule": "the platform's own timetable",
    "django_celery_beat_intervalschedule": "the platform's own timetable",
    "django_celery_beat_periodictask": "the platform's own timetable",
    "django_celery_beat_periodictasks": "the platform's own timetable",
    "django_celery_beat_solarschedule": "the platform's own timetable",
    "django_content_type": "names of models, the same for everybody",
    "django_migrations": "what the owner did to the tables",
    "django_session": "found by its random key alone; names a session whose own row decides",
    "events_inboxentry": "ids of events that a consumer of the platform has taken",
    "events_inboxbeginning": "since when a consumer's inbox is complete",
    "events_relaycursor": "how far the outbox is published: numbers alone",
    "events_relaymark": "how far it was published then: numbers alone",
    "ledger_currency": "the currencies, the same for everybody",
}
# What the platform knows of people's verifications; no organization reads it, not even its own.
PLATFORM_ONLY = {"events_faileddelivery", "kyc_check", "kyc_decision"}
# Who may read them is a tenant; these commands are the platform's programs' alone.
WRITTEN_BY_PLATFORM = {
    "kyc_standing": ("INSERT", "UPDATE", "DELETE"),
    "reporting_accountclosing": ("INSERT", "UPDATE", "DELETE"),
    "reporting_accountstanding": ("INSERT", "UPDATE", "DELETE"),
    "events_saga": ("UPDATE", "DELETE"),
    "events_sagaattempt": ("INSERT", "UPDATE", "DELETE"),
}
APPEND_ONLY = {
    "kyc_decision",
    "audit_auditrecord",
    "audit_auditseal",
    "events_outboxevent",
    "ledger_entry",
    "ledger_periodbalance",
    "ledger_reconcilefinding",
    "ledger_reconcilejob",
    "ledger_transaction",
    "wallets_wallethold",
}
NEVER_REMOVED = APPEND_ONLY | {
    "events_saga",
    "events_sagaattempt",
    "wallets_beneficiary",
    "kyc_case",
    "kyc_check",
    "kyc_document",
    "kyc_standing",
    "wallets_dualcontrolthreshold",
    "wallets_uncheckedsum",
    "wallets_walletpolicy",
    "reporting_accountclosing",
    "reporting_accountstanding",
    "ledger_accountgroup",
    "ledger_books",
    "ledger_clearingcap",
    "ledger_currency",
    "ledger_hold",
    "ledger_ledgeraccount",
    "ledger_period",
    "wallets_accountnumber",
    "wallets_feeschedule",
    "wallets_limitrule",
    "wallets_spendingusage",
    "wallets_transfer",
    "wallets_wallet",
}
TENANT_COLUMNS = ("organization_id", "counterparty_organization_id", "tenant_id")
TENANTS = "accounts_organization"  # its own id is the tenant


def tables() -> set[str]:
    """Every table of `public`."""
    found = rows(
        "SELECT relname::text FROM pg_class WHERE relkind IN ('r', 'p', 'f')"
        " AND relnamespace = 'public'::regnamespace"
    )
    return {table for (table,) in found}


def tenant_tables() -> set[str]:
    """Every table of ours with a column that names an organization, and that of organizations."""
    found = rows(
        "SELECT DISTINCT table_name::text FROM information_schema.columns"
        " WHERE table_schema = 'public' AND column_name = ANY (%s)",
        list(TENANT_COLUMNS),
    )
    return {TENANTS, *(table for (table,) in found)}


def test_every_table_is_a_tenants_or_says_why_not() -> None:
    """A new table with rows of tenants gets a policy; another one gets a line above."""
    assert tables() == tenant_tables() | set(OF_NO_TENANT)
    assert not tenant_tables() & set(OF_NO_TENANT)


def test_the_introspection_sees_what_the_models_say() -> None:
    said = {
        model._meta.db_table
        for model in apps.get_models()
        if any(field.column in TENANT_COLUMNS for field in model._meta.concrete_fields)
    }
    assert said | {TENANTS} == tenant_tables()
    # A document's chunks go when the person takes it back; a failed delivery long after it was made
    # good, which a trigger judges.
    assert {table for table in said if table.startswith(MONEY_ROOMS)} - {
        "events_faileddelivery",
        "kyc_documentchunk",
    } == NEVER_REMOVED - {"ledger_currency", "audit_auditseal"}


def test_every_tenant_table_forces_row_security() -> None:
    secured = rows(
        "SELECT relname::text FROM pg_class WHERE relkind IN ('r', 'p') AND relrowsecurity"
        " AND relforcerowsecurity AND relnamespace = 'public'::regnamespace"
    )
    assert {table for (table,) in secured} == tenant_tables()


@pytest.mark.parametrize("command", ["SELECT", "INSERT", "UPDATE", "DELETE"])
def test_every_secured_table_has_a_policy_for_each_command(command: str) -> None:
    found = rows(
        "SELECT tablename::text, permissive, coalesce(qual, with_check) FROM pg_policies"
        " WHERE schemaname = 'public' AND cmd IN (%s, 'ALL')",
        command,
    )
    assert {table for table, _, _ in found} == tenant_tables()
    for table, permissive, condition in found:
        assert permissive == "PERMISSIVE", table
        own = table in PLATFORM_ONLY or command in WRITTEN_BY_PLATFORM.get(table, ())
        asked = "vaultcraft_scope()" if own else "vaultcraft_organizations()"
        assert asked in condition, table
        assert condition != "true"


def test_policies_are_for_everybody_and_none_is_doubled() -> None:
    found = rows(
        "SELECT tablename::text, cmd, count(*), bool_and(roles = '{public}') FROM pg_policies"
        " GROUP BY 1, 2"
    )
    assert found
    assert all(number == 1 and everybody for _, _, number, everybody in found)


@pytest.mark.parametrize("table", sorted(APPEND_ONLY))
def test_append_only_tables_cannot_be_changed(table: str) -> None:
    assert privileges(table) <= {"SELECT", "INSERT"}
    assert not columns_with("UPDATE", table)


@pytest.mark.parametrize("table", sorted(NEVER_REMOVED))
def test_nothing_of_the_books_can_be_removed(table: str) -> None:
    assert not privileges(table) & {"DELETE", "TRUNCATE", "TRIGGER", "REFERENCES", "MAINTAIN"}


def test_the_only_columns_the_application_updates() -> None:
    changed = {table: columns_with("UPDATE", table) for table in sorted(NEVER_REMOVED)}
    assert {table: columns for table, columns in changed.items() if columns} == {
        "events_saga": {
            "state",
            "step",
            "attempts",
            "fence",
            "turned",
            "reason",
            "due_at",
            "lease_until",
            "deadline_at",
            "ended_at",
        },
        "events_sagaattempt": {"state", "error", "ended_at"},
        "wallets_beneficiary": {"sealed"},  # turned to new keys
        "kyc_case": {
            "tier",
            "state",
            "rounds",
            "country",
            "id_type",
            "sealed_legal_name",
            "sealed_date_of_birth",
            "sealed_id_number",
            "id_index",
            "reason",
            "submitted_at",
            "decided_at",
            "screening_at",
        },
        "kyc_check": {"answered_at", "outcome", "findings", "reference"},
        "kyc_document": {"withdrawn_at"},
        "kyc_standing": {"tier", "case_id", "id_index", "since"},
        "ledger_accountgroup": {"name"},
        "ledger_books": {"organization_id"},  # to lock a row takes the right to change a column
        "ledger_clearingcap": {"cap_minor", "set_at"},
        "ledger_hold": {"captured_minor", "released_minor", "state", "ended_at"},
        "ledger_ledgeraccount": {"name", "status", "stopped_by_platform"},
        "ledger_period": {
            "state",
            "closed_at",
            "withdrawn_at",
            "opening_proof",
            "closing_proof",
        },
        "reporting_accountclosing": {"balance_minor", "version"},
        "reporting_accountstanding": {"balance_minor", "changed_at", "version"},
        "wallets_accountnumber": {"sealed"},  # turned to new keys
        "wallets_dualcontrolthreshold": {"threshold_minor", "counts_keys", "set_at"},
        "wallets_uncheckedsum": {"hour", "hours"},
        "wallets_walletpolicy": {"per_kind", "members_open", "set_at"},
        "wallets_feeschedule": {
            "fixed_minor",
            "bps",
            "floor_minor",
            "ceiling_minor",
            "set_at",
        },
        "wallets_limitrule": {"day_minor", "month_minor", "set_at", "withdrawn_at"},
        "wallets_spendingusage": {"day", "day_minor", "month", "month_minor"},
        "wallets_transfer": {
            "state",
            "reason_code",
            "completed_at",
            "source_transaction_id",
            "destination_transaction_id",
        },
    }


def test_balances_are_never_inserted() -> None:
    assert not columns_with("INSERT", "ledger_ledgeraccount") & {
        "posted_minor",
        "held_minor",
        "version",
        "ceiling_minor",
        "last_recorded_at",
    }


def test_the_order_of_the_outbox_is_never_inserted() -> None:
    inserted = columns_with("INSERT", "events_outboxevent")
    assert "payload" in inserted
    assert not inserted & {"commit_xid", "sequence"}


def test_roles_have_no_powers_they_do_not_need() -> None:
    found = rows(
        "SELECT rolname::text, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolinherit"
        " FROM pg_roles WHERE rolname LIKE 'vaultcraft%%' ORDER BY 1"
    )
    assert found == [
        ("vaultcraft_app", False, False, False, False, False),
        ("vaultcraft_auditor", False, True, False, False, False),
        ("vaultcraft_owner", False, False, False, False, False),
    ]
    members = rows(
        "SELECT count(*) FROM pg_auth_members m JOIN pg_roles r ON r.oid IN (m.member, m.roleid)"
        " WHERE r.rolname LIKE 'vaultcraft%%'"
    )
    assert members == [(0,)]


def test_the_application_owns_nothing_and_makes_nothing() -> None:
    owned = rows("SELECT count(*) FROM pg_class WHERE relowner = 'vaultcraft_app'::regrole")
    assert owned == [(0,)]
    assert rows("SELECT has_schema_privilege('public', 'CREATE')") == [(False,)]
    assert rows("SELECT current_user::text") == [("vaultcraft_app",)]


def test_the_auditor_writes_nothing() -> None:
    found = rows(
        "SELECT relname::text FROM pg_class WHERE relkind = 'r'"
        " AND relnamespace = 'public'::regnamespace AND"
        " has_table_privilege('vaultcraft_auditor', oid, 'INSERT, UPDATE, DELETE, TRUNCATE')"
    )
    assert found == []


def test_functions_that_run_as_the_owner() -> None:
    """Few, known by name, and never looking up names in the caller's temporary schema."""
    found = rows(
        "SELECT proname::text, array_to_string(proconfig, '; '),"
        " has_function_privilege('vaultcraft_app', oid, 'EXECUTE')"
        " FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace ORDER BY 1"
    )
    assert {name: callable_ for name, _, callable_ in found} == {
        "accounts_api_key": True,
        "accounts_display_name": True,
        "accounts_live_session": True,
        "audit_guard_seal": False,
        "events_guard_counts": False,
        "ledger_apply_clearing_cap": False,
        "ledger_apply_entries": False,
        "ledger_apply_holds": False,
        "ledger_check_reversals": False,
        "ledger_guard_period": False,
        "ledger_open_books": False,
        "vaultcraft_forget_events": True,
        "vaultcraft_outbox_moved": True,
        "wallet_directory": True,
        "wallet_handle_of_number": True,
        "wallets_check_transfers": False,
    }
    for name, settings, _ in found:
        path = next(s for s in settings.split("; ") if s.startswith("search_path="))
        assert path == "search_path=pg_catalog, public, pg_temp", name


def test_triggers_of_ours_are_all_switched_on() -> None:
    found = rows("SELECT tgname::text FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'O'")
    assert found == []


def test_views_and_materialized_views_would_need_a_thought() -> None:
    """A view runs with its owner's rights and so around row security: there is none."""
    found = rows(
        "SELECT relname::text FROM pg_class WHERE relkind IN ('v', 'm')"
        " AND relnamespace = 'public'::regnamespace"
    )
    assert found == []


def privileges(table: str) -> set[str]:
    found = rows(
        "SELECT privilege_type::text FROM information_schema.table_privileges"
        " WHERE table_name = %s AND grantee IN ('vaultcraft_app', 'PUBLIC')",
        table,
    )
    return {privilege for (privilege,) in found}


def columns_with(privilege: str, table: str) -> set[str]:
    found = rows(
        "SELECT column_name::text FROM information_schema.column_privileges"
        " WHERE table_name = %s AND privilege_type = %s AND grantee = 'vaultcraft_app'",
        table,
        privilege,
    )
    return {column for (column,) in found}
