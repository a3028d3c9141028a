"""A hold has a fee of its own, and columns that say what of it is taken and what is kept."""

import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_promises"),
        ("ledger", "0011_one_look_for_a_batch"),
    ]

    operations = [
        migrations.AddField(
            model_name="hold",
            name="fee_account",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                help_text="The income account that the fee goes to.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="ledger.ledgeraccount",
            ),
        ),
        migrations.AddField(
            model_name="hold",
            name="fee_minor",
            field=models.BigIntegerField(
                db_default=0,
                default=0,
                help_text="Reserved on top of the amount; fixed at placing.",
            ),
        ),
        migrations.AddConstraint(
            model_name="hold",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("fee_account__isnull", True), ("fee_minor", 0)),
                    models.Q(
                        ("fee_account__isnull", False), ("fee_minor__range", (1, 9007199254740991))
                    ),
                    _connector="OR",
                ),
                name="hold_fee",
            ),
        ),
        migrations.AddField(
            model_name="hold",
            name="fee_captured_minor",
            field=models.GeneratedField(
                db_persist=True,
                expression=django.db.models.expressions.RawSQL(
                    "div(fee_minor::numeric * captured_minor, greatest(amount_minor, 1))::bigint",
                    [],
                ),
                output_field=models.BigIntegerField(),
            ),
        ),
        migrations.AddField(
            model_name="hold",
            name="reserved_minor",
            field=models.GeneratedField(
                db_persist=True,
                expression=django.db.models.expressions.RawSQL(
                    "CASE WHEN state = 'OPEN' THEN amount_minor - captured_minor - released_minor + fee_minor - div(fee_minor::numeric * captured_minor, greatest(amount_minor, 1))::bigint ELSE 0 END",
                    [],
                ),
                output_field=models.BigIntegerField(),
            ),
        ),
    ]
