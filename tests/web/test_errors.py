"""What people see when something is broken."""

import os

import psycopg
import pytest
from django.db import connection

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
    lose = "wallets.queries.Wallet.objects"
    with pytest.MonkeyPatch.context() as broken:
        broken.setattr(lose, None)
        answer = client.get("/wallets")
    assert answer.status_code == 500
    assert "Something broke on our side" in answer.content.decode()
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
