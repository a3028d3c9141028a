"""Whoever gave a role gave it at some time; without one, nobody would be remembered to have given it."""

from __future__ import annotations

from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    dependencies = [("accounts", "0045_consents_cannot_be_dated")]

    operations = [
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=Q(role_given_by__isnull=True) | Q(role_given_at__isnull=False),
                name="accounts_user_giver_and_date",
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=Q(role_given_at__isnull=True) | Q(role_given_at__gte=F("created_at")),
                name="accounts_user_role_after_creation",
            ),
        ),
    ]
