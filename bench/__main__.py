"""`python -m bench`: start, prepare, measure in turns, verify the books, report.

Exits 1 when the books do not verify. A missed mark is printed and does not change the exit code:
marks belong to a quiet machine.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time

from bench.cluster import Cluster, running_cluster
from bench.lines import LINES, NAMES, Line, values_of
from bench.surroundings import Plan
from bench.verify import Pass, verify_books

_STARTED = time.monotonic()


def main() -> int:
    """Measure what was asked for and return the exit code."""
    options = _options()
    if options.write_docs or options.check_docs:
        return _documents(write=options.write_docs)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    say("starting PostgreSQL, Valkey and NATS, migrating ...")
    with running_cluster() as cluster:
        return _measured(cluster, options)


def _documents(*, write: bool) -> int:
    from bench import report

    if write:
        report.document()
    if report.documented():
        return 0
    say("docs/performance.md differs from bench/results/latest.json: python -m bench --write-docs")
    return 1


def _measured(cluster: Cluster, options: argparse.Namespace) -> int:
    import django

    django.setup()
    # These need Django's models.
    from bench import report
    from bench.measured import MEASUREMENTS
    from bench.measuring import Bench
    from bench.surroundings import Surroundings
    from bench.world import build_world
    from kernel.clock import now

    at = now()
    say("building the world ...")
    world = build_world(cluster)
    plan = Plan(
        **{field: getattr(options, field) for field in Plan.__dataclass_fields__},
    )
    lines = _chosen(options.lines)
    bench = Bench(surroundings=Surroundings(cluster=cluster, world=world, plan=plan, say=say))
    needed = values_of(lines)
    bench.measure([one for one in MEASUREMENTS if needed & set(one.gives)])
    say("verifying the books ...")
    passes = verify_books(cluster)
    found = report.findings(lines, bench.values, bench.latencies, plan)
    say("\n" + report.table(found) + "\n")
    strange = {name: count for name, count in bench.not_committed.items() if count}
    say(f"refused, replayed or failed, not counted above: {strange or 'nothing'}")
    ok = _tell_books(passes)
    if lines == LINES and plan == Plan():
        report.written(found, passes, postgres=_postgres_version(cluster), at=at)
        say(f"written: {report.RESULTS.relative_to(report.ROOT)}")
    return 0 if ok else 1


def _tell_books(passes: list[Pass]) -> bool:
    for one in passes:
        verdict = "ok" if not one.findings else f"{one.findings} FINDINGS"
        say(f"books: {one.name}: {one.checked:,} checked, {verdict} ({one.seconds:.2f} s)")
    return not any(one.findings for one in passes)


def _postgres_version(cluster: Cluster) -> str:
    with cluster.superuser() as connection:
        row = connection.execute("SHOW server_version").fetchone()
    return str(row[0]) if row else ""


def _chosen(text: str) -> tuple[Line, ...]:
    wanted = text.split(",") if text else list(NAMES)
    unknown = set(wanted) - set(NAMES)
    if unknown:
        sys.exit(f"unknown line {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    return tuple(line for line in LINES if line.name in wanted)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--lines", default="", help=f"comma-separated: {', '.join(NAMES)}")
    parser.add_argument(
        "--rounds", type=int, default=Plan.rounds, help="repeated short runs of each"
    )
    parser.add_argument("--seconds", type=float, default=Plan.seconds, help="length of a short run")
    parser.add_argument(
        "--writers", type=int, default=Plan.writers, help="processes of the batch lines"
    )
    parser.add_argument(
        "--bulk-clients", type=int, default=Plan.bulk_clients, help="clients of the bulk line"
    )
    parser.add_argument(
        "--large-accounts", type=int, default=Plan.large_accounts, help="accounts at most"
    )
    parser.add_argument("--profile", action="store_true", help="profile writers, write no file")
    parser.add_argument("--write-docs", action="store_true", help="latest.json into the docs")
    parser.add_argument("--check-docs", action="store_true", help="do the docs say the same?")
    return parser.parse_args()


def say(text: str) -> None:
    """Print at once, with the seconds since the start."""
    print(f"[{time.monotonic() - _STARTED:5.1f}] {text}", flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
