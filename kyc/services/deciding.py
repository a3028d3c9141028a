"""What a decision changes: the case, the person's tier, the evidence. Steps, in one transaction.

Locks are taken in the order organization, person, case: whoever needs two of them starts left.
"""

from __future__ import annotations

import datetime as dt
import uuid

from accounts.choices import MailKind
from accounts.services.lookups import locked_organization
from accounts.services.mail import queue_mail
from kernel.actor import Actor, ActorKind
from kernel.transactions import needs_transaction
from kyc.choices import CaseState, Reason, Tier, Verdict
from kyc.errors import CaseNotFound, CaseNotInReview, DecisionInvalid, IdentityInUse
from kyc.models import Case, Decision, Standing
from kyc.policy import MAX_NOTE, WAITING_STATES, require_reason
from kyc.queries import tier_of
from kyc.services.telling import tell

_STATE_AFTER = {
    Verdict.APPROVED: CaseState.APPROVED,
    Verdict.REJECTED: CaseState.REJECTED,
    Verdict.MORE_INFO: CaseState.MORE_INFO,
}
_WORDS = {
    Verdict.APPROVED: ("approve", "approved"),
    Verdict.REJECTED: ("reject", "rejected"),
    Verdict.MORE_INFO: ("ask_for_more", "returned"),
    Verdict.WITHDRAWN: ("withdraw_approval", "approval_withdrawn"),
}


@needs_transaction
def locked_case(case_id: uuid.UUID) -> Case:
    """A case for a decision, with its organization locked before it: identities take turns there.

    :raises CaseNotFound: if none is in view.
    """
    found = Case.objects.filter(id=case_id).only("organization_id").first()
    if found is None:
        raise CaseNotFound()
    locked_organization(found.organization_id)
    cases = Case.objects.select_for_update(of=("self",), no_key=True).select_related("user")
    return cases.get(id=case_id)


@needs_transaction
def decide(
    *, actor: Actor, case: Case, verdict: Verdict, reason: str, note: str, now: dt.datetime
) -> Decision:
    """Decide a case that waits and is locked. An approval counts from the commit on.

    Records `kyc.case.<verb>`, emits `kyc.case.<happened>`, appends the decision and mails the
    person.

    :raises CaseNotInReview: if it does not wait for a decision.
    :raises DecisionInvalid: about oneself, or with a reason or note that does not fit.
    :raises IdentityInUse: on an approval, if a colleague stands by the same government ID.
    """
    fitting = require_reason(verdict, reason)
    _require_another(actor, case, note)
    if case.state not in WAITING_STATES:
        raise CaseNotInReview(facts={"state": str(case.state)})
    if case.state == CaseState.SUBMITTED and verdict is not Verdict.APPROVED:
        case.state = CaseState.IN_REVIEW
        case.save(update_fields=["state"])
    case.state, case.reason, case.screening_at = _STATE_AFTER[verdict], fitting, None
    case.decided_at = None if verdict is Verdict.MORE_INFO else now
    case.save(update_fields=["state", "reason", "screening_at", "decided_at"])
    if verdict is Verdict.APPROVED:
        _raise_tier(case=case, now=now)
    return _append(actor=actor, case=case, verdict=verdict, reason=fitting, note=note, now=now)


@needs_transaction
def withdraw(*, actor: Actor, case: Case, reason: str, note: str, now: dt.datetime) -> Decision:
    """Take the tier back that stands on an approved, locked case.

    Records `kyc.case.withdraw_approval`, emits `kyc.case.approval_withdrawn`.

    :raises CaseNotInReview: if the person's tier does not stand on this case, or there is none.
    :raises DecisionInvalid: as for `decide`.
    """
    fitting = require_reason(Verdict.WITHDRAWN, reason)
    _require_another(actor, case, note)
    standing = Standing.objects.filter(case_id=case.id, tier__gt=Tier.UNVERIFIED).first()
    if standing is None:
        raise CaseNotInReview("No tier stands on this case.")
    standing.tier, standing.since = Tier.UNVERIFIED, now
    standing.save(update_fields=["tier", "since"])
    return _append(
        actor=actor, case=case, verdict=Verdict.WITHDRAWN, reason=fitting, note=note, now=now
    )


@needs_transaction
def is_taken(case: Case) -> bool:
    """Whether a colleague stands by the same government ID; exact under the organization's lock."""
    others = Standing.objects.filter(organization_id=case.organization_id, id_index=case.id_index)
    return others.filter(tier__gt=Tier.UNVERIFIED).exclude(user_id=case.user_id).exists()


@needs_transaction
def _raise_tier(*, case: Case, now: dt.datetime) -> None:
    if is_taken(case):
        raise IdentityInUse()
    Standing.objects.update_or_create(
        user_id=case.user_id,
        defaults={
            "organization_id": case.organization_id,
            "tier": case.tier,
            "case": case,
            "id_index": case.id_index,
            "since": now,
        },
    )


def _require_another(actor: Actor, case: Case, note: str) -> None:
    if actor.id == case.user_id:
        raise DecisionInvalid("Somebody else decides about you.")
    if len(note) > MAX_NOTE:
        raise DecisionInvalid(f"At most {MAX_NOTE} characters.", pointer="/note")


@needs_transaction
def _append(
    *, actor: Actor, case: Case, verdict: Verdict, reason: Reason, note: str, now: dt.datetime
) -> Decision:
    tier = tier_of(case.user_id)
    decision = Decision.objects.create(
        organization_id=case.organization_id,
        user_id=case.user_id,
        case=case,
        verdict=verdict,
        tier=tier,
        reason=reason,
        note=note,
        actor_kind=actor.kind.value,
        decided_by_id=actor.id if actor.kind is ActorKind.USER else None,
        decided_at=now,
    )
    verb, happened = _WORDS[verdict]
    metadata = {"reason": str(reason), "tier": int(tier), "decision_id": str(decision.id)}
    tell(
        actor=actor,
        case=case,
        verb=verb,
        happened=happened,
        tier=int(tier),
        metadata=metadata,
        now=now,
    )
    _notify(actor=actor, case=case, verdict=verdict, reason=reason, now=now)
    return decision


@needs_transaction
def _notify(
    *, actor: Actor, case: Case, verdict: Verdict, reason: Reason, now: dt.datetime
) -> None:
    """Tell the person by mail, unless they were removed: then nobody is there to tell."""
    if case.user.is_active:
        variables = {"outcome": verdict.label, "reason": reason.label}
        kind = MailKind.VERIFICATION_DECIDED
        queue_mail(actor=actor, user=case.user, kind=kind, variables=variables, now=now)
