"""What is known of the chain beside its seals grows with each, and with nothing else."""

from __future__ import annotations

from django.db import migrations

from kernel.row_security import grants

# A seal's `up_to` is signed from now on, so it stays what it was. Where sealing goes on is the
# chain's `line`: a restored database counts transactions anew.
LINE = migrations.RunSQL(
    """
    ALTER TABLE audit_auditchain ADD COLUMN line xid8 NOT NULL;
    INSERT INTO audit_auditchain (id, number, digest, refused_because, line)
    SELECT 1, coalesce(max(number), 0), coalesce(
        (SELECT s.digest FROM audit_auditseal s ORDER BY s.number DESC LIMIT 1),
        decode(repeat('00', 32), 'hex')
    ), '', coalesce(max(up_to), '0') FROM audit_auditseal;
    ALTER TABLE audit_auditseal ALTER COLUMN up_to DROP NOT NULL;
    ALTER TABLE audit_auditseal DISABLE TRIGGER USER;
    UPDATE audit_auditseal SET up_to = NULL;
    ALTER TABLE audit_auditseal ENABLE TRIGGER USER;
    """,
    """
    ALTER TABLE audit_auditseal DISABLE TRIGGER USER;
    UPDATE audit_auditseal SET up_to = (SELECT line FROM audit_auditchain);
    ALTER TABLE audit_auditseal ENABLE TRIGGER USER;
    ALTER TABLE audit_auditseal ALTER COLUMN up_to SET NOT NULL;
    DELETE FROM audit_auditchain;
    ALTER TABLE audit_auditchain DROP COLUMN line;
    """,
)

# As the owner, since the application may not write what is known of the chain.
LINKS = migrations.RunSQL(
    """
    CREATE OR REPLACE FUNCTION audit_guard_seal() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        -- Hashes tell nobody anything, so all may read them; only the program itself adds to them.
        IF vaultcraft_scope() <> 'platform' THEN
            RAISE EXCEPTION 'only the platform seals'
                USING ERRCODE = 'VC063', CONSTRAINT = 'platform_seals';
        END IF;
        UPDATE audit_auditchain c SET number = NEW.number, digest = NEW.digest, line = NEW.up_to
        WHERE c.number = NEW.number - 1 AND c.digest = NEW.previous AND c.line <= NEW.up_to
            AND (SELECT coalesce(max(s.number), 0) FROM audit_auditseal s) = c.number
            AND (c.number = 0 OR EXISTS (SELECT FROM audit_auditseal s
                                         WHERE s.number = c.number AND s.digest = c.digest));
        IF NOT FOUND THEN
            RAISE EXCEPTION 'seal % does not follow the one before it', NEW.number
                USING ERRCODE = 'VC063', CONSTRAINT = 'seal_follows_another';
        END IF;
        RETURN NEW;
    END $$;
    """,
    """
    CREATE OR REPLACE FUNCTION audit_guard_seal() RETURNS trigger
    LANGUAGE plpgsql SECURITY INVOKER SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        -- Hashes tell nobody anything, so all may read them; only the program itself adds to them.
        IF vaultcraft_scope() <> 'platform' THEN
            RAISE EXCEPTION 'only the platform seals'
                USING ERRCODE = 'VC063', CONSTRAINT = 'platform_seals';
        END IF;
        IF NOT (NEW.number = 1 AND NEW.previous = decode(repeat('00', 32), 'hex')
                OR EXISTS (SELECT FROM audit_auditseal s WHERE s.number = NEW.number - 1
                           AND s.digest = NEW.previous AND s.up_to <= NEW.up_to)) THEN
            RAISE EXCEPTION 'seal % does not follow the one before it', NEW.number
                USING ERRCODE = 'VC063', CONSTRAINT = 'seal_follows_another';
        END IF;
        RETURN NEW;
    END $$;
    """,
)

GUARD = migrations.RunSQL(
    """
    CREATE FUNCTION audit_guard_chain() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF vaultcraft_scope() <> 'platform' THEN
            RAISE EXCEPTION 'only the platform seals'
                USING ERRCODE = 'VC063', CONSTRAINT = 'platform_seals';
        END IF;
        IF NEW.id <> OLD.id OR NEW.number < OLD.number
            OR (NEW.number = OLD.number
                AND (NEW.digest <> OLD.digest OR NEW.line <> OLD.line)) THEN
            RAISE EXCEPTION 'the chain only grows'
                USING ERRCODE = 'VC063', CONSTRAINT = 'chain_only_grows';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER audit_chain_guard BEFORE UPDATE ON audit_auditchain
        FOR EACH ROW EXECUTE FUNCTION audit_guard_chain();
    CREATE TRIGGER audit_chain_stays BEFORE DELETE ON audit_auditchain
        FOR EACH ROW EXECUTE FUNCTION vaultcraft_refuse_change();
    CREATE TRIGGER audit_chain_no_truncate BEFORE TRUNCATE ON audit_auditchain
        FOR EACH STATEMENT EXECUTE FUNCTION vaultcraft_refuse_change();
    """,
    """
    DROP TRIGGER audit_chain_no_truncate ON audit_auditchain;
    DROP TRIGGER audit_chain_stays ON audit_auditchain;
    DROP TRIGGER audit_chain_guard ON audit_auditchain;
    DROP FUNCTION audit_guard_chain();
    """,
)


class Migration(migrations.Migration):
    dependencies = [("audit", "0006_chain")]

    operations = [
        LINE,
        LINKS,
        GUARD,
        grants("audit_auditchain", "SELECT", "UPDATE (refused_since, refused_because)"),
    ]
