"""Streams end with the sessions they came by: all of them are asked for, twice a second."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable, Collection, Mapping

from web.live.hub import Hub
from web.live.listening import End
from web.live.viewers import Viewer

EVERY_SECONDS = 0.5
PATIENCE_SECONDS = 2.0

Ask = Callable[[Collection[uuid.UUID]], Awaitable[Mapping[uuid.UUID, Viewer]]]

log = logging.getLogger(__name__)


async def watch(hub: Hub, ask: Ask) -> None:
    """Until cancelled. Where nobody can say whether a session counts, it does not."""
    while True:
        await asyncio.sleep(EVERY_SECONDS)
        try:
            await look(hub, ask)
        except Exception as error:  # noqa: BLE001 - the watch must not end, whatever it was
            log.warning("live_unwatched: %s", type(error).__name__)
            hub.end(None, End.INTERRUPTED)


async def look(hub: Hub, ask: Ask) -> None:
    """End what does not count any more, and let the rest see what their people may see now.

    :raises TimeoutError: if the database does not answer in time.
    """
    listening = hub.listening()
    if not listening:
        return
    async with asyncio.timeout(PATIENCE_SECONDS):
        left = await ask(tuple(listening))
    for session_id, listeners in listening.items():
        viewer = left.get(session_id)
        for listener in listeners:
            if viewer is None or viewer.organization_id != listener.viewer.organization_id:
                listener.end(End.SIGNED_OUT)
            else:
                listener.viewer = viewer
