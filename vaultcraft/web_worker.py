"""gunicorn's threaded worker with a bound to what may wait.

gunicorn's own queues requests without end: under more load than it can serve, each waits longer
than the one before, until clients give up on answers that are still being made. Here a request
that finds all threads taken and the waiting room full is answered 503 with `Retry-After`, by one
thread that does nothing else and before Django hears of it: nothing was begun, so it is safe to
send again. Probes and metrics are always served: a busy node is a good one.

A new connection gets a thread when its first bytes arrive, so silent ones take nobody's place.

`GET /live` is handed on, connection and all (`vaultcraft.live_gate`).

What cannot be read as HTTP never reaches Django either: it is answered here in the same form and
with the same headers as everything else, and stands in the request log.
"""

from __future__ import annotations

import errno
import os
import selectors
import socket
import time
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

import structlog
from gunicorn.http import wsgi  # type: ignore[import-untyped]
from gunicorn.workers.gthread import TConn, ThreadWorker  # type: ignore[import-untyped]
from prometheus_client import Counter

from vaultcraft import live_gate, worker_answers

WAITING = "VAULTCRAFT_WEB_WAITING"
WAITING_DEFAULT = 32
# How long a client that is turned away may take to send its request and to read the answer.
PATIENCE_SECONDS = 1.0
ALWAYS_SERVED = frozenset({"/healthz", "/readyz", "/metrics"})

_NOT_YET = (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK)

turned_away = Counter(
    "vaultcraft_http_turned_away_total", "Requests answered 503 before Django: too many waited."
)


class BoundedWorker(ThreadWorker):  # type: ignore[misc]
    """Admits as many requests as it has threads and waiting places, and turns the rest away."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._most = self.cfg.threads + int(os.environ.get(WAITING) or WAITING_DEFAULT)
        self._admitted = 0  # touched by the main thread only

    def init_process(self) -> None:
        """Have the thread at the door; `run` begins at the end of this."""
        wsgi.Response = worker_answers.QuietResponse  # gunicorn makes its answers of this
        self._door = ThreadPoolExecutor(max_workers=1)
        if live_gate.PLACE in os.environ:
            self._live = live_gate.LiveGate()
        super().init_process()

    def accept(self, listener: socket.socket) -> None:
        """Watch a new connection until it says something."""
        try:
            client, address = listener.accept()
        except OSError as error:
            if error.errno not in _NOT_YET:
                raise
            return
        self.nr_conns += 1
        conn = TConn(self.cfg, client, address, listener.getsockname())
        conn.timeout = time.monotonic() + self.cfg.keepalive
        self.pending_conns.append(conn)
        readable = partial(self.on_pending_socket_readable, conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, readable)

    def enqueue_req(self, conn: TConn) -> None:
        """Let a request in, or send it to the door."""
        if self._admitted >= self._most:
            done = self._door.submit(self._turn_away, conn)
            done.add_done_callback(partial(self._later, self.finish_request, conn))
            return
        self._admitted += 1
        done = self.tpool.submit(self.handle, conn)
        done.add_done_callback(partial(self._later, self._finish_admitted, conn))

    def handle_request(self, req: Any, conn: TConn) -> bool:
        """Answer a request; one for the stream of events goes on with its connection."""
        if not live_gate.wanted(req):
            return bool(super().handle_request(req, conn))
        taken = socket.socket(fileno=conn.sock.detach())
        self._live.take(taken, req, peer=conn.client[0] if conn.client else "")
        return False

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: BaseException) -> None:
        """Answer a request that could not be read, or that the application broke on; log it.

        In place of gunicorn's page, which has none of our headers and repeats what was sent, and of
        its log line, which holds the address of the request with whatever token is in it.
        """
        error = worker_answers.error_of(exc)
        request_id = worker_answers.request_id_of(req)
        _log(error, failure=exc, request_id=request_id, ip=addr[0] if addr else None)
        try:
            client.settimeout(PATIENCE_SECONDS)
            client.sendall(worker_answers.written(error, request_id=request_id, keep=False))
        except OSError:
            return  # nobody is there to be told

    def _later(self, finish: Any, conn: TConn, done: Future[Any]) -> None:
        self.method_queue.defer(finish, conn, done)

    def _finish_admitted(self, conn: TConn, done: Future[Any]) -> None:
        self._admitted -= 1
        if conn.sock.fileno() < 0:  # it is the stream's now, and bounded there
            self.nr_conns -= 1
            return
        self.finish_request(conn, done)

    def _turn_away(self, conn: TConn) -> bool:
        """Read the request and say no; True when the connection may be used again."""
        try:
            conn.init()
            conn.sock.settimeout(PATIENCE_SECONDS)
            request = next(conn.parser)
            if request.path in ALWAYS_SERVED:
                return bool(self.handle_request(request, conn))
            keep = self.alive and not request.should_close()
            conn.sock.sendall(_refusal(request, keep=keep))
            turned_away.inc()
            until = time.monotonic() + PATIENCE_SECONDS
            return keep and bool(conn.parser.finish_body(deadline=until))
        except Exception:  # noqa: BLE001 - whatever it was, this connection ends and no other
            return False


def _refusal(request: Any, *, keep: bool) -> bytes:
    # Django is there by the time anybody is turned away, not when gunicorn reads this module.
    from api.errors import Overloaded

    request_id = worker_answers.request_id_of(request)
    return worker_answers.written(Overloaded(), request_id=request_id, keep=keep)


def _log(error: Any, *, failure: BaseException, request_id: str, ip: str | None) -> None:
    """One event as `vaultcraft.request_log` writes it; the failure's own words stay out of it.

    `ip` is the peer: of an unreadable request nothing says which client a proxy spoke for.
    """
    from api.problems import status_of
    from vaultcraft.request_metrics import UNROUTED, requests_total

    status = status_of(error)
    requests_total.labels("other", UNROUTED, str(status)).inc()
    structlog.contextvars.clear_contextvars()
    told = structlog.get_logger("request").bind(
        method="other",
        route=UNROUTED,
        status=status,
        actor="anonymous:",
        ip=ip,
        request_id=request_id,
        code=error.code,
        reason=type(failure).__name__,
    )
    if status >= 500:
        told.error("request", exc_info=failure)
    else:
        told.warning("request")
