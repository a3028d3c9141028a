"""Recognizing devices, and the sessions opened on them."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core import mail

from accounts.models import Device, User
from accounts.services.devices import known_device, met_device
from accounts.services.devices.recognizing import MOST_DEVICES
from accounts.services.sessions import open_browser_session, open_session
from accounts.tests.builders import (
    NOW,
    acting,
    acts_recorded,
    events_emitted,
    registered,
    staff,
)
from accounts.tests.letters import delivered
from kernel.context import Context, Scope, context_of, reading_as
from kernel.errors import PermissionDenied
from tests.database import refuses, view

pytestmark = pytest.mark.django_db

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
LATER = NOW + dt.timedelta(hours=1)


def met(user: User, token: str | None = None, *, now: dt.datetime = NOW) -> tuple[Device, str]:
    device, fresh = met_device(
        actor=acting(user), user=user, token=token, user_agent=FIREFOX, now=now
    )
    return device, fresh or ""


def known(user: User, token: str | None) -> Device | None:
    return known_device(user_id=user.id, token=token, now=LATER)


def all_devices() -> list[Device]:
    with reading_as(Context(scope=Scope.PLATFORM)):
        return list(Device.objects.all())


def test_an_unknown_device_is_remembered_and_told():
    alice = registered().owner
    device, token = met(alice)
    assert (device.user_id, device.organization_id) == (alice.id, alice.organization_id)
    assert (device.label, device.ip) == ("Firefox on Linux", "203.0.113.7")
    assert device.trusted_at is None
    assert acts_recorded()[-1] == "accounts.device.add"
    assert events_emitted()[-1] == "accounts.device.added"
    assert known(alice, token) == device


def test_the_token_is_not_stored_in_clear():
    alice = registered().owner
    device, token = met(alice)
    assert len(token) == 43
    assert len(device.token_hash) == 32
    assert token.encode() not in bytes(device.token_hash)


def test_a_known_device_is_met_again_without_a_new_token():
    alice = registered().owner
    device, token = met(alice)
    assert met(alice, token, now=LATER) == (device, "")
    assert events_emitted().count("accounts.device.added") == 1


@pytest.mark.parametrize("token", [None, "", "nonsense", "\0", "é" * 43])
def test_what_was_never_given_out_is_no_device(token: str | None):
    alice = registered().owner
    met(alice)
    assert known(alice, token) is None


def test_another_persons_token_is_unknown_and_makes_a_device_of_ones_own():
    alice, charlie = registered().owner, registered("Globex", "charlie").owner
    device, token = met(alice)
    assert known(charlie, token) is None
    other, fresh = met(charlie, token)
    assert other != device
    assert fresh != token
    assert known(alice, token) == device


def test_a_person_is_mailed_about_every_device_but_the_first():
    alice = registered().owner
    _, token = met(alice)
    told = f"{alice.email}: A sign-in on a new device"
    assert told not in delivered(now=NOW)
    met(alice, token)
    assert told not in delivered(now=NOW)
    met(alice)
    assert told in delivered(now=NOW)
    assert "Firefox on Linux" in str(mail.outbox[-1].body)


def test_platform_staff_have_devices_too():
    olga = staff()
    device, token = met(olga)
    assert device.organization_id is None
    assert known(olga, token) == device


def test_a_session_remembers_its_device_and_the_device_where_it_was_seen():
    alice = registered().owner
    device, _ = met(alice)
    session = open_browser_session(actor=acting(alice), now=LATER, device=device)
    assert session.device == device
    assert all_devices()[0].last_seen_at == LATER


def test_a_session_is_not_opened_on_somebody_elses_device():
    alice, charlie = registered().owner, registered("Globex", "charlie").owner
    device, _ = met(alice)
    with pytest.raises(PermissionDenied):
        open_session(actor=acting(charlie), now=LATER, device=device)


def test_more_devices_than_anybody_has_are_forgotten_oldest_first():
    alice = registered().owner
    first, token = met(alice)
    for number in range(MOST_DEVICES):
        met(alice, now=NOW + dt.timedelta(seconds=1 + number))
    assert known(alice, token) is None
    live = [device for device in all_devices() if device.revoked_at is None]
    assert len(live) == MOST_DEVICES
    assert first.id not in {device.id for device in live}
    assert acts_recorded().count("accounts.device.forget") == 1


def test_what_the_database_refuses():
    alice, charlie = registered().owner, registered("Globex", "charlie").owner
    device, _ = met(alice)
    theirs = open_session(actor=acting(charlie), now=NOW).session_id
    view(scope="platform")
    refuses("42501", "UPDATE accounts_device SET user_id = %s", charlie.id)
    refuses("42501", "UPDATE accounts_device SET token_hash = '\\x00'")
    refuses("42501", "DELETE FROM accounts_device")
    refuses("42501", "UPDATE accounts_signinsession SET device_id = %s", device.id)
    refuses(
        "accounts_session_device_of_user",
        "INSERT INTO accounts_signinsession (id, user_id, organization_id, device_id,"
        " device_bound, door, user_agent, opened_at, last_seen_at, expires_at)"
        " SELECT gen_random_uuid(), user_id, organization_id, %s, false, door, '', opened_at,"
        " opened_at, expires_at"
        " FROM accounts_signinsession WHERE id = %s",
        device.id,
        theirs,
    )


def test_other_organizations_see_no_devices():
    alice, charlie = registered().owner, registered("Globex", "charlie").owner
    met(alice)
    with reading_as(context_of(acting(charlie))):
        assert not Device.objects.exists()
    with reading_as(Context()):
        assert not Device.objects.exists()
