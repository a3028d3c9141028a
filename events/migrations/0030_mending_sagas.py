"""Sagas that are stuck get a way out: two people may end one. And a no of our books has a name."""

from __future__ import annotations

from importlib import import_module

from django.db import migrations, models

OPENED = "('STUCK', 'RUNNING'), ('STUCK', 'COMPENSATING')"
ENDED = "('STUCK', 'COMPLETED'), ('STUCK', 'COMPENSATED')"


def _guard() -> str:
    """The function as it was made, to be replaced."""
    guards = str(import_module("events.migrations.0021_saga_promises").GUARDS.sql)
    first = guards.partition("CREATE TRIGGER events_saga_guard")[0]
    return first.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")


BEFORE = _guard()
# Two people who have seen the bank's statement say how a stuck one ended.
GUARD = BEFORE.replace(OPENED, f"{OPENED}, {ENDED}")


class Migration(migrations.Migration):
    dependencies = [("events", "0021_saga_promises")]

    operations = [
        migrations.RunSQL(GUARD, BEFORE),
        migrations.RemoveConstraint(model_name="sagaattempt", name="saga_attempt_state"),
        migrations.AlterField(
            model_name="sagaattempt",
            name="state",
            field=models.TextField(
                choices=[
                    ("OPEN", "about to"),
                    ("DONE", "done"),
                    ("WAITING", "no answer yet"),
                    ("REFUSED", "refused"),
                    ("FAILED", "failed"),
                    ("LOST", "lost"),
                    ("UNBOOKED", "answered, not booked"),
                ]
            ),
        ),
        migrations.AddConstraint(
            model_name="sagaattempt",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        ["OPEN", "DONE", "WAITING", "REFUSED", "FAILED", "LOST", "UNBOOKED"],
                    )
                ),
                name="saga_attempt_state",
            ),
        ),
    ]
