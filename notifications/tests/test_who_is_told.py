"""What each kind of event tells, by acts that really happen."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.core import mail

from accounts.models import PendingAct, User
from accounts.services.mail import deliver_due
from accounts.services.pending_acts import agree, reject
from accounts.services.people import change_role
from accounts.services.pins import set_pin
from kernel import clock
from kyc.tests.people import verified
from notifications.choices import Topic
from notifications.consumers import NOTICES, NOTICES_OF_MONEY
from notifications.kinds import KINDS, Channels
from notifications.services.notices import set_preferences
from notifications.services.notices.acts import DECIDED
from notifications.services.notices.people import ABOUT_SOMEBODY
from notifications.tests.notice_scenes import (
    kinds_told,
    mails_waiting,
    mark,
    take_new,
    told,
)
from notifications.tests.scenes import WORKER
from tests.keys import issue
from tests.payouts.scenes import Clock, ask, scripted, work
from tests.web.reserved import held
from tests.world import NOW, World, colleague, takes_two
from wallets.rails import RailState
from wallets.services.holds import void_hold

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]


def asked_for_role(world: World) -> tuple[User, PendingAct, uuid.UUID]:
    """Alice wants Bob to be of finance; Adam could agree. And since when that is so."""
    adam, since = takes_two(world), mark()
    act = change_role(
        actor=world.signed_in(world.alice), user_id=world.bob.id, role="finance", now=NOW
    )
    assert isinstance(act, PendingAct)
    return adam, act, since


def test_who_could_agree_is_asked_and_who_asked_is_told(world: World) -> None:
    adam, act, since = asked_for_role(world)
    take_new(since)
    assert kinds_told(adam) == ["act_waits"]
    assert kinds_told(world.bob) == []
    assert kinds_told(world.alice) == []
    since = mark()
    reject(actor=world.signed_in(adam), act_id=act.id, now=NOW)
    take_new(since)
    assert kinds_told(adam) == ["act_waits"]
    (row,) = told(world.alice)
    assert (row.kind, row.subject_id, row.detail) == ("act_rejected", act.id, act.kind)


def test_of_an_act_that_was_decided_meanwhile_nobody_is_asked(world: World) -> None:
    adam, act, since = asked_for_role(world)
    agree(actor=world.signed_in(adam), act_id=act.id, now=NOW)
    take_new(since)
    assert kinds_told(adam) == []
    assert "act_agreed" in kinds_told(world.alice)
    assert kinds_told(world.bob) == ["role_changed"]


def test_of_an_act_that_ran_out_meanwhile_nobody_is_asked(world: World) -> None:
    adam, act, since = asked_for_role(world)
    take_new(since, now=act.expires_at)
    assert kinds_told(adam) == []


def test_the_holder_hears_of_holds(world: World) -> None:
    since, hold = mark(), held(world)
    void_hold(actor=world.actor(world.alice), hold_id=hold.hold_id, now=clock.now())
    take_new(since, now=clock.now())
    assert kinds_told(world.alice) == ["hold_placed", "hold_voided"]
    assert [row.amount_minor for row in told(world.alice)] == [1_000_00, 1_000_00]


@pytest.mark.parametrize(
    ("decides", "kind"),
    [(RailState.PAID, "payout_completed"), (RailState.DECLINED, "payout_failed")],
)
def test_a_payout_is_told_once_by_its_outcome(
    world: World, settings: Any, decides: RailState, kind: str
) -> None:
    since = mark()
    with scripted(settings, decides=decides):
        ask(world)
        work(Clock())
    take_new(since)
    assert kinds_told(world.alice) == [kind]
    assert mails_waiting(world.alice) == 1


def test_payouts_from_the_houses_wallet_are_told_to_who_keeps_the_money(
    world: World, settings: Any
) -> None:
    fay, adam = colleague(world, "fay", "finance"), colleague(world, "adam", "admin")
    since = mark()
    with scripted(settings):
        ask(world, source=world.acme_wallet)
        work(Clock())
    take_new(since)
    assert kinds_told(world.alice) == kinds_told(fay) == ["payout_completed"]
    assert kinds_told(adam) == kinds_told(world.bob) == []


def test_a_verification_is_told_to_its_person(world: World) -> None:
    since = mark()
    verified(world, world.alice)
    take_new(since, now=clock.now())
    assert kinds_told(world.alice) == ["verification_approved"]


def test_security_is_told_in_the_app_and_mailed_by_its_own_room(world: World) -> None:
    mia = colleague(world, "mia", "member")
    since = mark()
    set_pin(actor=world.actor(mia), pin="7394", now=NOW)
    issue(actor=world.actor(world.alice), name="x", scopes=["wallets:read"], now=NOW)
    take_new(since)
    assert kinds_told(mia) == ["pin_set"]
    assert kinds_told(world.alice) == ["api_key_issued"]
    assert mails_waiting(mia) == mails_waiting(world.alice) == 0


def test_mail_that_is_wished_for_has_both_forms_and_a_way_out(
    world: World,
) -> None:
    wanted = {Topic.MONEY_IN: Channels(in_app=True, email=True)}
    set_preferences(actor=world.actor(world.charlie), wanted=wanted, now=NOW)
    deliver_due(actor=WORKER, now=NOW)
    mail.outbox.clear()
    since = mark()
    world.send(amount_minor=250_00)
    take_new(since)
    deliver_due(actor=WORKER, now=NOW + dt.timedelta(minutes=2))
    (letter,) = mail.outbox
    assert letter.to == ["charlie@globex.test"]
    assert letter.subject == "You received ₹250.00"
    assert isinstance(letter, mail.EmailMultiAlternatives)
    ((html, kind),) = letter.alternatives
    assert kind == "text/html"
    for form in (str(letter.body), str(html)):
        assert "/transfers/trf_" in form
        assert "/notifications/preferences" in form
    assert letter.extra_headers["List-Unsubscribe"].endswith("/notifications/preferences>")


def test_the_colors_of_mail_are_the_tokens() -> None:
    tokens = (ROOT / "static" / "css" / "tokens.css").read_text()
    colors = set(re.findall(r"#[0-9a-f]{6}", (ROOT / "templates/mail/layout.html").read_text()))
    assert len(colors) > 10
    assert {color for color in colors if color not in tokens} == set()


def test_every_kind_has_an_event_and_every_event_a_kind() -> None:
    money = {"money_received", "money_sent", "money_moved", "hold_placed", "hold_voided"}
    others = {"hold_expired", "payout_completed", "payout_failed", "act_waits", "api_key_issued"}
    told_kinds = {*ABOUT_SOMEBODY.values(), *DECIDED.values(), *money, *others}
    assert told_kinds == KINDS.keys()
    assert len(NOTICES.names | NOTICES_OF_MONEY.names) > 25


def test_every_icon_is_on_the_sheet() -> None:
    sheet = (ROOT / "static" / "img" / "icons.svg").read_text()
    assert [kind.icon for kind in KINDS.values() if f'id="{kind.icon}"' not in sheet] == []
