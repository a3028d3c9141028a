"""What the application may write, of every table there is: ours, Django's and Celery's.

A new table begins with every privilege. Whoever makes one takes away what it needs not, or gives it
a line here.
"""

from __future__ import annotations

import pytest

from tests.database import rows

pytestmark = pytest.mark.django_db

# Whole rows are changed, by libraries or under a trigger.
CHANGED_WHOLE = {"api_idempotency_guard", "django_session"}
# What is forgotten in time, taken back by its person, or done with.
DELETED = {
    "accounts_factorchallenge",
    "accounts_mailrequest",
    "accounts_passwordattempts",
    "accounts_pendingmail",
    "accounts_phone",
    "api_idempotency_guard",
    "django_session",
    "events_faileddelivery",
    "events_inboxentry",
    "events_relaycursor",
    "events_relaymark",
    "kyc_documentchunk",
    "notifications_notification",
    "notifications_preference",
    "notifications_webhookattempt",
    "notifications_webhookdelivery",
    "notifications_webhooksecret",
}
# Written by the owner's role as it migrates, or by the database's own functions.
NEVER_INSERTED = {
    "audit_auditchain",
    "auth_group",
    "auth_group_permissions",
    "auth_permission",
    "django_admin_log",
    "django_celery_beat_clockedschedule",
    "django_celery_beat_crontabschedule",
    "django_celery_beat_intervalschedule",
    "django_celery_beat_periodictask",
    "django_celery_beat_periodictasks",
    "django_celery_beat_solarschedule",
    "django_content_type",
    "django_migrations",
    "ledger_books",
    "ledger_currency",
}
OF_LIBRARIES = ("auth_", "django_")


def granted(privilege: str) -> set[str]:
    """The tables with this privilege as a whole."""
    return _tables("has_table_privilege", privilege)


def granted_somewhere(privilege: str) -> set[str]:
    """Those with it on a column at least."""
    return _tables("has_any_column_privilege", privilege)


def _tables(asked: str, privilege: str) -> set[str]:
    found = rows(
        "SELECT relname::text FROM pg_class WHERE relkind IN ('r', 'p', 'f')"
        f" AND relnamespace = 'public'::regnamespace AND {asked}('vaultcraft_app', oid, %s)",
        privilege,
    )
    return {table for (table,) in found}


def test_few_tables_are_changed_as_a_whole() -> None:
    assert granted("UPDATE") == CHANGED_WHOLE


def test_few_tables_lose_rows() -> None:
    assert granted("DELETE") == DELETED


def test_what_the_application_never_adds_to() -> None:
    assert granted("SELECT") - granted_somewhere("INSERT") == NEVER_INSERTED


def test_of_libraries_it_writes_sessions_and_when_a_task_ran() -> None:
    written = granted_somewhere("INSERT") | granted_somewhere("UPDATE") | granted("DELETE")
    assert {table for table in written if table.startswith(OF_LIBRARIES)} == {
        "django_session",
        "django_celery_beat_periodictask",
    }
    columns = rows(
        "SELECT column_name::text FROM information_schema.column_privileges WHERE table_name ="
        " 'django_celery_beat_periodictask' AND privilege_type = 'UPDATE'"
        " AND grantee = 'vaultcraft_app'"
    )
    assert {column for (column,) in columns} == {"last_run_at", "total_run_count"}


@pytest.mark.parametrize("privilege", ["TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN"])
def test_nobody_has_the_rest(privilege: str) -> None:
    assert granted(privilege) == set()
