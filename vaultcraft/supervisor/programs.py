"""The product's own processes: web, live, worker, beat, relay, consumers, webhooks, sagas."""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from vaultcraft.embedded.places import Places
from vaultcraft.embedded.ports import free_port
from vaultcraft.embedded.processes import Program

ROOT = Path(__file__).resolve().parent.parent.parent
DATA_DIR_VARIABLE = "VAULTCRAFT_DATA_DIR"
DEFAULT_DATA_DIR = ROOT / ".vaultcraft"
PRODUCT = ("web", "live", "worker", "beat", "relay", "consumers", "webhooks", "sagas")
WORKER_THREADS = 4


def data_dir_of_environment() -> Path:
    """Return the data directory: `.vaultcraft` unless VAULTCRAFT_DATA_DIR moves it."""
    return Path(os.environ.get(DATA_DIR_VARIABLE) or DEFAULT_DATA_DIR).absolute()


def product_programs(*, places: Places, addresses: Sequence[str]) -> list[Program]:
    """Return what serves people (web) and their open pages (live), does work later (worker), keeps
    the time (beat), carries events out (relay) and in (consumers) and to organizations' servers
    (webhooks), and acts of several steps on (sagas).

    `addresses` are the `host:port` pairs that the web server listens on. What else they need to
    know they find in our own environment.
    """
    metrics_dir = places.run_dir / "metrics"
    metrics_dir.mkdir(exist_ok=True, mode=0o700)
    # One page of metrics tells of them all; in containers each has a page of its own.
    counted = {"PROMETHEUS_MULTIPROC_DIR": str(metrics_dir)}
    live = f"127.0.0.1:{free_port()}"  # only web asks there: people's browsers know one port
    web = {**counted, "VAULTCRAFT_BIND": ",".join(addresses), "VAULTCRAFT_LIVE": live}
    celery = ["-m", "celery", "-A", "vaultcraft"]
    worker = [*celery, "worker", "-P", "threads", "-c", str(WORKER_THREADS), "--without-mingle"]
    beat = [*celery, "beat", "-s", str(places.run_dir / "beat"), "--pidfile="]
    gunicorn = ["-m", "gunicorn", "-c", "vaultcraft/gunicorn_config.py", "vaultcraft.wsgi"]
    return [
        python_program("web", gunicorn, places=places, environment=web),
        python_program(
            "live", ["manage.py", "run_live", "--bind", live], places=places, environment=counted
        ),
        python_program("worker", worker, places=places),
        python_program("beat", beat, places=places),
        python_program("relay", ["manage.py", "run_relay"], places=places, environment=counted),
        python_program(
            "consumers", ["manage.py", "run_consumers"], places=places, environment=counted
        ),
        python_program("webhooks", ["manage.py", "run_webhooks"], places=places),
        python_program("sagas", ["manage.py", "run_sagas"], places=places),
    ]


def python_program(
    name: str,
    arguments: Sequence[str],
    *,
    places: Places,
    environment: Mapping[str, str] | None = None,
) -> Program:
    """Return a program run by our own interpreter, from the project's directory."""
    return Program(
        name=name,
        command=[sys.executable, *arguments],
        log_path=places.logs_dir / f"{name}.log",
        environment=environment or {},
        directory=ROOT,
    )
