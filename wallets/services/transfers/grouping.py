"""Concurrent single requests of one process, committed together.

A commit waits for the disk, and every statement for the network; a batch pays both once. The first
request to arrive leads: it executes whatever waits, alone at first, while the others queue behind
it and become the next batch, led by the first of them. No timer: a lone request never waits, and
the batches grow by themselves as load does.

A batch that breaks, or meets an account that somebody else holds for long, falls apart: each of its
items is tried again by the thread that asked for it, so none harms another, and the queue goes on.

Each item carries its own actor, key and time, so nothing is read from the surroundings of the
thread that happens to lead.
"""

from __future__ import annotations

import collections
import dataclasses
import enum
import threading
from collections.abc import Callable, Sequence

import structlog

from kernel.errors import Busy, Kind, VaultCraftError
from ledger.policy import MAX_BATCH
from wallets.services.lanes import ALONE
from wallets.services.transfers.execution import execute_transfers
from wallets.services.transfers.requests import TransferOutcome, TransferRequest

MAX_WAITING = 1_000
WAIT_SECONDS = 30.0

# A batch waits this long for locks, then its items go on alone: one account that somebody holds
# for long must not stop everybody else's money.
LOCK_WAIT_MS = 500

Together = Callable[[Sequence[TransferRequest]], list[TransferOutcome]]
Alone = Callable[[TransferRequest], TransferOutcome]

log = structlog.get_logger(__name__)


class QueueFull(VaultCraftError):
    """More requests wait than can be served soon; nothing was done."""

    kind = Kind.UNAVAILABLE
    code = "queue_full"
    title = "Too many transfers are waiting; try again shortly"
    retryable = True


class _Next(enum.Enum):
    """What a woken request does."""

    ANSWER = enum.auto()
    LEAD = enum.auto()
    GO_ALONE = enum.auto()


@dataclasses.dataclass(slots=True, eq=False)
class _Ticket:
    """One waiting request; `next` is set before it is woken."""

    item: TransferRequest
    woken: threading.Event = dataclasses.field(default_factory=threading.Event)
    next: _Next | None = None
    outcome: TransferOutcome | None = None

    def wake(self, what: _Next) -> None:
        self.next = what
        self.woken.set()


class Group:
    """A queue of requests with at most one leader at a time.

    :param together: executes a batch; it may break, and it must not wait long for locks.
    :param alone: executes one item of a broken batch, in the thread that asked for it.
    """

    def __init__(
        self, *, together: Together, alone: Alone, most_waiting: int = MAX_WAITING
    ) -> None:
        self._together = together
        self._alone = alone
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
        self._enter(ticket)
        if not ticket.woken.wait(WAIT_SECONDS):
            self._give_up(ticket)
        if ticket.next is _Next.LEAD:
            self._lead(ticket)
        if ticket.next is _Next.GO_ALONE:
            return self._alone(ticket.item)
        if ticket.outcome is None:
            raise Busy()
        return ticket.outcome

    def _enter(self, ticket: _Ticket) -> None:
        with self._lock:
            if len(self._waiting) >= self._most_waiting:
                raise QueueFull()
            self._waiting.append(ticket)
            if not self._led:
                self._led = True
                ticket.wake(_Next.LEAD)

    def _lead(self, own: _Ticket) -> None:
        """Serve one batch, which the leader's own ticket heads, and pass the lead on."""
        with self._lock:
            size = min(len(self._waiting), MAX_BATCH)
            batch = [self._waiting.popleft() for _ in range(size)]
        try:
            outcomes = self._together([ticket.item for ticket in batch])
        except Exception as error:  # noqa: BLE001 - its items' own threads try again, and raise
            log.warning("group_broken", items=len(batch), error=type(error).__name__)
            self._finish(batch, _Next.GO_ALONE)
            return
        except BaseException:
            self._finish(batch, _Next.GO_ALONE)
            raise
        for ticket, outcome in zip(batch, outcomes, strict=True):
            ticket.outcome = outcome
        self._finish(batch, _Next.ANSWER)

    def _finish(self, batch: list[_Ticket], what: _Next) -> None:
        with self._lock:
            self._led = bool(self._waiting)
            if self._waiting:
                self._waiting[0].wake(_Next.LEAD)
        for ticket in batch:
            ticket.wake(what)

    def _give_up(self, ticket: _Ticket) -> None:
        """Leave the queue, unless the lead arrived at the last moment."""
        with self._lock:
            if ticket.next is None and ticket in self._waiting:
                self._waiting.remove(ticket)


def _together(items: Sequence[TransferRequest]) -> list[TransferOutcome]:
    return execute_transfers(items, lock_wait_ms=LOCK_WAIT_MS)


def _alone(item: TransferRequest) -> TransferOutcome:
    with ALONE.one_of(item.actor.organization_id):
        return execute_transfers([item])[0]


_group = Group(together=_together, alone=_alone)


def execute_together(item: TransferRequest) -> TransferOutcome:
    """Carry out one movement, in one commit with the others that this process has at hand.

    :raises QueueFull: if too many wait already.
    :raises Busy: if locks or the answer could not be had in time.
    """
    return _group.submit(item)
