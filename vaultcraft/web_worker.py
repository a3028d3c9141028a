"""gunicorn's threaded worker with a bound to what may wait.

gunicorn's own queues requests without end: under more load than it can serve, each waits longer
than the one before, until clients give up on answers that are still being made. Here a request
that finds all threads taken and the waiting room full is answered 503 with `Retry-After`, by one
thread that does nothing else and before Django hears of it: nothing was begun, so it is safe to
send again. Probes and metrics are always served: a busy node is a good one.

A request gets a thread when all of it has come, within ten seconds; until then the main loop
listens (`vaultcraft.arriving`), so who is silent or slow takes nobody's place. Bodies too long to
be kept are read by a quarter of the threads at most, in a minute. Nor does anybody wait for a
client to hang up, or for long until it takes its answer.

`GET /live` is handed on, connection and all (`vaultcraft.live_gate`).

What cannot be read as HTTP never reaches Django either: it is answered here in the same form and
with the same headers as everything else, and stands in the request log.
"""

from __future__ import annotations

import contextlib
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
from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]
from prometheus_client import Counter

from vaultcraft import live_gate, worker_answers
from vaultcraft.arriving import ARRIVING_SECONDS, LONG_BODY, Connection, Outside

WAITING = "VAULTCRAFT_WEB_WAITING"
WAITING_DEFAULT = 32
# How long a client that is turned away may take to send its request and to read the answer.
PATIENCE_SECONDS = 1.0
# How long a client may take to take a piece of its answer, and to hang up when it has all of it.
SEND_SECONDS = 30.0
LINGER_SECONDS = 2.0
# Connections on which the client has to speak: of a worker, and of one address.
MOST_OUTSIDE = 512
MOST_OUTSIDE_EACH = 128
ALWAYS_SERVED = frozenset({"/healthz", "/readyz", "/metrics"})

_NOT_YET = (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK)

turned_away = Counter(
    "vaultcraft_http_turned_away_total", "Requests answered 503 before Django: too many waited."
)
unfinished = Counter(
    "vaultcraft_http_unfinished_total", "Connections ended before a request had come.", ["why"]
)


