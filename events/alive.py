"""A file that is touched as long as the event loop turns, for whoever watches the process."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from pathlib import Path

TOUCH_SECONDS = 2.0


async def keep_alive(path: Path | None) -> None:
    """Touch the file every other second until cancelled; nothing without one."""
    while path is not None:
        path.touch()
        await asyncio.sleep(TOUCH_SECONDS)


def on_signals(stop: Callable[[], None]) -> None:
    """Call `stop` on SIGTERM and Ctrl-C; inside a running loop."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
