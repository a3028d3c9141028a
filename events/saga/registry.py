"""What a saga is made of. Rooms register theirs in `apps.ready()`."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections.abc import Callable, Mapping

from kernel.actor import Actor, Door, system
from kernel.errors import InvariantBroken

Result = Mapping[str, object]


@dataclasses.dataclass(frozen=True, slots=True)
class Case:
    """One saga as its steps see it.

    :param subject_id: what it is about, of the room that began it.
    :param data: what was given when it began: ids, never secrets or personal data.
    :param reason: why it is being undone; empty while it is not.
    """

    id: uuid.UUID
    organization_id: uuid.UUID
    subject_id: uuid.UUID
    data: Mapping[str, object]
    reason: str
    request_id: str

    @property
    def actor(self) -> Actor:
        """The program, on behalf of the request that began it."""
        return system(door=Door.TASK, request_id=self.request_id)


@dataclasses.dataclass(frozen=True, slots=True)
class Asked:
    """A call as it leaves the house.

    :param key: the same for every call of this saga, and for nothing else.
    :param timeout_seconds: how long an answer is waited for.
    """

    key: str
    arguments: Mapping[str, object]
    timeout_seconds: float


class StepRefused(Exception):
    """The other side said no, for good: what was done before is undone.

    :param code: why, stable.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class NotYet(Exception):
    """It is not decided yet: the same step is asked again later. Not a failure."""


class AlreadyDone(Exception):
    """What was to be undone is final: the saga goes on with the step behind it instead."""


def _nothing(case: Case, now: dt.datetime) -> Mapping[str, object]:
    return {}


@dataclasses.dataclass(frozen=True, slots=True)
class Part:
    """One direction of a step.

    :param record: makes the result true here: a step, in the transaction that notes it. It runs
        once. Whatever it raises undoes the transaction; it is no attempt of the other side, and the
        same step is tried again as what is not decided yet.
    :param call: asks the other side, outside of any transaction; None for a step of our own. It
        may run any number of times, and must touch no table.
    :param prepare: reads what the call needs, in a transaction of its own that is over before.
    :param attempts: how often it is tried; then the saga is undone, or stuck where it is undoing.
    :param delays_seconds: between attempts; the last one repeats.
    :param waits_seconds: until it is asked again what is not decided yet; longer, up to
        `longest_wait_seconds`, the longer that takes.
    """

    record: Callable[[Case, Result, dt.datetime], None]
    call: Callable[[Asked], Result] | None = None
    prepare: Callable[[Case, dt.datetime], Mapping[str, object]] = _nothing
    attempts: int = 8
    timeout_seconds: float = 10.0
    delays_seconds: tuple[float, ...] = (1, 2, 5, 15, 60, 300)
    waits_seconds: float = 5.0
    longest_wait_seconds: float = 1_800.0

    def delay(self, attempts: int) -> dt.timedelta:
        """How long to wait after so many attempts."""
        return dt.timedelta(
            seconds=self.delays_seconds[min(attempts, len(self.delays_seconds)) - 1]
        )

    def wait(self, waited: dt.timedelta) -> dt.timedelta:
        """How long to wait for what was waited for so long already: a quarter as long again."""
        longest = dt.timedelta(seconds=self.longest_wait_seconds)
        return min(max(dt.timedelta(seconds=self.waits_seconds), waited / 4), longest)


@dataclasses.dataclass(frozen=True, slots=True)
class Step:
    """Something that is done, and how it is undone; None: there is nothing to do, or to undo."""

    name: str
    forward: Part | None
    backward: Part | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class SagaType:
    """A kind of saga.

    :param lasts: how long it may go in one direction. Forward it is undone then; undoing, it waits
        for a person. It turns at most twice, so each saga ends.
    """

    name: str
    steps: tuple[Step, ...]
    lasts: dt.timedelta


_registered: dict[str, SagaType] = {}


def register(saga: SagaType) -> None:
    """Make a kind of saga known.

    :raises InvariantBroken: if another one has the name.
    """
    if _registered.setdefault(saga.name, saga) is not saga:
        raise InvariantBroken(f"two sagas are named {saga.name!r}")


def registered() -> tuple[SagaType, ...]:
    """All of them."""
    return tuple(_registered.values())


def saga_named(name: str) -> SagaType:
    """The kind of this name."""
    return _registered[name]
