"""What a person does to be verified: say who they are, and send it in."""

from __future__ import annotations

import datetime as dt

from accounts import policy as accounts_policy
from accounts.models import User
from kernel.actor import Actor, ActorKind
from kernel.errors import NotFound, PermissionDenied
from kernel.transactions import needs_transaction, opens_transaction
from kyc.choices import CaseState, Tier
from kyc.errors import (
    AlreadyVerified,
    CaseIncomplete,
    CaseNotFound,
    CaseNotOpen,
    DetailsInvalid,
    TooManyCases,
)
from kyc.models import Case
from kyc.policy import MAX_CASES, MAX_ROUNDS, NEEDED_DOCUMENTS, OPEN_STATES
from kyc.queries import missing_documents, tier_of
from kyc.services.details import SEALED, Details, checked, put
from kyc.services.telling import note, tell

_CHANGED = ("tier", "country", "id_type", "id_index", *SEALED)


@opens_transaction
def save_details(*, actor: Actor, details: Details, tier: Tier, now: dt.datetime) -> Case:
    """State one's own details and the tier one asks for; begins a case if none is open.

    Locks the person: of several at once each sees the one before. Records
    `kyc.case.save_details`.

    :raises PermissionDenied: unless the actor is a member who carries `kyc.apply`.
    :raises DetailsInvalid: if a detail cannot be accepted, or there is no such tier to ask for.
    :raises AlreadyVerified: if the person has the tier, or a higher one.
    :raises CaseNotOpen: while the last case is looked at.
    :raises TooManyCases: after `MAX_CASES` of them.
    :raises DataShredded: if the person's data was erased.
    """
    user = locked_applicant(actor)
    wanted = checked(details, today=now.date())
    if tier not in NEEDED_DOCUMENTS:
        raise DetailsInvalid("Ask for tier 1 or 2.", pointer="/tier")
    if tier_of(user.id) >= tier:
        raise AlreadyVerified(facts={"tier": int(tier)})
    case = Case.objects.filter(user_id=user.id).first()
    if case is None or case.state in (CaseState.APPROVED, CaseState.REJECTED):
        case = _new_case(user=user, now=now)
    _require_open(case)
    case.tier = tier
    put(case=case, details=wanted, now=now)
    case.save(force_insert=case._state.adding, update_fields=_fields(case))
    note(actor=actor, case=case, verb="save_details", now=now, metadata={"tier": int(tier)})
    return case


@opens_transaction
def submit_case(*, actor: Actor, now: dt.datetime) -> Case:
    """Send one's own case in; nothing of it changes until somebody asks for more.

    Locks the person and the case. Records `kyc.case.submit`, emits `kyc.case.submitted`. A
    provider is asked by `kyc.tasks` afterwards.

    :raises PermissionDenied: unless the actor is a member who carries `kyc.apply`.
    :raises CaseNotFound: if nothing was begun.
    :raises CaseNotOpen: if it was sent in already.
    :raises CaseIncomplete: if a document is missing that the tier needs.
    :raises TooManyCases: after it was sent in `MAX_ROUNDS` times.
    """
    case = locked_own_case(actor)
    _require_complete(case)
    if case.rounds >= MAX_ROUNDS:
        raise TooManyCases()
    case.state, case.rounds, case.reason = CaseState.SUBMITTED, case.rounds + 1, None
    case.submitted_at = case.screening_at = now
    case.save(update_fields=["state", "rounds", "reason", "submitted_at", "screening_at"])
    tell(
        actor=actor,
        case=case,
        verb="submit",
        happened="submitted",
        tier=case.tier,
        metadata={"tier": case.tier, "round": case.rounds},
        now=now,
    )
    return case


@needs_transaction
def locked_applicant(actor: Actor) -> User:
    """The person who acts, locked FOR NO KEY UPDATE: what they do to their cases takes turns.

    :raises PermissionDenied: unless the actor is a member who carries `kyc.apply`.
    """
    accounts_policy.require(actor, "kyc.apply")
    organization_id = accounts_policy.own_organization(actor)
    if actor.kind is not ActorKind.USER or actor.id is None:
        raise PermissionDenied("Only a person can prove who they are.")
    people = User.objects.select_for_update(no_key=True)
    user = people.filter(id=actor.id, organization_id=organization_id, is_active=True).first()
    if user is None:
        raise NotFound("There is no such person.")
    return user


@needs_transaction
def locked_own_case(actor: Actor) -> Case:
    """One's own open case, with the person locked.

    :raises CaseNotFound: if there is none.
    :raises CaseNotOpen: if it cannot be changed now.
    """
    user = locked_applicant(actor)
    case = Case.objects.select_for_update(no_key=True).filter(user_id=user.id).first()
    if case is None:
        raise CaseNotFound("Begin with your details.")
    _require_open(case)
    return case


@needs_transaction
def _new_case(*, user: User, now: dt.datetime) -> Case:
    if Case.objects.filter(user_id=user.id).count() >= MAX_CASES:
        raise TooManyCases()
    assert user.organization_id is not None  # `locked_applicant` has seen to it
    return Case(organization_id=user.organization_id, user=user, created_at=now)


def _require_open(case: Case) -> None:
    if case.state not in OPEN_STATES:
        raise CaseNotOpen(facts={"state": str(case.state)})


def _require_complete(case: Case) -> None:
    missing = missing_documents(case)
    if missing:
        raise CaseIncomplete(
            f"Upload: {', '.join(kind.label for kind in missing)}.",
            facts={"missing_documents": [str(kind) for kind in missing]},
        )


def _fields(case: Case) -> tuple[str, ...] | None:
    return None if case._state.adding else _CHANGED
