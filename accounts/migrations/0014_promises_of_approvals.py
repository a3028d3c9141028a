"""What the database holds about PINs and approvals, whatever the code does."""

from __future__ import annotations

from importlib import import_module

from django.db import migrations

from kernel.row_security import grants, identity_table

_promises = import_module("accounts.migrations.0002_promises")

# What an approval is bound to. Nobody has the privilege to change it; for the owner of the table,
# who has them all, a trigger says the same.
BOUND = (
    "id",
    "user_id",
    "organization_id",
    "session_id",
    "device_id",
    "kind",
    "source_wallet_id",
    "destination_wallet_id",
    "amount_minor",
    "fee_minor",
    "currency",
    "quote_id",
    "subject_id",
    "item_count",
    "facts_hash",
    "method",
    "made_at",
    "expires_at",
)
_BEFORE, _AFTER = (", ".join(f"{row}.{column}" for column in BOUND) for row in ("OLD", "NEW"))
BINDING = migrations.RunSQL(
    f"""
    CREATE TRIGGER accounts_approval_binding BEFORE UPDATE ON accounts_approval
        FOR EACH ROW WHEN (({_BEFORE}) IS DISTINCT FROM ({_AFTER}))
        EXECUTE FUNCTION accounts_refuse();
    CREATE TRIGGER accounts_approval_begins_unused BEFORE INSERT ON accounts_approval
        FOR EACH ROW WHEN (NEW.consumed_at IS NOT NULL) EXECUTE FUNCTION accounts_refuse();
    """,
    "DROP TRIGGER accounts_approval_begins_unused ON accounts_approval;"
    "DROP TRIGGER accounts_approval_binding ON accounts_approval;",
)
ONE_WAY = {
    "accounts_approval": ["consumed_at", "consumed_by"],
    "accounts_pinreset": ["used_at", "pin_hash", "effective_at", "applied_at", "cancelled_at"],
}
CHECKS = {
    "accounts_approval": {
        "accounts_approval_facts": "octet_length(facts_hash) = 32",
        "accounts_approval_reference": "octet_length(consumed_by) = 32",
        "accounts_approval_amounts": "amount_minor >= 0 AND fee_minor >= 0 AND item_count > 0",
        "accounts_approval_short": (
            "expires_at > made_at AND expires_at <= made_at + interval '5 minutes'"
        ),
        "accounts_approval_in_time": "consumed_at < expires_at",
    },
    "accounts_transactionpin": {"accounts_pin_hash": "pin_hash ~ '^[$]2b[$]\\d\\d[$].{53}$'"},
    "accounts_pinreset": {"accounts_pinreset_hash": "octet_length(token_hash) = 32"},
}


class Migration(migrations.Migration):
    dependencies = [("accounts", "0013_pins_and_approvals")]

    operations = [
        BINDING,
        *(_promises.one_way(table, columns) for table, columns in ONE_WAY.items()),
        *(
            _promises.check(table, name, condition)
            for table, checks in CHECKS.items()
            for name, condition in checks.items()
        ),
        identity_table("accounts_transactionpin"),
        identity_table("accounts_pinreset"),
        identity_table("accounts_approval"),
        grants(
            "accounts_transactionpin",
            "SELECT",
            "INSERT",
            "UPDATE (pin_hash, set_at, tries, locked_until)",
        ),
        grants(
            "accounts_pinreset",
            "SELECT",
            "INSERT",
            "UPDATE (used_at, pin_hash, effective_at, applied_at, cancelled_at)",
        ),
        grants("accounts_approval", "SELECT", "INSERT", "UPDATE (consumed_at, consumed_by)"),
        migrations.RunSQL(
            "GRANT UPDATE (approval_over_minor) ON accounts_organization TO vaultcraft_app;",
            "REVOKE UPDATE (approval_over_minor) ON accounts_organization FROM vaultcraft_app;",
        ),
    ]
