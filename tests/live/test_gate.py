"""How web hands a stream on: real gunicorn; what stands behind is a socket of the test's."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import secrets
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.operations.slow_wsgi import GATE
from tests.operations.web_server import WebServer, serving

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"


class Behind:
    """The process that makes streams: keeps what it was asked, says what the test wants."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.place = f"127.0.0.1:{self._listening.getsockname()[1]}"
        self.asked: list[bytes] = []
        self.made: list[socket.socket] = []
        self.came = threading.Semaphore(0)
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                made, _ = self._listening.accept()
                self.asked.append(made.recv(65_536))
                made.sendall(ANSWER)
                self.made.append(made)
                self.came.release()

    def close(self) -> None:
        """Shut first: whoever waits for the next to come would still be given one."""
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()


@pytest.fixture(scope="module")
def behind() -> Iterator[Behind]:
    made = Behind()
    yield made
    made.close()


@pytest.fixture(scope="module")
def web(behind: Behind, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    """One thread: whatever held it would hold up everybody."""
    environment = {
        **os.environ,
        "VAULTCRAFT_LIVE": behind.place,
        "VAULTCRAFT_WEB_THREADS": "1",
        "VAULTCRAFT_PROXIES": "0",
        GATE: str(tmp_path_factory.mktemp("gate") / "open"),
    }
    with serving("tests.operations.slow_wsgi", environment) as found:
        yield found


def asking(web: WebServer, **headers: str) -> http.client.HTTPConnection:
    connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=10)
    connection.request("GET", "/live", headers=headers)
    return connection


def test_only_what_the_stream_asks_for_goes_on(web: WebServer, behind: Behind) -> None:
    connection = asking(
        web,
        Cookie="vaultcraft_session=abc",
        **{
            "Last-Event-ID": "1",
            "X-Forwarded-For": "203.0.113.9",
            "X-Vaultcraft-Client": "203.0.113.9",
            "X-Anything": "1",
            "Authorization": "Bearer x",
            "X-Request-ID": "mine-1",
        },
    )
    assert connection.getresponse().status == 200
    assert behind.came.acquire(timeout=5)
    head, *lines = behind.asked[-1].decode().strip().split("\r\n")
    assert head == "GET /live HTTP/1.1"
    assert dict(line.split(": ", 1) for line in lines) == {
        "HOST": f"127.0.0.1:{web.port}",
        "COOKIE": "vaultcraft_session=abc",
        "LAST-EVENT-ID": "1",
        "X-Vaultcraft-Client": "127.0.0.1",
        "X-Request-ID": "mine-1",
        "Connection": "close",
    }
    connection.close()


def test_streams_take_nobodys_thread_and_end_on_both_sides(web: WebServer, behind: Behind) -> None:
    connections = [asking(web) for _ in range(20)]
    for _ in connections:
        assert behind.came.acquire(timeout=5)
    answers = [one.getresponse() for one in connections]
    assert web.get("/other").said == b"done"
    for made in behind.made[-20:]:
        made.sendall(b"data: 1\n\n")
    assert [answer.readline() for answer in answers] == [b"data: 1\n"] * 20
    behind.made[-20].close()
    behind.made[-1].settimeout(5)
    for one, answer in zip(connections, answers, strict=True):
        answer.close()
        one.close()
    assert behind.made[-1].recv(10) == b""


def test_an_address_that_reads_too_much_goes_no_further(behind: Behind, tmp_path: Path) -> None:
    """Two within an hour; the process behind hears of no third, others go on."""
    environment = {
        **os.environ,
        "VAULTCRAFT_LIVE": behind.place,
        "VAULTCRAFT_PROXIES": "1",
        "DJANGO_SETTINGS_MODULE": "tests.live.narrow_settings",
        GATE: str(tmp_path / "open"),
    }
    # Nobody else's within the hour: what is counted outlives a test.
    many, other = (f"2001:db8:{secrets.token_hex(2)}:{n}::1" for n in (1, 2))
    asked = len(behind.asked)
    with serving("tests.operations.slow_wsgi", environment) as narrow:
        came = [asking(narrow, **{"X-Forwarded-For": ip}) for ip in (many, many, many, other)]
        answers = [one.getresponse() for one in came]
        assert [one.status for one in answers] == [200, 200, 429, 200]
        problem = json.loads(answers[2].read())
        assert problem["code"] == "quota_exceeded"
        assert problem["violated-policies"] == ["reads-address"]
        assert int(answers[2].headers["Retry-After"]) > 1_000
        assert len(behind.asked) == asked + 3
        for one in came:
            one.close()
    for _ in range(3):
        assert behind.came.acquire(timeout=5)


def raw(web: WebServer, words: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", web.port), timeout=10) as connection:
        connection.sendall(words)
        said = b""
        while piece := connection.recv(65_536):
            said += piece
        return said


@pytest.mark.parametrize(
    "words",
    [
        b"GET /live HTTP/1.0\r\n\r\n",
        b"GET /live HTTP/1.0\r\nHost: localhost\r\n\r\n",
        b"GET /live HTTP/1.1\r\n\r\n",
    ],
    ids=["of old", "of old with host", "no host"],
)
def test_what_is_no_request_behind_is_refused_in_our_own_words(
    web: WebServer, behind: Behind, words: bytes
) -> None:
    before = len(behind.asked)
    head, _, body = raw(web, words).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400")
    assert b"X-Content-Type-Options: nosniff" in head
    assert b"application/problem+json" in head
    assert json.loads(body)["code"] == "protocol_error"
    assert len(behind.asked) == before


def test_headers_go_on_no_longer_than_they_can_mean_anything(
    web: WebServer, behind: Behind
) -> None:
    much = {"Last-Event-ID": "b" * 16_000, "Sec-Fetch-Site": "c" * 16_000, "Cookie": "a" * 16_000}
    connection = asking(web, **much)
    assert behind.came.acquire(timeout=5)
    assert connection.getresponse().status == 200
    assert len(behind.asked[-1]) < 17_500
    connection.close()


def talk(talker: socket.socket) -> None:
    for _ in range(1_000):
        talker.sendall(b"x" * 65_536)


def test_who_goes_on_talking_is_not_listened_to(web: WebServer, behind: Behind) -> None:
    with socket.create_connection(("127.0.0.1", web.port), timeout=5) as talker:
        talker.sendall(b"GET /live HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert behind.came.acquire(timeout=5)
        made = behind.made[-1]
        made.settimeout(5)
        with pytest.raises(ConnectionError):
            talk(talker)
        assert made.recv(10) == b""


def test_with_nobody_behind_it_says_so_at_once(web: WebServer, behind: Behind) -> None:
    """Last: nobody is there afterwards."""
    behind.close()
    answer = asking(web, **{"X-Request-ID": "mine-2"}).getresponse()
    problem = json.loads(answer.read())
    assert answer.status == 503
    assert answer.headers["Retry-After"] == "1"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert (problem["code"], problem["request_id"]) == ("stream_unavailable", "mine-2")
    assert web.get("/other").said == b"done"
