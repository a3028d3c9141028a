"""Transaction PINs: which are taken, how they are kept, how they lock and come back."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from typing import Any

import pytest
from django.conf import settings
from structlog.testing import capture_logs

from accounts.choices import FactorMethod, MailKind
from accounts.errors import (
    InvalidPinReset,
    PinAlreadySet,
    PinLocked,
    PinNotSet,
    PinsRefused,
    StepUpRequired,
    WeakPin,
    WrongPin,
)
from accounts.models import PendingMail, PinReset, SignInSession, TransactionPin, User
from accounts.services.mail.writing import Letter
from accounts.services.pins import (
    cancel_pin_reset,
    change_pin,
    choose_forgotten_pin,
    pin_standing,
    request_pin_reset,
    set_pin,
    spraying,
    trying,
    verify_pin,
)
from accounts.services.pins.hashing import hash_pin, pin_fits
from accounts.services.pins.person import person_of
from accounts.services.pins.rules import checked_pin
from accounts.services.vault import Place, unseal
from audit.models import AuditRecord
from audit.queries import records_about
from events.models import OutboxEvent
from kernel.actor import Actor
from kernel.context import Context, Scope, reading, reading_as
from kernel.errors import PermissionDenied, VaultCraftError
from tests.approving import PIN, in_session, signed_in, with_pin
from tests.keys import issue
from tests.phones import give_phone
from tests.world import NOW, World
from wallets.tests.people import hired

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(hours=24)
WRONG = "9152"


@pytest.fixture
def alice(world: World) -> Actor:
    return with_pin(world, world.alice)


def tried(actor: Actor, pin: str, *, now: dt.datetime = NOW) -> VaultCraftError | None:
    try:
        verify_pin(actor=actor, pin=pin, now=now)
    except VaultCraftError as error:
        return error
    return None


def told(actor: Actor, pin: str, *, now: dt.datetime = NOW) -> str:
    error = tried(actor, pin, now=now)
    return error.code if error else "right"


def row(actor: Actor) -> TransactionPin:
    with reading(actor):
        return TransactionPin.objects.get(user_id=person_of(actor))


# Which are taken.


@pytest.mark.parametrize(
    "pin",
    [
        *("0000", "1111", "9999", "1234", "4321", "0123", "7890", "0987", "2345", "1212", "6969"),
        *("1122", "9988", "2112", "1221", "1984", "2001", "2026", "2580", "1004", "4200", "1357"),
    ],
)
def test_what_a_thief_tries_first_is_refused(pin: str) -> None:
    with pytest.raises(WeakPin):
        checked_pin(pin)


@pytest.mark.parametrize("pin", ["", "739", "73941", "73a4", " 739", "７３９４", "-739", "7394\n"])
def test_a_pin_is_four_digits(pin: str) -> None:
    with pytest.raises(WeakPin):
        checked_pin(pin)


def test_most_pins_are_taken() -> None:
    taken = 0
    for number in range(10_000):
        try:
            checked_pin(f"{number:04}")
        except WeakPin:
            continue
        taken += 1
    assert taken > 9_400


# How they are kept.


def test_neither_the_pin_nor_a_plain_hash_of_it_is_kept(alice: Actor, world: World) -> None:
    kept = row(alice).pin_hash
    assert (kept[:4], len(kept), PIN in kept) == ("$2b$", 60, False)
    assert alice.id is not None
    assert pin_fits(user_id=alice.id, pin=PIN, pin_hash=kept)
    # A row copied to another person is of no use.
    assert not pin_fits(user_id=world.bob.id, pin=PIN, pin_hash=kept)


def test_the_database_alone_cannot_tell_a_pin(alice: Actor, settings) -> None:
    """All 10,000 of them do not fit without the pepper."""
    kept = row(alice).pin_hash
    settings.VAULTCRAFT_PEPPER = b"what a thief does not have"
    assert alice.id is not None
    assert not pin_fits(user_id=alice.id, pin=PIN, pin_hash=kept)


def test_the_same_pin_of_two_people_is_kept_differently(world: World) -> None:
    hashes = {hash_pin(user_id=one.id, pin=PIN) for one in (world.alice, world.bob)}
    assert len(hashes) == 2


def test_the_cost_is_cheap_in_tests_only() -> None:
    from vaultcraft.settings import base

    assert (base.PIN_BCRYPT_ROUNDS, settings.PIN_BCRYPT_ROUNDS) == (12, 4)


# Trying.


def test_three_wrong_ones_lock_for_a_day_and_then_unlock_by_themselves(alice: Actor) -> None:
    assert [told(alice, WRONG) for _ in range(3)] == ["wrong_pin", "wrong_pin", "pin_locked"]
    assert told(alice, PIN) == "pin_locked"
    assert told(alice, PIN, now=NOW + DAY - dt.timedelta(seconds=1)) == "pin_locked"
    assert told(alice, PIN, now=NOW + DAY) == "right"
    assert (row(alice).tries, row(alice).locked_until) == (0, None)


def test_after_the_lock_there_are_three_tries_again(alice: Actor) -> None:
    for _ in range(3):
        tried(alice, WRONG)
    again = [told(alice, WRONG, now=NOW + DAY) for _ in range(3)]
    assert again == ["wrong_pin", "wrong_pin", "pin_locked"]
    assert row(alice).locked_until == NOW + 2 * DAY


def test_the_tries_left_are_told(alice: Actor) -> None:
    error = tried(alice, WRONG)
    assert error is not None
    assert error.facts == {"tries_left": 2}
    assert pin_standing(actor=alice, now=NOW).tries_left == 2


def test_a_right_one_begins_the_count_anew(alice: Actor) -> None:
    for _ in range(4):
        assert [told(alice, WRONG), told(alice, WRONG), told(alice, PIN)] == [
            "wrong_pin",
            "wrong_pin",
            "right",
        ]


def test_a_try_is_counted_before_it_is_checked(
    alice: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that dies in between has used the try up."""

    def dies(**_: object) -> bool:
        raise SystemExit

    monkeypatch.setattr(trying, "pin_fits", dies)
    for _ in range(3):
        with pytest.raises(SystemExit):
            verify_pin(actor=alice, pin=PIN, now=NOW)
    monkeypatch.undo()
    assert told(alice, PIN) == "pin_locked"


