"""What people see when something is broken."""

import os
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test import Client

from tests.servers import SUPERUSER_VARIABLE
from tests.web.conftest import Visit
from tests.web.test_send import form_of, review, sealed
from tests.world import World


def lose_the_database() -> None:
    """End this thread's backend as the cluster's superuser, as `kill` would."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        row = cursor.fetchone()
    with psycopg.connect(os.environ[SUPERUSER_VARIABLE], autocommit=True) as superuser:
        superuser.execute("SELECT pg_terminate_backend(%s, 5000)", [row[0]])


@pytest.mark.usefixtures("committed_db")
def test_a_lost_database_is_a_page_and_the_same_confirmation_still_moves_money_once(
    world: World, visit: Visit
):
    client = visit(world.alice)
    body = {"review": sealed(review(client, form_of(world, client)))}
    lose_the_database()
    answer = client.post("/send/confirm", body)
    assert (answer.status_code, "never moves money twice" in answer.content.decode()) == (503, True)
    assert answer.headers["Retry-After"] == "2"
    connection.close()
    for _ in range(2):
        assert client.post("/send/confirm", body).status_code == 302
    assert world.balance(world.alice_wallet) == 98_749_50


@pytest.mark.django_db
def test_an_error_of_ours_has_a_page_that_needs_no_database(world: World, visit: Visit):
    client = visit(world.alice)
    client.raise_request_exception = False
    lose = "wallets.queries.movements.Wallet.objects"
    with pytest.MonkeyPatch.context() as broken:
        broken.setattr(lose, None)
        answer = client.get("/wallets")
    assert answer.status_code == 500
    assert "Something broke on our side" in answer.content.decode()
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/", "/sign-in", "/nowhere", "/admin/"])
@pytest.mark.parametrize("secure", [False, True])
def test_a_foreign_host_s_page_carries_the_policy(
    client: Client, settings: Any, address: str, secure: bool
):
    settings.SECURE_SSL_REDIRECT = secure  # its middleware asks for the host as well
    answer = client.get(address, headers={"Host": "evil.test"})
    assert answer.status_code == 400
    assert "That request made no sense" in answer.content.decode()
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.django_db
def test_every_error_page_carries_the_policy(world: World, visit: Visit):
    strict = Client(enforce_csrf_checks=True)
    viewer = visit(world.bob)
    for answer, status in (
        (strict.post("/sign-in", {}), 403),
        (Client().get("/nowhere"), 404),
        (viewer.get("/send"), 403),
        (viewer.get("/admin/", follow=True), 403),
        (visit(world.olga).get("/admin/accounts/user/?password=x"), 400),
    ):
        assert answer.status_code == status
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
