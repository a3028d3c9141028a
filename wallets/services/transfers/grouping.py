"""Concurrent single requests of one process, committed together.

A commit waits for the disk, and every statement for the network; a batch pays both once. The first
request to arrive leads: it executes whatever waits, alone at first, while the others queue behind
it and become the next batch, led by the first of them. No timer: a lone request never waits, and
the batches grow by themselves as load does.

Each item carries its own actor, key and time, so nothing is read from the surroundings of the
thread that happens to lead.
"""

from __future__ import annotations

import collections
import dataclasses
import threading
from collections.abc import Callable, Sequence

from kernel.errors import Busy, Kind, VaultCraftError
from ledger.policy import MAX_BATCH
from wallets.services.transfers.execution import execute_transfers
from wallets.services.transfers.requests import TransferOutcome, TransferRequest

MAX_WAITING = 1_000
WAIT_SECONDS = 30.0

Execute = Callable[[Sequence[TransferRequest]], list[TransferOutcome]]


class QueueFull(VaultCraftError):
    """More requests wait than can be served soon; nothing was done."""

    kind = Kind.UNAVAILABLE
    code = "queue_full"
    title = "Too many transfers are waiting; try again shortly"
    retryable = True


@dataclasses.dataclass(slots=True, eq=False)
class _Ticket:
    """One waiting request, and after `woken` either its outcome, its error, or the lead."""

    item: TransferRequest
    woken: threading.Event = dataclasses.field(default_factory=threading.Event)
    leads: bool = False
    outcome: TransferOutcome | None = None
    error: Exception | None = None


class Group:
    """A queue of requests with at most one leader at a time."""

    def __init__(self, execute: Execute, *, most_waiting: int = MAX_WAITING) -> None:
        self._execute = execute
        self._most_waiting = most_waiting
        self._waiting: collections.deque[_Ticket] = collections.deque()
        self._lock = threading.Lock()
        self._led = False

    def submit(self, item: TransferRequest) -> TransferOutcome:
        """Execute one request together with whatever else waits.

        :raises QueueFull: if too many wait already.
        :raises Busy: if the answer did not come in time; the request may still be carried out, and
            a retry with the same key tells.
        """
        ticket = _Ticket(item)
        with self._lock:
            if len(self._waiting) >= self._most_waiting:
                raise QueueFull()
            self._waiting.append(ticket)
            ticket.leads, self._led = not self._led, True
        if not ticket.leads and not ticket.woken.wait(WAIT_SECONDS):
            self._give_up(ticket)
        if ticket.leads:
            self._lead()
        return _answer(ticket)

    def _lead(self) -> None:
        """Serve one batch, which holds the leader's own ticket, then pass the lead on."""
        with self._lock:
            size = min(len(self._waiting), MAX_BATCH)
            batch = [self._waiting.popleft() for _ in range(size)]
        try:
            self._serve(batch)
        finally:
            self._pass_on()
            for ticket in batch:
                ticket.woken.set()

    def _pass_on(self) -> None:
        with self._lock:
            if not self._waiting:
                self._led = False
                return
            heir = self._waiting[0]
            heir.leads = True
        heir.woken.set()

    def _serve(self, batch: list[_Ticket]) -> None:
        """Execute a batch; one that breaks is tried again item by item, alone."""
        try:
            outcomes = self._execute([ticket.item for ticket in batch])
        except Exception as error:  # noqa: BLE001 - each waiting thread raises its own
            if len(batch) == 1:
                batch[0].error = error
                return
            for ticket in batch:
                self._serve([ticket])
            return
        for ticket, outcome in zip(batch, outcomes, strict=True):
            ticket.outcome = outcome

    def _give_up(self, ticket: _Ticket) -> None:
        """Leave the queue, unless the lead or the answer arrived at the last moment."""
        with self._lock:
            if ticket in self._waiting and not ticket.leads:
                self._waiting.remove(ticket)


def _answer(ticket: _Ticket) -> TransferOutcome:
    if ticket.error is not None:
        raise ticket.error
    if ticket.outcome is None:
        raise Busy()
    return ticket.outcome


_group = Group(execute_transfers)


def execute_together(item: TransferRequest) -> TransferOutcome:
    """Carry out one movement, in one commit with the others that this process has at hand.

    :raises QueueFull: if too many wait already.
    :raises Busy: if locks or the answer could not be had in time.
    """
    return _group.submit(item)
