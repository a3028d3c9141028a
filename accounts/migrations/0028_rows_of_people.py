"""Every row of a person stands in the person's own organization, whoever writes it.

A copied organization decides who sees the row. Under the view of its own organization somebody with
plain SQL could write rows that name another's person; this holds what the services do.
"""

from __future__ import annotations

from django.db import migrations

from accounts.rows_of_people import of_its_person

TABLES = (
    "accounts_approval",
    "accounts_datakey",
    "accounts_phone",
    "accounts_pinreset",
    "accounts_transactionpin",
)

# A row of no person (an organization's own data key) is held by its policy alone.
_GUARD = """
    CREATE OR REPLACE FUNCTION accounts_guard_person() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF {person}NOT EXISTS (SELECT FROM accounts_user u WHERE u.id = NEW.user_id
                       AND u.organization_id IS NOT DISTINCT FROM NEW.organization_id) THEN
            RAISE EXCEPTION '% of % is not in the organization of its person', TG_TABLE_NAME,
                {named}
                USING ERRCODE = 'VC063', CONSTRAINT = TG_TABLE_NAME || '_of_its_person';
        END IF;
        RETURN NEW;
    END $$;
"""
GUARD = migrations.RunSQL(
    _GUARD.format(person="NEW.user_id IS NOT NULL AND ", named="NEW.user_id"),
    _GUARD.format(person="", named="NEW.id"),
)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0026_what_the_mailbox_proves")]

    operations = [GUARD, *(of_its_person(table) for table in TABLES)]
