"""`manage.py run_live`: follow the stream of events for open pages, until SIGTERM or Ctrl-C."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from events import metrics
from events.alive import keep_alive
from vaultcraft.browser_headers import HEADERS
from vaultcraft.worker_answers import BARE, problem
from web.live.application import Live

# As gunicorn's, in `vaultcraft.gunicorn_config`.
GRACEFUL_SECONDS = 3
BACKLOG = 1_024


class Command(BaseCommand):
    """Any number of processes may run; each carries what it is asked for."""

    help = "Serve the stream of events to open pages; only the web server asks for it."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--bind",
            type=metrics.address,
            default=("127.0.0.1", 8010),
            metavar="HOST:PORT",
            help="where the web server asks; nobody else should reach it",
        )
        parser.add_argument("--alive", type=Path, help="a file to touch while all is well")
        metrics.add_argument(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        metrics.serve(options["metrics"])
        host, port = options["bind"]
        asyncio.run(_run(host=host, port=port, alive=options["alive"]))


async def _run(*, host: str, port: int, alive: Path | None) -> None:
    live = Live(
        headers={**HEADERS, **BARE},
        refusal=problem,
        most=settings.LIVE_STREAMS,
        most_each=settings.LIVE_STREAMS_EACH,
        most_together=settings.LIVE_STREAMS_TOGETHER,
    )
    server = _Server(_configuration(live, host=host, port=port), live)
    beat = asyncio.create_task(keep_alive(alive))
    try:
        await server.serve()
    finally:
        beat.cancel()


def _configuration(live: Live, *, host: str, port: int) -> uvicorn.Config:
    return uvicorn.Config(
        live,
        host=host,
        port=port,
        http="h11",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_graceful_shutdown=GRACEFUL_SECONDS,
    )


class _Server(uvicorn.Server):
    """Ends its streams when it is told to end; they would never by themselves."""

    def __init__(self, config: uvicorn.Config, live: Live) -> None:
        super().__init__(config)
        self._live = live

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """See `uvicorn.Server.handle_exit`."""
        self._live.stop()
        super().handle_exit(sig, frame)
