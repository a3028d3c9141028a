"""The directory tells how well a wallet's holder is known: limits of spending go by it.

One more look by primary key for each wallet, in the statement that is asked anyhow. Tiers are
read before the accounts are locked: a tier that rises in between counts from the next payment on,
and one that falls did so after this payment.
"""

from __future__ import annotations

from importlib import import_module

from django.db import migrations

_BEFORE = import_module("wallets.migrations.0011_promises_of_approved_movements").DIRECTORY
_DROPPED = "DROP FUNCTION wallet_directory(uuid[], text[]);"

DIRECTORY = _BEFORE.replace(
    "approval_over_minor bigint\n", "approval_over_minor bigint, owner_tier smallint\n"
)
DIRECTORY = DIRECTORY.replace(
    "o.approval_over_minor\n", "o.approval_over_minor, coalesce(k.tier, 0)::smallint\n"
).replace(
    "LEFT JOIN accounts_user u ON u.id = w.owner_id;",
    "LEFT JOIN accounts_user u ON u.id = w.owner_id\n"
    "            LEFT JOIN kyc_standing k ON k.user_id = w.owner_id;",
)


class Migration(migrations.Migration):
    dependencies = [("wallets", "0012_limits_by_tier"), ("kyc", "0002_promises")]

    operations = [migrations.RunSQL(DIRECTORY, _BEFORE)]
