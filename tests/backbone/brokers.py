"""A NATS server of a test's own, to be killed; its streams stay on disk."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from events.streams import EVENTS
from vaultcraft.embedded import nats
from vaultcraft.embedded.places import Places
from vaultcraft.embedded.ports import free_port
from vaultcraft.embedded.processes import Child
from vaultcraft.embedded.secrets import throwaway_secrets


class OwnBroker:
    """Started and killed at will, always on the same port and directory."""

    def __init__(self, directory: Path) -> None:
        self._places = Places(data_dir=directory)
        self._places.make()
        self._store = directory / "nats"
        self._copy = directory / "copy"
        self._token = throwaway_secrets().nats_token
        self._port = free_port()
        self._child: Child | None = None
        self.url = nats.url(token=self._token, port=self._port)

    def start(self) -> None:
        program = nats.program(places=self._places, token=self._token, port=self._port)
        self._child = Child(program=program)

    def kill(self) -> None:
        """As by `kill -9`."""
        if self._child is not None:
            self._child.kill()
            self._child = None

    def keep(self, what: str) -> None:
        """Keep a copy of the messages of all events, or of all that is stored."""
        shutil.rmtree(self._copy, ignore_errors=True)
        shutil.copytree(self._place(what), self._copy)

    def put_back(self, what: str) -> None:
        """As after a power failure, or from an older image of the disk."""
        place = self._place(what)
        shutil.rmtree(place)
        shutil.copytree(self._copy, place)

    def wipe(self) -> None:
        """Every stream is gone."""
        shutil.rmtree(self._store)

    def _place(self, what: str) -> Path:
        if what == "all":
            return self._store
        return next(self._store.glob(f"jetstream/*/streams/{EVENTS.name}/msgs"))


@contextlib.contextmanager
def own_broker() -> Iterator[OwnBroker]:
    """Not started yet; the settings lead to it."""
    before = settings.NATS_URL
    with tempfile.TemporaryDirectory(prefix="vaultcraft-nats-") as directory:
        broker = OwnBroker(Path(directory))
        settings.NATS_URL = broker.url
        try:
            yield broker
        finally:
            broker.kill()
            settings.NATS_URL = before
