"""The yardstick: pgbench's TPC-B-like script on the same server."""

from __future__ import annotations

import re

from bench.cluster import Cluster

DATABASE = "pgbench"
SCALE = 50
CLIENTS = 8
THREADS = 2


def prepare(cluster: Cluster) -> None:
    """Fill pgbench's tables (5 million rows)."""
    cluster.create_database(DATABASE)
    cluster.program("pgbench", "-i", "-q", "-s", str(SCALE), database=DATABASE)


def run(cluster: Cluster, *, seconds: float) -> float:
    """Transactions a second over a short run."""
    options = ["-n", "-M", "prepared", "-c", str(CLIENTS), "-j", str(THREADS)]
    printed = cluster.program(
        "pgbench", *options, "-T", str(max(1, round(seconds))), database=DATABASE
    )
    found = re.search(r"^tps = ([0-9.]+) \(without", printed, re.MULTILINE)
    if found is None:
        raise RuntimeError(f"pgbench printed no tps:\n{printed}")
    return float(found[1])
