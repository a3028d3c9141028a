"""What was sent in stands still for its tenant in all its parts, and rows are of their people.

The platform may still change a case that was sent in: it decides, asks again, screens, and seals
anew when keys change. The person's organization may not, not even by plain SQL: what a reviewer is
about to look at would otherwise be what somebody wrote meanwhile.
"""

from __future__ import annotations

from django.db import migrations

from accounts.rows_of_people import of_its_person

TABLES = ("kyc_case", "kyc_decision", "kyc_document", "kyc_standing")

CASES = migrations.RunSQL(
    """
    CREATE FUNCTION kyc_guard_submission() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        RAISE EXCEPTION 'verification % stands still while it is looked at', NEW.id
            USING ERRCODE = 'VC060', CONSTRAINT = 'kyc_case_stands_still', TABLE = TG_TABLE_NAME;
    END $$;
    CREATE TRIGGER kyc_case_still BEFORE UPDATE ON kyc_case FOR EACH ROW
        WHEN (OLD.state NOT IN ('draft', 'more_info') AND vaultcraft_scope() <> 'platform'
              AND (OLD.sealed_legal_name, OLD.sealed_date_of_birth, OLD.sealed_id_number,
                   OLD.reason, OLD.submitted_at, OLD.decided_at, OLD.screening_at)
                  IS DISTINCT FROM
                  (NEW.sealed_legal_name, NEW.sealed_date_of_birth, NEW.sealed_id_number,
                   NEW.reason, NEW.submitted_at, NEW.decided_at, NEW.screening_at))
        EXECUTE FUNCTION kyc_guard_submission();
    """,
    "DROP TRIGGER kyc_case_still ON kyc_case; DROP FUNCTION kyc_guard_submission();",
)

CHUNKS = migrations.RunSQL(
    """
    CREATE FUNCTION kyc_guard_new_chunk() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF NOT EXISTS (
            SELECT FROM kyc_document d JOIN kyc_case c ON c.id = d.case_id
            WHERE d.id = NEW.document_id AND d.withdrawn_at IS NULL
              AND NEW.number < d.chunk_count AND c.state IN ('draft', 'more_info')
        ) THEN
            RAISE EXCEPTION 'document % takes no more', NEW.document_id
                USING ERRCODE = 'VC062', CONSTRAINT = 'kyc_document_stands_still',
                      TABLE = TG_TABLE_NAME;
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER kyc_chunk_comes_in BEFORE INSERT ON kyc_documentchunk
        FOR EACH ROW EXECUTE FUNCTION kyc_guard_new_chunk();
    """,
    "DROP TRIGGER kyc_chunk_comes_in ON kyc_documentchunk; DROP FUNCTION kyc_guard_new_chunk();",
)


class Migration(migrations.Migration):
    dependencies = [("kyc", "0002_promises"), ("accounts", "0028_rows_of_people")]

    operations = [*(of_its_person(table) for table in TABLES), CASES, CHUNKS]
