"""`run_relay` and `run_consumers` in processes that can be made to die at named points.

As `tests.torture.doomed_wsgi`: hung around the product from outside. The one thing changed is how
long the broker waits for an acknowledgement, so that what a dead consumer held comes again soon.
"""

from __future__ import annotations

import functools
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django
from django.core.management import execute_from_command_line

from tests.torture import points
from tests.torture.points import Point

ACK_WAIT_SECONDS = 2.0

_directory = Path(os.environ[points.DIRECTORY_VARIABLE])


def _pass(point: Point) -> None:
    if points.take(_directory, point) is not None:
        points.meet(_directory, point)
        os.kill(os.getpid(), signal.SIGKILL)


def _hang_after(owner: Any, name: str, point: Point) -> None:
    real: Callable[..., Any] = getattr(owner, name)

    @functools.wraps(real)
    async def passing(*args: Any, **kwargs: Any) -> Any:
        done = await real(*args, **kwargs)
        _pass(point)
        return done

    setattr(owner, name, passing)


def main() -> None:
    """Hang the points, then do as `manage.py` does."""
    django.setup()
    from events.broker.jetstream import JetStream
    from events.consuming import running

    running.ACK_WAIT_SECONDS = ACK_WAIT_SECONDS
    _hang_after(JetStream, "publish", Point.PUBLISHED)
    _hang_after(running.Worker, "_taken", Point.TAKEN)
    execute_from_command_line(["manage.py", *sys.argv[1:]])


if __name__ == "__main__":
    main()