def test_a_locked_pin_is_not_looked_at(alice: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    """So right and wrong answer alike, to the byte, and in the time of a look-up."""
    for _ in range(3):
        tried(alice, WRONG)

    def never(**_: object) -> bool:
        raise AssertionError("a locked PIN was checked")

    monkeypatch.setattr(trying, "pin_fits", never)
    right, wrong = tried(alice, PIN), tried(alice, WRONG)
    assert right is not None
    assert wrong is not None
    assert (right.code, right.detail, right.facts) == (wrong.code, wrong.detail, wrong.facts)
    assert right.facts == {"locked_until": (NOW + DAY).isoformat()}


def test_right_and_wrong_are_one_check_at_one_cost(
    alice: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clock on a busy machine proves nothing: what takes the time is one bcrypt for either."""
    checks: list[str] = []

    def counted(**arguments: Any) -> bool:
        checks.append(arguments["pin_hash"])
        return pin_fits(**arguments)

    monkeypatch.setattr(trying, "pin_fits", counted)
    assert [told(alice, WRONG), told(alice, PIN)] == ["wrong_pin", "right"]
    assert checks == [row(alice).pin_hash] * 2


def test_the_third_is_on_record_and_told(alice: Actor) -> None:
    for _ in range(3):
        tried(alice, WRONG)
    assert alice.id is not None
    with reading_as(Context(scope=Scope.PLATFORM)):
        actions = [record.action for record in records_about([alice.id])]
        assert actions.count("accounts.pin.fail") == 3
        assert actions.count("accounts.pin.lock") == 1
        event = OutboxEvent.objects.get(name="accounts.pin.locked")
    assert event.payload["user_id"] == str(alice.id)
    assert "21 November 2026, 09:00 UTC" in mails(MailKind.PIN_LOCKED)[0]


def test_the_pin_of_somebody_else_is_just_wrong(world: World, alice: Actor) -> None:
    fin = with_pin(world, hired(world, "fin", "finance"), "8264")
    assert told(fin, PIN) == "wrong_pin"
    assert row(alice).tries == 0


def test_who_has_none_is_told_so(world: World) -> None:
    assert told(signed_in(world, world.bob), PIN) == "pin_not_set"


def test_a_key_has_no_pin(world: World, alice: Actor) -> None:
    from accounts.actors import api_key_actor
    from kernel.actor import Door

    key, _ = issue(actor=alice, name="x", scopes=["wallets:read"], now=NOW)
    with pytest.raises(PermissionDenied):
        set_pin(actor=api_key_actor(key=key, door=Door.API, request_id="x"), pin=PIN, now=NOW)


# Setting and changing.


@pytest.mark.parametrize(
    ("proven_by", "later"), [(None, dt.timedelta()), (FactorMethod.TOTP, dt.timedelta(minutes=11))]
)
def test_a_first_pin_takes_a_second_factor_just_proven(
    world: World, proven_by: FactorMethod | None, later: dt.timedelta
) -> None:
    actor = signed_in(world, world.alice, proven_by=proven_by)
    assert actor.session_id
    with reading(actor):
        session = SignInSession.objects.get(id=actor.session_id)
    with pytest.raises(StepUpRequired):
        set_pin(actor=in_session(actor, session, now=NOW + later), pin=PIN, now=NOW + later)


def test_a_pin_is_set_once(alice: Actor) -> None:
    with pytest.raises(PinAlreadySet):
        set_pin(actor=alice, pin="8264", now=NOW)


def test_a_pin_is_changed_with_the_old_one(alice: Actor) -> None:
    change_pin(actor=alice, current_pin=PIN, pin="8264", now=NOW)
    assert [told(alice, PIN), told(alice, "8264")] == ["wrong_pin", "right"]


def test_guesses_at_the_old_one_count(alice: Actor) -> None:
    for error in (WrongPin, WrongPin, PinLocked, PinLocked):
        with pytest.raises(error):
            change_pin(actor=alice, current_pin=WRONG, pin="8264", now=NOW)
    assert told(alice, PIN) == "pin_locked"


@pytest.mark.parametrize("pin", ["1234", PIN])
def test_a_new_one_that_is_not_taken_costs_no_try(alice: Actor, pin: str) -> None:
    with pytest.raises(WeakPin):
        change_pin(actor=alice, current_pin=PIN, pin=pin, now=NOW)
    assert row(alice).tries == 0


# Forgotten.


def mails(kind: MailKind) -> list[str]:
    """The bodies of the mails of a kind that wait to be sent."""
    with reading_as(Context(scope=Scope.PLATFORM)):
        rows = list(PendingMail.objects.filter(kind=kind).order_by("id"))
        return [
            Letter.from_bytes(
                unseal(
                    organization_id=row.organization_id,
                    user_id=row.user_id,
                    place=Place("accounts_pendingmail", "sealed", row.id),
                    sealed=bytes(row.sealed or b""),
                )
            ).body
            for row in rows
        ]


def link(actor: Actor, *, now: dt.datetime = NOW) -> str:
    """The token of the link in the mail."""
    request_pin_reset(actor=actor, now=now)
    found = re.search(r"/security/pin/reset/(\S+)", mails(MailKind.PIN_RESET)[-1])
    assert found
    return found[1]


def by_mail_alone(world: World) -> Actor:
    """Alice in another session, where only a code by e-mail was shown."""
    return signed_in(world, world.alice, proven_by=FactorMethod.EMAIL)


def test_with_a_second_factor_the_new_one_counts_at_once(world: World, alice: Actor) -> None:
    give_phone(world.alice, now=NOW - 2 * DAY)
    for _ in range(3):
        tried(alice, WRONG)
    token = link(alice)
    at = choose_forgotten_pin(actor=alice, token=token, pin="8264", now=NOW)
    assert (at, told(alice, "8264")) == (NOW, "right")


def test_the_mailbox_alone_makes_it_wait_a_day(world: World, alice: Actor) -> None:
    token = link(alice)
    at = choose_forgotten_pin(actor=by_mail_alone(world), token=token, pin="8264", now=NOW)
    assert at == NOW + DAY
    assert "21 November 2026, 09:00 UTC" in mails(MailKind.PIN_RESET_WAITS)[0]
    assert pin_standing(actor=alice, now=NOW).reset_at == at
    assert [told(alice, "8264"), told(alice, PIN)] == ["wrong_pin", "right"]
    later = NOW + DAY
    assert [told(alice, PIN, now=later), told(alice, "8264", now=later)] == ["wrong_pin", "right"]


def test_who_remembers_calls_it_off(world: World, alice: Actor) -> None:
    token = link(alice)
    choose_forgotten_pin(actor=by_mail_alone(world), token=token, pin="8264", now=NOW)
    cancel_pin_reset(actor=alice, now=NOW)
    assert told(alice, "8264", now=NOW + DAY) == "wrong_pin"
    with pytest.raises(InvalidPinReset):
        cancel_pin_reset(actor=alice, now=NOW)


def test_changing_it_with_the_old_one_calls_it_off(world: World, alice: Actor) -> None:
    token = link(alice)
    choose_forgotten_pin(actor=by_mail_alone(world), token=token, pin="8264", now=NOW)
    change_pin(actor=alice, current_pin=PIN, pin="6038", now=NOW)
    assert told(alice, "6038", now=NOW + DAY) == "right"


def test_a_link_is_good_once_for_its_owner_for_half_an_hour(world: World, alice: Actor) -> None:
    fin = with_pin(world, hired(world, "fin", "finance"), "8264")
    token = link(alice)

    def choose(actor: Actor, now: dt.datetime = NOW, token: str = token) -> None:
        choose_forgotten_pin(actor=actor, token=token, pin="6038", now=now)

    for wrong in (
        {"actor": fin},
        {"actor": alice, "now": NOW + dt.timedelta(minutes=30)},
        {"actor": alice, "token": "x" * 43},
    ):
        with pytest.raises(InvalidPinReset):
            choose(**wrong)
    choose(alice)
    with pytest.raises(InvalidPinReset):
        choose(alice)


def test_a_new_link_ends_the_old_one(alice: Actor) -> None:
    old = link(alice)
    link(alice)
    with pytest.raises(InvalidPinReset):
        choose_forgotten_pin(actor=alice, token=old, pin="6038", now=NOW)


def test_only_a_hash_of_the_link_is_kept(alice: Actor) -> None:
    token = link(alice)
    with reading(alice):
        reset = PinReset.objects.get()
    assert token.encode() not in bytes(reset.token_hash)
    assert len(bytes(reset.token_hash)) == 32


def test_there_is_nothing_to_forget_without_a_pin(world: World) -> None:
    with pytest.raises(PinNotSet):
        request_pin_reset(actor=signed_in(world, world.bob), now=NOW)


# One guess at many people.


def people(world: World, number: int) -> list[Actor]:
    """Colleagues with PINs, all behind one address."""
    found = [with_pin(world, hired(world, f"p{index}", "member")) for index in range(number)]
    return [dataclasses.replace(one, ip=f"198.51.100.{n}") for n, one in enumerate(found, 1)]


def test_one_guess_at_many_people_is_refused_where_it_comes_from(
    world: World, alice: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spraying, "MOST_IN_NETWORK", 3)
    colleagues = people(world, 5)
    answers = [told(one, WRONG) for one in colleagues]
    assert answers == ["wrong_pin"] * 3 + ["pins_refused"] * 2
    # Refused for the right one too, without counting a try; elsewhere people go on.
    assert told(colleagues[4], PIN) == "pins_refused"
    assert row(colleagues[4]).tries == 0
    assert told(alice, PIN) == "right"


def test_the_alarm_is_raised_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spraying, "MOST_IN_NETWORK", 3)
    for one in people(world, 6):
        tried(one, WRONG)
    with reading_as(Context(scope=Scope.PLATFORM)):
        assert AuditRecord.objects.filter(action="accounts.pin.spray").count() == 1
        event = OutboxEvent.objects.get(name="accounts.pin_spraying.detected")
    assert event.payload == {"place": "network", "name": "198.51.100.0/24", "people": 4}


def test_an_organization_is_watched_whatever_the_addresses(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spraying, "MOST_IN_ORGANIZATION", 3)
    spread = [dataclasses.replace(one, ip=f"203.0.{n}.9") for n, one in enumerate(people(world, 4))]
    assert [told(one, WRONG) for one in spread] == ["wrong_pin"] * 3 + ["pins_refused"]
    with reading(spread[0]):
        assert OutboxEvent.objects.filter(organization_id=world.acme.id).filter(
            name="accounts.pin_spraying.detected"
        )


def test_right_pins_of_many_people_are_no_spraying(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spraying, "MOST_IN_NETWORK", 3)
    assert [told(one, PIN) for one in people(world, 6)] == ["right"] * 6


@pytest.mark.parametrize(
    ("ip", "network"),
    [
        ("198.51.100.7", "198.51.100.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("::ffff:198.51.100.7", "198.51.100.0/24"),
    ],
)
def test_networks(ip: str, network: str) -> None:
    assert spraying.network_of(ip) == network


def test_without_redis_three_tries_hold_and_nobody_watches_for_spraying(
    world: World, settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database holds the one; the other fails open, and the log says so."""
    monkeypatch.setattr(spraying, "MOST_IN_NETWORK", 1)
    colleagues = people(world, 3)
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    with capture_logs() as logged:
        assert [told(one, WRONG) for one in colleagues] == ["wrong_pin"] * 3
    unwatched = [line for line in logged if line["event"] == "pin_spraying_not_watched"]
    assert [line["log_level"] for line in unwatched] == ["warning"] * 3
    one = colleagues[0]
    assert [told(one, WRONG), told(one, WRONG), told(one, PIN)] == [
        "wrong_pin",
        "pin_locked",
        "pin_locked",
    ]


def test_a_locked_pin_freezes_nothing_else(world: World, alice: Actor) -> None:
    for _ in range(3):
        tried(alice, WRONG)
    assert world.send(amount_minor=5_00).error is None
    assert isinstance(tried(alice, PIN), PinLocked)
    with reading(alice):
        people = User.objects.select_related("organization")
        assert people.get(id=person_of(alice)).may_sign_in


def test_refusals_say_when_to_come_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spraying, "MOST_IN_NETWORK", 0)
    error = tried(people(world, 1)[0], PIN)
    assert isinstance(error, PinsRefused)
    assert error.facts == {"retry_after_seconds": spraying.REFUSED_SECONDS}
