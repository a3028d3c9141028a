"""What dies, where and when: a sequence that a seed alone determines."""

from __future__ import annotations

import dataclasses
import enum
import random
from collections.abc import Iterator

from tests.torture.points import Death, Point, Victim

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


@dataclasses.dataclass(frozen=True)
class Blow:
    """One death of a round.

    :param after_seconds: since the load began.
    :param choice: from 0 to 1: which of several processes it is.
    :param second: who dies shortly after, if anybody does.
    """

    after_seconds: float
    choice: float
    point: Point | None = None
    death: Death | None = None
    target: Target | None = None
    second: Target | None = None
    second_after_seconds: float = 0.0

    def __str__(self) -> str:
        what = f"{self.death.victim} at {self.point}" if self.death else f"{self.target}"
        return f"{what}, then {self.second}" if self.second else what


def blows(seed: int) -> Iterator[Blow]:
    """Two deaths at named points, then one at a random moment, and so on.

    Every victim dies at every point before one of these pairs comes again.
    """
    rng = random.Random(f"{seed}/plan")
    named, timed = _named(rng), _timed(rng)
    while True:
        yield next(named)
        yield next(named)
        yield next(timed)


def _named(rng: random.Random) -> Iterator[Blow]:
    while True:
        queues = {victim: rng.sample(list(Point), len(Point)) for victim in Victim}
        for number in range(len(Point)):
            for victim in rng.sample(list(Victim), len(Victim)):
                death = Death(victim, rng.uniform(0, LONGEST_COMMIT_SECONDS))
                yield _blow(rng, point=queues[victim][number], death=death)


def _timed(rng: random.Random) -> Iterator[Blow]:
    while True:
        for target in rng.sample(list(Target), len(Target)):
            yield _blow(rng, target=target)


def _blow(
    rng: random.Random,
    *,
    point: Point | None = None,
    death: Death | None = None,
    target: Target | None = None,
) -> Blow:
    second = rng.choice(list(Target)) if rng.random() < SECOND_BLOW else None
    return Blow(
        after_seconds=rng.uniform(0.1, 0.7),
        choice=rng.random(),
        point=point,
        death=death,
        target=target,
        second=second,
        second_after_seconds=rng.uniform(0.02, 1.5),
    )
