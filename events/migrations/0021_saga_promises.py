"""What the database holds of sagas: the state machine, the fence, and who may touch them."""

from __future__ import annotations

from django.db import migrations

from kernel.row_security import SCOPE, grants, of_tenant, tenant_table

PLATFORM_ONLY = f"{SCOPE} = 'platform'"

GUARDS = migrations.RunSQL(
    """
    CREATE FUNCTION events_guard_saga() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF NOT (OLD.state, NEW.state) IN (
            ('RUNNING', 'RUNNING'), ('RUNNING', 'COMPENSATING'), ('RUNNING', 'COMPLETED'),
            ('RUNNING', 'STUCK'), ('COMPENSATING', 'COMPENSATING'),
            ('COMPENSATING', 'COMPENSATED'), ('COMPENSATING', 'RUNNING'),
            ('COMPENSATING', 'STUCK'), ('STUCK', 'RUNNING'), ('STUCK', 'COMPENSATING')
        ) OR (OLD.state = 'COMPENSATING' AND NEW.state = 'RUNNING' AND (OLD.turned OR NOT NEW.turned))
        THEN
            RAISE EXCEPTION 'saga % cannot go from % to %', OLD.id, OLD.state, NEW.state
                USING ERRCODE = 'VC090', CONSTRAINT = 'saga_state_machine';
        END IF;
        IF NEW.fence < OLD.fence OR OLD.turned AND NOT NEW.turned THEN
            RAISE EXCEPTION 'saga % would forget who holds it', OLD.id
                USING ERRCODE = 'VC091', CONSTRAINT = 'saga_fence_grows';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER events_saga_guard BEFORE UPDATE ON events_saga
        FOR EACH ROW EXECUTE FUNCTION events_guard_saga();
    CREATE TRIGGER events_saga_kept BEFORE DELETE ON events_saga
        FOR EACH ROW EXECUTE FUNCTION vaultcraft_refuse_change();
    CREATE TRIGGER events_saga_no_truncate BEFORE TRUNCATE ON events_saga
        FOR EACH STATEMENT EXECUTE FUNCTION vaultcraft_refuse_change();
    CREATE FUNCTION events_guard_saga_begin() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF NEW.state <> 'RUNNING' OR NEW.step <> 0 OR NEW.fence <> 0 OR NEW.turned THEN
            RAISE EXCEPTION 'saga % does not begin at the beginning', NEW.id
                USING ERRCODE = 'VC090', CONSTRAINT = 'saga_begins';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER events_saga_begins BEFORE INSERT ON events_saga
        FOR EACH ROW EXECUTE FUNCTION events_guard_saga_begin();
    CREATE FUNCTION events_guard_saga_attempt() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF OLD.state <> 'OPEN' THEN
            RAISE EXCEPTION 'attempt % is over', OLD.id
                USING ERRCODE = 'VC092', CONSTRAINT = 'saga_attempt_final';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER events_sagaattempt_guard BEFORE UPDATE ON events_sagaattempt
        FOR EACH ROW EXECUTE FUNCTION events_guard_saga_attempt();
    CREATE TRIGGER events_sagaattempt_kept BEFORE DELETE ON events_sagaattempt
        FOR EACH ROW EXECUTE FUNCTION vaultcraft_refuse_change();
    CREATE TRIGGER events_sagaattempt_no_truncate BEFORE TRUNCATE ON events_sagaattempt
        FOR EACH STATEMENT EXECUTE FUNCTION vaultcraft_refuse_change();
    ALTER TABLE events_saga
        ADD CONSTRAINT saga_of_organization UNIQUE (id, organization_id);
    ALTER TABLE events_sagaattempt
        ADD CONSTRAINT saga_attempt_of_saga FOREIGN KEY (saga_id, organization_id)
            REFERENCES events_saga (id, organization_id);
    """,
    """
    ALTER TABLE events_sagaattempt DROP CONSTRAINT saga_attempt_of_saga;
    ALTER TABLE events_saga DROP CONSTRAINT saga_of_organization;
    DROP TRIGGER events_sagaattempt_no_truncate ON events_sagaattempt;
    DROP TRIGGER events_sagaattempt_kept ON events_sagaattempt;
    DROP TRIGGER events_sagaattempt_guard ON events_sagaattempt;
    DROP FUNCTION events_guard_saga_attempt();
    DROP TRIGGER events_saga_begins ON events_saga;
    DROP FUNCTION events_guard_saga_begin();
    DROP TRIGGER events_saga_no_truncate ON events_saga;
    DROP TRIGGER events_saga_kept ON events_saga;
    DROP TRIGGER events_saga_guard ON events_saga;
    DROP FUNCTION events_guard_saga();
    """,
)


class Migration(migrations.Migration):
    dependencies = [("events", "0020_sagas"), ("audit", "0002_promises")]

    operations = [
        GUARDS,
        # A tenant's own request begins one; the workers alone carry it on.
        tenant_table(
            "events_saga",
            visible=of_tenant("organization_id"),
            writable=PLATFORM_ONLY,
            insertable=of_tenant("organization_id"),
        ),
        tenant_table(
            "events_sagaattempt",
            visible=of_tenant("organization_id"),
            writable=PLATFORM_ONLY,
        ),
        grants(
            "events_saga",
            "SELECT",
            "INSERT",
            "UPDATE (state, step, attempts, fence, turned, reason, due_at, lease_until,"
            " deadline_at, ended_at)",
        ),
        grants("events_sagaattempt", "SELECT", "INSERT", "UPDATE (state, error, ended_at)"),
    ]
