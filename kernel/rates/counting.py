"""Counting: together with all other processes in Redis, or alone while it does not answer.

Nothing here may slow a request down. Redis is asked once for each request and given a tenth of a
second; when it fails, nobody asks it again for a second, and then one thread tries for all.
"""

from __future__ import annotations

import dataclasses
import heapq
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import redis
import structlog
from prometheus_client import Counter
from redis.backoff import NoBackoff
from redis.retry import Retry

from kernel.rates.table import MICROSECONDS, Rate

log = structlog.get_logger(__name__)

PATIENCE_SECONDS = 0.1
PAUSE_SECONDS = 1.0
MAX_BUCKETS_ALONE = 10_000
SCRIPT = (Path(__file__).parent / "gcra.lua").read_text()

counted_alone = Counter(
    "vaultcraft_rates_counted_alone_total", "Requests that were counted without Redis."
)


@dataclasses.dataclass(frozen=True, slots=True)
class Bucket:
    """What is counted for one caller under one policy.

    :param policy: its name, as clients read it.
    :param alone: the limit while this process counts by itself.
    """

    policy: str
    key: str
    rate: Rate
    alone: Rate


@dataclasses.dataclass(frozen=True, slots=True)
class Standing:
    """How a bucket stands after a request.

    :param remaining: units that could be used at once.
    :param wait_us: microseconds until the refused request fits; 0 where it fitted.
    :param whole_us: microseconds until nothing is used any more.
    """

    policy: str
    rate: Rate
    remaining: int
    wait_us: int
    whole_us: int

    @property
    def wait_seconds(self) -> int:
        """Whole seconds to wait, at least 1 where it did not fit."""
        return -(-self.wait_us // MICROSECONDS)

    @property
    def effective_seconds(self) -> int:
        """The time within which no more than `remaining` should be used: `t` of the draft."""
        microseconds = self.wait_us or (self.whole_us if self.remaining else self.rate.interval_us)
        return -(-microseconds // MICROSECONDS)


@dataclasses.dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a request was admitted, and how all its buckets stand."""

    admitted: bool
    standings: tuple[Standing, ...]


class Counting:
    """Buckets in one Redis, with a substitute in this process."""

    def __init__(self, url: str) -> None:
        client = redis.Redis.from_url(
            url,
            socket_timeout=PATIENCE_SECONDS,
            socket_connect_timeout=PATIENCE_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
        self._script = client.register_script(SCRIPT)
        self._alone = CountingAlone()
        self._lock = threading.Lock()
        self._pausing = False
        self._ask_again_at = 0.0

    def spend(self, buckets: Sequence[Bucket], *, cost: int) -> Verdict:
        """Take `cost` units out of all buckets, or out of none.

        A cost above a bucket's quota counts as the whole quota.
        """
        if self._may_ask():
            try:
                verdict = self._spent_together(buckets, cost=cost)
            except (redis.RedisError, OSError) as error:
                self._pause(error)
            else:
                self._pausing = False
                return verdict
        counted_alone.inc()
        return self._alone.spend(buckets, cost=cost, now_us=time.monotonic_ns() // 1_000)

    def _spent_together(self, buckets: Sequence[Bucket], *, cost: int) -> Verdict:
        arguments = [cost]
        for bucket in buckets:
            arguments += (bucket.rate.interval_us, bucket.rate.quota)
        answer = self._script(keys=[bucket.key for bucket in buckets], args=arguments)
        standings = tuple(
            Standing(bucket.policy, bucket.rate, *answer[3 * at + 1 : 3 * at + 4])
            for at, bucket in enumerate(buckets)
        )
        return Verdict(bool(answer[0]), standings)

    def _may_ask(self) -> bool:
        if not self._pausing:
            return True
        with self._lock:
            now = time.monotonic()
            if now < self._ask_again_at:
                return False
            self._ask_again_at = now + PAUSE_SECONDS  # the others wait for what this one finds
            return True

    def _pause(self, error: Exception) -> None:
        log.warning("rates_counted_alone", reason=type(error).__name__)
        with self._lock:
            self._pausing = True
            self._ask_again_at = time.monotonic() + PAUSE_SECONDS


class CountingAlone:
    """The same algorithm in the memory of one process, for the limits that hold there."""

    def __init__(self, *, most: int = MAX_BUCKETS_ALONE) -> None:
        self._whole_at_us: dict[str, int] = {}
        self._most = most
        self._lock = threading.Lock()

    def spend(self, buckets: Sequence[Bucket], *, cost: int, now_us: int) -> Verdict:
        """As `Counting.spend`, at a time of the monotonic clock."""
        with self._lock:
            found = [self._judged(bucket, cost=cost, now_us=now_us) for bucket in buckets]
            admitted = not any(wait_us for _, _, wait_us in found)
            if admitted:
                self._make_room(now_us)
                for bucket, (_, after_us, _) in zip(buckets, found, strict=True):
                    self._whole_at_us[bucket.key] = after_us
        standings = tuple(
            _standing(bucket, ends_us=after if admitted else before, wait_us=wait, now_us=now_us)
            for bucket, (before, after, wait) in zip(buckets, found, strict=True)
        )
        return Verdict(admitted, standings)

    def _judged(self, bucket: Bucket, *, cost: int, now_us: int) -> tuple[int, int, int]:
        """When the bucket is whole without the request, and with it; how long it has to wait."""
        rate = bucket.alone
        before = max(self._whole_at_us.get(bucket.key, now_us), now_us)
        after = before + min(cost, rate.quota) * rate.interval_us
        return before, after, max(after - rate.quota * rate.interval_us - now_us, 0)

    def _make_room(self, now_us: int) -> None:
        """Forget the buckets that are whole; of too many others, those that will be so first."""
        if len(self._whole_at_us) < self._most:
            return
        kept = {key: at for key, at in self._whole_at_us.items() if at > now_us}
        surplus = len(kept) - self._most * 9 // 10
        for key in heapq.nsmallest(max(surplus, 0), kept, key=kept.__getitem__):
            del kept[key]
        self._whole_at_us = kept


def _standing(bucket: Bucket, *, ends_us: int, wait_us: int, now_us: int) -> Standing:
    rate = bucket.alone
    free_us = now_us + rate.quota * rate.interval_us - ends_us
    return Standing(bucket.policy, rate, free_us // rate.interval_us, wait_us, ends_us - now_us)
