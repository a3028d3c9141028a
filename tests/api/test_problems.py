"""Whatever goes wrong under /api/, the answer is one kind of document."""

from __future__ import annotations

from typing import Any
from unittest import mock

import pytest
from django.db import OperationalError
from django.test import Client

from kernel.errors import registered_errors
from tests.api.conftest import PROBLEM, Caller, Got, order
from tests.world import World

pytestmark = pytest.mark.django_db


def assert_problem(answer: Got, status: int, code: str) -> None:
    assert (answer.status, answer.code) == (status, code), answer.body
    assert answer.headers["Content-Type"] == PROBLEM
    found = answer.data
    assert found["status"] == status
    assert found["type"] == f"/api/v1/errors#{code}"
    assert found["request_id"] == answer.headers["X-Request-ID"]
    assert code in registered_errors()


@pytest.mark.parametrize("path", ["/nowhere", "/wallets/", "/transfers/batch/x/y", "/"])
def test_an_unknown_route(nobody: Caller, path: str) -> None:
    assert_problem(nobody.get(path), 404, "route_not_found")


def test_an_unknown_version(nobody: Caller) -> None:
    assert_problem(nobody("GET", "/../v9/wallets"), 404, "route_not_found")


def test_a_method_that_is_not_there(alice: Caller) -> None:
    answer = alice("DELETE", "/transfers")
    assert_problem(answer, 405, "method_not_allowed")
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "POST"}


def test_no_credential_and_a_wrong_one(nobody: Caller) -> None:
    missing = nobody.get("/wallets")
    assert_problem(missing, 401, "not_authenticated")
    assert missing.headers["Cache-Control"] == "no-store"
    assert missing.headers["WWW-Authenticate"] == 'Bearer realm="VaultCraft"'
    for wrong in ("x", "vck_test_nothing", "a.b.c", "Ünïcode".encode().decode("latin-1")):
        refused = Caller(wrong).get("/wallets")
        assert refused.status == 401
        assert 'error="invalid_token"' in refused.headers["WWW-Authenticate"]
        assert refused.headers["Content-Type"] == PROBLEM


def test_basic_credentials_do_not_count(nobody: Caller) -> None:
    assert_problem(
        nobody("GET", "/me", headers={"Authorization": "Basic YTpi"}), 401, "invalid_credential"
    )


MALFORMED = {
    "nothing": b"",
    "half": b'{"amount_minor": 1',
    "two documents": b"{}{}",
    "trailing comma": b'{"amount_minor": 1,}',
    "NaN": b'{"amount_minor": NaN}',
    "Infinity": b'{"amount_minor": -Infinity}',
    "duplicate key": b'{"amount_minor": 1, "amount_minor": 2}',
    "duplicate key deep down": b'{"metadata": {"a": "1", "a": "2"}}',
    "not UTF-8": b'{"description": "\xff"}',
    "raw NUL": b'{"description": "\x00"}',
    "byte order mark": b"\xef\xbb\xbf{}",
    "endless digits": b'{"amount_minor": ' + b"9" * 5000 + b"}",
    "deep": b"[" * 5000,
    "deep and closed": b'{"metadata":' * 20 + b"1" + b"}" * 20,
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED.keys())
def test_what_is_not_one_json_document(world: World, alice: Caller, body: bytes) -> None:
    answer = alice("POST", "/transfers", raw=body, key="k")
    code = "invalid_request" if body == b"" else "malformed_json"
    assert_problem(answer, 400, code)


def test_json_that_is_no_object(alice: Caller) -> None:
    for body in (b"[]", b"1", b'"x"', b"null", b"true"):
        assert_problem(alice("POST", "/transfers", raw=body, key="k"), 400, "invalid_request")


def test_another_media_type(alice: Caller) -> None:
    answer = alice("POST", "/transfers", raw=b"a=1", key="k", content_type="text/plain")
    assert_problem(answer, 415, "unsupported_media_type")


def test_a_body_too_large_is_not_read(alice: Caller) -> None:
    answer = alice("POST", "/transfers", raw=b" " * (64 * 1024 + 1), key="k")
    assert_problem(answer, 413, "body_too_large")


