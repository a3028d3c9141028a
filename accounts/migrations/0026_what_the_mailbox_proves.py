"""From when a new factor approves payments, where a session was seen last, and challenges ended early."""

from __future__ import annotations

from django.db import migrations, models

from kernel.row_security import APPLICATION

COUNTS = "From when it approves payments; null: from the first."

# A challenge may be ended before its time and never lives longer; a factor's wait is not shortened.
PROMISES = migrations.RunSQL(
    f"""
    CREATE TRIGGER accounts_factorchallenge_expires_at_shrinks
        BEFORE UPDATE OF expires_at ON accounts_factorchallenge FOR EACH ROW
        WHEN (NEW.expires_at > OLD.expires_at) EXECUTE FUNCTION accounts_refuse();
    CREATE TRIGGER accounts_totpfactor_counts_from_stays
        BEFORE UPDATE OF counts_from ON accounts_totpfactor FOR EACH ROW
        WHEN (OLD.confirmed_at IS NOT NULL AND NEW.counts_from IS DISTINCT FROM OLD.counts_from)
        EXECUTE FUNCTION accounts_refuse();
    GRANT UPDATE (expires_at) ON accounts_factorchallenge TO {APPLICATION};
    GRANT UPDATE (counts_from) ON accounts_totpfactor TO {APPLICATION};
    GRANT UPDATE (last_ip) ON accounts_signinsession TO {APPLICATION};
    """,
    f"""
    REVOKE UPDATE (last_ip) ON accounts_signinsession FROM {APPLICATION};
    REVOKE UPDATE (counts_from) ON accounts_totpfactor FROM {APPLICATION};
    REVOKE UPDATE (expires_at) ON accounts_factorchallenge FROM {APPLICATION};
    DROP TRIGGER accounts_totpfactor_counts_from_stays ON accounts_totpfactor;
    DROP TRIGGER accounts_factorchallenge_expires_at_shrinks ON accounts_factorchallenge;
    """,
)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0021_promises_of_factor_resets")]

    operations = [
        migrations.AddField(
            model_name="totpfactor",
            name="counts_from",
            field=models.DateTimeField(help_text=COUNTS, null=True),
        ),
        migrations.AddField(
            model_name="passkey",
            name="counts_from",
            field=models.DateTimeField(help_text=COUNTS, null=True),
        ),
        migrations.AddField(
            model_name="signinsession",
            name="last_ip",
            field=models.GenericIPAddressField(
                help_text="From where it was used last, to the minute.", null=True
            ),
        ),
        PROMISES,
    ]
