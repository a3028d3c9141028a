"""Starting and stopping that server."""

from __future__ import annotations

import dataclasses
import time
from urllib.error import URLError
from urllib.request import urlopen

from bench.cluster import Cluster
from kernel.rates.table import DEFAULTS, variable
from vaultcraft.embedded.ports import free_port
from vaultcraft.embedded.processes import Child, stop_all
from vaultcraft.supervisor.programs import product_programs

READY_SECONDS = 30.0


def _wide_rates() -> dict[str, str]:
    """Rate limits that are counted as ever and met by nobody: a few keys send all there is."""
    return {
        variable(route, of_address=of_address): "1000000/60"
        for route, rates in DEFAULTS.items()
        for of_address in (False, True)
        if not rates.strict
    }


class WebServer:
    """gunicorn with the product's own configuration file and numbers.

    :param database: the name of a copy to serve; None: the product's own.
    """

    def __init__(self, cluster: Cluster, *, database: str | None = None) -> None:
        self.port = free_port()
        address = f"127.0.0.1:{self.port}"
        programs = product_programs(places=cluster.servers.places, addresses=[address])
        web = next(program for program in programs if program.name == "web")
        environment = {
            **web.environment,
            **_wide_rates(),
            "DJANGO_SETTINGS_MODULE": "bench.web.settings",
            **(cluster.urls_of(database) if database else {}),
        }
        self._child = Child(program=dataclasses.replace(web, environment=environment))
        self._wait()

    def close(self) -> None:
        """Stop it."""
        stop_all([self._child], gentle_seconds=5)

    def _wait(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline and self._child.running:
            try:
                urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5).close()
            except (URLError, OSError):
                time.sleep(0.1)
            else:
                return
        raise RuntimeError(f"the web server does not start:\n{self._child.log_tail(lines=40)}")
