"""What this room does by the clock: ask providers about what was sent in."""

from __future__ import annotations

import structlog
from celery import shared_task

from kernel import clock
from kernel.actor import Door, system
from kernel.ids import new_id
from kyc.providers import Answer, ProviderUnavailable, Question, VerificationProvider, provider
from kyc.services.screening import NO_ANSWER, ask_next, take_answer

log = structlog.get_logger(__name__)

MOST_CASES = 50  # in one run; the next one comes soon
SCREEN_SECONDS = 240


@shared_task(name="kyc.tasks.screen_waiting", soft_time_limit=SCREEN_SECONDS)
def screen_waiting() -> int:
    """Ask about cases that wait; how many. A provider that is down leaves them in the queue."""
    actor = system(door=Door.TASK, request_id=f"screen_waiting-{new_id()}")
    asked_of = provider()
    for number in range(MOST_CASES):
        question = ask_next(actor=actor, provider=asked_of.name, now=clock.now())
        if question is None:
            return number
        answer = _answer(asked_of, question)
        take_answer(actor=actor, attempt_id=question.attempt_id, answer=answer, now=clock.now())
    return MOST_CASES


def _answer(asked_of: VerificationProvider, question: Question) -> Answer:
    try:
        return asked_of.verify(question)
    except ProviderUnavailable:
        log.warning("kyc_provider_unavailable", provider=asked_of.name)
        return NO_ANSWER
