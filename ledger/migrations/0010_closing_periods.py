"""What a closing writes is checked for all its rows at once, and found by its period.

A closing keeps one row for each account while the books are locked. Its three foreign keys asked
for each row, at the commit and still under the lock, and marked every account as referenced. The
trigger `ledger_period_balances_kept` has looked at all rows in one statement from the beginning:
the period and the account must exist and be of the row's organization. Neither can be deleted, a
period never gets another id, and here the account's is fixed as well: what it saw stays true.
"""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

# Only for statements that name the column: postings do not pay.
IDENTITY = migrations.RunSQL(
    """
    CREATE TRIGGER ledger_account_keeps_id BEFORE UPDATE OF id ON ledger_ledgeraccount
        FOR EACH ROW WHEN (NEW.id <> OLD.id) EXECUTE FUNCTION vaultcraft_refuse_change();
    """,
    "DROP TRIGGER ledger_account_keeps_id ON ledger_ledgeraccount;",
)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0009_balances_as_known")]

    operations = [
        IDENTITY,
        migrations.AlterField(
            model_name="periodbalance",
            name="account",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="ledger.ledgeraccount",
            ),
        ),
        migrations.AlterField(
            model_name="periodbalance",
            name="organization",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.organization",
            ),
        ),
        migrations.AlterField(
            model_name="periodbalance",
            name="period",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="balances",
                to="ledger.period",
            ),
        ),
        migrations.RemoveConstraint(model_name="periodbalance", name="period_balance_once"),
        migrations.AddConstraint(
            model_name="periodbalance",
            constraint=models.UniqueConstraint(
                fields=("period", "account"), name="period_balance_once"
            ),
        ),
    ]
