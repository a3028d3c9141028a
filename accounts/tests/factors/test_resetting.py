"""Lost second factors: two others want it, the person is told, and money waits."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections.abc import Callable

import pyotp
import pytest

from accounts.choices import FactorMethod, SessionEnd
from accounts.errors import (
    FactorsLatelyReset,
    FactorStillInUse,
    InvalidProfile,
    NoFactorsToReset,
    OwnFactorReset,
    OwnPendingAct,
    PendingActNotFound,
    StepUpRequired,
)
from accounts.models import Device, Passkey, PendingAct, RecoveryCode, SignInSession, User
from accounts.services.challenges import (
    answer_to_approve,
    answer_to_step_up,
    challenge_to_approve,
    challenge_to_step_up,
)
from accounts.services.devices import met_device
from accounts.services.factors import begin_totp, confirm_totp, factors_of
from accounts.services.factors.resetting import ask_for_factor_reset
from accounts.services.networks import standing_of
from accounts.services.pending_acts import agree, reject, withdraw
from accounts.services.sessions import open_browser_session, open_session, rotate_refresh
from accounts.services.sessions.proving import note_proof
from accounts.tests.builders import (
    NOW,
    ROOT,
    STRANGER,
    acting,
    acts_recorded,
    events_emitted,
    joined,
    registered,
    signed_in,
    staff,
)
from accounts.tests.letters import delivered
from kernel.actor import Actor
from kernel.context import reading
from kernel.errors import NotFound, PermissionDenied
from kernel.transactions import opens_transaction
from tests.database import FORBIDDEN, refuses, run, view
from tests.keys import issue

pytestmark = pytest.mark.django_db

LATER = NOW + dt.timedelta(hours=1)
WHY = "Called back on the number we know"
ASKED = "Somebody asks to reset your second factors"
RESET = "Your second factors were reset"


def enrolled(user: User, now: dt.datetime = NOW) -> list[str]:
    """An app is added; the recovery codes, if they are the first."""
    secret = begin_totp(actor=acting(user), now=now).secret
    return confirm_totp(actor=acting(user), code=pyotp.TOTP(secret).at(now), now=now)


def proven(user: User, now: dt.datetime, method: FactorMethod = FactorMethod.TOTP) -> Actor:
    """The person in a session that has just proven a factor."""
    opened = open_browser_session(actor=acting(user), now=now, second_factor=method)
    return dataclasses.replace(acting(user), session_id=opened.id)


def asked(maker: User, user: User, *, now: dt.datetime = NOW, reason: str = WHY) -> PendingAct:
    return ask_for_factor_reset(actor=signed_in(maker), user_id=user.id, reason=reason, now=now)


def agreed(checker: User, act: PendingAct, *, now: dt.datetime = LATER) -> PendingAct:
    return agree(actor=proven(checker, now), act_id=act.id, now=now)


def people() -> tuple[User, User, User]:
    """Alice owns Acme, Adam administrates it, Mia of finance has an app and lost it."""
    alice = registered().owner
    adam, mia = joined(alice, "adam", "admin"), joined(alice, "mia", "finance")
    enrolled(mia)
    return alice, adam, mia


def of(user: User) -> User:
    with reading(ROOT):
        return User.objects.get(id=user.id)


def test_two_others_reset_all_that_was_lost_and_nothing_else() -> None:
    alice, adam, mia = people()
    device, token = met_device(actor=acting(mia), user=mia, token=None, user_agent="Phone", now=NOW)
    tokens = open_session(actor=acting(mia), device=device, now=NOW)
    browser = open_browser_session(actor=acting(mia), device=device, now=NOW)
    act = asked(adam, mia)
    assert factors_of(mia.id).is_strong
    assert f"{mia.email}: {ASKED}" in delivered(now=NOW)

    done = agreed(alice, act)

    assert (done.state, done.checker_id, done.result_id) == ("agreed", alice.id, mia.id)
    left = factors_of(mia.id)
    assert (left.is_strong, left.recovery_codes_left) == (False, 0)
    assert left.methods == (FactorMethod.EMAIL,)
    ended = SignInSession.objects.filter(user=mia, revoked_reason=SessionEnd.FACTORS_RESET)
    assert {one.id for one in ended} == {tokens.session_id, browser.id}
    with pytest.raises(Exception, match="refresh"):
        rotate_refresh(actor=STRANGER, refresh=tokens.refresh, now=LATER)
    assert Device.objects.get(user=mia).revoked_at == LATER
    assert token
    assert of(mia).password == mia.password
    assert of(mia).factors_reset_at == LATER
    assert f"{mia.email}: {RESET}" in delivered(now=LATER)
    assert acts_recorded()[-2:] == ["accounts.factors.reset", "accounts.pending_act.agree"]
    assert events_emitted()[-2:] == ["accounts.factors.reset", "accounts.pending_act.agreed"]


def test_money_waits_for_a_new_factor_and_for_a_day() -> None:
    alice, adam, mia = people()
    open_browser_session(actor=acting(mia), now=NOW)  # her network is known, and the first of all
    assert standing_of(actor=acting(mia), now=LATER).trusted
    agreed(alice, asked(adam, mia))

    def refusal(now: dt.datetime) -> dict[str, object] | None:
        standing = standing_of(actor=acting(mia), now=now)
        if standing.refusal is None:
            return None
        assert isinstance(standing.refusal, FactorsLatelyReset)
        return dict(standing.refusal.facts)

    day = LATER + dt.timedelta(days=1)
    assert refusal(LATER) == {"opens_at": day.isoformat(), "add_factor": True}
    assert refusal(day) == {"opens_at": day.isoformat(), "add_factor": True}
    enrolled(mia, LATER)
    assert refusal(LATER) == {"opens_at": day.isoformat(), "add_factor": False}
    assert refusal(day - dt.timedelta(microseconds=1))
    assert refusal(day) is None


def test_a_key_is_no_way_around_the_wait() -> None:
    alice, _, _ = people()
    enrolled(alice)
    ann, olga = staff(name="ann"), staff()
    agreed(olga, asked(ann, alice))
    scopes = ["transfers:write"]
    with pytest.raises(FactorsLatelyReset):
        issue(actor=acting(alice), name="Server", scopes=scopes, now=LATER)
    enrolled(alice, LATER)
    with pytest.raises(FactorsLatelyReset):
        issue(actor=acting(alice), name="Server", scopes=scopes, now=LATER)
    issue(actor=acting(alice), name="Server", scopes=scopes, now=LATER + dt.timedelta(days=1))


def test_whose_factors_were_reset_agrees_to_nothing_meanwhile() -> None:
    alice, adam, mia = people()
    enrolled(adam)
    otto = joined(alice, "otto", "owner")
    agreed(otto, asked(alice, adam))
    enrolled(adam, LATER)
    act = asked(alice, mia, now=LATER)
    with pytest.raises(FactorsLatelyReset):
        agreed(adam, act, now=LATER)
    assert PendingAct.objects.get(id=act.id).state == "pending"
    day = LATER + dt.timedelta(days=1)
    assert agreed(adam, act, now=day).state == "agreed"


def test_a_second_reset_makes_money_wait_again() -> None:
    alice, adam, mia = people()
    agreed(alice, asked(adam, mia))
    enrolled(mia, LATER)
    again = LATER + dt.timedelta(days=3)
    agreed(alice, asked(adam, mia, now=again), now=again)
    assert not standing_of(actor=acting(mia), now=again + dt.timedelta(days=2)).trusted


def test_nobody_does_it_for_themselves_or_alone() -> None:
    alice, adam, mia = people()
    enrolled(adam)
    with pytest.raises(OwnFactorReset):
        asked(adam, adam)
    act = asked(alice, adam)
    with pytest.raises(OwnPendingAct):
        agree(actor=proven(alice, LATER), act_id=act.id, now=LATER)
    with pytest.raises(PermissionDenied):
        agree(actor=proven(adam, LATER, FactorMethod.EMAIL), act_id=act.id, now=LATER)
    with pytest.raises(PermissionDenied):  # finance may not even ask
        agree(actor=proven(mia, LATER), act_id=act.id, now=LATER)
    assert PendingAct.objects.get(id=act.id).state == "pending"
    assert reject(actor=acting(adam), act_id=act.id, now=LATER).state == "rejected"
    assert factors_of(adam.id).is_strong


def test_who_proves_a_factor_has_not_lost_it() -> None:
    alice, adam, mia = people()
    act = asked(adam, mia)
    proven(mia, NOW, FactorMethod.EMAIL)  # proves nothing of what was lost
    proven(mia, NOW, FactorMethod.RECOVERY_CODE)
    done = agreed(alice, act)
    assert (done.state, done.reason_code) == ("failed", FactorStillInUse.code)
    assert factors_of(mia.id).is_strong
    assert of(mia).factors_reset_at is None
    assert agreed(alice, asked(adam, mia, now=LATER)).state == "agreed"


def keyed(user: User, now: dt.datetime = NOW) -> tuple[str, list[str]]:
    """As `enrolled`, with the secret of the app."""
    secret = begin_totp(actor=acting(user), now=now).secret
    return secret, confirm_totp(actor=acting(user), code=pyotp.TOTP(secret).at(now), now=now)


def approved_by(user: User, method: str, proof: str, *, now: dt.datetime) -> None:
    """The person approves a payment: nothing of it is noted on their session."""
    opened = open_browser_session(actor=acting(user), now=NOW, second_factor=None)
    binding = b"b" * 32
    challenge = challenge_to_approve(
        actor=acting(user), session_id=opened.id, binding=binding, words="1 INR", now=now
    )
    answer_to_approve(
        actor=acting(user),
        session_id=opened.id,
        binding=binding,
        challenge=challenge.id,
        method=method,
        proof=proof,
        now=now,
    )


def stepped_up_by(user: User, method: str, proof: str, *, now: dt.datetime) -> None:
    """The person steps up, then signs in anew by a mailed code: the session says so no more."""
    opened = open_browser_session(actor=acting(user), now=NOW, second_factor=None)
    challenge = challenge_to_step_up(actor=acting(user), session_id=opened.id, now=now)
    answer_to_step_up(
        actor=acting(user),
        session_id=opened.id,
        challenge=challenge.id,
        method=method,
        proof=proof,
        now=now,
    )
    note_proof_of_mail(opened.id, now=now + dt.timedelta(minutes=1))


@opens_transaction
def _note_mail(*, actor: Actor, session_id: uuid.UUID, now: dt.datetime) -> None:
    note_proof(session_id=session_id, method=FactorMethod.EMAIL, now=now)


def note_proof_of_mail(session_id: uuid.UUID, *, now: dt.datetime) -> None:
    """The same session proves another factor later: one column holds the newest alone."""
    _note_mail(actor=ROOT, session_id=session_id, now=now)


@pytest.mark.parametrize(
    ("proves", "method"),
    [(approved_by, "totp"), (stepped_up_by, "totp"), (stepped_up_by, "recovery_code")],
)
def test_any_use_of_the_very_factor_stops_it(proves: Callable[..., None], method: str) -> None:
    """The mail says: prove a factor, and nothing happens. Whoever approves a payment does."""
    alice = registered().owner
    adam, mia = joined(alice, "adam", "admin"), joined(alice, "mia", "finance")
    secret, codes = keyed(mia)
    act = asked(adam, mia)
    used = NOW + dt.timedelta(minutes=20)
    proves(mia, method, pyotp.TOTP(secret).at(used) if method == "totp" else codes[0], now=used)
    done = agreed(alice, act)
    assert (done.state, done.reason_code) == ("failed", FactorStillInUse.code)
    assert factors_of(mia.id).is_strong


def test_a_mailed_code_proves_nothing_that_was_lost() -> None:
    alice, adam, mia = people()
    act = asked(adam, mia)
    proven(mia, NOW + dt.timedelta(minutes=5), FactorMethod.EMAIL)
    assert agreed(alice, act).state == "agreed"


def test_what_was_used_before_it_was_asked_for_may_be_lost_since() -> None:
    alice = registered().owner
    adam, mia = joined(alice, "adam", "admin"), joined(alice, "mia", "finance")
    secret, _ = keyed(mia)
    used = NOW + dt.timedelta(minutes=5)
    approved_by(mia, "totp", pyotp.TOTP(secret).at(used), now=used)
    act = asked(adam, mia, now=used + dt.timedelta(seconds=1))
    assert agreed(alice, act, now=LATER + dt.timedelta(hours=1)).state == "agreed"


@opens_transaction
def signed_by_passkey(*, actor: Actor, user: User, now: dt.datetime) -> None:
    """What `spend_assertion` leaves behind."""
    Passkey.objects.create(
        user=user,
        organization_id=user.organization_id,
        credential_id=b"c",
        public_key=b"k",
        sign_count=0,
        name="Laptop",
        created_at=NOW,
        last_used_at=now,
    )


def test_a_passkey_that_signed_since_is_not_lost() -> None:
    alice, adam, mia = people()
    act = asked(adam, mia)
    signed_by_passkey(actor=ROOT, user=mia, now=NOW + dt.timedelta(minutes=1))
    assert agreed(alice, act).reason_code == FactorStillInUse.code


def test_who_agrees_has_just_proven_a_factor() -> None:
    alice, adam, mia = people()
    act = asked(adam, mia)
    stale = dataclasses.replace(acting(alice), proven_lately=False)
    for decide in (agree, reject):
        with pytest.raises(StepUpRequired):
            decide(actor=stale, act_id=act.id, now=LATER)
    assert PendingAct.objects.get(id=act.id).state == "pending"


def test_owners_vouch_for_owners_and_the_platform_for_owners_and_staff() -> None:
    alice, adam, mia = people()
    olga, ann, mod = staff(), staff(name="ann"), staff("admin", "mod")
    for one in (alice, ann):
        enrolled(one)
    with pytest.raises(PermissionDenied):
        asked(adam, alice)
    with pytest.raises(PermissionDenied):
        asked(mod, alice)
    with pytest.raises(PermissionDenied):  # her own organization does
        asked(olga, mia)
    of_owner = asked(olga, alice)
    with pytest.raises((PermissionDenied, PendingActNotFound)):
        agree(actor=proven(adam, LATER), act_id=of_owner.id, now=LATER)
    assert agreed(ann, of_owner).state == "agreed"
    root = staff(name="root")
    later = LATER + dt.timedelta(hours=1)
    assert agreed(root, asked(olga, ann, now=later), now=later).state == "agreed"
    # Where nobody else of the organization is left, the platform is the second person. Whose own
    # factors were reset waits a day before she vouches for others.
    with pytest.raises(FactorsLatelyReset):
        asked(alice, mia, now=later)
    enrolled(alice, later)
    rested = later + dt.timedelta(days=1)
    assert agreed(olga, asked(alice, mia, now=rested), now=rested).state == "agreed"


def test_an_admin_does_not_agree_for_an_owner() -> None:
    alice, adam, _ = people()
    otto = joined(alice, "otto", "owner")
    enrolled(otto)
    act = asked(alice, otto)
    with pytest.raises(PermissionDenied):
        agree(actor=proven(adam, LATER), act_id=act.id, now=LATER)
    assert PendingAct.objects.get(id=act.id).state == "pending"


def test_what_waits_is_asked_for_once_and_told_once() -> None:
    alice, adam, mia = people()
    act = asked(adam, mia)
    delivered(now=NOW)
    for maker, why in ((adam, WHY), (adam, "Again"), (alice, "Also")):
        assert asked(maker, mia, reason=why).id == act.id
    assert delivered(now=NOW) == []
    withdraw(actor=acting(adam), act_id=act.id, now=LATER)
    assert asked(alice, mia, now=LATER).id != act.id


def test_there_must_be_something_to_lose_and_a_reason() -> None:
    alice, adam, mia = people()
    bea = joined(alice, "bea", "member")
    with pytest.raises(NoFactorsToReset):
        asked(adam, bea)
    for nothing in ("", "   ", "x" * 201, "a\u202eb"):
        with pytest.raises(InvalidProfile):
            asked(adam, mia, reason=nothing)
    elsewhere = registered("Globex", "charlie").owner
    with pytest.raises(NotFound):
        asked(elsewhere, mia)


def test_codes_on_paper_alone_can_be_lost_too() -> None:
    alice, adam, mia = people()
    with reading(ROOT):
        assert RecoveryCode.objects.filter(user=mia, voided_at=None).count() == 10
    first, second = asked(adam, mia), factors_of(mia.id)
    assert second.recovery_codes_left == 10
    agreed(alice, first)
    done = agreed(alice, first)  # agreeing again changes nothing
    assert done.state == "agreed"
    with pytest.raises(NoFactorsToReset):
        asked(adam, mia, now=LATER)


def test_the_database_holds_it_too() -> None:
    alice, adam, mia = people()
    act = asked(adam, mia)
    assert alice.organization
    view(alice.organization)
    reset = "UPDATE accounts_user SET factors_reset_at = now() WHERE id = %s"
    refuses("accounts_user_factors_reset", reset, mia.id)  # she has an app
    refuses("accounts_user_factors_reset", reset, alice.id)  # nobody asked
    renewed = "UPDATE accounts_user SET factors_renewed_at = now() WHERE id = %s"
    refuses("accounts_user_factors_added", renewed, alice.id)
    refuses("accounts_user_factors_renewed", renewed, mia.id)
    decide = (
        "UPDATE accounts_pendingact SET state = 'agreed', checker_id = %s, decided_at = made_at"
        " WHERE id = %s"
    )
    refuses("pending_act_not_for_oneself", decide, mia.id, act.id)
    copied = (
        "INSERT INTO accounts_pendingact (id, organization_id, kind, facts, reference, fingerprint,"
        " maker_kind, maker_id, maker_person_id, maker_display, door, request_id, made_at,"
        " expires_at, state, checker_display, note, reason_code, result_type, session_id)"
        " SELECT gen_random_uuid(), organization_id, kind, {facts}, sha256(id::text::bytea),"
        " fingerprint, maker_kind, maker_id, maker_person_id, maker_display, door, request_id,"
        " made_at, expires_at, state, '', '', '', '', session_id"
        " FROM accounts_pendingact WHERE id = %s"
    )
    mine = copied.format(facts="jsonb_build_object('user_id', upper(maker_id::text))")
    refuses("pending_act_not_for_oneself", mine, act.id)
    refuses("pending_act_not_for_oneself", copied.format(facts="'{}'::jsonb"), act.id)
    refuses(FORBIDDEN, "UPDATE accounts_pendingact SET facts = '{}' WHERE id = %s", act.id)
    agreed(alice, act)
    view(alice.organization)
    for back in ("NULL", "factors_reset_at - interval '1 day'"):
        refuses(
            "accounts_user_factors_reset",
            f"UPDATE accounts_user SET factors_reset_at = {back} WHERE id = %s",
            mia.id,
        )
    assert run("SELECT 1") == 1
