"""The timetable of the settings, written where beat reads it and the staff site shows it.

By the role that owns the tables, after each migration: the application's own may not switch off
what seals evidence or checks the books.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.db import connections, models
from django_celery_beat.models import IntervalSchedule, PeriodicTask, PeriodicTasks

from kernel import clock

# When a task ran last, and how often, is beat's to say.
_KEPT = ("id", "name", "last_run_at", "total_run_count", "date_changed")


def write_timetable(*, using: str, **_: object) -> None:
    """Make the rows those of the settings; what the settings do not know is switched off.

    As a receiver of `post_migrate`; where all is so already it writes no row. Not by `save`: the
    library's signals would write by another role.
    """
    if PeriodicTask._meta.db_table not in connections[using].introspection.table_names():
        return  # migrated back to before there was one
    now = clock.now()
    rows = PeriodicTask.objects.using(using)
    wanted = [
        _task(name, entry, using=using, now=now)
        for name, entry in settings.CELERY_BEAT_SCHEDULE.items()
    ]
    strange = rows.exclude(name__in=settings.CELERY_BEAT_SCHEDULE).filter(enabled=True)
    if _wrote(rows, wanted, now=now) + strange.update(enabled=False):
        PeriodicTasks.objects.using(using).update_or_create(ident=1, defaults={"last_update": now})


def _wrote(
    rows: models.QuerySet[PeriodicTask], wanted: Sequence[PeriodicTask], *, now: dt.datetime
) -> int:
    """Write the tasks that are missing or other than wanted, and say how many."""
    standing = {row.name: _said(row) for row in rows}
    missing = [task for task in wanted if task.name not in standing]
    other = [task for task in wanted if standing.get(task.name, _said(task)) != _said(task)]
    rows.bulk_create(missing)
    for task in other:
        rows.filter(name=task.name).update(**_said(task), date_changed=now)
    return len(missing) + len(other)


def _task(name: str, entry: Mapping[str, Any], *, using: str, now: dt.datetime) -> PeriodicTask:
    return PeriodicTask(
        name=name,
        task=entry["task"],
        interval=_every(entry["schedule"], using=using),
        expire_seconds=entry.get("options", {}).get("expire_seconds"),
        enabled=True,
        date_changed=now,
    )


def _every(time: dt.timedelta, *, using: str) -> IntervalSchedule:
    rows = IntervalSchedule.objects.using(using)
    wanted = {"every": int(time.total_seconds()), "period": IntervalSchedule.SECONDS}
    return rows.filter(**wanted).first() or rows.bulk_create([IntervalSchedule(**wanted)])[0]


def _said(task: PeriodicTask) -> dict[str, object]:
    """All that the settings decide of a task."""
    names = (field.attname for field in PeriodicTask._meta.concrete_fields)
    return {name: getattr(task, name) for name in names if name not in _KEPT}
