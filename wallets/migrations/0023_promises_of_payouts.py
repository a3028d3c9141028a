"""What the database holds about beneficiaries: sealed, of one tenant, and never another's."""

from __future__ import annotations

from django.db import migrations

from kernel.row_security import grants, of_tenant, tenant_table

BENEFICIARIES = migrations.RunSQL(
    """
    ALTER TABLE wallets_beneficiary
        ADD CONSTRAINT beneficiary_hash CHECK (octet_length(blind_index) = 32),
        ADD CONSTRAINT beneficiary_reference CHECK (octet_length(reference) = 32),
        ADD CONSTRAINT beneficiary_bank_code CHECK (bank_code ~ '^[A-Z0-9]{4,15}$'),
        ADD CONSTRAINT beneficiary_last_digits CHECK (last_digits ~ '^[A-Z0-9]{4}$');
    CREATE TRIGGER wallets_beneficiary_kept BEFORE DELETE ON wallets_beneficiary
        FOR EACH ROW EXECUTE FUNCTION vaultcraft_refuse_change();
    CREATE TRIGGER wallets_beneficiary_no_truncate BEFORE TRUNCATE ON wallets_beneficiary
        FOR EACH STATEMENT EXECUTE FUNCTION vaultcraft_refuse_change();
    """,
    """
    DROP TRIGGER wallets_beneficiary_no_truncate ON wallets_beneficiary;
    DROP TRIGGER wallets_beneficiary_kept ON wallets_beneficiary;
    ALTER TABLE wallets_beneficiary
        DROP CONSTRAINT beneficiary_last_digits,
        DROP CONSTRAINT beneficiary_bank_code,
        DROP CONSTRAINT beneficiary_reference,
        DROP CONSTRAINT beneficiary_hash;
    """,
)


class Migration(migrations.Migration):
    dependencies = [("wallets", "0022_payouts"), ("audit", "0002_promises")]

    operations = [
        BENEFICIARIES,
        tenant_table("wallets_beneficiary", visible=of_tenant("organization_id")),
        # Sealed anew when keys are rotated; nothing else of it changes.
        grants("wallets_beneficiary", "SELECT", "INSERT", "UPDATE (sealed)"),
    ]