class BoundedWorker(ThreadWorker):  # type: ignore[misc]
    """Admits as many requests as it has threads and waiting places, and turns the rest away."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._most = self.cfg.threads + int(os.environ.get(WAITING) or WAITING_DEFAULT)
        self._admitted = self._long = 0  # touched by the main thread only, as all but `handle...`
        self._most_long = max(1, self.cfg.threads // 4)
        # Behind a proxy all come from its address; who is who, it knows, and has to bound them.
        proxied = os.environ.get("VAULTCRAFT_PROXIES", "0") != "0"
        self._outside = Outside(most=MOST_OUTSIDE, most_each=None if proxied else MOST_OUTSIDE_EACH)

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
        self._listen(Connection(self.cfg, client, address, listener.getsockname()))

    def on_client_socket_readable(self, conn: Connection, client: socket.socket) -> None:
        """Somebody who was here speaks again."""
        if conn in self._outside:
            self._leave(conn)
            self._listen(conn)

    def on_pending_socket_readable(self, conn: Connection, client: socket.socket) -> None:
        """Take what is said, and go on with it once it is a request."""
        if conn not in self._outside:
            return  # ended in the same turn
        if not conn.hear():
            self._end(conn)
        elif conn.complete():
            self._leave(conn)
            self.enqueue_req(conn)

    def _listen(self, conn: Connection) -> None:
        """Have its next request, which has to be here in so many seconds."""
        self._watch(conn, ARRIVING_SECONDS, self.on_pending_socket_readable)

    def _watch(self, conn: Connection, seconds: float, heard: Any) -> None:
        conn.sock.setblocking(False)
        conn.timeout = time.monotonic() + seconds
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(heard, conn))
        self._stands_outside(conn)

    def _stands_outside(self, conn: Connection) -> None:
        if (instead := self._outside.add(conn)) is not None:
            unfinished.labels("many").inc()
            self._end(instead)

    def _leave(self, conn: Connection) -> None:
        self._outside.remove(conn)
        self.poller.unregister(conn.sock)
        if conn in self.keepalived_conns:
            self.keepalived_conns.remove(conn)

    def _end(self, conn: Connection) -> None:
        self._leave(conn)
        self.nr_conns -= 1
        conn.close()

    def murder_keepalived(self, force: bool = False) -> None:
        """End those that were kept and did not come again; when forced, all."""
        if force:
            for conn in tuple(self.keepalived_conns):
                self._end(conn)

    def murder_pending(self) -> None:
        """End those whose time is up; who has begun to speak is told why."""
        for conn in self._outside.overdue(time.monotonic()):
            if conn.said and not conn.parting:
                unfinished.labels("late").inc()
                self._say_late(conn)
            self._end(conn)

    def _say_late(self, conn: Connection) -> None:
        from api.errors import RequestTimeout

        request_id = worker_answers.request_id_of(None)
        with contextlib.suppress(OSError):  # it would have to wait, or is gone
            conn.sock.send(
                worker_answers.written(RequestTimeout(), request_id=request_id, keep=False)
            )

    def enqueue_req(self, conn: Connection) -> None:
        """Let a request in, or send it to the door."""
        if self._admitted >= self._most or (conn.long and self._long >= self._most_long):
            done = self._door.submit(self._turn_away, conn)
            done.add_done_callback(partial(self._later, self.finish_request, conn))
            return
        self._admitted += 1
        self._long += conn.long
        conn.data_ready = True
        done = self.tpool.submit(self.handle, conn)
        done.add_done_callback(partial(self._later, self._finish_admitted, conn))

    def finish_request(self, conn: Connection, done: Future[Any]) -> None:
        """Keep a connection for its next request, or see it off: neither waits here."""
        try:
            keep = bool(done.result())
        except Exception:  # noqa: BLE001 - a request that broke so ends its connection
            keep = False
        if not keep:
            self._see_off(conn)
        elif conn.listen_again():
            self._go_on(conn)
        else:
            super().finish_request(conn, done)
            if conn.sock.fileno() >= 0:
                self._stands_outside(conn)

    def _go_on(self, conn: Connection) -> None:
        """The next request came with the last one, or the beginning of it."""
        if conn.complete():
            self.enqueue_req(conn)
        else:
            self._listen(conn)

    def _see_off(self, conn: Connection) -> None:
        """Hang up as RFC 9112, 9.6, has it: first our side, and the rest when it has read all."""
        try:
            conn.part()
        except OSError:  # it was the first
            self.nr_conns -= 1
            conn.close()
            return
        self._watch(conn, LINGER_SECONDS, self._on_parting_word)

    def _on_parting_word(self, conn: Connection, client: socket.socket) -> None:
        if conn in self._outside and not (conn.hear() and len(conn.said) < LONG_BODY):
            self._end(conn)

    def _keepalive_after(self, conn: Connection, keepalive: bool) -> bool:
        """Whether there may be another request: not if the body of this one has not come."""
        return keepalive and bool(conn.parser.finish_body(deadline=time.monotonic() + 0.05))

    def handle_request(self, req: Any, conn: Connection) -> bool:
        """Answer a request; one for the stream of events goes on with its connection."""
        conn.sock.settimeout(SEND_SECONDS)
        if not live_gate.wanted(req):
            try:
                return bool(super().handle_request(req, conn))
            except TimeoutError:
                return False  # it does not take its answer
        live_gate.judge(req)
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

    def _later(self, finish: Any, conn: Connection, done: Future[Any]) -> None:
        self.method_queue.defer(finish, conn, done)

    def _finish_admitted(self, conn: Connection, done: Future[Any]) -> None:
        self._admitted -= 1
        self._long -= conn.long
        if conn.sock.fileno() < 0:  # it is the stream's now, and bounded there
            self.nr_conns -= 1
            return
        self.finish_request(conn, done)

    def _turn_away(self, conn: Connection) -> bool:
        """Read the request and say no; True when the connection may be used again."""
        try:
            conn.init()
            conn.sock.settimeout(PATIENCE_SECONDS)
            request = next(conn.parser)
            if request.path in ALWAYS_SERVED:
                return bool(self.handle_request(request, conn))
            keep = self.alive and not conn.long and not request.should_close()
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
