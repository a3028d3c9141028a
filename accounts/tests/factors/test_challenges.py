"""Challenges: for one person on one device, five tries, once; every failure leaves a record."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from accounts.choices import FactorMethod
from accounts.errors import (
    ChallengeEnded,
    FactorNotOffered,
    OneTimeCodesUnavailable,
    SecondFactorRefused,
    TooManyFactorTries,
)
from accounts.models import FactorChallenge, SignInSession, User
from accounts.services.challenges import (
    Challenge,
    Proof,
    answer_at_sign_in,
    answer_to_step_up,
    challenge_at_sign_in,
    challenge_to_step_up,
    purge_challenges,
    second_factor_is_needed,
    send_code_again,
)
from accounts.services.sessions import open_browser_session
from accounts.tests.builders import (
    NOW,
    ROOT,
    STRANGER,
    acting,
    acts_recorded,
    joined,
    last_record,
    registered,
    staff,
)
from kernel.context import Context, Scope, reading_as
from tests.phones import code_mailed_to, give_phone

pytestmark = pytest.mark.django_db
WRONG = "000000"


def asked(user: User, *, device: str = "laptop", now: dt.datetime = NOW) -> Challenge:
    return challenge_at_sign_in(actor=STRANGER, user=user, device=device, now=now)


def answered(challenge: Challenge, proof: str, method: str = "totp", **other: Any) -> Proof:
    said = {"device": "laptop", "now": NOW, **other}
    return answer_at_sign_in(
        actor=STRANGER, challenge=challenge.id, method=method, proof=proof, **said
    )


def reasons() -> list[str]:
    from audit.models import AuditRecord
    from kernel.context import reading

    with reading(ROOT):
        rows = AuditRecord.objects.filter(action="accounts.second_factor.fail").order_by("id")
        return [row.metadata["reason"] for row in rows]


@pytest.fixture
def alice() -> User:
    return registered().owner


def test_who_is_asked():
    alice = registered().owner
    people = {role: joined(alice, role, role) for role in ("admin", "finance", "member", "viewer")}
    people |= {"owner": alice, "staff": staff("moderator")}
    on_known = {
        role
        for role, user in people.items()
        if second_factor_is_needed(user=user, device_is_known=True)
    }
    assert on_known == {"owner", "admin", "finance", "staff"}
    assert all(second_factor_is_needed(user=u, device_is_known=False) for u in people.values())


def test_who_has_nothing_better_is_sent_a_code(alice: User):
    challenge = asked(alice)
    assert challenge.methods == (FactorMethod.EMAIL,)
    proof = answered(challenge, code_mailed_to(alice, now=NOW), "email")
    assert (proof.user.id, proof.method, proof.at) == (alice.id, FactorMethod.EMAIL, NOW)
    assert acts_recorded()[-1] == "accounts.second_factor.prove"


def test_who_has_an_app_is_not_let_in_by_mail(alice: User):
    phone = give_phone(alice, now=NOW)
    challenge = asked(alice)
    assert challenge.methods == (FactorMethod.TOTP, FactorMethod.RECOVERY_CODE)
    with pytest.raises(FactorNotOffered):
        answered(challenge, WRONG, "email")
    with pytest.raises(FactorNotOffered):
        answered(challenge, WRONG, "no such method")
    assert answered(challenge, phone.at(NOW)).user.id == alice.id


def test_a_recovery_code_stands_in_for_the_app(alice: User):
    code, *_ = give_phone(alice, now=NOW).codes
    assert answered(asked(alice), code, "recovery_code").method is FactorMethod.RECOVERY_CODE
    with pytest.raises(SecondFactorRefused):
        answered(asked(alice), code, "recovery_code")


def test_a_challenge_is_good_once(alice: User):
    phone = give_phone(alice, now=NOW)
    challenge = asked(alice)
    answered(challenge, phone.at(NOW))
    later = NOW + dt.timedelta(seconds=30)
    with pytest.raises(ChallengeEnded):
        answered(challenge, phone.at(later), now=later)
    assert reasons() == ["ended"]


def test_the_same_code_opens_no_second_challenge(alice: User):
    phone = give_phone(alice, now=NOW)
    first, second = asked(alice), asked(alice)
    answered(first, phone.at(NOW))
    with pytest.raises(SecondFactorRefused):
        answered(second, phone.at(NOW))
    assert reasons() == ["wrong_code"]


def test_five_tries_then_the_right_code_comes_too_late(alice: User):
    phone = give_phone(alice, now=NOW)
    challenge = asked(alice)
    for _ in range(5):
        with pytest.raises(SecondFactorRefused):
            answered(challenge, WRONG)
    with pytest.raises(ChallengeEnded):
        answered(challenge, phone.at(NOW))
    assert reasons() == ["wrong_code"] * 5 + ["ended"]
    record = last_record()
    assert (record.subject_id, record.organization_id) == (alice.id, alice.organization_id)


def test_new_challenges_give_no_tries_without_end(alice: User):
    phone = give_phone(alice, now=NOW)
    for _ in range(2):
        challenge = asked(alice)
        for _ in range(5):
            with pytest.raises(SecondFactorRefused):
                answered(challenge, WRONG)
    with pytest.raises(TooManyFactorTries):
        answered(asked(alice), phone.at(NOW))
    later = NOW + dt.timedelta(minutes=61)
    assert answered(asked(alice, now=later), phone.at(later), now=later).at == later


def test_another_device_an_hour_later_and_an_invented_id_get_one_answer(alice: User):
    phone = give_phone(alice, now=NOW)
    challenge = asked(alice)
    with pytest.raises(ChallengeEnded):
        answered(challenge, phone.at(NOW), device="phone")
    late = NOW + dt.timedelta(minutes=5)
    with pytest.raises(ChallengeEnded):
        answered(challenge, phone.at(late), now=late)
    invented = Challenge("x" * 43, (), 300, None)
    with pytest.raises(ChallengeEnded):
        answered(invented, phone.at(NOW))
    assert reasons() == ["other_device", "ended"]


def test_my_factor_does_not_answer_your_challenge(alice: User):
    charlie = registered("Globex", "charlie").owner
    give_phone(alice, now=NOW)
    with pytest.raises(SecondFactorRefused):
        answered(asked(alice), give_phone(charlie, now=NOW).at(NOW))


def test_a_code_can_be_sent_again_to_the_same_device_only(alice: User):
    challenge = asked(alice)
    with pytest.raises(ChallengeEnded):
        send_code_again(actor=STRANGER, challenge=challenge.id, device="phone", now=NOW)
    send_code_again(actor=STRANGER, challenge=challenge.id, device="laptop", now=NOW)
    assert answered(challenge, code_mailed_to(alice, now=NOW), "email").at == NOW


def test_without_the_cache_codes_by_mail_fail_closed_and_apps_work(alice: User, settings: Any):
    olga = staff()
    phone = give_phone(olga, now=NOW)
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    with pytest.raises(OneTimeCodesUnavailable):
        asked(alice)
    assert answered(asked(olga), phone.at(NOW)).user.id == olga.id


def opened(user: User) -> SignInSession:
    return open_browser_session(actor=acting(user), now=NOW)


def stepped_up(user: User, session: SignInSession, challenge: Challenge, proof: str) -> Proof:
    return answer_to_step_up(
        actor=acting(user),
        session_id=session.id,
        challenge=challenge.id,
        method="totp",
        proof=proof,
        now=NOW,
    )


def test_stepping_up_notes_the_proof_on_this_session_alone(alice: User):
    phone = give_phone(alice, now=NOW)
    here, elsewhere = opened(alice), opened(alice)
    challenge = challenge_to_step_up(actor=acting(alice), session_id=here.id, now=NOW)
    with pytest.raises(ChallengeEnded):
        stepped_up(alice, elsewhere, challenge, phone.at(NOW))
    stepped_up(alice, here, challenge, phone.at(NOW))
    with reading_as(Context(scope=Scope.PLATFORM)):
        here.refresh_from_db()
        elsewhere.refresh_from_db()
    assert (here.second_factor, here.second_factor_at) == ("totp", NOW)
    assert elsewhere.second_factor is None


def test_a_challenge_of_one_purpose_answers_no_other(alice: User):
    phone = give_phone(alice, now=NOW)
    session = opened(alice)
    with pytest.raises(ChallengeEnded):
        stepped_up(alice, session, asked(alice), phone.at(NOW))
    challenge = challenge_to_step_up(actor=acting(alice), session_id=session.id, now=NOW)
    with pytest.raises(ChallengeEnded):
        answered(challenge, phone.at(NOW), device=str(session.id))
    assert reasons() == ["other_purpose"] * 2


def test_old_challenges_are_removed_and_young_ones_stay(alice: User):
    asked(alice)
    later = NOW + dt.timedelta(days=1, minutes=6)
    young = asked(alice, now=later)
    assert purge_challenges(actor=ROOT, now=later) == 1
    with reading_as(Context(scope=Scope.PLATFORM)):
        assert FactorChallenge.objects.count() == 1
    assert young.expires_in_seconds == 300
