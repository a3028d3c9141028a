"""What is on the wire: a real gunicorn, because Django's test client is none."""

from __future__ import annotations

import json
import os
import re
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from tests.operations.web_server import WebServer, serving
from vaultcraft.browser_headers import HEADERS
from vaultcraft.checks import production_environment

TOKEN = "a-token-that-nobody-should-read-in-a-log-00"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    """As `make up` serves it: no proxy in front, no HTTPS."""
    dead = production_environment()
    environment = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "vaultcraft.settings.local",
        "VAULTCRAFT_DATA_DIR": str(tmp_path_factory.mktemp("web")),
        **{name: dead[name] for name in ("DATABASE_URL", "REDIS_URL", "NATS_URL")},
    }
    with serving("vaultcraft.wsgi", environment) as found:
        yield found


def said_by(server: WebServer, request: bytes) -> tuple[int, dict[str, str], bytes]:
    """The answer to bytes that no client library would send."""
    received = b""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(request)
        while part := connection.recv(65_536):
            received += part
    head, _, body = received.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    return int(status.split()[1]), dict(line.split(": ", 1) for line in lines), body


# --- What is believed ----------------------------------------------------------------------------


def form_posted(server: WebServer, *, origin: str, forwarded: str) -> int:
    page = server.get("/sign-in")
    cookie = re.search(r"vaultcraft_csrf=\w+", page.headers["Set-Cookie"])
    token = re.search(rb'name="csrfmiddlewaretoken" value="(\w+)"', page.said)
    assert cookie is not None
    assert token is not None
    headers = {
        "Cookie": cookie.group(),
        "Origin": origin,
        "X-Forwarded-Proto": forwarded,
        "X-Forwarded-Ssl": "on",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    body = f"csrfmiddlewaretoken={token.group(1).decode()}"
    return int(server.ask("POST", "/sign-in", body=body, headers=headers).status)


def test_nobody_on_this_machine_says_that_a_request_came_by_https(server: WebServer):
    here = f"127.0.0.1:{server.port}"
    assert form_posted(server, origin=f"https://{here}", forwarded="https") == 403
    assert form_posted(server, origin=f"http://{here}", forwarded="https") == 400  # an empty form


@pytest.mark.parametrize("name", ["SCRIPT_NAME", "PATH_INFO", "Script-Name"])
def test_nobody_says_where_the_application_is_mounted(server: WebServer, name: str):
    assert server.get("/evil/api/v1/me", {name: "/evil"}).status == 404
    got = server.get("/api/v1/me", {name: "/evil"})
    assert (got.status, json.loads(got.said)["code"]) == (401, "not_authenticated")


@pytest.mark.parametrize(("proxies", "status"), [("0", 301), ("1", 302)])
def test_our_proxies_say_it_in_production_and_nobody_else(proxies: str, status: int):
    """Over HTTPS the home page leads to the sign-in page; else to itself over HTTPS."""
    environment = {
        **production_environment(),
        "PATH": os.environ["PATH"],
        "VAULTCRAFT_PROXIES": proxies,
    }
    headers = {"Host": "wallet.invalid", "X-Forwarded-For": "203.0.113.9"}
    with serving("vaultcraft.wsgi", environment) as production:
        over_https = production.get("/", {**headers, "X-Forwarded-Proto": "https"})
        assert over_https.status == status
        plainly = production.get("/", {**headers, "X-Forwarded-Proto": "http"})
        assert (plainly.status, plainly.headers["Location"]) == (301, "https://wallet.invalid/")
        seen = {event["ip"] for event in production.log() if event.get("status") in (301, 302)}
    assert seen == {"203.0.113.9" if proxies == "1" else "127.0.0.1"}


# --- What is told --------------------------------------------------------------------------------

LONG = "x" * 20_000


@pytest.mark.parametrize(
    "path",
    ["/healthz", "/sign-in", "/nothing", "/api/v1/me", "/static/js/ui.js", "/static/none.js"],
)
def test_no_answer_names_the_program_that_gave_it(server: WebServer, path: str):
    headers = server.get(path).headers
    assert not {"Server", "X-Powered-By"} & set(headers)
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("request_line", "headers", "status", "code"),
    [
        (f"GET /join/{TOKEN} HTTP/9.9", "", 400, "protocol_error"),
        (f"GET /join/{TOKEN}", "", 400, "protocol_error"),
        (f"GET /join/{TOKEN} HTTP/1.1", "Bad Name: x", 400, "protocol_error"),
        (f"GET /api/v1/{TOKEN} HTTP/1.1", "Transfer-Encoding: no", 400, "protocol_error"),
        (f"GET /api/v1/{TOKEN}?{'x' * 8_180} HTTP/1.1", "", 414, "address_too_long"),
        (f"GET /api/v1/{TOKEN} HTTP/1.1", f"X-Long: {LONG}", 431, "headers_too_large"),
    ],
)
def test_what_cannot_be_read_is_told_so_strictly_and_logged(
    server: WebServer, request_line: str, headers: str, status: int, code: str
):
    raw = "\r\n".join(filter(None, (request_line, "Host: localhost", headers))) + "\r\n\r\n"
    got, told, body = said_by(server, raw.encode())
    problem: dict[str, Any] = json.loads(body)
    assert (got, problem["status"], problem["code"]) == (status, status, code)
    assert problem["request_id"] == told["X-Request-ID"]
    assert told["Content-Type"] == "application/problem+json"
    assert told["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert told["Cache-Control"] == "no-store"
    assert HEADERS.items() <= told.items()
    assert not {"Server", "Retry-After"} & set(told)
    assert TOKEN not in body.decode()
    [event] = [one for one in server.log() if one.get("request_id") == problem["request_id"]]
    assert (event["event"], event["status"], event["code"]) == ("request", status, code)
    assert event["ip"] == "127.0.0.1"
    assert TOKEN not in server.written.read_text()
