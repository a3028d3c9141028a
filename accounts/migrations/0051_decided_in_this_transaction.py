"""A consent is new where it was given in this very transaction, not where its row was rewritten.

The version of a row says who wrote it last, and any UPDATE that changes nothing writes it anew: an
old consent became one of now. So the transaction of the decision is kept, once; and a decided act
takes no UPDATE but the one that really erases a name.

Both are asked: numbers of transactions begin again in a database that was restored from a dump, and
a row of then was not written by a transaction of now. The column is the database's own.
"""

from __future__ import annotations

from django.db import migrations

DECIDED_IN = migrations.RunSQL(
    """
    ALTER TABLE accounts_pendingact ADD COLUMN decided_xid xid8;
    CREATE FUNCTION accounts_note_decision() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        NEW.decided_xid := CASE WHEN NEW.state = 'pending' THEN NULL
            ELSE pg_current_xact_id() END;
        RETURN NEW;
    END $$;
    CREATE TRIGGER pending_act_decided_at_first BEFORE INSERT ON accounts_pendingact
        FOR EACH ROW EXECUTE FUNCTION accounts_note_decision();
    CREATE TRIGGER pending_act_decided_in BEFORE UPDATE ON accounts_pendingact
        FOR EACH ROW WHEN (OLD.state = 'pending') EXECUTE FUNCTION accounts_note_decision();
    """,
    """
    DROP TRIGGER pending_act_decided_in ON accounts_pendingact;
    DROP TRIGGER pending_act_decided_at_first ON accounts_pendingact;
    DROP FUNCTION accounts_note_decision();
    ALTER TABLE accounts_pendingact DROP COLUMN decided_xid;
    """,
)


def _named(column: str) -> str:
    """The name stays, or it is erased."""
    return (
        f"(NEW.{column} = OLD.{column}"
        f" OR NEW.{column} = 'Erased person' AND vaultcraft_scope() = 'platform')"
    )


_ELSE = "to_jsonb({0}) - 'maker_display' - 'checker_display'"
_ONCE = """
    DROP TRIGGER pending_act_decided_once ON accounts_pendingact;
    CREATE TRIGGER pending_act_decided_once BEFORE UPDATE ON accounts_pendingact
        FOR EACH ROW WHEN (OLD.state <> 'pending' AND NOT ({})) EXECUTE FUNCTION accounts_refuse();
"""
_NOTHING_BUT_NAMES = (
    f"{_ELSE.format('NEW')} = {_ELSE.format('OLD')}"
    f" AND {_named('maker_display')} AND {_named('checker_display')}"
)
_A_NAME = """(NEW.maker_display, NEW.checker_display)
            IS DISTINCT FROM (OLD.maker_display, OLD.checker_display)"""

NOTHING_FOR_NOTHING = migrations.RunSQL(
    _ONCE.format(f"{_A_NAME} AND {_NOTHING_BUT_NAMES}"), _ONCE.format(_NOTHING_BUT_NAMES)
)

_AGREED = """
    CREATE OR REPLACE FUNCTION accounts_agreed_to(
        home uuid, wanted text, said jsonb, at timestamptz
    ) RETURNS boolean
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE
        view_before text := coalesce(current_setting('vaultcraft.organizations', true), '');
        agreed boolean;
    BEGIN
        PERFORM set_config('vaultcraft.organizations', '{' || home || '}', true);
        agreed := EXISTS (
            SELECT FROM accounts_pendingact a
            WHERE a.organization_id = home AND a.kind = wanted AND a.state = 'agreed'
              AND a.decided_at = at AND a.facts @> said AND accounts_written_now(a.xmin)@@NOW@@
        );
        PERFORM set_config('vaultcraft.organizations', view_before, true);
        RETURN agreed;
    END $$;

    CREATE OR REPLACE FUNCTION accounts_staff_agreed_to(wanted text, said jsonb, at timestamptz)
    RETURNS boolean
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE
        scope_before text := coalesce(current_setting('vaultcraft.scope', true), '');
        agreed boolean;
    BEGIN
        PERFORM set_config('vaultcraft.scope', 'platform', true);
        agreed := EXISTS (
            SELECT FROM accounts_pendingact a
            WHERE a.organization_id IS NULL AND a.kind = wanted AND a.state = 'agreed'
              AND a.decided_at = at AND a.facts @> said AND accounts_written_now(a.xmin)@@NOW@@
        );
        PERFORM set_config('vaultcraft.scope', scope_before, true);
        RETURN agreed;
    END $$;
"""
IN_THIS_TRANSACTION = migrations.RunSQL(
    _AGREED.replace("@@NOW@@", "\n              AND a.decided_xid = pg_current_xact_id()"),
    _AGREED.replace("@@NOW@@", ""),
)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0050_keys_by_staff_under_policies")]

    operations = [DECIDED_IN, NOTHING_FOR_NOTHING, IN_THIS_TRANSACTION]
