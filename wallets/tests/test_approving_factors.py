"""Approving by passkey and by a mailed code: each is good for the movement it was asked for."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from accounts.choices import ApprovalMethod
from accounts.errors import ChallengeEnded, SecondFactorRefused
from accounts.models import FactorChallenge, SignInSession
from accounts.services.approvals import Proof
from accounts.services.challenges import challenge_to_step_up
from accounts.services.factors import begin_passkey, finish_passkey
from accounts.services.factors.challenge_rows import bound_challenge
from kernel.actor import Actor
from kernel.context import reading
from tests.approving import OVER, asking, presenting, signed_in
from tests.phones import SecurityKey, code_mailed_to, give_phone
from tests.world import NOW, World
from wallets.services.approving import approve_movement, ask_to_approve_movement
from wallets.services.transfers import TransferRequest, execute_transfers, rehearse_transfers
from wallets.tests.people import moved

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice(world: World) -> Actor:
    asking(world)
    return signed_in(world, world.alice)


def asked(world: World, actor: Actor, amount_minor: int = OVER + 1) -> TransferRequest:
    return dataclasses.replace(world.request(amount_minor=amount_minor), actor=actor)


def enrolled(world: World, actor: Actor) -> SecurityKey:
    """A passkey of theirs, added by who had shown an app that they have had for days."""
    give_phone(world.alice, now=NOW - dt.timedelta(days=2))
    key = SecurityKey()
    assert actor.session_id is not None
    begun = begin_passkey(actor=actor, session_id=actor.session_id, now=NOW)
    finish_passkey(
        actor=actor,
        session_id=actor.session_id,
        challenge=begun.challenge,
        credential=key.make(begun.options),
        name="Key",
        now=NOW,
    )
    return key


def test_what_a_passkey_signs_is_made_of_payee_and_amount(world: World, alice: Actor) -> None:
    key = enrolled(world, alice)
    request = asked(world, alice)
    challenge = ask_to_approve_movement(request=request)
    with reading(alice):
        row = FactorChallenge.objects.order_by("-id").first()
    question = rehearse_transfers([request])[0].question
    assert row is not None
    assert question is not None
    assert bytes(row.passkey_challenge) == bound_challenge(
        binding=question.binding.facts_hash, token_hash=bytes(row.token_hash)
    )
    assert challenge.passkey_options is not None
    signature = key.sign(challenge.passkey_options)
    proof = Proof(ApprovalMethod.PASSKEY, signature, challenge.id)
    # The same signature for another amount is an answer to nothing.
    with pytest.raises(ChallengeEnded):
        approve_movement(request=asked(world, alice, OVER + 2), proof=proof)
    approval = approve_movement(request=request, proof=proof)
    done = moved(execute_transfers([presenting(request, approval)])[0])
    assert done.approval_method == "passkey"
    with pytest.raises(ChallengeEnded):
        approve_movement(request=asked(world, alice), proof=proof)


def test_a_signature_for_something_else_approves_nothing(world: World, alice: Actor) -> None:
    """One that was given to step up, above all."""
    key = enrolled(world, alice)
    request = asked(world, alice)
    assert alice.session_id is not None
    step_up = challenge_to_step_up(actor=alice, session_id=alice.session_id, now=NOW)
    challenge = ask_to_approve_movement(request=request)
    assert step_up.passkey_options is not None
    signature = key.sign(step_up.passkey_options)
    for challenge_id, error in ((step_up.id, ChallengeEnded), (challenge.id, SecondFactorRefused)):
        proof = Proof(ApprovalMethod.PASSKEY, signature, challenge_id)
        with pytest.raises(error):
            approve_movement(request=request, proof=proof)


def test_a_mailed_code_names_amount_and_payee_and_fits_nothing_else(
    world: World, alice: Actor, mailoutbox
) -> None:
    request = asked(world, alice)
    challenge = ask_to_approve_movement(request=request)
    code = code_mailed_to(world.alice, now=NOW)
    body = mailoutbox[-1].body
    assert "sending ₹1,000.01 to Charlie" in body
    proof = Proof(ApprovalMethod.EMAIL_OTP, code, challenge.id)
    with pytest.raises(ChallengeEnded):
        approve_movement(request=asked(world, alice, OVER + 2), proof=proof)
    approval = approve_movement(request=request, proof=proof)
    assert approval.method == "email_otp"
    assert moved(execute_transfers([presenting(request, approval)])[0]).approval_id == approval.id


def test_approving_is_no_step_up(world: World) -> None:
    """A proof for a payment must not open the settings of the account."""
    asking(world)
    alice = signed_in(world, world.alice, proven_by=None)
    request = asked(world, alice)
    challenge = ask_to_approve_movement(request=request)
    code = code_mailed_to(world.alice, now=NOW)
    approve_movement(request=request, proof=Proof(ApprovalMethod.EMAIL_OTP, code, challenge.id))
    assert alice.session_id
    with reading(alice):
        assert SignInSession.objects.get(id=alice.session_id).second_factor_at is None
