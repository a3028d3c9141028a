"""What waits in a stream, without waiting for what does not."""

from __future__ import annotations

import contextlib

from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.errors import FetchTimeoutError

GATHERING_SECONDS = 0.2


async def fetched(
    subscription: JetStreamContext.PullSubscription, *, most: int, seconds: float
) -> list[Msg]:
    """The next message the moment it is there, and with it those that wait behind it.

    Asked for several at once, the library waits for all of them or until its time is over, so that
    a lone event would come late by all of it. Those that another worker takes meanwhile are waited
    for no longer than `GATHERING_SECONDS`.

    :param most: messages at a time, at least 2.
    :param seconds: to wait for the first.
    :raises FetchTimeoutError: if none came.
    """
    messages = list(await subscription.fetch(1, timeout=seconds))
    waiting = messages[-1].metadata.num_pending if messages else 0
    if waiting:
        more = min(waiting, most - 1)
        with contextlib.suppress(FetchTimeoutError, TimeoutError):
            messages += await subscription.fetch(more, timeout=GATHERING_SECONDS)
    return messages
