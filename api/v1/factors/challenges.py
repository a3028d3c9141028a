"""Answering challenges: the second step of signing in, and confirming a sensitive act."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from accounts import errors as accounts_errors
from accounts.proof import RECENTLY
from accounts.services.challenges import (
    answer_at_sign_in,
    answer_to_step_up,
    challenge_to_step_up,
)
from api.answers import Answer
from api.endpoint import Endpoint, actor_of, body_of, session_of
from api.schema.operations import operation
from api.v1.factors.shapes import (
    ChallengeAnswer,
    Challenged,
    Confirmed,
    SignInAnswer,
    rendered_challenge,
)
from api.v1.rendering import instant
from api.v1.shapes import NoMembers
from api.v1.tokens import Tokens, client_of, let_in
from kernel import clock
from kernel.rates.table import RouteClass

TAG = "Sign-in"
ANSWER_REFUSALS = (
    accounts_errors.ChallengeEnded,
    accounts_errors.FactorNotOffered,
    accounts_errors.SecondFactorRefused,
    accounts_errors.TooManyFactorTries,
    accounts_errors.OneTimeCodesUnavailable,
)


class AnswerChallenge(Endpoint):
    """Open to everybody who was challenged."""

    rate = RouteClass.SIGN_IN

    public = True
    authentication_classes = []

    @operation(
        "answer_challenge",
        tag=TAG,
        summary="Sign in: the second step",
        description="A challenge takes five tries within five minutes, from the client that was"
        " challenged, and is good for one sign-in.",
        request=SignInAnswer,
        response=Tokens,
        refusals=(*ANSWER_REFUSALS, accounts_errors.InvalidCredentials),
        public=True,
    )
    def post(self, request: Request) -> HttpResponse:
        """Judge the factor, and open a session."""
        stranger, now = actor_of(request), clock.now()
        answer = body_of(request, SignInAnswer)
        shown = answer.get("device_token")
        proof = answer_at_sign_in(
            actor=stranger,
            challenge=answer["id"],
            method=answer["method"],
            proof=_proof(answer),
            device=client_of(request, shown),
            now=now,
        )
        return let_in(
            request, user=proof.user, device_token=shown, second_factor=proof.method, now=now
        )


class StepUp(Endpoint):
    """For people; a program confirms nothing."""

    rate = RouteClass.PROOFS

    @operation(
        "step_up",
        tag=TAG,
        summary="Ask to confirm a sensitive act",
        description="Acts that answer `step_up_required` go through for ten minutes after a second"
        " factor was proven in this session.",
        request=NoMembers,
        response=Challenged,
        refusals=(
            accounts_errors.TooManyFactorTries,
            accounts_errors.OneTimeCodesUnavailable,
        ),
    )
    def post(self, request: Request) -> HttpResponse:
        """Challenge the session's person."""
        body_of(request, NoMembers)
        actor, session_id = actor_of(request), session_of(request)
        challenge = challenge_to_step_up(actor=actor, session_id=session_id, now=clock.now())
        return Answer.of({"challenge": rendered_challenge(challenge)}).response()


class AnswerStepUp(Endpoint):
    """For people; a program confirms nothing."""

    rate = RouteClass.PROOFS

    @operation(
        "answer_step_up",
        tag=TAG,
        summary="Confirm a sensitive act",
        request=ChallengeAnswer,
        response=Confirmed,
        refusals=ANSWER_REFUSALS,
    )
    def post(self, request: Request) -> HttpResponse:
        """Judge the factor, and note it on the session."""
        session_id, answer = session_of(request), body_of(request, ChallengeAnswer)
        proof = answer_to_step_up(
            actor=actor_of(request),
            session_id=session_id,
            challenge=answer["id"],
            method=answer["method"],
            proof=_proof(answer),
            now=clock.now(),
        )
        found = {
            "method": proof.method.value,
            "proven_at": instant(proof.at),
            "expires_in": int(RECENTLY.total_seconds()),
        }
        return Answer.of(found).response()


def _proof(answer: dict[str, Any]) -> str:
    """What is shown: nothing proves nothing, and costs a try as any wrong answer does."""
    found: str = answer.get("passkey") or answer.get("code") or ""
    return found
