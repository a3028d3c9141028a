"""Beat by a timetable that it may read and not write: see `vaultcraft.timetable`."""

from __future__ import annotations

import datetime as dt
import logging
from typing import Any

from django_celery_beat.models import PeriodicTask
from django_celery_beat.schedulers import DatabaseScheduler, ModelEntry

logger = logging.getLogger(__name__)


class Entry(ModelEntry):  # type: ignore[misc]  # it has no types
    """A task of the timetable. All that is written of it is when it ran last, and how often."""

    last_run_at: dt.datetime

    def __init__(self, model: PeriodicTask, app: Any = None) -> None:
        super().__init__(model, app=app)
        # Whoever writes there puts nothing off by a date that is still to come.
        self.last_run_at = min(self.last_run_at, self._default_now())

    def save(self) -> None:
        """Write what beat may: the library would write the whole row."""
        PeriodicTask.objects.filter(pk=self.model.pk).update(
            last_run_at=self.model.last_run_at, total_run_count=self.model.total_run_count
        )

    def _disable(self, model: PeriodicTask) -> None:
        # The library switches off in the database what it cannot read; nobody switches off here.
        logger.error("The timetable's %s cannot be read", model.name)


class Timetable(DatabaseScheduler):  # type: ignore[misc]  # it has no types
    """The library's, without its own writing of the settings into the database at each start."""

    Entry = Entry

    def setup_schedule(self) -> None:
        """Nothing: whoever migrates has written it, and it is read when it is first asked for."""