def test_unknown_members_and_parameters(world: World, alice: Caller) -> None:
    answer = alice.move("/transfers", order(world, amount="1", metadata={"a/b~": 1}))
    assert_problem(answer, 400, "invalid_request")
    found = {entry["pointer"]: entry["code"] for entry in answer.data["errors"]}
    assert found == {"/amount": "unknown_field", "/metadata/a~1b~0": "invalid"}
    refused = alice.get("/transfers?offset=3&limit=5")
    assert_problem(refused, 400, "invalid_request")
    assert refused.data["errors"][0]["parameter"] == "offset"
    assert_problem(alice.get("/transfers?limit=1&limit=2"), 400, "invalid_request")


def test_texts_that_no_database_takes(world: World, alice: Caller) -> None:
    for text in ("a\0b", "\ud800"):
        answer = alice.move("/transfers", order(world, description=text))
        assert_problem(answer, 422, "unacceptable_value")
        assert answer.data["errors"][0]["pointer"] == "/description"
    assert alice.move("/transfers", order(world, description="\\u0000")).status == 201


def test_our_own_faults_tell_nothing(world: World, alice: Caller) -> None:
    secret = "password=hunter2"
    with mock.patch("api.v1.me.reading", side_effect=RuntimeError(secret)):
        answer = alice.get("/me")
    assert_problem(answer, 500, "internal_error")
    assert secret.encode() not in answer.body


def test_a_database_that_is_gone(world: World, alice: Caller) -> None:
    with mock.patch("api.v1.me.reading", side_effect=OperationalError("gone")):
        answer = alice.get("/me")
    assert_problem(answer, 503, "database_unavailable")
    assert answer.headers["Retry-After"] == "1"
    assert answer.data["retryable"] is True


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ({"X-Request-ID": "abc-123"}, "abc-123"),
        (
            {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
            "0af7651916cd43dd8448eb211c80319c",
        ),
    ],
)
def test_the_request_id_of_the_client(nobody: Caller, sent: dict[str, Any], kept: str) -> None:
    assert nobody("GET", "/me", headers=sent).headers["X-Request-ID"] == kept


@pytest.mark.parametrize(
    "bad", ["", "a b", "x" * 65, "<script>", "é".encode().decode("latin-1"), "-x"]
)
def test_a_malformed_request_id_is_replaced(nobody: Caller, bad: str) -> None:
    minted = nobody("GET", "/me", headers={"X-Request-ID": bad}).headers["X-Request-ID"]
    assert minted.startswith("req_")


def test_the_page_that_describes_every_code(nobody: Caller) -> None:
    page = nobody.get("/errors")
    assert page.status == 200
    for code in registered_errors():
        assert f'id="{code}"'.encode() in page.body


def test_the_audit_record_carries_the_request_id(world: World, alice: Caller) -> None:
    alice("POST", "/transfers", order(world), key="traced", headers={"X-Request-ID": "trace-me"})
    found = alice.get("/audit/records?request_id=trace-me").data["data"]
    assert [record["action"] for record in found] == ["wallets.transfer.complete"]


def test_a_cap_of_an_organization_that_does_not_exist(world: World, olga: Caller) -> None:
    wanted = {
        "organization": f"org_0{'0' * 25}",
        "counterparty": f"org_0{'0' * 25}",
        "currency": "INR",
        "cap_minor": 5,
    }
    assert_problem(olga("PUT", "/ledger/clearing-caps", wanted), 404, "not_found")
    del wanted["organization"]
    assert_problem(olga("PUT", "/ledger/clearing-caps", wanted), 422, "unacceptable_value")


@pytest.mark.parametrize("path", ["/api/v1/me", "/api/v9/nothing"])
def test_an_error_outside_the_views_is_a_problem_too(settings: Any, path: str) -> None:
    settings.ALLOWED_HOSTS = ["localhost"]
    answer = Client(raise_request_exception=False).get(path, headers={"Host": "evil.example"})
    assert answer.status_code in (400, 404)
    assert answer.headers["Content-Type"] == PROBLEM
    assert "evil" not in answer.content.decode()
