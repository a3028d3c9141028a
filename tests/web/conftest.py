"""Browsers of the people in the world, without a browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.actors import user_actor
from accounts.choices import FactorMethod
from accounts.models import User
from accounts.services.sessions import open_browser_session
from kernel import clock
from kernel.actor import Door
from tests.proof import settle
from web.doors import SESSION_KEY

Visit = Callable[..., Client]


@pytest.fixture
def visit() -> Visit:
    """A client signed in as this person, with a settled factor proven just now, or as nobody."""

    def signed_in(
        user: User | None, second_factor: FactorMethod | None = FactorMethod.TOTP
    ) -> Client:
        client = Client()
        if user is not None:
            actor = user_actor(user=user, door=Door.WEB, request_id="test")
            opened = open_browser_session(actor=actor, now=clock.now(), second_factor=second_factor)
            settle(opened.id)
            session = client.session
            session[SESSION_KEY] = str(opened.id)
            session.save()
        return client

    return signed_in
