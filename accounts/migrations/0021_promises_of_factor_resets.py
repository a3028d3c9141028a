"""What the database holds of resetting second factors, and of sessions that lay idle.

Two people who are neither each other nor the person stand behind a reset. It is written down only
where such an act waits and no factor counts any more, and that a factor was added again only where
one does: by these two instants money is held back (`accounts.factor_resets`).
"""

from __future__ import annotations

from django.db import migrations

from kernel.row_security import APPLICATION

NOT_FOR_ONESELF = migrations.RunSQL(
    """
    ALTER TABLE accounts_pendingact ADD CONSTRAINT pending_act_not_for_oneself CHECK (
        kind <> 'accounts.factor_reset' OR coalesce(
            maker_kind = 'user' AND (facts->>'user_id')::uuid <> maker_id
            AND (state NOT IN ('agreed', 'failed') OR (facts->>'user_id')::uuid <> checker_id),
            false
        )
    );
    """,
    "ALTER TABLE accounts_pendingact DROP CONSTRAINT pending_act_not_for_oneself;",
)

RESET = migrations.RunSQL(
    f"""
    CREATE FUNCTION accounts_has_factor(wanted uuid, codes boolean) RETURNS boolean
    LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
        SELECT EXISTS (SELECT FROM accounts_totpfactor f WHERE f.user_id = wanted
                       AND f.confirmed_at IS NOT NULL AND f.removed_at IS NULL)
            OR EXISTS (SELECT FROM accounts_passkey p WHERE p.user_id = wanted
                       AND p.removed_at IS NULL)
            OR codes AND EXISTS (SELECT FROM accounts_recoverycode c WHERE c.user_id = wanted
                                 AND c.used_at IS NULL AND c.voided_at IS NULL)
    $$;
    REVOKE ALL ON FUNCTION accounts_has_factor(uuid, boolean) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION accounts_has_factor(uuid, boolean) TO {APPLICATION};

    CREATE FUNCTION accounts_guard_factor_reset() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF NEW.factors_reset_at IS DISTINCT FROM OLD.factors_reset_at THEN
            IF NEW.factors_reset_at IS NULL OR NEW.factors_reset_at < OLD.factors_reset_at
                OR accounts_has_factor(NEW.id, true)
                OR NOT EXISTS (SELECT FROM accounts_pendingact a
                               WHERE a.kind = 'accounts.factor_reset' AND a.state = 'pending'
                               AND (a.facts->>'user_id')::uuid = NEW.id)
            THEN
                RAISE EXCEPTION 'the factors of % are not reset', NEW.id
                    USING ERRCODE = 'VC064', CONSTRAINT = 'accounts_user_factors_reset';
            END IF;
        END IF;
        IF NEW.factors_renewed_at IS DISTINCT FROM OLD.factors_renewed_at AND (
            NEW.factors_renewed_at IS NULL OR NEW.factors_renewed_at < OLD.factors_renewed_at
            OR NOT accounts_has_factor(NEW.id, false)
        ) THEN
            RAISE EXCEPTION 'no factor of % was added', NEW.id
                USING ERRCODE = 'VC064', CONSTRAINT = 'accounts_user_factors_added';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER accounts_user_guard_factor_reset
        BEFORE UPDATE OF factors_reset_at, factors_renewed_at ON accounts_user
        FOR EACH ROW EXECUTE FUNCTION accounts_guard_factor_reset();
    GRANT UPDATE (factors_reset_at, factors_renewed_at) ON accounts_user TO {APPLICATION};
    """,  # noqa: S608 - of constants
    f"""
    REVOKE UPDATE (factors_reset_at, factors_renewed_at) ON accounts_user FROM {APPLICATION};
    DROP TRIGGER accounts_user_guard_factor_reset ON accounts_user;
    DROP FUNCTION accounts_guard_factor_reset();
    DROP FUNCTION accounts_has_factor(uuid, boolean);
    """,
)

# A session that lay idle too long is over; nothing that comes later makes it seen again.
IDLE = migrations.RunSQL(
    """
    CREATE TRIGGER accounts_session_idled_out BEFORE UPDATE OF last_seen_at
        ON accounts_signinsession FOR EACH ROW WHEN (
            OLD.idle_seconds IS NOT NULL
            AND NEW.last_seen_at >= OLD.last_seen_at + make_interval(secs => OLD.idle_seconds)
        ) EXECUTE FUNCTION accounts_refuse();
    """,
    "DROP TRIGGER accounts_session_idled_out ON accounts_signinsession;",
)


def live_session(condition: str) -> str:
    """The look-up of `accounts.0005`, with what else must hold of a session that counts."""
    return f"""
    CREATE OR REPLACE FUNCTION accounts_live_session(wanted uuid, at timestamptz)
    RETURNS TABLE (
        session accounts_signinsession, person accounts_user, organization accounts_organization
    )
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    SET plan_cache_mode = force_generic_plan AS $$
    DECLARE
        scope_before text := coalesce(current_setting('vaultcraft.scope', true), '');
    BEGIN
        PERFORM set_config('vaultcraft.scope', 'sign_in', true);
        RETURN QUERY
            SELECT s, u, o FROM accounts_signinsession s
            JOIN accounts_user u ON u.id = s.user_id
            LEFT JOIN accounts_organization o ON o.id = u.organization_id
            WHERE s.id = wanted AND s.revoked_at IS NULL AND s.expires_at > at{condition};
        PERFORM set_config('vaultcraft.scope', scope_before, true);
    END $$;
    """  # noqa: S608 - of constants


NOT_IDLE = (
    " AND (s.idle_seconds IS NULL OR s.last_seen_at > at - make_interval(secs => s.idle_seconds))"
)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0020_factor_resets_and_idling")]

    operations = [
        NOT_FOR_ONESELF,
        RESET,
        IDLE,
        migrations.RunSQL(live_session(NOT_IDLE), live_session("")),
    ]
