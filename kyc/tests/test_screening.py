"""Asking a provider: once for each answer, bounded, and never in a transaction."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.db import connection

from kernel.context import reading
from kyc import tasks
from kyc.choices import CaseState, Outcome, Tier
from kyc.models import Check, Decision
from kyc.providers import Answer, Question
from kyc.providers.sandbox import SandboxProvider
from kyc.services.applying import submit_case
from kyc.services.reviewing import ask_for_more
from kyc.services.screening import MAX_ATTEMPTS, ask_next, take_answer
from kyc.tasks import screen_waiting
from kyc.tests.files import jpeg
from kyc.tests.people import (
    begun,
    now_of,
    root,
    screened,
    submitted,
    tier_now,
    told,
    uploaded,
    verified,
)
from tests.world import NOW, World

pytestmark = pytest.mark.django_db


def checks() -> list[Check]:
    with reading(root()):
        return list(Check.objects.order_by("id"))


def test_clear_details_give_the_basic_tier(world: World):
    case = screened(world, world.alice, tier=Tier.BASIC)
    assert (case.state, case.reason) == (CaseState.APPROVED, "details_cleared")
    assert tier_now(world.alice) is Tier.BASIC
    (check,) = checks()
    assert (check.outcome, check.findings, check.attempt) == (Outcome.CLEAR, [], 1)
    assert check.reference == f"sandbox-{check.id}"
    with reading(root()):
        decision = Decision.objects.get()
    assert (decision.actor_kind, decision.decided_by_id, decision.tier) == ("system", None, 1)


def test_the_full_tier_waits_for_a_person(world: World):
    case = screened(world, world.alice, tier=Tier.FULL)
    assert case.state == CaseState.IN_REVIEW
    assert tier_now(world.alice) is Tier.UNVERIFIED
    assert checks()[0].outcome == Outcome.CLEAR


@pytest.mark.parametrize(
    ("number", "finding"),
    [("N1234000", "details_not_found"), ("N1234111", "name_differs"), ("N1234222", "watchlist")],
)
def test_what_a_provider_doubts_waits_for_a_person(world: World, number: str, finding: str):
    case = screened(world, world.alice, tier=Tier.BASIC, id_number=number)
    assert case.state == CaseState.IN_REVIEW
    assert checks()[0].findings == [finding]


def test_a_provider_that_is_down_leaves_the_case_in_the_queue_and_is_asked_so_often(world: World):
    with time_machine.travel(NOW, tick=False) as clock:
        case = submitted(world, world.alice, tier=Tier.BASIC, id_number="N1234999")
        assert screen_waiting() == 1
        assert screen_waiting() == 0
        assert now_of(case).state == CaseState.IN_REVIEW
        for _ in range(3 * MAX_ATTEMPTS):
            clock.shift(dt.timedelta(hours=2))
            screen_waiting()
    assert [one.attempt for one in checks()] == list(range(1, MAX_ATTEMPTS + 1))
    assert {one.outcome for one in checks()} == {Outcome.UNAVAILABLE}
    after = now_of(case)
    assert (after.state, after.screening_at) == (CaseState.IN_REVIEW, None)


def test_a_question_that_died_unanswered_is_asked_again(world: World):
    case = submitted(world, world.alice, tier=Tier.BASIC)
    assert ask_next(actor=root(), provider="sandbox", now=NOW) is not None
    assert ask_next(actor=root(), provider="sandbox", now=NOW) is None
    later = NOW + dt.timedelta(minutes=3)
    with time_machine.travel(later, tick=False):
        assert screen_waiting() == 1
    assert now_of(case).state == CaseState.APPROVED
    assert [one.outcome for one in checks()] == [None, Outcome.CLEAR]


def test_an_answer_counts_once(world: World):
    submitted(world, world.alice, tier=Tier.BASIC, id_number="N1234000")
    question = ask_next(actor=root(), provider="sandbox", now=NOW)
    assert question is not None
    doubt = Answer(Outcome.CONSIDER, ("watchlist",))
    take_answer(actor=root(), attempt_id=question.attempt_id, answer=doubt, now=NOW)
    clear = Answer(Outcome.CLEAR)
    case = take_answer(actor=root(), attempt_id=question.attempt_id, answer=clear, now=NOW)
    assert case.state == CaseState.IN_REVIEW
    assert checks()[0].findings == ["watchlist"]


def test_a_late_answer_about_an_earlier_round_decides_nothing(world: World):
    case = submitted(world, world.alice, tier=Tier.BASIC)
    question = ask_next(actor=root(), provider="sandbox", now=NOW)
    assert question is not None
    more: dict[str, Any] = {"reason": "details_differ", "now": NOW}
    ask_for_more(actor=world.actor(world.olga), case_id=case.id, **more)
    begun(world, world.alice, tier=Tier.BASIC, id_number="Z9999000")
    submit_case(actor=world.actor(world.alice), now=NOW)
    take_answer(actor=root(), attempt_id=question.attempt_id, answer=Answer(Outcome.CLEAR), now=NOW)
    assert now_of(case).state == CaseState.SUBMITTED


def test_a_provider_is_asked_outside_of_any_transaction(world: World, monkeypatch):
    asked: list[tuple[int, str]] = []

    class Watching(SandboxProvider):
        def verify(self, question: Question) -> Answer:
            asked.append((len(connection.atomic_blocks), repr(question)))
            return super().verify(question)

    monkeypatch.setattr(tasks, "provider", Watching)
    outside = len(connection.atomic_blocks)
    submitted(world, world.alice, tier=Tier.BASIC)
    assert screen_waiting() == 1
    ((depth, shown),) = asked
    assert depth == outside
    assert "N1234567" not in shown
    assert "Alice" not in shown


def test_the_same_paper_shown_by_others_is_found_across_the_platform(world: World):
    verified(world, world.charlie)
    case = screened(world, world.alice, tier=Tier.BASIC)
    assert case.state == CaseState.IN_REVIEW
    assert checks()[-1].findings == ["identity_shown_by_others"]
    assert str(world.charlie.id) not in str([one.__dict__ for one in checks()[-1:]])


def test_a_draft_of_somebody_else_proves_nothing(world: World):
    begun(world, world.charlie)
    assert screened(world, world.alice, tier=Tier.BASIC).state == CaseState.APPROVED


def test_the_same_paper_of_a_colleague_is_named_as_taken(world: World):
    verified(world, world.alice)
    screened(world, world.bob, tier=Tier.BASIC)
    assert checks()[-1].findings == ["identity_shown_by_others", "identity_taken_by_colleague"]


def test_the_same_document_of_others_is_found(world: World):
    for person, number in ((world.charlie, "Z1111112"), (world.alice, "Z2222223")):
        begun(world, person, id_number=number)
        uploaded(world, person, jpeg(words="the same"))
        submit_case(actor=world.actor(person), now=NOW)
    screen_waiting()
    assert [one.findings for one in checks()] == [["document_sent_by_others"]] * 2


def test_each_question_is_on_record(world: World):
    screened(world, world.alice, tier=Tier.BASIC)
    (record,) = told("kyc.case.check")
    assert record.metadata["provider"] == "sandbox"
    assert "N1234567" not in str(record.metadata)
