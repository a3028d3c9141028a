"""From when the proof of a session gives power over money, and from when a first PIN approves."""

from __future__ import annotations

from django.db import migrations, models
from django.db.models import Q

from kernel.row_security import APPLICATION

# A PIN's wait is not shortened, unless it becomes another PIN.
PROMISES = migrations.RunSQL(
    f"""
    CREATE TRIGGER accounts_pin_waits
        BEFORE UPDATE OF counts_from ON accounts_transactionpin FOR EACH ROW
        WHEN (OLD.counts_from IS NOT NULL AND NEW.pin_hash = OLD.pin_hash
              AND (NEW.counts_from IS NULL OR NEW.counts_from < OLD.counts_from))
        EXECUTE FUNCTION accounts_refuse();
    GRANT UPDATE (counts_from) ON accounts_transactionpin TO {APPLICATION};
    GRANT UPDATE (second_factor_counts_from) ON accounts_signinsession TO {APPLICATION};
    """,
    f"""
    REVOKE UPDATE (second_factor_counts_from) ON accounts_signinsession FROM {APPLICATION};
    REVOKE UPDATE (counts_from) ON accounts_transactionpin FROM {APPLICATION};
    DROP TRIGGER accounts_pin_waits ON accounts_transactionpin;
    """,
)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0030_independent_checkers")]

    operations = [
        migrations.AddField(
            model_name="signinsession",
            name="second_factor_counts_from",
            field=models.DateTimeField(
                help_text="From when what was proven gives power over money; null: never, as of"
                " the mailbox.",
                null=True,
            ),
        ),
        migrations.AddConstraint(
            model_name="signinsession",
            constraint=models.CheckConstraint(
                condition=Q(second_factor_counts_from__isnull=True)
                | Q(second_factor__isnull=False) & ~Q(second_factor="email"),
                name="accounts_session_counting_factor",
            ),
        ),
        migrations.AddField(
            model_name="transactionpin",
            name="counts_from",
            field=models.DateTimeField(
                help_text="From when it approves payments; null: from the first.", null=True
            ),
        ),
        PROMISES,
    ]
