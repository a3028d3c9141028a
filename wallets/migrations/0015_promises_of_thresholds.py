"""Whose thresholds and sums these are, and what the application may change of them."""

from __future__ import annotations

from django.db import migrations

from kernel.row_security import grants, of_tenant, tenant_table


class Migration(migrations.Migration):
    dependencies = [("wallets", "0014_approval_thresholds")]

    operations = [
        tenant_table("wallets_approvalthreshold", visible=of_tenant("organization_id")),
        grants(
            "wallets_approvalthreshold",
            "SELECT",
            "INSERT",
            "UPDATE (threshold_minor, counts_keys, set_at)",
        ),
        tenant_table("wallets_uncheckedsum", visible=of_tenant("organization_id")),
        grants("wallets_uncheckedsum", "SELECT", "INSERT", "UPDATE (hour, hours)"),
    ]
