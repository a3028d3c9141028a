"""What surrounds every request: headers, addresses, counters, passwords."""

import pytest
from django.contrib.auth.hashers import identify_hasher, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.test import Client, RequestFactory
from prometheus_client import REGISTRY

from vaultcraft.client_address import ClientAddressMiddleware
from vaultcraft.settings import base

FORBIDDEN_IN_POLICY = ("unsafe-inline", "unsafe-eval", "*", "http:", "https:")


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/sign-in", "/admin/", "/api/v1/docs", "/no-such-page"])
def test_every_page_carries_the_strict_policy(path):
    answer = Client().get(path, follow=True)

    policy = answer.headers["Content-Security-Policy"]
    assert not [word for word in FORBIDDEN_IN_POLICY if word in policy]
    for directive in ("object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"):
        assert directive in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "client"),
    [
        (0, "9.9.9.9", "10.0.0.1"),
        (1, "9.9.9.9", "9.9.9.9"),
        (1, "1.1.1.1, 9.9.9.9", "9.9.9.9"),
        (2, "1.1.1.1, 9.9.9.9, 8.8.8.8", "9.9.9.9"),
        (2, "9.9.9.9", "10.0.0.1"),
        (1, "", "10.0.0.1"),
    ],
)
def test_the_client_address_comes_through_our_own_proxies_only(
    settings, proxies, forwarded, client
):
    settings.VAULTCRAFT_PROXIES = proxies
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    request = RequestFactory().get("/", headers=headers, REMOTE_ADDR="10.0.0.1")

    ClientAddressMiddleware(lambda request: HttpResponse())(request)

    assert request.META["REMOTE_ADDR"] == client


def test_requests_are_counted_by_route_and_never_by_path():
    def count(route):
        labels = {"method": "GET", "route": route, "status": "404" if route == "(none)" else "200"}
        return REGISTRY.get_sample_value("vaultcraft_http_requests_total", labels) or 0

    before = count("healthz"), count("(none)")
    Client().get("/healthz")
    Client().get("/api/v1/no-such-route-1234")

    assert (count("healthz"), count("(none)")) == (before[0] + 1, before[1] + 1)


def test_passwords_are_kept_by_bcrypt_of_cost_12(settings):
    settings.PASSWORD_HASHERS = base.PASSWORD_HASHERS

    kept = make_password("p" * 128)

    assert identify_hasher(kept).decode(kept)["work_factor"] == 12
    assert kept.startswith("bcrypt_sha256$")


@pytest.mark.parametrize("password", ["a1b2c3d", "password1", "p9" * 65])
def test_short_common_and_endless_passwords_are_refused(password):
    with pytest.raises(ValidationError):
        validate_password(password)


@pytest.mark.parametrize("password", ["correct horse battery", "ñandú-ñandú", "zq8v1mkd"])
def test_no_composition_is_demanded(password):
    validate_password(password)
