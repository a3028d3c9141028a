"""Whoever gave a role stays known, and independence holds in both directions; see decision 51.

`role_givers` keeps everybody who ever gave the person a role, with when they last did. A trigger
writes it and nobody else may: another role, or one's own hand, does not take a giver away.
"""

from __future__ import annotations

from django.db import migrations, models

from kernel.row_security import APPLICATION

# `role_given_by` and `role_given_at` say the newest giver; this remembers them all.
REMEMBERED = migrations.RunSQL(
    """
    CREATE FUNCTION accounts_remember_giver() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF TG_OP = 'INSERT' THEN
            NEW.role_givers := '{}';
        ELSE
            NEW.role_givers := OLD.role_givers;
        END IF;
        IF NEW.role_given_by_id IS NOT NULL AND NEW.role_given_at IS NOT NULL THEN
            NEW.role_givers := NEW.role_givers
                || jsonb_build_object(NEW.role_given_by_id::text, NEW.role_given_at);
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER accounts_user_giver_joins BEFORE INSERT ON accounts_user
        FOR EACH ROW EXECUTE FUNCTION accounts_remember_giver();
    CREATE TRIGGER accounts_user_giver_stays
        BEFORE UPDATE OF role_given_by_id, role_given_at, role_givers ON accounts_user
        FOR EACH ROW EXECUTE FUNCTION accounts_remember_giver();

    SELECT set_config('vaultcraft.scope', 'platform', true);
    UPDATE accounts_user SET role_given_at = role_given_at WHERE role_given_by_id IS NOT NULL;
    SELECT set_config('vaultcraft.scope', '', true);
    -- Foreign keys checked at the end of the transaction would bar the statements that follow.
    SET CONSTRAINTS ALL IMMEDIATE;
    """,
    """
    DROP TRIGGER accounts_user_giver_stays ON accounts_user;
    DROP TRIGGER accounts_user_giver_joins ON accounts_user;
    DROP FUNCTION accounts_remember_giver();
    """,
)

# After the CHECKs, which say more of what is wrong with a role.
TRUTHFUL = migrations.RunSQL(
    """
    CREATE FUNCTION accounts_guard_giver() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE
        comes boolean := TG_OP = 'INSERT';
    BEGIN
        IF NOT comes THEN
            IF NEW.role IS NOT DISTINCT FROM OLD.role
                AND NEW.platform_role IS NOT DISTINCT FROM OLD.platform_role
                AND NOT (NEW.is_active AND NOT OLD.is_active) THEN
                IF (NEW.role_given_by_id, NEW.role_given_at)
                    IS DISTINCT FROM (OLD.role_given_by_id, OLD.role_given_at) THEN
                    RAISE EXCEPTION '% got no other role', NEW.id
                        USING ERRCODE = 'VC065', CONSTRAINT = 'accounts_user_giver_with_role';
                END IF;
                RETURN NULL;
            END IF;
            IF NEW.role_given_at IS NULL OR NEW.role_given_at <= OLD.role_given_at THEN
                RAISE EXCEPTION 'a role of % is not dated', NEW.id
                    USING ERRCODE = 'VC065', CONSTRAINT = 'accounts_user_giver_dated';
            END IF;
            IF NEW.role_given_by_id IS NOT DISTINCT FROM OLD.role_given_by_id THEN
                RETURN NULL;
            END IF;
        END IF;
        IF NEW.role_given_by_id IS NOT NULL THEN
            IF EXISTS (SELECT FROM accounts_user u WHERE u.id = NEW.role_given_by_id
                       AND u.id <> NEW.id AND u.is_active AND (u.organization_id IS NULL
                       OR u.organization_id IS NOT DISTINCT FROM NEW.organization_id)) THEN
                RETURN NULL;
            END IF;
        -- The program gives roles under the platform's view; and nobody brings in a founder.
        ELSIF vaultcraft_scope() = 'platform' OR comes AND NOT EXISTS (
            SELECT FROM accounts_user u
            WHERE u.organization_id = NEW.organization_id AND u.id <> NEW.id
        ) OR vaultcraft_scope() = 'sign_in' AND EXISTS (
            SELECT FROM accounts_invitation i WHERE i.organization_id = NEW.organization_id
            AND i.email = NEW.email AND i.invited_by_id IS NULL AND i.accepted_at IS NULL
            AND i.withdrawn_at IS NULL
        ) THEN
            RETURN NULL;
        END IF;
        RAISE EXCEPTION '% cannot have given % a role', NEW.role_given_by_id, NEW.id
            USING ERRCODE = 'VC065', CONSTRAINT = 'accounts_user_giver_counts';
    END $$;
    CREATE TRIGGER accounts_user_giver_of_newcomer AFTER INSERT ON accounts_user
        FOR EACH ROW EXECUTE FUNCTION accounts_guard_giver();
    CREATE TRIGGER accounts_user_giver AFTER UPDATE OF
        role, platform_role, is_active, role_given_by_id, role_given_at ON accounts_user
        FOR EACH ROW EXECUTE FUNCTION accounts_guard_giver();
    """,
    """
    DROP TRIGGER accounts_user_giver ON accounts_user;
    DROP TRIGGER accounts_user_giver_of_newcomer ON accounts_user;
    DROP FUNCTION accounts_guard_giver();
    """,
)

