"""Decisions: by whom, about whom, once."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from accounts.services.erasing import shred_person
from accounts.services.mail import deliver_due
from accounts.services.people import remove_member
from events.models import OutboxEvent
from kernel.context import reading
from kernel.errors import PermissionDenied
from kernel.ids import new_id
from kyc.choices import CaseState, Tier
from kyc.errors import (
    CaseNotFound,
    CaseNotInReview,
    DecisionInvalid,
    IdentityInUse,
    ReasonMissing,
)
from kyc.models import Decision
from kyc.policy import MAX_NOTE
from kyc.services.revealing import reveal_details
from kyc.services.reviewing import approve_case, ask_for_more, reject_case, withdraw_approval
from kyc.tests.people import (
    begun,
    now_of,
    root,
    screened,
    staff,
    submitted,
    tier_now,
    told,
    verified,
)
from tests.world import NOW, World

pytestmark = pytest.mark.django_db

WHY: dict[str, Any] = {"reason": "identity_confirmed", "now": NOW}
NO: dict[str, Any] = {"reason": "document_not_genuine", "now": NOW}
MORE: dict[str, Any] = {"reason": "document_unreadable", "now": NOW}


def events() -> list[tuple[str, dict]]:
    with reading(root()):
        found = OutboxEvent.objects.filter(name__startswith="kyc.").order_by("id")
        return [(one.name, one.payload) for one in found]


def test_an_admin_approves_and_the_tier_rises(world: World):
    case = screened(world, world.alice)
    admin = staff("admin")
    approve_case(actor=admin, case_id=case.id, note="Called the embassy", **WHY)
    after = now_of(case)
    assert (after.state, after.reason, after.decided_at) == ("approved", "identity_confirmed", NOW)
    assert tier_now(world.alice) is Tier.FULL
    with reading(root()):
        decision = Decision.objects.get()
    assert (decision.decided_by_id, decision.note) == (admin.id, "Called the embassy")
    name, payload = events()[-1]
    assert (name, payload["tier"], payload["state"]) == ("kyc.case.approved", 2, "approved")
    assert "Called" not in str(events())
    assert told("kyc.case.approve")[0].actor_id == admin.id


def test_the_person_hears_of_it_by_mail(world: World, mailoutbox):
    case = screened(world, world.alice)
    ask_for_more(actor=staff("moderator"), case_id=case.id, note="Blurred", **MORE)
    deliver_due(actor=root(), now=NOW)
    subject = "Your identity verification: More information asked for"
    (mail,) = [one for one in mailoutbox if one.subject == subject]
    assert mail.to == [world.alice.email]
    assert "A document cannot be read." in mail.body
    assert "Blurred" not in mail.body


def test_a_removed_person_s_case_can_still_be_ended(world: World):
    case = screened(world, world.bob)
    remove_member(actor=world.actor(world.alice), user_id=world.bob.id, now=NOW)
    shred_person(actor=world.actor(world.olga), user_id=world.bob.id, now=NOW)
    reject_case(actor=staff("moderator"), case_id=case.id, **NO)
    assert now_of(case).state == CaseState.REJECTED


def test_a_moderator_reviews_and_does_not_approve(world: World):
    case = screened(world, world.alice)
    moderator = staff("moderator")
    with pytest.raises(PermissionDenied):
        approve_case(actor=moderator, case_id=case.id, **WHY)
    assert tier_now(world.alice) is Tier.UNVERIFIED
    ask_for_more(actor=moderator, case_id=case.id, **MORE)
    assert now_of(case).state == CaseState.MORE_INFO
    assert now_of(case).decided_at is None


def test_a_refusal_ends_the_case_and_changes_no_tier(world: World):
    verified(world, world.alice, tier=Tier.BASIC)
    case = screened(world, world.alice)
    reject_case(actor=staff("moderator"), case_id=case.id, **NO)
    assert now_of(case).state == CaseState.REJECTED
    assert tier_now(world.alice) is Tier.BASIC
    assert events()[-1][1]["reason"] == "document_not_genuine"


def test_no_organization_reviews(world: World):
    case = screened(world, world.bob)
    for person in (world.alice, world.charlie, world.bob):
        for act in (approve_case, reject_case, ask_for_more, withdraw_approval):
            with pytest.raises(PermissionDenied):
                act(actor=world.actor(person), case_id=case.id, **NO)
        with pytest.raises(PermissionDenied):
            reveal_details(actor=world.actor(person), case_id=case.id, now=NOW)
    assert now_of(case).state == CaseState.IN_REVIEW


def test_nobody_decides_about_themselves(world: World):
    case = screened(world, world.alice)
    herself = dataclasses.replace(staff("super_admin"), id=world.alice.id)
    for act, why in ((approve_case, WHY), (reject_case, NO), (ask_for_more, MORE)):
        with pytest.raises(DecisionInvalid):
            act(actor=herself, case_id=case.id, **why)
    assert tier_now(world.alice) is Tier.UNVERIFIED


def test_a_case_is_decided_once(world: World):
    case = screened(world, world.alice)
    admin = staff("admin")
    approve_case(actor=admin, case_id=case.id, **WHY)
    for act, why in ((approve_case, WHY), (reject_case, NO), (ask_for_more, MORE)):
        with pytest.raises(CaseNotInReview):
            act(actor=admin, case_id=case.id, **why)
    with reading(root()):
        assert Decision.objects.count() == 1


def test_a_draft_and_nothing_are_not_decided(world: World):
    admin = staff("admin")
    with pytest.raises(CaseNotInReview):
        approve_case(actor=admin, case_id=begun(world, world.alice).id, **WHY)
    with pytest.raises(CaseNotFound):
        approve_case(actor=admin, case_id=new_id(), **WHY)


@pytest.mark.parametrize("reason", ["identity_confirmed", "because", "", "document_missing"])
def test_a_reason_fits_its_decision(world: World, reason: str):
    case = screened(world, world.alice)
    with pytest.raises(DecisionInvalid):
        reject_case(actor=staff("admin"), case_id=case.id, reason=reason, now=NOW)
    with pytest.raises(DecisionInvalid):
        reject_case(actor=staff("admin"), case_id=case.id, note="x" * (MAX_NOTE + 1), **NO)


def test_two_colleagues_do_not_stand_by_one_paper(world: World):
    verified(world, world.alice)
    case = screened(world, world.bob)
    with pytest.raises(IdentityInUse):
        approve_case(actor=staff("admin"), case_id=case.id, **WHY)
    assert now_of(case).state == CaseState.IN_REVIEW
    assert tier_now(world.bob) is Tier.UNVERIFIED


def test_one_human_may_work_for_two_organizations(world: World):
    verified(world, world.alice)
    verified(world, world.charlie)
    assert tier_now(world.alice) is tier_now(world.charlie) is Tier.FULL


def test_an_approval_is_taken_back(world: World):
    case = verified(world, world.alice)
    with pytest.raises(PermissionDenied):
        withdraw_approval(actor=staff("moderator"), case_id=case.id, **NO)
    admin = staff("admin")
    withdraw_approval(actor=admin, case_id=case.id, **NO)
    assert tier_now(world.alice) is Tier.UNVERIFIED
    assert events()[-1][0] == "kyc.case.approval_withdrawn"
    with pytest.raises(CaseNotInReview):
        withdraw_approval(actor=admin, case_id=case.id, **NO)
    assert submitted(world, world.alice).id != case.id


def test_a_reviewer_s_look_at_the_details_is_written_down(world: World):
    case = screened(world, world.alice)
    moderator = staff("moderator")
    assert reveal_details(actor=moderator, case_id=case.id, now=NOW).id_number == "N1234567"
    (look,) = told("kyc.case.reveal")
    assert (look.actor_id, look.subject_id) == (moderator.id, case.id)
    assert look.metadata == {
        "user_id": str(world.alice.id),
        "fields": "all",
        "reason": "review",
    }


def test_who_reviews_sees_nothing_of_a_case_that_waits_for_nobody(world: World):
    """A draft is the person's own still; a decided case is looked at again for a reason only."""
    draft, decided = begun(world, world.bob), verified(world, world.alice)
    moderator, admin = staff("moderator"), staff("admin")
    for case in (draft, decided):
        with pytest.raises(PermissionDenied):
            reveal_details(actor=moderator, case_id=case.id, reason="Curious", now=NOW)
        for nothing in ("", "   ", "x" * 501):
            with pytest.raises(ReasonMissing):
                reveal_details(actor=admin, case_id=case.id, reason=nothing, now=NOW)
    assert not told("kyc.case.reveal")
    reveal_details(actor=admin, case_id=decided.id, reason=" Complaint 4711 ", now=NOW)
    (look,) = told("kyc.case.reveal")
    assert look.metadata["reason"] == "Complaint 4711"
