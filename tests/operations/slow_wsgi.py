"""A web application in which /slow waits until a file appears, and everything else answers."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

GATE = "SLOW_WSGI_GATE"
LONGEST_SECONDS = 20.0


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    gate = Path(os.environ[GATE])
    give_up = time.monotonic() + LONGEST_SECONDS
    while environ["PATH_INFO"] == "/slow" and not gate.exists() and time.monotonic() < give_up:
        time.sleep(0.01)
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "4")])
    return [b"done"]
