"""What the web worker does with more than it can take. A real gunicorn, real sockets."""

import http.client
import json
import os
import socket
import threading
import time

import pytest

from tests.operations.slow_wsgi import GATE
from tests.operations.web_server import serving

BODY = json.dumps({"amount_minor": 1})


@pytest.fixture
def gate(tmp_path):
    return tmp_path / "open"


@pytest.fixture
def port(gate):
    """One worker with one thread and one waiting place."""
    environment = {
        **os.environ,
        "VAULTCRAFT_WEB_THREADS": "1",
        "VAULTCRAFT_WEB_WAITING": "1",
        GATE: str(gate),
    }
    with serving("tests.operations.slow_wsgi", environment) as server:
        yield server.port
        gate.touch()


def _get(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    return answer


def _served(port):
    """Come until there is a place: the probe before us may not have left its own yet."""
    for _ in range(20):
        status = _get(port, "/slow").status
        if status != 503:
            return status
        time.sleep(0.02)
    return 503


@pytest.fixture
def full(port, gate):
    """The thread is taken, and so is the waiting place; gives what becomes of the two."""
    statuses = []
    waiting = [threading.Thread(target=lambda: statuses.append(_served(port))) for _ in range(2)]
    for thread in waiting:
        thread.start()
    time.sleep(0.5)
    yield statuses
    gate.touch()
    for thread in waiting:
        thread.join(timeout=20)


def test_one_too_many_is_told_to_come_again_at_once(port, full):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    started = time.monotonic()
    connection.request("POST", "/slow", BODY, {"X-Request-ID": "mine-1"})
    answer = connection.getresponse()
    problem = json.loads(answer.read())

    assert time.monotonic() - started < 2
    assert answer.status == 503
    assert answer.headers["Retry-After"] == "1"
    assert answer.headers["X-Request-ID"] == "mine-1"
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert problem["code"] == "overloaded"
    assert problem["request_id"] == "mine-1"
    assert problem["retryable"] is True
    assert full == []


def test_the_connection_may_be_used_again(port, gate, full):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("POST", "/slow", BODY)
    refused = connection.getresponse()
    refused.read()
    gate.touch()
    time.sleep(0.5)
    connection.request("POST", "/slow", BODY)

    assert refused.status == 503
    assert connection.getresponse().status == 200


def test_who_waits_is_served_in_the_end(port, gate, full):
    assert _get(port, "/slow").status == 503
    gate.touch()
    for _ in range(100):
        if len(full) == 2:
            break
        time.sleep(0.05)

    assert full == [200, 200]


def test_probes_are_served_all_the_same(port, full):
    assert _get(port, "/healthz").status == 200
    assert _get(port, "/readyz").status == 200


def test_a_malformed_request_among_too_many_ends_its_own_connection_only(port, full):
    with socket.create_connection(("127.0.0.1", port), timeout=10) as broken:
        broken.sendall(b"no such thing\r\n\r\n")
        assert b"200" not in broken.recv(1000)

    assert _get(port, "/slow").status == 503


def test_silent_connections_take_nobodys_place(port):
    silent = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(5)]
    started = time.monotonic()

    assert _get(port, "/other").status == 200
    assert time.monotonic() - started < 2
    for connection in silent:
        connection.close()