_CONSENT = """
    CREATE OR REPLACE FUNCTION accounts_guard_consent() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        -- Of lost factors a CHECK says it.
        IF NEW.kind <> 'accounts.factor_reset'
            AND NEW.checker_id::text IN (NEW.facts->>'user_id', NEW.facts->>'payee_id') THEN
            RAISE EXCEPTION '%% would agree to what is for themselves', NEW.checker_id
                USING ERRCODE = 'VC061', CONSTRAINT = 'pending_act_for_another';
        END IF;
        IF %s THEN
            RAISE EXCEPTION '%% was lately brought in by who asks', NEW.checker_id
                USING ERRCODE = 'VC061', CONSTRAINT = 'pending_act_independent_checker';
        END IF;
        RETURN NEW;
    END $$;
"""
# That the two are two, a CHECK says.
_MET = """NEW.maker_person_id <> NEW.checker_id
            AND accounts_brought_in_through(NEW.checker_id, NEW.decided_at)
             && accounts_brought_in_through(NEW.maker_person_id, NEW.decided_at)"""
_ONE_WAY = """EXISTS (SELECT FROM accounts_user u WHERE u.id = NEW.checker_id
                   AND u.role_given_by_id = NEW.maker_person_id
                   AND u.role_given_at > NEW.decided_at - interval '7 days')"""

BOTH_WAYS = migrations.RunSQL(
    f"""
    -- The person, whoever gave them a role within seven days of that instant, and so on. As people
    -- are finite and each comes once, it ends.
    CREATE FUNCTION accounts_brought_in_through(person uuid, at timestamptz) RETURNS uuid[]
    LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
        WITH RECURSIVE chain (id) AS (
            SELECT person
            UNION
            SELECT g.key::uuid FROM chain c JOIN accounts_user u ON u.id = c.id
            CROSS JOIN jsonb_each_text(u.role_givers) g
            WHERE g.value::timestamptz > at - interval '7 days'
        )
        SELECT array_agg(id) FROM chain
    $$;
    REVOKE ALL ON FUNCTION accounts_brought_in_through(uuid, timestamptz) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION accounts_brought_in_through(uuid, timestamptz) TO {APPLICATION};
    {_CONSENT.replace("%s", _MET).replace("%%", "%")}
    DROP TRIGGER pending_act_independent_checker ON accounts_pendingact;
    CREATE TRIGGER pending_act_independent_checker BEFORE UPDATE ON accounts_pendingact
        FOR EACH ROW WHEN (OLD.state = 'pending' AND NEW.state IN ('agreed', 'failed'))
        EXECUTE FUNCTION accounts_guard_consent();
    """,  # noqa: S608 - of constants
    f"""
    DROP TRIGGER pending_act_independent_checker ON accounts_pendingact;
    CREATE TRIGGER pending_act_independent_checker BEFORE UPDATE ON accounts_pendingact
        FOR EACH ROW WHEN (NEW.state IN ('agreed', 'failed'))
        EXECUTE FUNCTION accounts_guard_consent();
    {_CONSENT.replace("%s", _ONE_WAY).replace("%%", "%")}
    DROP FUNCTION accounts_brought_in_through(uuid, timestamptz);
    """,
)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0031_what_gives_power")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="role_givers",
            field=models.JSONField(
                default=dict,
                editable=False,
                help_text="Everybody who gave the person a role, with when they last did; the"
                " database writes it.",
            ),
        ),
        REMEMBERED,
        TRUTHFUL,
        BOTH_WAYS,
    ]
