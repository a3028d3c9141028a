"""What a run counted, and what it found wrong."""

from __future__ import annotations

import collections
import threading


class Tally:
    """Counters and findings; any thread may add."""

    def __init__(self) -> None:
        self.findings: list[str] = []
        self.kills: collections.Counter[str] = collections.Counter()
        self.longest_silence = 0.0
        self._counts: collections.Counter[str] = collections.Counter()
        self._lock = threading.Lock()

    def count(self, name: str, number: int = 1) -> None:
        """Add to a counter."""
        with self._lock:
            self._counts[name] += number

    def __getitem__(self, name: str) -> int:
        """A counter's value."""
        with self._lock:
            return self._counts[name]

    def find(self, what: str) -> None:
        """Note something that must not be."""
        with self._lock:
            self.findings.append(what)

    def named(self, start: str) -> dict[str, int]:
        """The counters whose names begin so, without the beginning."""
        with self._lock:
            counts = sorted(self._counts.items())
        return {name.removeprefix(start): n for name, n in counts if name.startswith(start)}
