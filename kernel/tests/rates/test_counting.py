"""Counting together: exact under all processes, threads and clocks; and counting alone."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import redis
from django.conf import settings

from kernel.rates import counting
from kernel.rates.counting import Bucket, Counting, CountingAlone
from kernel.rates.table import Rate

ROOT = Path(__file__).resolve().parents[3]
PROCESSES, THREADS = 3, 4
HAMMER = """
import sys, threading, time
from kernel.rates.counting import Bucket, Counting
from kernel.rates.table import Rate
url, key, quota, seconds, for_seconds, threads = sys.argv[1:]
rate = Rate(int(quota), int(seconds))
bucket, together, admitted = Bucket("p", key, rate, rate), Counting(url), []
print("ready", flush=True)
sys.stdin.readline()
until = time.monotonic() + float(for_seconds)
def work():
    while time.monotonic() < until:
        if together.spend([bucket], cost=1).admitted:
            admitted.append(1)
workers = [threading.Thread(target=work) for _ in range(int(threads))]
[worker.start() for worker in workers]
[worker.join() for worker in workers]
assert not together._pausing
print(len(admitted))
"""


def bucket(rate: Rate, *, alone: Rate | None = None, policy: str = "p") -> Bucket:
    return Bucket(policy=policy, key=f"test:{uuid.uuid4()}", rate=rate, alone=alone or rate)


def hammered(key: str, rate: Rate, *, seconds: float) -> int:
    """How many of the requests of some processes with some threads each were admitted."""
    here = [settings.REDIS_URL, key, str(rate.quota), str(rate.seconds), str(seconds)]
    started = [
        subprocess.Popen(
            [sys.executable, "-c", HAMMER, *here, str(THREADS)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(PROCESSES)
    ]
    for one in started:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    for one in started:
        assert one.stdin is not None
        one.stdin.write("\n")
        one.stdin.flush()
    return sum(int(one.communicate(timeout=60)[0]) for one in started)


def drained(together: Counting, own: Bucket) -> tuple[int, int]:
    """How many units were left, and at which microsecond of Redis' clock the next comes."""
    server, taken = redis.Redis.from_url(settings.REDIS_URL), 0
    while True:
        seconds, microseconds = server.time()
        verdict = together.spend([own], cost=1)
        if not verdict.admitted:
            return taken, seconds * 1_000_000 + microseconds + verdict.standings[0].wait_us
        taken += 1


def test_a_burst_is_exact_under_many_processes_and_threads():
    """Nothing comes back in so short a time: exactly the quota, not one more and not one less."""
    rate = Rate(200, 86_400)
    assert hammered(bucket(rate).key, rate, seconds=1.0) == rate.quota


def test_what_comes_back_is_exact_under_many_processes_and_threads():
    """From one unit that comes back to a later one: exactly as many as fit between the two."""
    rate = Rate(1_000, 20)
    together, own = Counting(settings.REDIS_URL), bucket(rate)
    _, first_at = drained(together, own)
    admitted = hammered(own.key, rate, seconds=1.0)
    more, next_at = drained(together, own)
    assert admitted > 40
    assert admitted + more == round((next_at - first_at) / rate.interval_us)


def test_the_quota_comes_back_unit_by_unit():
    together, own = Counting(settings.REDIS_URL), bucket(Rate(2, 1))
    assert [together.spend([own], cost=1).admitted for _ in range(3)] == [True, True, False]
    refused = together.spend([own], cost=1)
    [standing] = refused.standings
    assert (refused.admitted, standing.remaining) == (False, 0)
    assert 0 < standing.wait_us <= 500_000
    time.sleep(standing.wait_us / 1e6 + 0.01)
    assert together.spend([own], cost=1).admitted


def test_a_request_that_one_limit_refuses_is_counted_by_none():
    together, wide, narrow = Counting(settings.REDIS_URL), bucket(Rate(9, 60)), bucket(Rate(1, 60))
    assert together.spend([wide, narrow], cost=1).admitted
    refused = together.spend([wide, narrow], cost=1)
    assert not refused.admitted
    assert [standing.remaining for standing in refused.standings] == [8, 0]
    assert [bool(standing.wait_us) for standing in refused.standings] == [False, True]


def test_a_batch_costs_its_items_and_never_more_than_there_could_be():
    together, own = Counting(settings.REDIS_URL), bucket(Rate(10, 60))
    assert together.spend([own], cost=7).standings[0].remaining == 3
    assert not together.spend([own], cost=4).admitted
    assert together.spend([own], cost=3).standings[0].remaining == 0
    assert together.spend([bucket(Rate(10, 60))], cost=500).admitted


