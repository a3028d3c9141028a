"""A cookie of a session is what Django makes, or it is none."""

import secrets

import pytest
from django.conf import settings as configured
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kernel.rates.table import Rate, RouteClass
from tests.live.test_live import cookie_of
from tests.web.conftest import Visit
from tests.web.test_rate_limits import limit
from tests.world import World
from web.browser_sessions import SessionStore

pytestmark = pytest.mark.django_db

NONE_OF_DJANGOS = ["aaaaaaaaaaaa\x00b", "a" * 31, "a" * 33, "A" * 32, "a" * 31 + "\n", "é" * 32]
WAYS_IN = ["/", "/sign-in", "/admin/", "/admin/login/", "/register", "/forgot-password"]


def bearing(cookie: str) -> Client:
    client = Client(raise_request_exception=False)
    client.cookies[configured.SESSION_COOKIE_NAME] = cookie
    return client


@pytest.mark.parametrize("cookie", NONE_OF_DJANGOS)
@pytest.mark.parametrize("path", WAYS_IN)
def test_what_is_no_key_is_no_session_and_asks_nothing(path: str, cookie: str):
    with CaptureQueriesContext(
        connection,
    ) as asked:
        answer = bearing(cookie).get(path)
    assert answer.status_code in (200, 302)
    assert not [query for query in asked if "django_session" in query["sql"]]


@pytest.mark.parametrize("path", WAYS_IN)
def test_strangers_are_counted_whatever_cookie_they_bear(settings, path: str):
    limit(settings, RouteClass.READS, address=Rate(2, 60))
    cookies = ["aaaaaaaaaaaa\x00b", secrets.token_hex(16), secrets.token_hex(16)]
    answers = [bearing(cookie).get(path) for cookie in cookies]
    assert [answer.status_code == 429 for answer in answers] == [False, False, True]


def test_a_key_of_djangos_is_one(world: World, visit: Visit):
    key = cookie_of(visit(world.alice))
    assert SessionStore(key).session_key == key
    assert bearing(key).get("/").status_code == 200
