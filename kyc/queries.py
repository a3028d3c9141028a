"""Reading cases, documents and tiers: one's own, or all for the platform's reviewers."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Mapping

from django.db.models import Q, QuerySet

from accounts.policy import may
from kernel.actor import Actor, ActorKind
from kyc.choices import CaseState, DocumentKind, Tier
from kyc.errors import CaseNotFound
from kyc.models import Case, Check, Decision, Document, Standing
from kyc.policy import NEEDED_DOCUMENTS, OPEN_STATES, WAITING_STATES


def visible_cases(actor: Actor) -> QuerySet[Case]:
    """One's own cases; all of them for the platform's reviewers. Newest first.

    Colleagues see none of each other's, whatever their role in the organization.
    """
    cases = Case.objects.select_related("user", "organization")
    if actor.is_platform:
        return cases if may(actor, "kyc.review") else cases.none()
    if actor.kind is not ActorKind.USER or actor.id is None or actor.organization_id is None:
        return cases.none()
    return cases.filter(user_id=actor.id, organization_id=actor.organization_id)


def current_case(actor: Actor) -> Case | None:
    """One's own last case, whatever became of it."""
    return None if actor.is_platform else visible_cases(actor).first()


def case_of(*, actor: Actor, case_id: uuid.UUID) -> Case:
    """One visible case.

    :raises CaseNotFound: if there is none, or none that may be seen.
    """
    found = visible_cases(actor).filter(id=case_id).first()
    if found is None:
        raise CaseNotFound()
    return found


def documents_of(case: Case) -> QuerySet[Document]:
    """The documents that stand in a case, in the order they came."""
    return Document.objects.filter(case_id=case.id, withdrawn_at=None).order_by("id")


def missing_documents(case: Case) -> list[DocumentKind]:
    """What the tier still needs."""
    there = {DocumentKind(document.kind) for document in documents_of(case)}
    return sorted(NEEDED_DOCUMENTS[Tier(case.tier)] - there)


def checks_of(case: Case) -> QuerySet[Check]:
    """What was asked about a case, in order; nothing outside of the platform's view."""
    return Check.objects.filter(case_id=case.id).order_by("id")


def decisions_of(case: Case) -> QuerySet[Decision]:
    """What was decided, in order; nothing outside of the platform's view."""
    return Decision.objects.filter(case_id=case.id).select_related("decided_by").order_by("id")


def tier_of(user_id: uuid.UUID | None) -> Tier:
    """How well a person in view is known now."""
    if user_id is None:
        return Tier.UNVERIFIED
    return tiers_of([user_id]).get(user_id, Tier.UNVERIFIED)


def tiers_of(user_ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, Tier]:
    """The same for many, in one statement; who has none is missing."""
    found = Standing.objects.filter(user_id__in=user_ids, tier__gt=Tier.UNVERIFIED).order_by()
    return {row.user_id: Tier(row.tier) for row in found}


def may_edit(case: Case | None) -> bool:
    """Whether the person may change what stands in the case."""
    return case is not None and case.state in OPEN_STATES


def same_identity_elsewhere(case: Case) -> int:
    """How many other people in view have shown the same government ID and were not rejected.

    Says how many, never who. Meaningful under the platform's view only.
    """
    others = Case.objects.filter(id_index=case.id_index).exclude(user_id=case.user_id)
    shown = others.exclude(state__in=[CaseState.DRAFT, CaseState.REJECTED])
    return shown.order_by().values("user_id").distinct().count()


def same_documents_elsewhere(case: Case) -> int:
    """How many other people in view sent in a file with the same content; see above."""
    mine = documents_of(case).order_by().values("content_index")
    others = Document.objects.filter(content_index__in=mine, withdrawn_at=None)
    return others.exclude(user_id=case.user_id).order_by().values("user_id").distinct().count()


def due_for_screening(*, now: dt.datetime) -> QuerySet[Case]:
    """Cases a provider should be asked about now, the longest waiting first."""
    due = Q(screening_at__lte=now, state__in=WAITING_STATES)
    return Case.objects.filter(due).order_by("screening_at", "id")
