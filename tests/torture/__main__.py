"""`python -m tests.torture`: load, kill, restart, compare; exit 1 when anything is not as told."""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from tests.torture.journal import Journal, answers_on_disk
from tests.torture.plan import blows
from tests.torture.rounds import Chamber
from tests.torture.stack import Stack, running_stack
from tests.torture.tally import Tally
from tests.torture.world import World
from vaultcraft.embedded.processes import start_ticks

PREFIX = "vaultcraft-torture-"
DEFAULT_SECONDS = 600.0
DEFAULT_CLIENTS = 10
CHECK_EVERY = 5
# How long the broker, the relay or the consumers stay away at most, of the time that is given.
LONGEST_AWAY = 0.1
# Beyond its time a run may finish its last round and stop; then it is ended.
GRACE_SECONDS = 240
PR_SET_PDEATHSIG = 1
SHOWN, LONGEST = 20, 2_000
OWNER_FILE = "owner.json"
_STARTED = time.monotonic()


def main() -> int:
    """Run; return the exit code."""
    options = _options()
    _die_with_the_caller()
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGALRM, _too_long)
    signal.alarm(int(options.seconds) + GRACE_SECONDS)
    say(f"seed {options.seed}: again with `make torture SEED={options.seed}`")
    directory = _own_directory()
    say(f"journal, logs and cluster: {directory}")
    tally = Tally()
    try:
        with running_stack(directory) as (stack, world):
            _torture(options, stack=stack, world=world, directory=directory, tally=tally)
    except RuntimeError as error:
        tally.find(str(error))
    finally:
        if tally.findings:
            _own(directory, found=True)
        else:
            shutil.rmtree(directory, ignore_errors=True)
    return _report(tally, directory=directory)


def _own_directory() -> Path:
    """A directory for this run; those of runs that were killed are removed."""
    for old in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError, ValueError):
            pid, ticks, found = json.loads((old / OWNER_FILE).read_text())
            if start_ticks(pid) != ticks and not found:
                shutil.rmtree(old, ignore_errors=True)
    directory = Path(tempfile.mkdtemp(prefix=PREFIX))
    _own(directory, found=False)
    return directory


def _own(directory: Path, *, found: bool) -> None:
    """Say whose the directory is, and whether somebody will want to read what is in it."""
    pid = os.getpid()
    (directory / OWNER_FILE).write_text(json.dumps([pid, start_ticks(pid), found]))


def say(text: str) -> None:
    """Print at once, with the seconds since the start."""
    print(f"[{time.monotonic() - _STARTED:6.1f}] {text}", flush=True)  # noqa: T201


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=DEFAULT_SECONDS)
    parser.add_argument("--rounds", type=int, default=10_000)
    parser.add_argument("--clients", type=int, default=DEFAULT_CLIENTS)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**9))
    return parser.parse_args()


def _torture(
    options: argparse.Namespace, *, stack: Stack, world: World, directory: Path, tally: Tally
) -> None:
    journal = Journal(directory / "journal.jsonl")
    chamber = Chamber(
        stack=stack,
        world=world,
        journal=journal,
        tally=tally,
        seed=options.seed,
        clients=options.clients,
        away_seconds=options.seconds * LONGEST_AWAY,
    )
    say("the stack is up: " + ", ".join(f"{child.pid}" for child in stack.servers.children))
    chamber.open()
    deadline = time.monotonic() + options.seconds
    for number, blow in zip(range(1, options.rounds + 1), blows(options.seed), strict=False):
        if tally.findings or time.monotonic() > deadline:
            break
        say(f"round {number}: {chamber.run(number, blow)}")
        tally.count("rounds")
        if number % CHECK_EVERY == 0:
            chamber.check()
    chamber.close()
    journal.close()
    _compare_with_disk(journal, tally)


def _compare_with_disk(journal: Journal, tally: Tally) -> None:
    """What the driver believed is what it had written down."""
    kept = answers_on_disk(journal.path)
    believed = {r.order.key: (r.answer.status, r.answer.body) for r in journal.records if r.answer}
    if kept != believed:
        tally.find("the journal on disk differs from what the driver believed")
    tally.count("acknowledged", len(kept))


def _report(tally: Tally, *, directory: Path) -> int:
    """Print the summary; return the exit code."""
    _say_counts("kills", tally.kills)
    _say_counts("answers", tally.named("answers: "))
    _say_counts("no answer", tally.named("unanswered: "))
    _say_counts("points that nobody came by", tally.named("never met: "))
    say(
        f"{tally['rounds']} rounds, {sum(tally.kills.values())} kills, longest silence"
        f" {tally.longest_silence:.1f} s; {tally['requests']} requests, {tally['acknowledged']}"
        f" acknowledged, {tally['retries']} retries, {tally['settled by retry']} settled by one"
    )
    say(
        f"{tally['replays compared']} replays compared byte by byte, {tally['comparisons']} times"
        f" all transfers and balances with the journal, {tally['checker passes']} checker passes"
    )
    say(
        f"{tally['carried compared']} times all events with the stream and what was made of them:"
        f" {tally['events']} events, {tally['repeats']} of them told again"
    )
    for finding in tally.findings[:SHOWN]:
        say(f"FINDING {finding}"[:LONGEST])
    if tally.findings:
        say(f"{len(tally.findings)} findings; {directory} is kept")
        return 1
    say("no findings")
    return 0


def _say_counts(title: str, counts: Mapping[str, int]) -> None:
    say(f"{title}:")
    for what, number in sorted(counts.items()):
        say(f"  {number:6} {what}")


def _die_with_the_caller() -> None:
    """Stop when `make` or the test that started us is killed: nobody could tell us to."""
    if os.environ.get("VAULTCRAFT_END_WITH_PARENT"):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def _stop(number: int, frame: object) -> None:
    sys.exit("stopped")


def _too_long(number: int, frame: object) -> None:
    raise RuntimeError("the run takes much longer than it was given")


if __name__ == "__main__":
    sys.exit(main())
