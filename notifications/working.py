"""The worker of webhooks: claim, send, note. Nothing remote happens inside a transaction."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import DatabaseError, InterfaceError, connections
from prometheus_client import Counter

from kernel import clock
from kernel.actor import Door, system
from kernel.errors import Busy
from notifications.services.webhooks import Claim, claim_due, note_outcome, sweep
from notifications.services.webhooks.sweeping import MOST
from notifications.webhooks.sending import Sender

SLOTS = 32
POLL_SECONDS = 0.5
PAUSE_SECONDS = 1.0
SWEEP_SECONDS = 60.0
# After SIGTERM: as long as a request may take. What is left is sent by another once its lease ends.
DRAIN_SECONDS = 25.0
_THREADS = 4
_SWEEPS_AT_ONCE = 10

log = logging.getLogger(__name__)
attempts = Counter("vaultcraft_webhook_attempts_total", "Requests to endpoints.", ["outcome"])

R = TypeVar("R")


class WebhookWorker:
    """Carries deliveries out until told to stop; at most `slots` at once."""

    def __init__(self, *, sender: Sender, slots: int = SLOTS) -> None:
        self._sender = sender
        self._slots = slots
        self._actor = system(door=Door.TASK, request_id="webhooks")
        self._threads = ThreadPoolExecutor(_THREADS, "webhooks")
        self._stopping = asyncio.Event()
        self._under_way: set[asyncio.Task[None]] = set()

    def stop(self) -> None:
        """Take nothing up any more, let what is under way end, then return."""
        self._stopping.set()

    async def run(self) -> None:
        """Work until `stop`. With the database down it waits and asks again."""
        # A look-up cannot be called off: names that nobody answers for keep a thread for a while.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(2 * self._slots))
        sweeping = asyncio.create_task(self._sweep())
        try:
            while not self._stopping.is_set():
                try:
                    await self._pause(0 if await self._begin() else POLL_SECONDS)
                except (DatabaseError, InterfaceError, Busy) as error:
                    log.warning("webhooks_interrupted: %s", error)
                    await self._pause(PAUSE_SECONDS)
            if self._under_way:
                await asyncio.wait(self._under_way, timeout=DRAIN_SECONDS)
        finally:
            sweeping.cancel()
            for task in self._under_way:
                task.cancel()
            self._threads.shutdown(wait=False)

    async def _begin(self) -> bool:
        """Take up as much as there is room for; whether there may be more at once."""
        free = self._slots - len(self._under_way)
        if free <= 0:
            await asyncio.wait(
                self._under_way, timeout=POLL_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
            return True
        claims = await self._in_thread(
            lambda: claim_due(actor=self._actor, most=free, now=clock.now())
        )
        for claim in claims:
            task = asyncio.create_task(self._deliver(claim))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
        return bool(claims)

    async def _deliver(self, claim: Claim) -> None:
        """Send it and note what came of it. What cannot be noted is sent again after its lease."""
        try:
            began_at = clock.now()
            outcome = await self._sender.send(claim.outgoing, sent_at=int(began_at.timestamp()))
            attempts.labels(outcome.failure or "delivered").inc()
            await self._in_thread(
                lambda: note_outcome(
                    actor=self._actor,
                    claim=claim,
                    outcome=outcome,
                    began_at=began_at,
                    now=clock.now(),
                )
            )
        except Exception:
            # One delivery never ends the others.
            log.exception("webhook_not_noted: %s", claim.delivery_id)

    async def _sweep(self) -> None:
        while True:
            try:
                for _ in range(_SWEEPS_AT_ONCE):
                    call = self._in_thread(lambda: sweep(actor=self._actor, now=clock.now()))
                    if await call < MOST:
                        break
            except (DatabaseError, InterfaceError, Busy) as error:
                log.warning("webhooks_not_swept: %s", error)
            await asyncio.sleep(SWEEP_SECONDS)

    async def _in_thread(self, call: Callable[[], R]) -> R:
        def closing() -> R:
            try:
                return call()
            finally:
                # Back to the pool, and never a dead one kept.
                connections.close_all()

        return await asyncio.get_running_loop().run_in_executor(self._threads, closing)

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)
