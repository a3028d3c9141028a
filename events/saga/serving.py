"""A worker of sagas: it looks for what is due, again and again."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

from django.db import DatabaseError, InterfaceError, connections

from events.saga.working import run_due
from kernel import clock
from kernel.errors import VaultCraftError

IDLE_SECONDS = 0.25
PAUSE_SECONDS = 1.0
ROUND = 1  # so that the file is touched between attempts

log = logging.getLogger(__name__)


def serve(*, stopping: threading.Event, alive: Path | None = None) -> None:
    """Work until told to stop; the attempt under way ends first.

    With the database down it waits and asks again. What was not written then is taken up after its
    lease, by this worker or another.

    :param alive: a file to touch at each round.
    """
    while not stopping.is_set():
        if alive is not None:
            alive.touch()
        try:
            made = run_due(clock=clock.now, most=ROUND)
        except (DatabaseError, InterfaceError, VaultCraftError) as error:
            log.warning("saga_worker_interrupted: %s", type(error).__name__)
            connections.close_all()
            stopping.wait(PAUSE_SECONDS)
        else:
            stopping.wait(0 if made == ROUND else IDLE_SECONDS)
    connections.close_all()
