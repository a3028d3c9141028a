"""What the database itself holds in this room, whatever the code does.

States move one way; what was sent in stands still while it is looked at; decisions are appended and
never about oneself; a tier stands on an approved case. An organization sees its people's cases and
tiers and cannot write a tier; providers' answers and decisions are the platform's alone.
"""

from django.db import migrations

from kernel.row_security import SCOPE, append_only, grants, of_tenant, tenant_table

PLATFORM = f"({SCOPE} = 'platform')"
# The wallet directory tells payers' tiers to the transaction that moves their money.
IN_DIRECTORY = f"({SCOPE} = 'directory' AND current_user = 'vaultcraft_owner')"

HASHES = migrations.RunSQL(
    """
    ALTER TABLE kyc_case
        ADD CONSTRAINT kyc_case_hash CHECK (octet_length(id_index) = 32),
        ADD CONSTRAINT kyc_case_of_person UNIQUE (id, organization_id, user_id);
    ALTER TABLE kyc_standing
        ADD CONSTRAINT kyc_standing_hash CHECK (octet_length(id_index) = 32),
        ADD CONSTRAINT kyc_standing_case FOREIGN KEY (case_id, organization_id, user_id)
            REFERENCES kyc_case (id, organization_id, user_id);
    ALTER TABLE kyc_document
        ADD CONSTRAINT kyc_document_hash CHECK (octet_length(content_index) = 32),
        ADD CONSTRAINT kyc_document_of_tenant UNIQUE (id, organization_id),
        ADD CONSTRAINT kyc_document_case FOREIGN KEY (case_id, organization_id, user_id)
            REFERENCES kyc_case (id, organization_id, user_id);
    ALTER TABLE kyc_documentchunk
        ADD CONSTRAINT kyc_chunk_document FOREIGN KEY (document_id, organization_id)
            REFERENCES kyc_document (id, organization_id);
    ALTER TABLE kyc_decision
        ADD CONSTRAINT kyc_decision_case FOREIGN KEY (case_id, organization_id, user_id)
            REFERENCES kyc_case (id, organization_id, user_id);
    -- Sealed bytes do not compress: storing them as they are saves the attempt.
    ALTER TABLE kyc_documentchunk ALTER COLUMN content SET STORAGE EXTERNAL;
    """,
    """
    ALTER TABLE kyc_documentchunk ALTER COLUMN content SET STORAGE EXTENDED;
    ALTER TABLE kyc_decision DROP CONSTRAINT kyc_decision_case;
    ALTER TABLE kyc_documentchunk DROP CONSTRAINT kyc_chunk_document;
    ALTER TABLE kyc_document DROP CONSTRAINT kyc_document_case,
        DROP CONSTRAINT kyc_document_of_tenant, DROP CONSTRAINT kyc_document_hash;
    ALTER TABLE kyc_standing DROP CONSTRAINT kyc_standing_case, DROP CONSTRAINT kyc_standing_hash;
    ALTER TABLE kyc_case DROP CONSTRAINT kyc_case_of_person, DROP CONSTRAINT kyc_case_hash;
    """,
)

CASES = migrations.RunSQL(
    """
    CREATE FUNCTION kyc_guard_case() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE
        rule text;
    BEGIN
        IF TG_OP = 'INSERT' THEN
            rule := CASE WHEN NEW.state <> 'draft' OR NEW.rounds <> 0 THEN 'kyc_case_begins_draft' END;
        ELSE
            rule := CASE
                WHEN OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (
                    ('draft', 'submitted'), ('more_info', 'submitted'), ('submitted', 'in_review'),
                    ('submitted', 'approved'), ('in_review', 'approved'), ('in_review', 'rejected'),
                    ('in_review', 'more_info')
                ) THEN 'kyc_case_state_moves'
                WHEN OLD.state <> NEW.state AND NEW.state <> 'submitted'
                     AND vaultcraft_scope() <> 'platform' THEN 'kyc_case_decided_by_platform'
                WHEN OLD.state NOT IN ('draft', 'more_info')
                     AND (OLD.tier, OLD.country, OLD.id_type, OLD.id_index)
                         IS DISTINCT FROM (NEW.tier, NEW.country, NEW.id_type, NEW.id_index)
                    THEN 'kyc_case_stands_still'
                WHEN NEW.rounds <> OLD.rounds
                     + (OLD.state <> NEW.state AND NEW.state = 'submitted')::int
                    THEN 'kyc_case_rounds_counted'
                WHEN OLD.state IN ('approved', 'rejected')
                     AND (OLD.reason, OLD.decided_at, OLD.submitted_at)
                         IS DISTINCT FROM (NEW.reason, NEW.decided_at, NEW.submitted_at)
                    THEN 'kyc_case_decided_once'
            END;
        END IF;
        IF rule IS NOT NULL THEN
            RAISE EXCEPTION 'verification % is refused (%)', NEW.id, rule
                USING ERRCODE = 'VC060', CONSTRAINT = rule, TABLE = TG_TABLE_NAME;
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER kyc_case_guard BEFORE INSERT OR UPDATE ON kyc_case
        FOR EACH ROW EXECUTE FUNCTION kyc_guard_case();
    """,
    "DROP TRIGGER kyc_case_guard ON kyc_case; DROP FUNCTION kyc_guard_case();",
)

