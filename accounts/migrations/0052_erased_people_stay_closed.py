"""Whoever is erased has no account that counts, whatever raced with the erasure."""

from __future__ import annotations

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("accounts", "0051_decided_in_this_transaction")]

    operations = [
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=Q(is_active=False) | ~Q(email__endswith="@erased.invalid"),
                name="accounts_user_erased_is_closed",
            ),
        ),
    ]
