"""Challenges to approve a movement."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0014_promises_of_approvals")]

    operations = [
        migrations.AlterField(
            model_name="factorchallenge",
            name="purpose",
            field=models.CharField(
                choices=[
                    ("sign_in", "Signing in"),
                    ("step_up", "Confirming a sensitive act"),
                    ("enroll_passkey", "Adding a passkey"),
                    ("approve", "Approving a movement"),
                ],
                max_length=16,
            ),
        ),
    ]
