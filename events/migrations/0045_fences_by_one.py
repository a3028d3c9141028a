"""Sagas: a fence grows by one, and none is completed but by an attempt that is over.

One that stands at the end of its numbers can be taken up by nobody any more, and one that is said to
be completed without an attempt was carried on by nobody.
"""

from __future__ import annotations

from importlib import import_module

from django.db import migrations

BEFORE = str(import_module("events.migrations.0030_mending_sagas").GUARD)
GROWS = "IF NEW.fence < OLD.fence OR OLD.turned AND NOT NEW.turned THEN"
BY_ONE = "IF NEW.fence - OLD.fence NOT IN (0, 1) OR OLD.turned AND NOT NEW.turned THEN"
ENDS = """
        IF OLD.state = 'RUNNING' AND NEW.state = 'COMPLETED' AND NOT EXISTS (
            SELECT FROM events_sagaattempt a
            WHERE a.saga_id = NEW.id AND a.fence = NEW.fence AND a.state IN ('DONE', 'REFUSED')
        ) THEN
            RAISE EXCEPTION 'saga % was carried on by nobody', NEW.id
                USING ERRCODE = 'VC094', CONSTRAINT = 'saga_completed_by_attempt';
        END IF;
        """
assert BEFORE.count(GROWS) == 1
GUARD = BEFORE.replace(GROWS, ENDS.lstrip() + BY_ONE)


class Migration(migrations.Migration):
    dependencies = [("events", "0040_promises_of_places")]

    operations = [migrations.RunSQL(GUARD, BEFORE)]
