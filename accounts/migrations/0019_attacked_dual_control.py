"""What attacks on dual control and approvals by plain SQL found to be missing.

- Nobody needs these tables to sign in, so the scope of signing in opens none of them.
- Whoever asks as a person is an active one of the act's own house.
- A policy asks less only where two people agreed to just that, in the same transaction.
- An approval is of the person of its session.
"""

from __future__ import annotations

from django.db import migrations

from kernel.row_security import SCOPE, VISIBLE, of_tenant

_TABLES = ("accounts_approval", "accounts_dualcontrolpolicy", "accounts_pendingact")
_OWNED = of_tenant("organization_id")
_READ_BEFORE = f"({_OWNED} OR {SCOPE} = 'sign_in')"
_WRITE_BEFORE = (
    f"(organization_id = ANY ({VISIBLE}) OR {SCOPE} = 'platform'"
    f" OR (organization_id IS NULL AND {SCOPE} = 'sign_in'))"
)


def _policies(table: str, *, read: str, write: str) -> str:
    return f"""
    ALTER POLICY {table}_read ON {table} USING ({read});
    ALTER POLICY {table}_insert ON {table} WITH CHECK ({write});
    ALTER POLICY {table}_update ON {table} USING ({write}) WITH CHECK ({write});
    ALTER POLICY {table}_delete ON {table} USING ({write});
    """


NARROWER = migrations.RunSQL(
    [_policies(table, read=_OWNED, write=_OWNED) for table in _TABLES],
    [_policies(table, read=_READ_BEFORE, write=_WRITE_BEFORE) for table in _TABLES],
)

MAKERS = migrations.RunSQL(
    """
    CREATE FUNCTION accounts_guard_maker() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF NOT EXISTS (SELECT FROM accounts_user u WHERE u.id = NEW.maker_id AND u.is_active
                       AND u.organization_id IS NOT DISTINCT FROM NEW.organization_id) THEN
            RAISE EXCEPTION '% may not ask for this', NEW.maker_id
                USING ERRCODE = 'VC061', CONSTRAINT = 'pending_act_maker_counts';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER pending_act_maker_counts BEFORE INSERT ON accounts_pendingact
        FOR EACH ROW WHEN (NEW.maker_kind = 'user') EXECUTE FUNCTION accounts_guard_maker();
    """,
    """
    DROP TRIGGER pending_act_maker_counts ON accounts_pendingact;
    DROP FUNCTION accounts_guard_maker();
    """,
)

# Asked at the end of the transaction: the consent is written after what it lets happen. By then the
# view may be another, and the evidence is the organization's own.
AGREED_TO = migrations.RunSQL(
    """
    CREATE FUNCTION accounts_agreed_to(home uuid, wanted text, said jsonb, at timestamptz)
    RETURNS boolean
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE
        view_before text := coalesce(current_setting('vaultcraft.organizations', true), '');
        agreed boolean;
    BEGIN
        PERFORM set_config('vaultcraft.organizations', '{' || home || '}', true);
        agreed := EXISTS (
            SELECT FROM accounts_pendingact a
            WHERE a.organization_id = home AND a.kind = wanted AND a.state = 'agreed'
              AND a.decided_at = at AND a.facts @> said
        );
        PERFORM set_config('vaultcraft.organizations', view_before, true);
        RETURN agreed;
    END $$;
    GRANT EXECUTE ON FUNCTION accounts_agreed_to(uuid, text, jsonb, timestamptz)
        TO vaultcraft_app;

    CREATE FUNCTION accounts_guard_dual_control_policy() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF NOT accounts_agreed_to(
            NEW.organization_id, 'accounts.dual_control_policy', jsonb_build_object(
                'roles', NEW.roles, 'journals', NEW.journals, 'terms', NEW.terms
            ), NEW.set_at
        ) THEN
            RAISE EXCEPTION 'nobody agreed that less takes two people in %', NEW.organization_id
                USING ERRCODE = 'VC061', CONSTRAINT = 'dual_control_policy_loosened_by_two';
        END IF;
        RETURN NULL;
    END $$;
    CREATE CONSTRAINT TRIGGER dual_control_policy_loosened_by_two
        AFTER UPDATE ON accounts_dualcontrolpolicy DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW WHEN (
            OLD.roles AND NOT NEW.roles OR OLD.journals AND NOT NEW.journals
            OR OLD.terms AND NOT NEW.terms
        ) EXECUTE FUNCTION accounts_guard_dual_control_policy();
    """,
    """
    DROP TRIGGER dual_control_policy_loosened_by_two ON accounts_dualcontrolpolicy;
    DROP FUNCTION accounts_guard_dual_control_policy();
    DROP FUNCTION accounts_agreed_to(uuid, text, jsonb, timestamptz);
    """,
)

APPROVALS = migrations.RunSQL(
    """
    CREATE FUNCTION accounts_guard_approval() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF NOT EXISTS (SELECT FROM accounts_signinsession s
                       WHERE s.id = NEW.session_id AND s.user_id = NEW.user_id
                         AND s.organization_id IS NOT DISTINCT FROM NEW.organization_id) THEN
            RAISE EXCEPTION 'approval % is not of the person of its session', NEW.id
                USING ERRCODE = 'VC061', CONSTRAINT = 'accounts_approval_of_its_session';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER accounts_approval_of_its_session BEFORE INSERT ON accounts_approval
        FOR EACH ROW EXECUTE FUNCTION accounts_guard_approval();
    """,
    """
    DROP TRIGGER accounts_approval_of_its_session ON accounts_approval;
    DROP FUNCTION accounts_guard_approval();
    """,
)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0018_dual_control")]

    operations = [NARROWER, MAKERS, AGREED_TO, APPROVALS]
