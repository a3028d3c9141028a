"""Three NATS servers that keep each stream on all of them, any one of which may be killed."""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from vaultcraft.embedded.nats import _binary
from vaultcraft.embedded.ports import free_port
from vaultcraft.embedded.processes import Child, Program
from vaultcraft.embedded.secrets import throwaway_secrets

NAMES = ("one", "two", "three")
_CONFIGURATION = """
server_name: {name}
listen: "127.0.0.1:{port}"
authorization {{ token: "{token}" }}
jetstream {{ store_dir: "{store}" }}
cluster {{
    name: test
    listen: "127.0.0.1:{route}"
    routes: [{routes}]
}}
"""


class OwnCluster:
    """Started and killed server by server, always on the same ports and directories."""

    def __init__(self, directory: Path) -> None:
        token = throwaway_secrets().nats_token
        ports = {name: free_port() for name in NAMES}
        routes = {name: free_port() for name in NAMES}
        listed = ", ".join(f'"nats://127.0.0.1:{port}"' for port in routes.values())
        self._directory = directory
        self._children: dict[str, Child] = {}
        for name in NAMES:
            text = _CONFIGURATION.format(
                name=name,
                port=ports[name],
                token=token,
                store=directory / name,
                route=routes[name],
                routes=listed,
            )
            (directory / f"{name}.conf").write_text(text)
        self.urls = [f"nats://{token}@127.0.0.1:{port}" for port in ports.values()]

    def start(self, name: str) -> None:
        self._children[name] = Child(
            program=Program(
                name=f"nats-{name}",
                command=[_binary(), "-c", str(self._directory / f"{name}.conf")],
                log_path=self._directory / f"{name}.log",
            )
        )

    def kill(self, name: str) -> None:
        """As by `kill -9`."""
        child = self._children.pop(name, None)
        if child is not None:
            child.kill()

    def stop(self) -> None:
        for name in list(self._children):
            self.kill(name)


@contextlib.contextmanager
def own_cluster() -> Iterator[OwnCluster]:
    """Three servers at work; the settings lead to them and ask for three replicas."""
    before = settings.NATS_URL, settings.EVENT_REPLICAS
    with tempfile.TemporaryDirectory(prefix="vaultcraft-nats-") as directory:
        cluster = OwnCluster(Path(directory))
        settings.NATS_URL, settings.EVENT_REPLICAS = ",".join(cluster.urls), 3
        try:
            for name in NAMES:
                cluster.start(name)
            time.sleep(2)  # until they have met and chosen who leads
            yield cluster
        finally:
            cluster.stop()
            settings.NATS_URL, settings.EVENT_REPLICAS = before
