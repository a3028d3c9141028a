"""Host headers, forwarded headers, and addresses to be led to."""

from __future__ import annotations

import pytest
from django.test import Client

from kernel import clock
from tests.security.sources import files
from tests.web.conftest import Visit
from tests.world import PASSWORD, World
from vaultcraft.client_address import UNKNOWN
from web.steps import kept

pytestmark = pytest.mark.django_db

FOREIGN = ("evil.test", "testserver.evil.test", "evil.test:80", "testserver@evil.test", "", "a b")


@pytest.mark.parametrize("host", FOREIGN)
@pytest.mark.parametrize("path", ["/", "/sign-in", "/admin/", "/api/v1/me", "/join/x"])
def test_another_host_is_refused_and_never_repeated(path: str, host: str):
    answer = Client().get(path, HTTP_HOST=host)
    assert answer.status_code == 400
    assert b"evil" not in answer.content
    assert "Location" not in answer.headers


def test_a_link_to_pass_on_leads_to_our_address_whatever_host_was_asked(
    settings, world: World, visit: Visit
):
    """Among several allowed hosts, the one a request names does not get into an invitation."""
    settings.ALLOWED_HOSTS = ["testserver", "other.test"]
    settings.VAULTCRAFT_BASE_URL = "https://wallet.test"
    form = {"invite-email": "esha@acme.test", "invite-role": "member"}
    client = visit(world.alice)
    page = client.post("/organization/invitations", form, HTTP_HOST="other.test").content.decode()
    assert 'data-copy="https://wallet.test/join/' in page
    assert "other.test" not in page


def test_no_code_of_ours_makes_a_link_of_a_host_header():
    assert [path for path, text in files().items() if "build_absolute_uri" in text] == []


@pytest.mark.parametrize("proxies", [0, 1, 2])
def test_no_forwarded_header_changes_host_or_scheme(settings, proxies: int):
    settings.VAULTCRAFT_PROXIES = proxies
    headers = {
        "X-Forwarded-Host": "evil.test",
        "X-Forwarded-Server": "evil.test",
        "X-Forwarded-Proto": "https",
        "X-Original-URL": "/admin/",
        "X-Rewrite-URL": "/admin/",
        "Forwarded": "host=evil.test;proto=https",
    }
    answer = Client().get("/", headers=headers)
    assert answer.headers["Location"] == "/sign-in"
    assert answer.wsgi_request.get_host() == "testserver"
    assert not answer.wsgi_request.is_secure()


@pytest.mark.parametrize(
    ("proxies", "forwarded", "client"),
    [
        (0, "203.0.113.9", "127.0.0.1"),
        (1, "10.0.0.1, 203.0.113.9", "203.0.113.9"),
        (2, "10.0.0.1, 203.0.113.9, 198.51.100.1", "203.0.113.9"),
        (2, "203.0.113.9", "127.0.0.1"),
        (1, "203.0.113.9, nonsense", UNKNOWN),
        (1, "203.0.113.9, '; DROP TABLE x", UNKNOWN),
        (1, "2001:db8::1", "2001:db8::1"),
    ],
)
def test_only_our_own_proxies_say_where_a_request_came_from(
    settings, proxies: int, forwarded: str, client: str
):
    settings.VAULTCRAFT_PROXIES = proxies
    headers = {"X-Forwarded-For": forwarded, "X-Real-IP": "9.9.9.9", "Client-IP": "9.9.9.9"}
    answer = Client().get("/sign-in", headers=headers)
    assert answer.wsgi_request.META["REMOTE_ADDR"] == client


ELSEWHERE = (
    "https://evil.test/",
    "//evil.test",
    "///evil.test",
    "/\\evil.test",
    "\\\\evil.test",
    "/\t/evil.test",
    "\t//evil.test",
    " //evil.test",
    "https:evil.test",
    "https:///evil.test",
    "http:\\\\evil.test",
    "javascript:alert(1)",
    "java\nscript:alert(1)",
    "data:text/html,x",
    "//testserver@evil.test",
    "https://testserver.evil.test",
    "/%0d%0aLocation: https://evil.test",
)


@pytest.mark.parametrize("wanted", ELSEWHERE)
def test_no_next_leads_out_of_the_house(world: World, visit: Visit, wanted: str):
    client = Client()
    client.post("/sign-in", {"email": world.alice.email, "password": PASSWORD, "next": wanted})
    step = kept(client.get("/sign-in/second-step").wsgi_request, now=clock.now())
    assert step is not None
    for place in (
        step.wanted,
        visit(world.alice).get("/sign-in", {"next": wanted}).headers["Location"],
    ):
        assert place == "/" or (place.startswith("/%0d%0a") and wanted.startswith("/%0d")), place
    gate = Client().get("/admin/login/", {"next": wanted})
    assert gate.headers["Location"].startswith("/sign-in?next=")
    page = Client().get("/sign-in", {"next": wanted}).content.decode()
    assert f'href="{wanted}' not in page


def test_what_was_wanted_behind_the_gate_survives_it(world: World):
    place = Client().get("/transfers?state=FAILED").headers["Location"]
    assert place == "/sign-in?next=%2Ftransfers%3Fstate%3DFAILED"
