"""What the platform's staff decide. A moderator reviews; an approval, which raises what somebody
may spend, is an admin's."""

from __future__ import annotations

import datetime as dt
import uuid

from accounts import policy as accounts_policy
from accounts.services.networks import from_known_network
from kernel.actor import Actor
from kernel.transactions import opens_transaction
from kyc.choices import Verdict
from kyc.models import Case
from kyc.services.deciding import decide, locked_case, withdraw

APPROVE, REVIEW = "kyc.approve", "kyc.review"


@from_known_network(APPROVE)
@opens_transaction
def approve_case(
    *, actor: Actor, case_id: uuid.UUID, reason: str, note: str = "", now: dt.datetime
) -> Case:
    """Give the person the tier they asked for; their limits rise with the commit.

    Locks the organization and the case. Records `kyc.case.approve`, emits `kyc.case.approved`.

    :raises PermissionDenied: unless the actor carries `kyc.approve`.
    :raises CaseNotFound: if there is no such case.
    :raises CaseNotInReview: if it does not wait, as when somebody else was faster.
    :raises DecisionInvalid: about oneself, or with a reason or note that does not fit.
    :raises IdentityInUse: if a colleague stands by the same government ID.
    :raises NetworkNotTrusted: if the actor is on a network that is new to them.
    """
    accounts_policy.require(actor, APPROVE)
    return _decided(actor, case_id, Verdict.APPROVED, reason, note, now)


@opens_transaction
def reject_case(
    *, actor: Actor, case_id: uuid.UUID, reason: str, note: str = "", now: dt.datetime
) -> Case:
    """End a case without a tier. Records `kyc.case.reject`, emits `kyc.case.rejected`.

    :raises PermissionDenied: unless the actor carries `kyc.review`.
    :raises CaseNotFound, CaseNotInReview, DecisionInvalid: as for `approve_case`.
    """
    accounts_policy.require(actor, REVIEW, stopping=True)
    return _decided(actor, case_id, Verdict.REJECTED, reason, note, now)


@opens_transaction
def ask_for_more(
    *, actor: Actor, case_id: uuid.UUID, reason: str, note: str = "", now: dt.datetime
) -> Case:
    """Give a case back to the person, who may change it and send it in again.

    Records `kyc.case.ask_for_more`, emits `kyc.case.returned`.

    :raises PermissionDenied: unless the actor carries `kyc.review`.
    :raises CaseNotFound, CaseNotInReview, DecisionInvalid: as for `approve_case`.
    """
    accounts_policy.require(actor, REVIEW, stopping=True)
    return _decided(actor, case_id, Verdict.MORE_INFO, reason, note, now)


@opens_transaction
def withdraw_approval(
    *, actor: Actor, case_id: uuid.UUID, reason: str, note: str = "", now: dt.datetime
) -> Case:
    """Take back the tier that stands on a case, as when its paper turned out to be false.

    Payments that are being posted at this moment came before it. Locks the organization and the
    case. Records `kyc.case.withdraw_approval`, emits `kyc.case.approval_withdrawn`.

    :raises PermissionDenied: unless the actor carries `kyc.approve`.
    :raises CaseNotFound, CaseNotInReview, DecisionInvalid: as for `approve_case`.
    """
    accounts_policy.require(actor, APPROVE, stopping=True)
    case = locked_case(case_id)
    withdraw(actor=actor, case=case, reason=reason, note=note.strip(), now=now)
    return case


def _decided(
    actor: Actor, case_id: uuid.UUID, verdict: Verdict, reason: str, note: str, now: dt.datetime
) -> Case:
    case = locked_case(case_id)
    decide(actor=actor, case=case, verdict=verdict, reason=reason, note=note.strip(), now=now)
    return case
