"""Clients that take their time hold up nobody. A real gunicorn, real sockets."""

import contextlib
import json
import os
import socket
import time

import pytest
from django.db import connections

from tests.live.stack import environment_of
from tests.operations.slow_wsgi import GATE
from tests.operations.web_server import serving
from vaultcraft import arriving

HEAD = b"GET / HTTP/1.1\r\nHost: loc"
POST = b"POST /other HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n{"
CHUNKED = b"POST /other HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"
AT_ONCE = 2.0


@pytest.fixture(scope="module")
def web(tmp_path_factory):
    """Four threads: slow clients that had one each would soon have all."""
    environment = {
        **os.environ,
        "VAULTCRAFT_WEB_THREADS": "4",
        "VAULTCRAFT_WEB_WAITING": "4",
        "VAULTCRAFT_PROXIES": "0",
        GATE: str(tmp_path_factory.mktemp("gate") / "open"),
    }
    with serving("tests.operations.slow_wsgi", environment) as server:
        yield server


@contextlib.contextmanager
def saying(port, words, *, times):
    """So many connections that say this and nothing more."""
    with contextlib.ExitStack() as held:
        made = []
        for _ in range(times):
            one = held.enter_context(socket.create_connection(("127.0.0.1", port), timeout=20))
            one.sendall(words)
            made.append(one)
        time.sleep(0.3)
        yield made


def answered_at_once(web, path="/other"):
    begun = time.monotonic()
    status = web.get(path).status
    return status == 200 and time.monotonic() - begun < AT_ONCE


@pytest.mark.parametrize(
    "words",
    [b"", b"G", HEAD, HEAD + b"alhost\r\nX: y\r\n", POST % 200, POST % 60_000, CHUNKED],
    ids=["silent", "a letter", "half a head", "no end", "body", "large body", "chunks"],
)
def test_two_hundred_that_say_half_of_it_hold_up_nobody(web, words):
    with saying(web.port, words, times=200):
        for _ in range(5):
            assert answered_at_once(web)


def test_long_bodies_have_few_threads_and_leave_the_others(web):
    with saying(web.port, POST % 1_000_000, times=100) as slow:
        for _ in range(5):
            assert answered_at_once(web)
        assert slow[-1].recv(12) in (b"HTTP/1.1 503", b"HTTP/1.1 200")


def test_half_requests_behind_whole_ones_have_no_thread(web):
    whole = b"GET /other HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with saying(web.port, whole + HEAD, times=100) as slow:
        for _ in range(5):
            assert answered_at_once(web)
        slow[-1].sendall(b"alhost\r\nConnection: close\r\n\r\n")
        said = b""
        while piece := slow[-1].recv(4096):
            said += piece
        # So many whole ones at once: the first may have been one too many.
        assert said.count(b"HTTP/1.1 ") == 2
        assert said.rpartition(b"HTTP/1.1 ")[2].startswith(b"200")


def test_who_does_not_hang_up_holds_up_nobody(web):
    last = b"GET /other HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    with saying(web.port, last, times=50):
        for _ in range(5):
            assert answered_at_once(web)


def test_one_address_has_so_many_and_the_longest_silent_goes(web):
    with saying(web.port, HEAD, times=200) as slow:
        assert slow[0].recv(10) == b""
        slow[-1].sendall(b"alhost\r\n\r\n")
        assert slow[-1].recv(12) == b"HTTP/1.1 200"


def test_who_drips_is_told_when_the_time_is_up(web):
    """A byte now and then does not buy more of it."""
    with saying(web.port, HEAD, times=1) as (slow,):
        slow.settimeout(1)
        begun, said = time.monotonic(), b""
        while not said and time.monotonic() - begun < arriving.ARRIVING_SECONDS + 5:
            with contextlib.suppress(TimeoutError):
                said = slow.recv(4096)
            if not said:
                slow.sendall(b"a")
        assert time.monotonic() - begun < arriving.ARRIVING_SECONDS + 3
        head, _, body = said.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 408")
        assert b"X-Content-Type-Options: nosniff" in head
        assert json.loads(body)["code"] == "request_timeout"


def test_a_request_in_pieces_is_served(web):
    words = b"POST /other HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc"
    with saying(web.port, b"", times=1) as (slow,):
        for at in range(len(words)):
            slow.sendall(words[at : at + 1])
            time.sleep(0.001)
        assert slow.recv(12) == b"HTTP/1.1 200"


def test_a_head_without_end_is_too_large(web):
    with saying(web.port, b"GET / HTTP/1.1\r\n", times=1) as (slow,):
        for number in range(20):
            slow.sendall(b"X-%d: %s\r\n" % (number, b"a" * 8_000))
        assert slow.recv(12) == b"HTTP/1.1 431"


@pytest.mark.parametrize("words", [HEAD, POST % 200], ids=["heads", "bodies"])
def test_the_sign_in_page_goes_on_answering(committed_db, words):
    database = str(connections["default"].settings_dict["NAME"])
    with serving("vaultcraft.wsgi", environment_of(database)) as server:
        assert server.get("/sign-in").status == 200
        with saying(server.port, words, times=200):
            for _ in range(5):
                assert answered_at_once(server, "/sign-in")