def test_a_clock_that_was_set_back_keeps_nobody_out():
    together, own = Counting(settings.REDIS_URL), bucket(Rate(1, 2))
    server = redis.Redis.from_url(settings.REDIS_URL)
    server.set(own.key, str(10**15 * 9))  # far in the future
    assert together.spend([own], cost=1).standings[0].wait_us <= 2_000_000


def test_a_bucket_is_forgotten_when_it_is_whole_again():
    own = bucket(Rate(10, 5))
    Counting(settings.REDIS_URL).spend([own], cost=4)
    assert 1_000 < redis.Redis.from_url(settings.REDIS_URL).pttl(own.key) <= 2_000


def test_the_script_is_sent_once_and_comes_again_after_a_flush():
    together, own = Counting(settings.REDIS_URL), bucket(Rate(10, 60))
    together.spend([own], cost=1)
    redis.Redis.from_url(settings.REDIS_URL).script_flush()
    assert together.spend([own], cost=1).standings[0].remaining == 8
    assert not together._pausing


# --- Without Redis -----------------------------------------------------------------------------


@contextlib.contextmanager
def hung_server() -> Iterator[str]:
    """Takes connections and never answers: the worst way to be broken."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        yield f"redis://127.0.0.1:{listening.getsockname()[1]}/0"


def test_without_redis_this_process_counts_by_its_own_limit():
    together = Counting("redis://127.0.0.1:1/0")
    own = bucket(Rate(100, 60), alone=Rate(25, 60))
    assert [together.spend([own], cost=1).admitted for _ in range(26)] == [True] * 25 + [False]
    assert together.spend([own], cost=1).standings[0].rate == Rate(25, 60)


def test_a_redis_that_hangs_costs_each_thread_one_moment_and_then_nothing():
    def slowest(together: Counting) -> float:
        own, worst = bucket(Rate(1_000_000, 60)), 0.0
        for _ in range(200):
            started = time.monotonic()
            together.spend([own], cost=1)
            worst = max(worst, time.monotonic() - started)
        return worst

    with hung_server() as url, ThreadPoolExecutor(max_workers=8) as pool:
        together, started = Counting(url), time.monotonic()
        worst = max(pool.map(slowest, [together] * 8))
        took = time.monotonic() - started
    assert worst < 4 * counting.PATIENCE_SECONDS
    assert took < 2 * counting.PAUSE_SECONDS


def test_after_the_pause_one_thread_asks_for_all():
    together = Counting("redis://127.0.0.1:1/0")
    together.spend([bucket(Rate(1, 1))], cost=1)
    assert not together._may_ask()
    together._ask_again_at = 0.0
    gate, asked = threading.Barrier(8), []

    def ask(_: int) -> None:
        gate.wait()
        asked.append(together._may_ask())

    with ThreadPoolExecutor(max_workers=8) as pool:
        list(pool.map(ask, range(8)))
    assert asked.count(True) == 1


def test_when_redis_is_back_all_count_together_again(monkeypatch):
    monkeypatch.setattr(counting, "PAUSE_SECONDS", 0.05)
    together, own = Counting(settings.REDIS_URL), bucket(Rate(2, 60), alone=Rate(1, 60))
    working, together._script = together._script, Counting("redis://127.0.0.1:1/0")._script
    assert [together.spend([own], cost=1).admitted for _ in range(2)] == [True, False]
    together._script = working
    time.sleep(0.06)
    assert [together.spend([own], cost=1).admitted for _ in range(3)] == [True, True, False]


def test_counting_alone_is_exact_under_threads():
    alone, own = CountingAlone(), bucket(Rate(100, 86_400))

    def count(_: int) -> int:
        return sum(alone.spend([own], cost=1, now_us=0).admitted for _ in range(100))

    with ThreadPoolExecutor(max_workers=8) as pool:
        assert sum(pool.map(count, range(8))) == 100


def test_memory_has_an_end_and_forgets_first_who_used_least():
    alone = CountingAlone(most=10)
    hungry = bucket(Rate(100, 100))
    alone.spend([hungry], cost=90, now_us=0)
    for _ in range(50):
        alone.spend([bucket(Rate(100, 100))], cost=1, now_us=0)
    assert len(alone._whole_at_us) <= 10
    assert not alone.spend([hungry], cost=20, now_us=0).admitted


@pytest.mark.parametrize(("now_us", "admitted"), [(0, False), (999_999, False), (1_000_000, True)])
def test_alone_units_come_back_to_the_microsecond(now_us: int, admitted: bool):
    alone, own = CountingAlone(), bucket(Rate(1, 1))
    assert alone.spend([own], cost=1, now_us=0).admitted
    assert alone.spend([own], cost=1, now_us=now_us).admitted is admitted
