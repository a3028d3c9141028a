"""Asking a provider about cases that were sent in: before, and after, never during.

A question is written down before it is asked and the answer after it came, each in a transaction of
its own; between them nothing is held. Whoever dies in between leaves a question without an answer,
and the case is asked about again, `MAX_ATTEMPTS` times for each round.
"""

from __future__ import annotations

import datetime as dt
import uuid

from accounts.errors import DataShredded
from kernel.actor import Actor
from kernel.transactions import needs_transaction, opens_transaction
from kyc.choices import CaseState, DocumentKind, Outcome, Reason, Tier, Verdict
from kyc.models import Case, Check
from kyc.policy import WAITING_STATES
from kyc.providers import Answer, Question
from kyc.queries import (
    documents_of,
    due_for_screening,
    same_documents_elsewhere,
    same_identity_elsewhere,
)
from kyc.services.deciding import decide, is_taken, locked_case
from kyc.services.details import opened
from kyc.services.telling import note

MAX_ATTEMPTS = 5
FIRST_WAIT = dt.timedelta(minutes=2)  # doubled with each attempt; longer than any provider takes
NO_ANSWER = Answer(Outcome.UNAVAILABLE, ("provider_unavailable",))


@opens_transaction
def ask_next(*, actor: Actor, provider: str, now: dt.datetime) -> Question | None:
    """The question about the case that waits longest, written down as asked; None: nothing waits.

    Several may ask at once; each takes another case. Records `kyc.case.check`: the details leave
    the house with it.
    """
    due = due_for_screening(now=now).select_for_update(of=("self",), no_key=True, skip_locked=True)
    case = due.first()
    if case is None:
        return None
    attempt = case.checks.filter(round=case.rounds).count() + 1
    check = Check.objects.create(
        organization_id=case.organization_id,
        case=case,
        round=case.rounds,
        attempt=attempt,
        provider=provider,
        asked_at=now,
    )
    last = attempt >= MAX_ATTEMPTS
    case.screening_at = None if last else now + FIRST_WAIT * 2 ** (attempt - 1)
    case.save(update_fields=["screening_at"])
    metadata = {"provider": provider, "round": case.rounds, "attempt": attempt}
    note(actor=actor, case=case, verb="check", metadata=metadata, now=now)
    return _question(check=check, case=case)


@needs_transaction
def _question(*, check: Check, case: Case) -> Question | None:
    try:
        details = opened(case)
    except DataShredded:
        # Nobody can be asked about what nobody can read: reviewers see that it was erased.
        case.screening_at = None
        case.save(update_fields=["screening_at"])
        return None
    return Question(
        attempt_id=check.id,
        legal_name=details.legal_name,
        date_of_birth=details.date_of_birth,
        country=details.country,
        id_type=details.id_type.value,
        id_number=details.id_number,
        documents=[DocumentKind(one.kind) for one in documents_of(case)],
    )


@opens_transaction
def take_answer(*, actor: Actor, attempt_id: uuid.UUID, answer: Answer, now: dt.datetime) -> Case:
    """Keep an answer with our own comparison, and move the case on; the first answer counts.

    Details that are clear and shown by nobody else are enough for the basic tier: it is given by
    the program. Everything else waits for a person. Locks the organization and the case.
    """
    check = Check.objects.get(id=attempt_id)
    case = locked_case(check.case_id)
    check.refresh_from_db()
    if check.answered_at is not None:
        return case
    findings = [*answer.findings, *_own_findings(case)]
    check.answered_at, check.reference = now, answer.reference[:200]
    check.outcome, check.findings = answer.outcome, findings
    check.save(update_fields=["answered_at", "outcome", "findings", "reference"])
    if check.round == case.rounds and case.state in WAITING_STATES:
        _move_on(actor=actor, case=case, outcome=answer.outcome, findings=findings, now=now)
    return case


@needs_transaction
def _own_findings(case: Case) -> list[str]:
    """What other cases say, in every organization: that it is so, never whose they are."""
    found = {
        "identity_shown_by_others": same_identity_elsewhere(case) > 0,
        "identity_taken_by_colleague": is_taken(case),
        "document_sent_by_others": same_documents_elsewhere(case) > 0,
    }
    return [code for code, holds in found.items() if holds]


@needs_transaction
def _move_on(
    *, actor: Actor, case: Case, outcome: Outcome, findings: list[str], now: dt.datetime
) -> None:
    if outcome is not Outcome.UNAVAILABLE:
        case.screening_at = None
    if case.tier == Tier.BASIC and outcome is Outcome.CLEAR and not findings:
        decide(
            actor=actor,
            case=case,
            verdict=Verdict.APPROVED,
            reason=Reason.DETAILS_CLEARED,
            note="",
            now=now,
        )
        return
    case.state = CaseState.IN_REVIEW
    case.save(update_fields=["state", "screening_at"])
