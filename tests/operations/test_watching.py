"""What watches the product: alert rules, their tests, a dashboard; all they name exists."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
import yaml
from django.test import Client

from events.metrics import add_argument
from vaultcraft.books_metrics import _of_passes
from vaultcraft.checks import ROOT
from vaultcraft.embedded.ports import free_port

# Whose counters a process has: web, relay, consumers.
COUNTING = (
    "events.consuming.running",
    "events.relay.carrying",
    "vaultcraft.request_stream",
    "vaultcraft.web_worker",
)

RULES = ROOT / "docker/prometheus/rules.yml"
DASHBOARD = ROOT / "docker/grafana/vaultcraft.json"
RUNBOOK = ROOT / "docs/runbook.md"
NAME = re.compile(r"\bvaultcraft_[a-z_]+")
promtool = shutil.which("promtool")
needs_promtool = pytest.mark.skipif(
    promtool is None and "CI" not in os.environ, reason="promtool is not installed"
)


def told(text: str) -> set[str]:
    """Every name under which a sample can be told."""
    names: set[str] = set()
    for name, kind in re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE):
        endings = ("_bucket", "_count", "_sum") if kind == "histogram" else ("",)
        names |= {f"{name}{ending}" for ending in endings}
    return {name for name in names if not name.endswith("_created")}


@pytest.fixture
def metrics(db: None) -> set[str]:
    """Of web, and of relay and consumers, whose counters this process has as well."""
    for module in COUNTING:
        importlib.import_module(module)
    after_a_check = {family.name for family in _of_passes([])}
    return told(Client().get("/metrics").content.decode()) | after_a_check


def expressions() -> dict[str, list[str]]:
    rules = yaml.safe_load(RULES.read_text())
    panels = json.loads(DASHBOARD.read_text())["panels"]
    return {
        "rules": [rule["expr"] for group in rules["groups"] for rule in group["rules"]],
        "dashboard": [target["expr"] for panel in panels for target in panel["targets"]],
    }


@pytest.mark.parametrize("where", ["rules", "dashboard"])
def test_every_metric_that_is_named_exists(metrics: set[str], where: str) -> None:
    named = {name for one in expressions()[where] for name in NAME.findall(one)}
    assert len(named) > 10
    assert named - metrics == set()


def test_what_the_backbone_tells_is_shown(metrics: set[str]) -> None:
    beginnings = (
        "relay",
        "outbox",
        "consumer",
        "stream",
        "failed",
        "broker",
        "requests",
        "books_f",
    )
    ours = {
        name for name in metrics if name.startswith(tuple(f"vaultcraft_{b}" for b in beginnings))
    }
    shown = {name for one in expressions()["dashboard"] for name in NAME.findall(one)}
    assert ours - shown == set()


def test_the_dashboard_is_one() -> None:
    dashboard: dict[str, Any] = json.loads(DASHBOARD.read_text())
    panels = dashboard["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    places: set[tuple[int, int]] = set()
    for panel in panels:
        at = panel["gridPos"]
        taken = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert at["x"] + at["w"] <= 24
        assert not places & taken, panel["title"]
        places |= taken
        assert panel["targets"]
        assert panel["datasource"]["uid"] == "${datasource}"


def test_every_alert_is_tested_and_in_the_runbook() -> None:
    rules = yaml.safe_load(RULES.read_text())
    alerts = {rule["alert"] for group in rules["groups"] for rule in group["rules"]}
    tests = (RULES.with_name("rules_test.yml")).read_text()
    runbook = RUNBOOK.read_text()
    assert {one for one in alerts if one not in tests} == set()
    assert {one for one in alerts if f"`{one}`" not in runbook} == set()


@needs_promtool
@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "rules", "rules.yml"),
        ("test", "rules", "rules_test.yml"),
        ("check", "config", "--syntax-only", "prometheus.yml"),
    ],
)
def test_promtool_agrees(arguments: tuple[str, ...]) -> None:
    done = subprocess.run(
        [str(promtool), *arguments],
        cwd=RULES.parent,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@needs_promtool
def test_promtool_understands_the_dashboard(tmp_path: Path) -> None:
    """As rules: an expression of a panel is one that Prometheus can read."""
    rules = [
        {"record": f"panel:{number}", "expr": one}
        for number, one in enumerate(expressions()["dashboard"])
    ]
    written = tmp_path / "dashboard.yml"
    written.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
    done = subprocess.run(
        [str(promtool), "check", "rules", str(written)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("run_relay", "vaultcraft_relay_published_total"),
        ("run_consumers", "vaultcraft_consumer_taken_total"),
    ],
)
def test_processes_that_serve_nobody_have_a_page_of_their_own(
    committed_db: str, command: str, name: str
) -> None:
    port = free_port()
    environment = {**os.environ, "VAULTCRAFT_EVENT_NAMESPACE": f"t{port}"}
    process = subprocess.Popen(
        [sys.executable, "manage.py", command, "--metrics", f"127.0.0.1:{port}"],
        cwd=ROOT,
        env=environment,
    )
    try:
        text = _page(port)
    finally:
        process.terminate()
        assert process.wait(timeout=20) == 0
    assert name in told(text)


def test_an_address_that_is_none_is_refused() -> None:
    parser = argparse.ArgumentParser(exit_on_error=False)
    add_argument(parser)
    assert parser.parse_args(["--metrics", "127.0.0.1:9101"]).metrics == ("127.0.0.1", 9101)
    for address in ("9101", ":9101", "127.0.0.1:", "127.0.0.1:99999", "127.0.0.1:0", "a:٣"):
        with pytest.raises(argparse.ArgumentError, match=r"must look like 127\.0\.0\.1:9101"):
            parser.parse_args(["--metrics", address])


def _page(port: int) -> str:
    give_up = time.monotonic() + 30
    while True:
        try:
            with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
                return str(answer.read().decode())
        except OSError:
            assert time.monotonic() < give_up
            time.sleep(0.2)
