"""The table and `bench/results/latest.json`."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import os
import platform
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.lines import Line
from bench.measuring import Plan
from bench.verify import Pass

RESULTS = Path(__file__).resolve().parent / "results" / "latest.json"


def findings(
    lines: Sequence[Line], values: Mapping[str, Sequence[float]], plan: Plan
) -> list[dict[str, Any]]:
    """Every line with its median, spread, reference and ratio.

    The spread is (largest - smallest) / median of the repeated runs.
    """
    return [_finding(line, values, plan) for line in lines]


def _finding(line: Line, values: Mapping[str, Sequence[float]], plan: Plan) -> dict[str, Any]:
    runs = _marginal(values) if line.value == "marginal" else values[line.value]
    value = statistics.median(runs)
    reference = statistics.median(values[line.reference]) if line.reference else None
    ratio = value / reference if reference else None
    return {
        "name": line.name,
        "what": line.what.format(writers=plan.writers, bulk_clients=plan.bulk_clients),
        "unit": line.unit,
        "value": round(value, 1),
        "spread": round((max(runs) - min(runs)) / value, 3) if value else 0.0,
        "reference_name": line.reference_name or None,
        "reference": round(reference, 1) if reference else None,
        "ratio": round(ratio, 3) if ratio else None,
        "mark": line.mark,
        "reached": ratio >= line.mark if ratio and line.mark else None,
        "writes": line.writes,
    }


def _marginal(values: Mapping[str, Sequence[float]]) -> list[float]:
    pairs = zip(values["whole_many"], values["books_many"], strict=True)
    return [1e6 / whole - 1e6 / books for whole, books in pairs]


def written(
    found: Sequence[Mapping[str, Any]], passes: Sequence[Pass], *, postgres: str, at: dt.datetime
) -> None:
    """Write the file that others read."""
    result = {
        "machine": {**machine(), "postgresql": postgres},
        "at": at.isoformat(timespec="seconds"),
        "lines": list(found),
        "books": {
            "ok": not any(one.findings for one in passes),
            "passes": [dataclasses.asdict(one) for one in passes],
        },
    }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(result, indent=2) + "\n")


def machine() -> dict[str, Any]:
    """What the figures were measured on, without its name."""
    pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return {
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(pages * size / 2**30),
        "architecture": platform.machine(),
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "python": platform.python_version(),
    }


def table(found: Sequence[Mapping[str, Any]]) -> str:
    """The lines for people, as Markdown."""
    rows = [
        "| Line | Value | Spread | Reference | Ratio | Mark | Writes |",
        "| --- | ---: | ---: | --- | ---: | ---: | --- |",
    ]
    for line in found:
        reference = "-"
        if line["reference"]:
            reference = f"{line['reference']:,.0f}: {line['reference_name']}"
        ratio = f"{line['ratio']:.2f}" if line["ratio"] else "-"
        mark = "-"
        if line["mark"]:
            mark = f"{line['mark']:.2f} {'reached' if line['reached'] else 'MISSED'}"
        rows.append(
            f"| {line['what']} | {line['value']:,.0f} {line['unit']} | {line['spread']:.0%}"
            f" | {reference} | {ratio} | {mark} | {line['writes']} |"
        )
    return "\n".join(rows)


def latency_lines(latencies: Mapping[str, Sequence[float]]) -> list[str]:
    """Percentiles of HTTP requests."""
    told = []
    for name, times in latencies.items():
        ranked = sorted(times)
        p50, p99 = (ranked[int(len(ranked) * part)] * 1e3 for part in (0.5, 0.99))
        told.append(f"{name}: {len(ranked):,} requests, p50 {p50:.1f} ms, p99 {p99:.1f} ms")
    return told
