"""Is this process alive, may it have traffic, and how is it doing: the operators' three pages.

`/healthz` asks nothing of anybody. `/readyz` is 503 when the database or its migrations are not
good; cache, broker and stream are only reported, because a dead broker must not pull every web
node, and so is how far the relay is behind. It asks over a connection of its own: requests that
wait for a lock may hold the whole pool, and a busy node is still a good one.
"""

import json
import os
import socket
import time
from collections.abc import Callable
from functools import cache as once
from typing import LiteralString
from urllib.parse import urlsplit

import prometheus_client
import psycopg
from django.conf import settings
from django.core.cache import cache
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import multiprocess

from events.relay.lag import outbox_lag, places
from kernel import clock
from vaultcraft.backbone_metrics import Backbone
from vaultcraft.books_metrics import LastCheckOfBooks

OK, FAILED, DEGRADED = "ok", "failed", "degraded"
MIGRATIONS_TRUSTED_SECONDS = 60.0
DATABASE_TIMEOUT_SECONDS = 2  # to connect, and again for a statement; libpq takes no less
BROKER_TIMEOUT_SECONDS = 1.0

_migrations_good_until = 0.0


@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """Answer that the process runs."""
    return JsonResponse({"status": OK})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Answer whether this process may have traffic, and how its servers are."""
    required = {"database": _state(_check_database, otherwise=FAILED)}
    required["migrations"] = (
        _state(_check_migrations, otherwise=FAILED) if required["database"] == OK else FAILED
    )
    reported = {
        "cache": _state(_check_cache, otherwise=DEGRADED),
        "broker": _state(_check_broker, otherwise=DEGRADED),
        "stream": _state(_check_stream, otherwise=DEGRADED),
    }
    ready = all(state == OK for state in required.values())
    whole = ready and all(state == OK for state in reported.values())
    status = OK if whole else DEGRADED if ready else FAILED
    relay = {"behind_seconds": _behind() if ready else None}
    body = {"status": status, "checks": {**required, **reported}, "relay": relay}
    return JsonResponse(body, status=200 if ready else 503)


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer with the counters of all processes, to whoever may read them."""
    if not _may_read_metrics(request):
        return HttpResponse(status=404)
    return HttpResponse(
        prometheus_client.generate_latest(_registry()),
        content_type=prometheus_client.CONTENT_TYPE_LATEST,
    )


def _registry() -> prometheus_client.CollectorRegistry:
    """Return the registry that sums up all worker processes, or this one's when it is alone."""
    registry = prometheus_client.CollectorRegistry()
    registry.register(LastCheckOfBooks(connect=impatient_connection))
    registry.register(Backbone(connect=impatient_connection))
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(prometheus_client.REGISTRY)
    return registry


def _may_read_metrics(request: HttpRequest) -> bool:
    """Tell whether the caller may read: by token, or by being on a developer's machine."""
    expected = settings.VAULTCRAFT_METRICS_TOKEN
    if not expected:
        return bool(settings.VAULTCRAFT_ENVIRONMENT != "production")
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return constant_time_compare(given, expected)


def _state(check: Callable[[], None], *, otherwise: str) -> str:
    """Run one check; whatever it raises, the answer is only the word."""
    try:
        check()
    except Exception:  # noqa: BLE001 - a probe reports every failure alike
        return otherwise
    return OK


def _check_database() -> None:
    """Ask the database for one row."""
    _rows("SELECT 1")


def _check_migrations() -> None:
    """Check that every migration of this code is applied; a good answer is trusted for a while.

    :raises RuntimeError: some migration is missing.
    """
    global _migrations_good_until
    if time.monotonic() < _migrations_good_until:
        return
    if needed_migrations() - set(_rows("SELECT app, name FROM django_migrations")):
        raise RuntimeError("migrations are missing")
    _migrations_good_until = time.monotonic() + MIGRATIONS_TRUSTED_SECONDS


@once
def needed_migrations() -> frozenset[tuple[str, str]]:
    """Return app and name of every migration of this code: read from disk once per process."""
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).graph.nodes)


def _rows(statement: LiteralString) -> list[tuple[object, ...]]:
    """Ask over a connection outside of the pool.

    :raises psycopg.Error: the database did not answer in time, or said no.
    """
    with impatient_connection() as own:
        return own.execute(statement).fetchall()


def impatient_connection() -> psycopg.Connection:
    """Connect outside of the pool, with little patience at every step; each statement commits.

    :raises psycopg.Error: the database did not answer in time, or said no.
    """
    parameters = connections[DEFAULT_DB_ALIAS].get_connection_params()
    patience = DATABASE_TIMEOUT_SECONDS * 1000
    parameters |= {
        "connect_timeout": DATABASE_TIMEOUT_SECONDS,
        "tcp_user_timeout": patience,
        "options": f"{parameters.get('options', '')} -c statement_timeout={patience}",
        "autocommit": True,
    }
    return psycopg.connect(**parameters)


def _behind() -> float | None:
    """How long the oldest event has waited to be published, zero if none waits; None: unknown."""
    try:
        with impatient_connection() as own, own.transaction(), own.cursor() as cursor:
            cursor.execute("SELECT set_config('vaultcraft.scope', 'platform', true)")
            return round(outbox_lag(cursor).seconds(clock.now()), 1)
    except psycopg.Error:
        return None


def _check_stream() -> None:
    """Check that no relay stands because a stream lost what it had acknowledged.

    :raises RuntimeError: one does.
    """
    with impatient_connection() as own, own.cursor() as cursor:
        if any(lost for _, lost in places(cursor)):
            raise RuntimeError("a stream lost what it had acknowledged")


def _check_cache() -> None:
    """Ask the cache for a key, whatever its value."""
    cache.get("readyz")


def _check_broker() -> None:
    """Find a server of NATS that answers; of a cluster one is enough.

    :raises OSError: nobody is there, or somebody else is.
    """
    refusal: Exception | None = None
    for url in settings.NATS_URL.split(","):
        try:
            _greet_broker(url)
        except (OSError, ValueError) as error:
            refusal = error
        else:
            return
    raise OSError("no NATS server answers") from refusal


def _greet_broker(url: str) -> None:
    """Say hello to NATS in its own words: it greets with INFO and answers PING with PONG."""
    parts = urlsplit(url)
    address = (parts.hostname or "127.0.0.1", parts.port or 4222)
    with socket.create_connection(address, timeout=BROKER_TIMEOUT_SECONDS) as conversation:
        stream = conversation.makefile("rwb")
        if not stream.readline().startswith(b"INFO "):
            raise OSError("not a NATS server")
        stream.write(_nats_greeting(token=parts.username, password=parts.password))
        stream.flush()
        if not stream.readline().startswith(b"PONG"):
            raise OSError("the NATS server refused us")


def _nats_greeting(*, token: str | None, password: str | None) -> bytes:
    """Return CONNECT and PING; a user name without password is a token."""
    options: dict[str, object] = {"verbose": False, "pedantic": False}
    if token and password:
        options |= {"user": token, "pass": password}
    elif token:
        options["auth_token"] = token
    return f"CONNECT {json.dumps(options)}\r\nPING\r\n".encode()
