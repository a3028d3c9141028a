"""The order in which evidence is sealed, how a record is hashed, and a chain that can only grow."""

from __future__ import annotations

from django.db import migrations

from kernel.row_security import APPLICATION, AUDITOR, append_only, grants

# As the outbox: below the oldest running transaction nothing more can appear, so what is sealed
# from one such line to the next misses nothing and takes nothing twice.
ORDER = migrations.RunSQL(
    """
    ALTER TABLE audit_auditrecord
        ADD COLUMN commit_xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
        ADD COLUMN sequence bigint GENERATED ALWAYS AS IDENTITY;
    CREATE INDEX audit_order ON audit_auditrecord (commit_xid);
    ALTER TABLE audit_auditseal
        ADD COLUMN up_to xid8 NOT NULL,
        ADD CONSTRAINT audit_seal_counts CHECK (
            cardinality(sequences) = record_count AND cardinality(leaves) = record_count
        );
    """,
    """
    ALTER TABLE audit_auditseal DROP CONSTRAINT audit_seal_counts, DROP COLUMN up_to;
    DROP INDEX audit_order;
    ALTER TABLE audit_auditrecord DROP COLUMN sequence, DROP COLUMN commit_xid;
    """,
)

# The two columns of the order are the database's own: a forged one could keep a record unsealed.
INSERTED = (
    "id, at, organization_id, actor_kind, actor_id, actor_display, action, subject_type,"
    " subject_id, door, scope, request_id, ip, metadata"
)

# Texts with their lengths before them, as `audit.chain` has them.
DIGESTS = migrations.RunSQL(
    f"""
    CREATE FUNCTION audit_texts(r audit_auditrecord) RETURNS text[] LANGUAGE sql STABLE
    SET search_path = pg_catalog, public, pg_temp RETURN ARRAY[
        r.sequence::text, r.id::text, (extract(epoch FROM r.at) * 1000000)::bigint::text,
        r.organization_id::text, r.actor_kind, r.actor_id::text, r.actor_display, r.action,
        r.subject_type, r.subject_id::text, r.door, r.scope, r.request_id, host(r.ip),
        r.metadata::text
    ];
    CREATE FUNCTION audit_digest(r audit_auditrecord) RETURNS bytea LANGUAGE sql STABLE
    SET search_path = pg_catalog, public, pg_temp RETURN sha256(
        convert_to('vaultcraft.audit.record.v1', 'UTF8') || (
            SELECT string_agg(CASE WHEN t.written IS NULL THEN '\\xffffffff'::bytea
                ELSE int4send(octet_length(t.written)) || convert_to(t.written, 'UTF8') END,
                ''::bytea ORDER BY t.place)
            FROM unnest(audit_texts(r)) WITH ORDINALITY t(written, place)
        )
    );
    GRANT EXECUTE ON FUNCTION audit_texts(audit_auditrecord), audit_digest(audit_auditrecord)
        TO {APPLICATION}, {AUDITOR};
    """,  # noqa: S608 - names of roles
    """
    DROP FUNCTION audit_digest(audit_auditrecord);
    DROP FUNCTION audit_texts(audit_auditrecord);
    """,
)

LINKS = migrations.RunSQL(
    """
    CREATE FUNCTION audit_guard_seal() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
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
    CREATE TRIGGER audit_seal_guard BEFORE INSERT ON audit_auditseal
        FOR EACH ROW EXECUTE FUNCTION audit_guard_seal();
    """,
    """
    DROP TRIGGER audit_seal_guard ON audit_auditseal;
    DROP FUNCTION audit_guard_seal();
    """,
)


class Migration(migrations.Migration):
    dependencies = [("audit", "0004_seals")]

    operations = [
        ORDER,
        grants("audit_auditrecord", "SELECT", f"INSERT ({INSERTED})"),
        DIGESTS,
        append_only("audit_auditseal"),
        LINKS,
    ]
