"""A key that staff issue takes two where its organization's policy for roles says so, too.

The setting of the installation speaks for the staff, the policy for everything done to its
organization, and the stricter counts. Both policies and keys are seen in the same views: who may
write the one reads the other.
"""

from __future__ import annotations

from django.db import migrations

_GUARD = """
    CREATE OR REPLACE FUNCTION accounts_guard_key() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE
        home uuid;
        wanted text[] := NEW.scopes::text[];
        alone boolean;
    BEGIN
        IF NEW.permit_id IS NOT NULL THEN
            IF EXISTS (
                SELECT FROM accounts_pendingact a
                WHERE a.id = NEW.permit_id AND a.kind = 'accounts.api_key' AND a.state = 'agreed'
                  AND a.maker_id = NEW.created_by_id
                  AND a.decided_at > NEW.created_at - interval '24 hours'
                  AND a.facts->>'organization_id' = NEW.organization_id::text
                  AND a.facts->>'key_name' = NEW.name
                  AND a.facts->'scopes' = to_jsonb(wanted)
                  AND (a.facts->>'expires_at')::timestamptz IS NOT DISTINCT FROM NEW.expires_at
            ) THEN
                RETURN NEW;
            END IF;
            RAISE EXCEPTION 'nobody agreed to key %', NEW.id
                USING ERRCODE = 'VC061', CONSTRAINT = 'accounts_apikey_as_agreed';
        END IF;
        IF NEW.created_by_id IS NULL THEN
            -- The program issues keys under the platform's view.
            alone := vaultcraft_scope() = 'platform'
                OR NOT wanted && ARRAY['cash:write', 'wallets:debit-any', 'transfers:write'];
        ELSE
            SELECT u.organization_id INTO home FROM accounts_user u WHERE u.id = NEW.created_by_id;
            IF NOT FOUND THEN
                alone := false;
            ELSIF home IS NULL THEN
                alone := NOT wanted && ARRAY[
                    'cash:write', 'wallets:debit-any', 'transfers:write', 'wallets:write'
                ] OR NOT EXISTS (
                    SELECT FROM accounts_systemsetting s
                    WHERE s.name = 'dual_control.staff' AND s.value = 'true'::jsonb
                )@@OF_STAFF@@;
            ELSE
                alone := home = NEW.organization_id AND (
                    NOT wanted && ARRAY['transfers:write', 'wallets:debit-any']
                    OR NOT EXISTS (
                        SELECT FROM accounts_dualcontrolpolicy p
                        WHERE p.organization_id = home AND p.roles
                    )
                );
            END IF;
        END IF;
        IF NOT alone THEN
            RAISE EXCEPTION 'key % takes a second person', NEW.id
                USING ERRCODE = 'VC061', CONSTRAINT = 'accounts_apikey_by_two';
        END IF;
        RETURN NEW;
    END $$;
"""
_POLICY = """ AND NOT EXISTS (
                    SELECT FROM accounts_dualcontrolpolicy p
                    WHERE p.organization_id = NEW.organization_id AND p.roles
                )"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0047_cash_keys_have_an_issuer")]

    operations = [
        migrations.RunSQL(
            _GUARD.replace("@@OF_STAFF@@", _POLICY), _GUARD.replace("@@OF_STAFF@@", "")
        ),
    ]
