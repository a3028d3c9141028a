"""A seal is taken only if it is over just the records that come next, and hashed as it has to be.

Whoever has the application's role could otherwise end the chain by one row of nonsense, which no
later seal goes round. Only the signature the database cannot judge: it has no key.
"""

from __future__ import annotations

from django.db import migrations

from kernel.row_security import APPLICATION, AUDITOR

# Sealing asks the same function, so that there is one line.
LINE = migrations.RunSQL(
    f"""
    CREATE FUNCTION audit_line() RETURNS xid8 LANGUAGE sql STABLE
    SET search_path = pg_catalog, public, pg_temp AS $$
        SELECT pg_snapshot_xmin(pg_current_snapshot())
    $$;
    GRANT EXECUTE ON FUNCTION audit_line() TO {APPLICATION};
    """,
    "DROP FUNCTION audit_line();",
)

# The tree of RFC 9162, level by level: who has no sibling goes up as they are, so its root is the
# same as that of the halves of `audit.chain`.
HASHES = migrations.RunSQL(
    f"""
    CREATE FUNCTION audit_root(leaves bytea[]) RETURNS bytea LANGUAGE plpgsql IMMUTABLE
    SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE
        level bytea[];
    BEGIN
        SELECT array_agg(sha256('\\x00'::bytea || leaf) ORDER BY place) INTO level
        FROM unnest(leaves) WITH ORDINALITY one(leaf, place);
        WHILE cardinality(level) > 1 LOOP
            SELECT array_agg(node ORDER BY pair) INTO level FROM (
                SELECT (place - 1) / 2 AS pair, CASE WHEN count(*) = 1 THEN (array_agg(hash))[1]
                    ELSE sha256('\\x01'::bytea || string_agg(hash, ''::bytea ORDER BY place))
                    END AS node
                FROM unnest(level) WITH ORDINALITY one(hash, place) GROUP BY 1
            ) pairs;
        END LOOP;
        RETURN level[1];
    END $$;

    CREATE FUNCTION audit_seal_digest(s audit_auditseal) RETURNS bytea LANGUAGE sql STABLE
    SET search_path = pg_catalog, public, pg_temp AS $$
        SELECT sha256(convert_to('vaultcraft.audit.seal.v2', 'UTF8') || string_agg(
            int4send(octet_length(t.written)) || convert_to(t.written, 'UTF8'),
            ''::bytea ORDER BY t.place
        ))
        FROM unnest(ARRAY[
            s.number::text, (extract(epoch FROM s.sealed_at) * 1000000)::bigint::text,
            s.record_count::text, encode(s.root, 'hex'), encode(s.previous, 'hex'), s.up_to::text
        ]) WITH ORDINALITY t(written, place)
    $$;
    GRANT EXECUTE ON FUNCTION audit_root(bytea[]), audit_seal_digest(audit_auditseal)
        TO {APPLICATION}, {AUDITOR};
    """,  # noqa: S608 - names of roles
    """
    DROP FUNCTION audit_seal_digest(audit_auditseal);
    DROP FUNCTION audit_root(bytea[]);
    """,
)

TRUTHFUL = migrations.RunSQL(
    """
    CREATE FUNCTION audit_guard_content() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE
        since xid8;
        taken bigint[];
        digests bytea[];
    BEGIN
        IF NEW.up_to IS NULL OR NEW.up_to > audit_line() THEN
            RAISE EXCEPTION 'seal % goes beyond what is committed', NEW.number
                USING ERRCODE = 'VC063', CONSTRAINT = 'seal_within_the_line';
        END IF;
        SELECT c.line INTO since FROM audit_auditchain c;
        SELECT array_agg(r.sequence ORDER BY r.sequence),
            array_agg(audit_digest(r) ORDER BY r.sequence)
        INTO taken, digests FROM audit_auditrecord r
        WHERE r.commit_xid >= since AND r.commit_xid < NEW.up_to;
        IF NEW.sequences IS DISTINCT FROM taken OR NEW.leaves IS DISTINCT FROM digests THEN
            RAISE EXCEPTION 'seal % is not over what comes next', NEW.number
                USING ERRCODE = 'VC063', CONSTRAINT = 'seal_of_what_comes_next';
        END IF;
        IF NEW.root IS DISTINCT FROM audit_root(NEW.leaves)
            OR NEW.digest IS DISTINCT FROM audit_seal_digest(NEW) THEN
            RAISE EXCEPTION 'seal % is hashed otherwise', NEW.number
                USING ERRCODE = 'VC063', CONSTRAINT = 'seal_hashed_as_it_is';
        END IF;
        RETURN NEW;
    END $$;
    -- Before `audit_seal_guard`, which moves the chain's line.
    CREATE TRIGGER audit_seal_content BEFORE INSERT ON audit_auditseal
        FOR EACH ROW WHEN (vaultcraft_scope() = 'platform')
        EXECUTE FUNCTION audit_guard_content();
    ALTER TABLE audit_auditseal ADD CONSTRAINT audit_seal_signature_length
        CHECK (octet_length(signature) = 64) NOT VALID;
    """,
    """
    ALTER TABLE audit_auditseal DROP CONSTRAINT audit_seal_signature_length;
    DROP TRIGGER audit_seal_content ON audit_auditseal;
    DROP FUNCTION audit_guard_content();
    """,
)


class Migration(migrations.Migration):
    dependencies = [("audit", "0007_promises_of_the_chain")]

    operations = [LINE, HASHES, TRUTHFUL]
