"""What dies, where and when: a sequence that a seed alone determines."""

from __future__ import annotations

import dataclasses
import enum
import random
from collections.abc import Iterator

from tests.torture.points import OF_EVENTS, Death, Point, Victim

# A named death now and then comes twice: somebody else dies while things come back.
SECOND_BLOW = 0.2
LONGEST_COMMIT_SECONDS = 0.004


class Target(enum.StrEnum):
    """Who is killed at a moment of the clock rather than at a point."""

    WORKER = "a web worker"
    WORKERS = "both web workers"
    MASTER = "gunicorn's master"
    BACKEND = "a backend"
    POSTMASTER = "the postmaster"
    POSTGRES = "all of PostgreSQL"
    VALKEY = "Valkey"
    NATS = "NATS"
    TAIL = "NATS, with what it stored last"
    RELAY = "the relay"
    CONSUMERS = "the consumers"


# They may be away for long: nobody who moves money waits for them.
BACKBONE = (Target.NATS, Target.TAIL, Target.RELAY, Target.CONSUMERS)
_MONEY_POINTS = [point for point in Point if point not in OF_EVENTS]
_MONEY_VICTIMS = [victim for victim in Victim if victim not in OF_EVENTS.values()]
_MONEY_TARGETS = [target for target in Target if target not in BACKBONE]


@dataclasses.dataclass(frozen=True)
class Blow:
    """One death of a round.

    :param after_seconds: since the load began.
    :param choice: from 0 to 1: which of several processes it is.
    :param second: who dies shortly after, if anybody does.
    :param away: from 0 to 1: how long the victim stays away, of the longest a run allows.
    """

    after_seconds: float
    choice: float
    point: Point | None = None
    death: Death | None = None
    target: Target | None = None
    second: Target | None = None
    second_after_seconds: float = 0.0
    away: float = 0.0

    def __str__(self) -> str:
        what = f"{self.death.victim} at {self.point}" if self.death else f"{self.target}"
        return f"{what}, then {self.second}" if self.second else what


def blows(seed: int) -> Iterator[Blow]:
    """Two deaths at named points, one at a random moment, one of the backbone's, and so on.

    Every victim dies at every point before one of these pairs comes again.
    """
    rng = random.Random(f"{seed}/plan")
    named, timed = _named(rng), _timed(rng)
    carried = _carried(random.Random(f"{seed}/backbone"))
    while True:
        yield next(named)
        yield next(named)
        yield next(timed)
        yield next(carried)


def _named(rng: random.Random) -> Iterator[Blow]:
    while True:
        queues = {
            victim: rng.sample(_MONEY_POINTS, len(_MONEY_POINTS)) for victim in _MONEY_VICTIMS
        }
        for number in range(len(_MONEY_POINTS)):
            for victim in rng.sample(_MONEY_VICTIMS, len(_MONEY_VICTIMS)):
                death = Death(victim, rng.uniform(0, LONGEST_COMMIT_SECONDS))
                yield _blow(rng, point=queues[victim][number], death=death)


def _timed(rng: random.Random) -> Iterator[Blow]:
    while True:
        for target in rng.sample(_MONEY_TARGETS, len(_MONEY_TARGETS)):
            yield _blow(rng, target=target)


def _carried(rng: random.Random) -> Iterator[Blow]:
    """NATS, the relay, the consumers: at their points, and away for a while."""
    ways: list[Point | Target] = [*OF_EVENTS, *BACKBONE]
    while True:
        for way in rng.sample(ways, len(ways)):
            if isinstance(way, Point):
                yield _blow(rng, point=way, death=Death(OF_EVENTS[way]))
            else:
                blow = _blow(rng, target=way)
                yield dataclasses.replace(blow, away=rng.uniform(0.3, 1.0))


def _blow(
    rng: random.Random,
    *,
    point: Point | None = None,
    death: Death | None = None,
    target: Target | None = None,
) -> Blow:
    second = rng.choice(_MONEY_TARGETS) if rng.random() < SECOND_BLOW else None
    return Blow(
        after_seconds=rng.uniform(0.1, 0.7),
        choice=rng.random(),
        point=point,
        death=death,
        target=target,
        second=second,
        second_after_seconds=rng.uniform(0.02, 1.5),
    )
