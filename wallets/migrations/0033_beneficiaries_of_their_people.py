"""A beneficiary is in the organization of the person who asked for it, or of no person at all.

Its account is sealed under that person's key: in another organization it would be seen by the wrong
people, and would go with the erasing of somebody they do not know.
"""

from __future__ import annotations

from django.db import migrations

from accounts.rows_of_people import of_its_person


class Migration(migrations.Migration):
    dependencies = [
        ("wallets", "0030_payouts_are_settled"),
        ("accounts", "0028_rows_of_people"),
    ]

    operations = [of_its_person("wallets_beneficiary")]
