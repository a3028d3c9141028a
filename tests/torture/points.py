"""The named points of the way of money, and the deaths they can be given.

The driver arms a point by writing a file; the first thread of the product that comes by takes the
file away and dies, or takes PostgreSQL down. Neither side imports the other.
"""

from __future__ import annotations

import dataclasses
import enum
import json
from pathlib import Path

DIRECTORY_VARIABLE = "VAULTCRAFT_TORTURE_DIR"
LEASE_VARIABLE = "VAULTCRAFT_TORTURE_LEASE_SECONDS"


class Point(enum.StrEnum):
    """In the order in which a request passes them; then those of the events it leaves behind."""

    GUARD_TAKEN = "guard-taken"
    LOCKED = "locked"
    TRANSACTIONS_WRITTEN = "transactions-written"
    ENTRIES_WRITTEN = "entries-written"
    HOLDS_CHANGED = "holds-changed"
    LIMITS_COUNTED = "limits-counted"
    TRANSFERS_WRITTEN = "transfers-written"
    EVENTS_WRITTEN = "events-written"
    BEFORE_COMMIT = "before-commit"
    DURING_COMMIT = "during-commit"
    AFTER_COMMIT = "after-commit"
    BEFORE_ANSWER_KEPT = "before-answer-kept"
    ANSWER_KEPT = "answer-kept"
    PUBLISHED = "published, the place not noted"
    TAKEN = "taken, not acknowledged"


class Victim(enum.StrEnum):
    """Who is killed with -9."""

    WORKER = "web worker"
    BACKEND = "backend"
    POSTMASTER = "postmaster"
    POSTGRES = "all of PostgreSQL"
    RELAY = "relay"
    CONSUMERS = "consumers"


# Who passes the points of the backbone, and dies there.
OF_EVENTS = {Point.PUBLISHED: Victim.RELAY, Point.TAKEN: Victim.CONSUMERS}


@dataclasses.dataclass(frozen=True)
class Death:
    """What happens to the first who comes by.

    :param delay_seconds: for `DURING_COMMIT`: how long after the commit was sent.
    """

    victim: Victim
    delay_seconds: float = 0.0


def arm(directory: Path, point: Point, death: Death) -> None:
    """Lay the death out, whole or not at all."""
    half = directory / f"half-{point}"
    half.write_text(json.dumps([death.victim, death.delay_seconds]))
    half.rename(_armed(directory, point))


def disarm(directory: Path, point: Point) -> None:
    """Take it away again, if nobody met it."""
    _armed(directory, point).unlink(missing_ok=True)


def met(directory: Path, point: Point) -> bool:
    """Whether somebody met it; forgets the answer when it is yes."""
    try:
        _met(directory, point).unlink()
    except FileNotFoundError:
        return False
    return True


def take(directory: Path, point: Point) -> Death | None:
    """Take the death that lies at this point: one thread of all gets it."""
    try:
        _armed(directory, point).rename(_taken(directory, point))
        victim, delay_seconds = json.loads(_taken(directory, point).read_text())
    except FileNotFoundError:
        return None
    return Death(Victim(victim), delay_seconds)


def give_back(directory: Path, point: Point) -> None:
    """Leave it to another thread: this one did not get as far as the point's name says."""
    _taken(directory, point).rename(_armed(directory, point))


def meet(directory: Path, point: Point) -> None:
    """Say that it happens now."""
    _taken(directory, point).rename(_met(directory, point))


def _armed(directory: Path, point: Point) -> Path:
    return directory / f"armed-{point}"


def _taken(directory: Path, point: Point) -> Path:
    return directory / f"taken-{point}"


def _met(directory: Path, point: Point) -> Path:
    return directory / f"met-{point}"
