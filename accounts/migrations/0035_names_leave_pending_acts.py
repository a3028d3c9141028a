"""An erased person's name leaves the acts they asked for or decided; and rows stay with their people.

Nothing else of a decided act changes, and only the platform's view erases. What is about a person
and came with a guard of its own when it is inserted has the common one now, when it is changed, too.
"""

from __future__ import annotations

from django.db import migrations

from accounts.rows_of_people import of_its_person
from kernel.row_security import APPLICATION

_ASKED = (
    "organization_id",
    "kind",
    "facts",
    "amount_minor",
    "currency",
    "reference",
    "fingerprint",
    "maker_kind",
    "maker_id",
    "maker_person_id",
    "door",
    "request_id",
    "made_at",
    "expires_at",
)
_CHANGED = " OR ".join(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in ("id", *_ASKED))


def _named(column: str) -> str:
    """The name stays, or it is erased."""
    return (
        f"(NEW.{column} = OLD.{column}"
        f" OR NEW.{column} = 'Erased person' AND vaultcraft_scope() = 'platform')"
    )


_ELSE = "to_jsonb({0}) - 'maker_display' - 'checker_display'"

# A decision is judged when it is made: whoever decided may be gone when a name is erased.
ERASED = migrations.RunSQL(
    f"""
    DROP TRIGGER pending_act_as_asked ON accounts_pendingact;
    CREATE TRIGGER pending_act_as_asked BEFORE UPDATE ON accounts_pendingact
        FOR EACH ROW WHEN ({_CHANGED} OR NOT {_named("maker_display")})
        EXECUTE FUNCTION accounts_refuse();
    DROP TRIGGER pending_act_decided_once ON accounts_pendingact;
    CREATE TRIGGER pending_act_decided_once BEFORE UPDATE ON accounts_pendingact
        FOR EACH ROW WHEN (OLD.state <> 'pending' AND NOT (
            {_ELSE.format("NEW")} = {_ELSE.format("OLD")}
            AND {_named("maker_display")} AND {_named("checker_display")}
        )) EXECUTE FUNCTION accounts_refuse();
    DROP TRIGGER pending_act_people ON accounts_pendingact;
    CREATE TRIGGER pending_act_people BEFORE INSERT ON accounts_pendingact
        FOR EACH ROW EXECUTE FUNCTION accounts_guard_pending_act();
    CREATE TRIGGER pending_act_people_decide BEFORE UPDATE ON accounts_pendingact
        FOR EACH ROW WHEN (NEW.state <> OLD.state OR NEW.checker_id IS DISTINCT FROM OLD.checker_id)
        EXECUTE FUNCTION accounts_guard_pending_act();
    GRANT UPDATE (maker_display) ON accounts_pendingact TO {APPLICATION};
    """,
    f"""
    REVOKE UPDATE (maker_display) ON accounts_pendingact FROM {APPLICATION};
    DROP TRIGGER pending_act_people_decide ON accounts_pendingact;
    DROP TRIGGER pending_act_people ON accounts_pendingact;
    CREATE TRIGGER pending_act_people BEFORE INSERT OR UPDATE ON accounts_pendingact
        FOR EACH ROW EXECUTE FUNCTION accounts_guard_pending_act();
    DROP TRIGGER pending_act_decided_once ON accounts_pendingact;
    CREATE TRIGGER pending_act_decided_once BEFORE UPDATE ON accounts_pendingact
        FOR EACH ROW WHEN (OLD.state <> 'pending') EXECUTE FUNCTION accounts_refuse();
    DROP TRIGGER pending_act_as_asked ON accounts_pendingact;
    CREATE TRIGGER pending_act_as_asked BEFORE UPDATE ON accounts_pendingact
        FOR EACH ROW WHEN ({_CHANGED} OR NEW.maker_display IS DISTINCT FROM OLD.maker_display)
        EXECUTE FUNCTION accounts_refuse();
    """,
)

_FACTORS = (
    "accounts_totpfactor",
    "accounts_passkey",
    "accounts_recoverycode",
    "accounts_factorchallenge",
)
_MAILED = ("accounts_mailedlink", "accounts_pendingmail")

FACTORS_BEFORE = migrations.RunSQL(
    [f"DROP TRIGGER {table}_person ON {table};" for table in _FACTORS],
    [
        f"CREATE TRIGGER {table}_person BEFORE INSERT ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION accounts_guard_factor();"
        for table in _FACTORS
    ],
)
MAILED_BEFORE = migrations.RunSQL(
    [f"DROP TRIGGER {table}_of_its_person ON {table};" for table in _MAILED],
    [
        f"CREATE TRIGGER {table}_of_its_person BEFORE INSERT ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION accounts_guard_addressee();"
        for table in _MAILED
    ],
)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0034_sessions_of_makers")]

    operations = [
        ERASED,
        FACTORS_BEFORE,
        MAILED_BEFORE,
        *(of_its_person(table) for table in (*_FACTORS, *_MAILED)),
    ]
