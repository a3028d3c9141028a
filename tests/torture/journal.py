"""What the driver asked and was told, outside the product and on disk before it counts.

A request is written before it is sent, an answer before it is believed: a line counts once fsync
has returned.
"""

from __future__ import annotations

import dataclasses
import json
import os
import threading
import time
from pathlib import Path

from tests.torture.orders import Order


@dataclasses.dataclass(frozen=True)
class Answer:
    """What the product said, to the byte."""

    status: int
    body: bytes
    replayed: bool

    @property
    def code(self) -> str:
        """The problem's code; empty for an answer that is none."""
        return str(json.loads(self.body).get("code", "")) if self.status >= 400 else ""

    def same_as(self, other: Answer) -> bool:
        """Whether a client could not tell the two apart."""
        return (self.status, self.body) == (other.status, other.body)


@dataclasses.dataclass
class Record:
    """One request and its fate. `answer` is the first one acknowledged, `answered_at` its time."""

    order: Order
    answer: Answer | None = None
    attempts: int = 0
    answered_at: float = 0.0


class Journal:
    """An append-only file of lines of JSON; any thread may write."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.records: list[Record] = []
        self._lock = threading.Lock()
        self._started = time.monotonic()
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)

    def close(self) -> None:
        """Close the file; the records stay."""
        os.close(self._file)

    def asked(self, order: Order) -> Record:
        """Write down a request that is about to be sent for the first time."""
        record = Record(order)
        self._write("asked", key=order.key, path=order.path, body=order.body.decode())
        with self._lock:
            self.records.append(record)
        return record

    def acknowledged(self, record: Record, answer: Answer) -> Answer:
        """Write down an answer that settles a request; returns the first such answer."""
        said = answer.body.decode()
        self._write("told", key=record.order.key, status=answer.status, body=said)
        with self._lock:
            if record.answer is None:
                record.answer, record.answered_at = answer, time.monotonic()
            return record.answer

    def happened(self, what: str) -> None:
        """Write down something else, for whoever reads the file after a finding."""
        self._write("happened", what=what)

    def unsettled(self) -> list[Record]:
        """The requests of which the driver does not know what became."""
        with self._lock:
            return [record for record in self.records if record.answer is None]

    def _write(self, event: str, **more: object) -> None:
        at = round(time.monotonic() - self._started, 4)
        line = json.dumps({"at": at, "event": event, **more}) + "\n"
        os.write(self._file, line.encode())
        os.fdatasync(self._file)


def answers_on_disk(path: Path) -> dict[str, tuple[int, bytes]]:
    """The first answer to each key, read back from the file."""
    found: dict[str, tuple[int, bytes]] = {}
    with path.open() as lines:
        for line in lines:
            row = json.loads(line)
            if row["event"] == "told":
                found.setdefault(row["key"], (row["status"], row["body"].encode()))
    return found
