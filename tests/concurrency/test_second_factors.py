"""Many requests with one proof: one counts. Wrong ones never get more than their tries."""

from __future__ import annotations

import functools

from accounts.choices import FactorMethod
from accounts.errors import ChallengeEnded, SecondFactorRefused, TooManyFactorTries
from accounts.services.challenges import answer_at_sign_in, challenge_at_sign_in
from accounts.services.factors import email_otp
from kernel import clock
from kernel.actor import Door, anonymous
from tests.concurrency.racing import THREADS, race, until_not_busy
from tests.phones import code_mailed_to, give_phone
from tests.world import World

STRANGER = anonymous(door=Door.API, request_id="race")


def answer(challenge: str, proof: str, method: str) -> str:
    """What became of one answer."""

    def once() -> FactorMethod:
        return answer_at_sign_in(
            actor=STRANGER,
            challenge=challenge,
            method=method,
            proof=proof,
            device="laptop",
            now=clock.now(),
        ).method

    try:
        return until_not_busy(once).value
    except (ChallengeEnded, SecondFactorRefused, TooManyFactorTries) as error:
        return error.code


def ask(world: World) -> str:
    return challenge_at_sign_in(
        actor=STRANGER, user=world.alice, device="laptop", now=clock.now()
    ).id


def test_one_code_by_mail_lets_one_of_fifty_in(committed_db: str, world: World):
    challenge = ask(world)
    code = code_mailed_to(world.alice)
    answers = race([functools.partial(answer, challenge, code, "email")] * THREADS)
    assert answers.count("email") == 1
    assert set(answers) <= {"email", "second_factor_refused", "challenge_ended"}


def test_one_code_outside_of_challenges_is_spent_once(committed_db: str, world: World):
    issued = email_otp.issue(
        actor=STRANGER, user=world.alice, action="approve", device="laptop", now=clock.now()
    )
    code = code_mailed_to(world.alice)

    def spend() -> bool:
        return email_otp.fits(
            user=world.alice, challenge=issued, action="approve", device="laptop", code=code
        )

    assert race([spend] * THREADS).count(True) == 1


def test_one_code_of_the_app_answers_one_of_many_challenges(committed_db: str, world: World):
    phone = give_phone(world.alice)
    challenges = [ask(world) for _ in range(8)]
    code = phone.code()
    answers = race([functools.partial(answer, one, code, "totp") for one in challenges])
    assert answers.count("totp") == 1


def test_one_recovery_code_answers_one_of_many_challenges(committed_db: str, world: World):
    code, *_ = give_phone(world.alice).codes
    challenges = [ask(world) for _ in range(8)]
    answers = race([functools.partial(answer, one, code, "recovery_code") for one in challenges])
    assert answers.count("recovery_code") == 1


def test_fifty_guesses_at_once_are_five_tries(committed_db: str, world: World):
    give_phone(world.alice)
    challenge = ask(world)
    answers = race(
        [functools.partial(answer, challenge, f"{n:06}", "totp") for n in range(THREADS)]
    )
    judged = [one for one in answers if one != "challenge_ended"]
    assert len(judged) == 5


def test_guesses_spread_over_challenges_are_ten_an_hour(committed_db: str, world: World):
    give_phone(world.alice)
    challenges = [ask(world) for _ in range(6)]
    guesses = [(one, f"{n:06}") for one in challenges for n in range(5)]
    answers = race([functools.partial(answer, one, code, "totp") for one, code in guesses])
    assert answers.count("too_many_factor_tries") == len(guesses) - 10
