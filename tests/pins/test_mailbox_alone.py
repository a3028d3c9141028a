"""What somebody can do who has another's mailbox and nothing else."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid

import pyotp
import pytest

from accounts.choices import FactorMethod, MailKind
from accounts.errors import FactorNotOffered
from accounts.models import FactorChallenge, Passkey, TotpFactor
from accounts.services.approvals import methods_of
from accounts.services.challenges import (
    answer_to_step_up,
    challenge_to_step_up,
    send_code_again,
)
from accounts.services.factors import begin_passkey, begin_totp, confirm_totp, finish_passkey
from accounts.services.pins import choose_forgotten_pin
from accounts.services.sessions import open_browser_session
from kernel.actor import Actor
from kernel.context import reading
from kernel.crypto import hash_token
from tests.approving import signed_in, with_pin
from tests.database import FORBIDDEN, refuses, view
from tests.phones import SecurityKey, give_phone
from tests.pins.test_pins import DAY, link, mails, told
from tests.world import NOW, World

pytestmark = pytest.mark.django_db

BEFORE = NOW - dt.timedelta(days=2)


@pytest.fixture
def alice(world: World) -> Actor:
    """Alice, who has a PIN and neither app nor passkey."""
    return with_pin(world, world.alice)


@pytest.fixture
def thief(world: World, alice: Actor) -> Actor:
    """In a session of hers in which a mailed code was shown."""
    return signed_in(world, world.alice, proven_by=FactorMethod.EMAIL)


def adds_an_app(actor: Actor, now: dt.datetime = NOW) -> None:
    secret = begin_totp(actor=actor, now=now).secret
    code = pyotp.TOTP(secret).at(now)
    confirm_totp(actor=actor, session_id=actor.session_id, code=code, now=now)


def adds_a_passkey(actor: Actor, now: dt.datetime = NOW) -> SecurityKey:
    key = SecurityKey()
    assert actor.session_id
    begun = begin_passkey(actor=actor, session_id=actor.session_id, now=now)
    finish_passkey(
        actor=actor,
        session_id=actor.session_id,
        challenge=begun.challenge,
        credential=key.make(begun.options),
        name="Mine",
        now=now,
    )
    return key


def ways(actor: Actor, now: dt.datetime = NOW) -> list[str]:
    """How the person could approve a payment."""
    assert actor.id
    with reading(actor):
        return methods_of([actor.id], now=now)[actor.id]


@pytest.mark.parametrize("add", [adds_an_app, adds_a_passkey])
def test_mail_then_enroll_then_the_pin_reset_waits(thief: Actor, alice: Actor, add) -> None:
    add(thief)
    at = choose_forgotten_pin(actor=thief, token=link(thief), pin="8264", now=NOW)
    assert at == NOW + DAY
    assert told(alice, "8264") == "wrong_pin"
    assert mails(MailKind.PIN_RESET_WAITS)


def test_recovery_codes_of_today_do_not_lift_it(world: World, alice: Actor) -> None:
    give_phone(world.alice, now=NOW)
    by_code = signed_in(world, world.alice, proven_by=FactorMethod.RECOVERY_CODE)
    at = choose_forgotten_pin(actor=by_code, token=link(by_code), pin="8264", now=NOW)
    assert at == NOW + DAY


def test_a_factor_of_yesterday_lifts_it(world: World, alice: Actor) -> None:
    give_phone(world.alice, now=BEFORE)
    assert choose_forgotten_pin(actor=alice, token=link(alice), pin="8264", now=NOW) == NOW


def test_another_passkey_of_today_beside_an_old_one_does_not(world: World, alice: Actor) -> None:
    adds_a_passkey(alice, now=NOW)
    with reading(alice):
        (first,) = Passkey.objects.filter(user=world.alice)
    assert first.counts_from == NOW + DAY
    later = NOW + 2 * DAY
    proven = dataclasses.replace(alice, session_id=later_session(world, later))
    adds_a_passkey(proven, now=later)
    at = choose_forgotten_pin(actor=proven, token=link(proven, now=later), pin="8264", now=later)
    assert at == later + DAY


def later_session(world: World, now: dt.datetime) -> uuid.UUID:
    actor = world.actor(world.alice)
    opened = open_browser_session(actor=actor, now=now, second_factor=FactorMethod.PASSKEY)
    return opened.id


def test_what_the_mailbox_enrolled_approves_nothing_for_a_day(thief: Actor) -> None:
    adds_an_app(thief)
    adds_a_passkey(thief)
    assert ways(thief) == ["pin"]
    assert ways(thief, NOW + DAY - dt.timedelta(seconds=1)) == ["pin"]
    assert ways(thief, NOW + DAY) == ["pin", "passkey", "totp"]


def test_what_an_old_factor_vouches_for_approves_at_once(world: World, alice: Actor) -> None:
    give_phone(world.alice, now=BEFORE)
    adds_a_passkey(alice)
    assert ways(alice) == ["pin", "passkey", "totp"]


def test_a_mailed_code_only_for_who_has_no_pin(world: World, alice: Actor) -> None:
    assert ways(alice) == ["pin"]
    assert ways(signed_in(world, world.bob)) == ["email_otp"]


def test_no_code_is_sent_again_for_a_challenge_that_takes_none(world: World) -> None:
    phone = give_phone(world.alice, now=BEFORE)
    actor = signed_in(world, world.alice)
    assert actor.session_id
    asked = challenge_to_step_up(actor=actor, session_id=actor.session_id, now=NOW)
    with pytest.raises(FactorNotOffered):
        send_code_again(actor=actor, challenge=asked.id, device=str(actor.session_id), now=NOW)
    assert not mails(MailKind.ONE_TIME_CODE)
    answer_to_step_up(
        actor=actor,
        session_id=actor.session_id,
        challenge=asked.id,
        method="totp",
        proof=phone.code(now=NOW),
        now=NOW,
    )


def test_the_database_holds_it_too(world: World, thief: Actor) -> None:
    adds_an_app(thief)
    assert thief.session_id
    asked = challenge_to_step_up(actor=thief, session_id=thief.session_id, now=NOW)
    with reading(thief):
        app = TotpFactor.objects.get(user=world.alice)
        row = FactorChallenge.objects.get(token_hash=hash_token(asked.id))
    view(world.acme)
    sooner = "UPDATE accounts_totpfactor SET counts_from = NULL WHERE id = %s"
    refuses("accounts_totpfactor_counts_from_stays", sooner, app.id)
    refuses(FORBIDDEN, "UPDATE accounts_passkey SET counts_from = NULL")
    longer = (
        "UPDATE accounts_factorchallenge SET expires_at = expires_at + interval '1 s' WHERE id = %s"
    )
    refuses("accounts_factorchallenge_expires_at_shrinks", longer, row.id)
