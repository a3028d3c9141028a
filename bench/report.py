"""The table, `bench/results/latest.json`, and the figures in `docs/performance.md`."""

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
from bench.surroundings import Plan
from bench.verify import Pass

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "bench" / "results" / "latest.json"
DOCS = ROOT / "docs" / "performance.md"
_BEGIN, _END = "<!-- figures: begin -->", "<!-- figures: end -->"
_HEAD = "p50 / p99 / p99.9 ms"
_PERCENTILES = {"p50": 0.5, "p99": 0.99, "p99.9": 0.999}

Finding = Mapping[str, Any]


def findings(
    lines: Sequence[Line],
    values: Mapping[str, Sequence[float]],
    latencies: Mapping[str, Sequence[float]],
    plan: Plan,
) -> list[Finding]:
    """Every line with its median, spread, reference, ratio and percentiles.

    The spread is (largest - smallest) / median of the repeated runs.
    """
    return [_finding(line, values, latencies, plan) for line in lines]


def _finding(
    line: Line,
    values: Mapping[str, Sequence[float]],
    latencies: Mapping[str, Sequence[float]],
    plan: Plan,
) -> Finding:
    runs = values[line.value]
    value = statistics.median(runs)
    reference = statistics.median(values[line.reference]) if line.reference else None
    ratio = value / reference if reference else None
    found = {
        "name": line.name,
        "what": line.what.format(**dataclasses.asdict(plan)),
        "unit": line.unit,
        "value": round(value, 1),
        "spread": round((max(runs) - min(runs)) / abs(value), 3) if value else 0.0,
        "reference_name": line.reference_name or None,
        "reference": round(reference, 1) if reference else None,
        "ratio": round(ratio, 3) if ratio else None,
        "mark": line.mark,
        "at_most": line.at_most,
        "reached": _reached(line, ratio),
        "writes": line.writes,
    }
    for name, series in (("", line.latency), ("reference_", line.reference_latency)):
        if series:
            found[f"{name}latency_ms"] = _percentiles(latencies[series])
    return found


def _reached(line: Line, ratio: float | None) -> bool | None:
    if ratio is None or line.mark is None:
        return None
    return ratio <= line.mark if line.at_most else ratio >= line.mark


def _percentiles(seconds: Sequence[float]) -> dict[str, float]:
    """Percentiles in milliseconds over all rounds; empty when nothing was answered."""
    ranked = sorted(seconds)
    if not ranked:
        return {}
    return {
        name: round(ranked[int(len(ranked) * part)] * 1e3, 1) for name, part in _PERCENTILES.items()
    }


def written(
    found: Sequence[Finding], passes: Sequence[Pass], *, postgres: str, at: dt.datetime
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


def table(found: Sequence[Finding]) -> str:
    """The lines for people, as Markdown."""
    head = (
        "Line",
        "Value",
        "Spread",
        "Reference in the same run",
        "Ratio",
        "Mark",
        _HEAD,
        "Writes",
    )
    lines = ("---", "---:", "---:", "---", "---:", "---:", "---:", "---")
    rows = [f"| {' | '.join(cells)} |" for cells in (head, lines)]
    return "\n".join(rows + [_row(line) for line in found])


def _row(line: Finding) -> str:
    reference = "-"
    if line["reference"]:
        reference = f"{line['reference']:,.0f}: {line['reference_name']}"
    ratio = f"{line['ratio']:.2f}" if line["ratio"] else "-"
    mark = "-"
    if line["mark"]:
        bound = "at most " if line.get("at_most") else ""
        mark = f"{bound}{line['mark']:.2f}, {'reached' if line['reached'] else 'MISSED'}"
    times = _times(line.get("latency_ms"))
    if line.get("reference_latency_ms"):
        times += f" (reference {_times(line['reference_latency_ms'])})"
    cells = (
        line["what"],
        f"{line['value']:,.0f} {line['unit']}",
        f"{line['spread']:.0%}",
        reference,
        ratio,
        mark,
        times,
        line["writes"],
    )
    return f"| {' | '.join(cells)} |"


def _times(percentiles: Mapping[str, float] | None) -> str:
    return " / ".join(f"{value:,.0f}" for value in percentiles.values()) if percentiles else "-"


def figures() -> str:
    """What `latest.json` says, as the part of `docs/performance.md` between its two marks."""
    result = json.loads(RESULTS.read_text())
    on, books = result["machine"], result["books"]
    checked = {one["name"]: one["checked"] for one in books["passes"]}
    findings_count = sum(one["findings"] for one in books["passes"])
    return "\n".join(
        [
            _BEGIN,
            (
                f"{result['at'][:10]}, {on['cores']} cores, {on['memory_gib']} GiB,"
                f" {on['architecture']}, {on['system']}, Python {on['python']},"
                f" PostgreSQL {on['postgresql']}."
            ),
            "",
            table(result["lines"]),
            "",
            (
                f"The books verified: {len(checked)} passes, {max(checked.values()):,} rows in the"
                f" largest, {findings_count} findings."
            ),
            _END,
        ]
    )


def documented() -> bool:
    """Whether the figures in the document are those of `latest.json`."""
    return figures() in DOCS.read_text()


def document() -> None:
    """Write the figures of `latest.json` into the document."""
    text = DOCS.read_text()
    before, _, rest = text.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    DOCS.write_text(before + figures() + after)