STANDINGS = migrations.RunSQL(
    """
    CREATE FUNCTION kyc_guard_standing() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF NEW.tier > 0 AND NOT EXISTS (
            SELECT FROM kyc_case c WHERE c.id = NEW.case_id AND c.state = 'approved'
                AND c.tier >= NEW.tier AND c.id_index = NEW.id_index
        ) THEN
            RAISE EXCEPTION 'the tier of % stands on no approved case', NEW.user_id
                USING ERRCODE = 'VC061', CONSTRAINT = 'kyc_standing_on_approval',
                      TABLE = TG_TABLE_NAME;
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER kyc_standing_guard BEFORE INSERT OR UPDATE ON kyc_standing
        FOR EACH ROW EXECUTE FUNCTION kyc_guard_standing();
    """,
    "DROP TRIGGER kyc_standing_guard ON kyc_standing; DROP FUNCTION kyc_guard_standing();",
)

DOCUMENTS = migrations.RunSQL(
    """
    CREATE FUNCTION kyc_guard_document() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF TG_OP = 'UPDATE' AND OLD.withdrawn_at IS NOT NULL OR NOT EXISTS (
            SELECT FROM kyc_case c WHERE c.id = NEW.case_id AND c.state IN ('draft', 'more_info')
        ) THEN
            RAISE EXCEPTION 'the documents of verification % stand still', NEW.case_id
                USING ERRCODE = 'VC062', CONSTRAINT = 'kyc_document_stands_still',
                      TABLE = TG_TABLE_NAME;
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER kyc_document_guard BEFORE INSERT OR UPDATE ON kyc_document
        FOR EACH ROW EXECUTE FUNCTION kyc_guard_document();

    CREATE FUNCTION kyc_guard_chunk() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF NOT EXISTS (
            SELECT FROM kyc_document d WHERE d.id = OLD.document_id AND d.withdrawn_at IS NOT NULL
        ) THEN
            RAISE EXCEPTION 'document % is kept', OLD.document_id
                USING ERRCODE = 'VC062', CONSTRAINT = 'kyc_chunk_kept', TABLE = TG_TABLE_NAME;
        END IF;
        RETURN OLD;
    END $$;
    CREATE TRIGGER kyc_chunk_guard BEFORE DELETE ON kyc_documentchunk
        FOR EACH ROW EXECUTE FUNCTION kyc_guard_chunk();
    """,
    """
    DROP TRIGGER kyc_chunk_guard ON kyc_documentchunk;
    DROP FUNCTION kyc_guard_chunk();
    DROP TRIGGER kyc_document_guard ON kyc_document;
    DROP FUNCTION kyc_guard_document();
    """,
)

CHECKS = migrations.RunSQL(
    """
    CREATE TRIGGER kyc_check_answered_once BEFORE UPDATE ON kyc_check
        FOR EACH ROW WHEN (OLD.answered_at IS NOT NULL)
        EXECUTE FUNCTION vaultcraft_refuse_change();
    """,
    "DROP TRIGGER kyc_check_answered_once ON kyc_check;",
)

KEPT = migrations.RunSQL(
    """
    CREATE TRIGGER kyc_case_kept BEFORE DELETE ON kyc_case
        FOR EACH ROW EXECUTE FUNCTION vaultcraft_refuse_change();
    CREATE TRIGGER kyc_standing_kept BEFORE DELETE ON kyc_standing
        FOR EACH ROW EXECUTE FUNCTION vaultcraft_refuse_change();
    CREATE TRIGGER kyc_document_kept BEFORE DELETE ON kyc_document
        FOR EACH ROW EXECUTE FUNCTION vaultcraft_refuse_change();
    CREATE TRIGGER kyc_check_kept BEFORE DELETE ON kyc_check
        FOR EACH ROW EXECUTE FUNCTION vaultcraft_refuse_change();
    """,
    """
    DROP TRIGGER kyc_check_kept ON kyc_check;
    DROP TRIGGER kyc_document_kept ON kyc_document;
    DROP TRIGGER kyc_standing_kept ON kyc_standing;
    DROP TRIGGER kyc_case_kept ON kyc_case;
    """,
)


class Migration(migrations.Migration):
    dependencies = [("kyc", "0001_initial"), ("audit", "0002_promises")]

    operations = [
        HASHES,
        CASES,
        STANDINGS,
        DOCUMENTS,
        CHECKS,
        KEPT,
        tenant_table("kyc_case", visible=of_tenant("organization_id")),
        tenant_table("kyc_document", visible=of_tenant("organization_id")),
        tenant_table("kyc_documentchunk", visible=of_tenant("organization_id")),
        tenant_table("kyc_check", visible=PLATFORM),
        tenant_table("kyc_decision", visible=PLATFORM),
        tenant_table(
            "kyc_standing",
            visible=f"({of_tenant('organization_id')} OR {IN_DIRECTORY})",
            writable=PLATFORM,
        ),
        grants(
            "kyc_case",
            "SELECT",
            "INSERT",
            "UPDATE (tier, state, rounds, country, id_type, sealed_legal_name,"
            " sealed_date_of_birth, sealed_id_number, id_index, reason, submitted_at, decided_at,"
            " screening_at)",
        ),
        grants("kyc_standing", "SELECT", "INSERT", "UPDATE (tier, case_id, id_index, since)"),
        grants("kyc_document", "SELECT", "INSERT", "UPDATE (withdrawn_at)"),
        # What a person takes back is deleted: personal data nobody needs is not kept.
        grants("kyc_documentchunk", "SELECT", "INSERT", "DELETE"),
        grants(
            "kyc_check",
            "SELECT",
            "INSERT",
            "UPDATE (answered_at, outcome, findings, reference)",
        ),
        append_only("kyc_decision"),
    ]
