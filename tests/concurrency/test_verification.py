"""Many at once at people's verifications: quotas, states and tiers hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from kernel.context import reading
from kernel.errors import VaultCraftError
from kyc.choices import CaseState, Tier
from kyc.models import Case, Check, Decision, Document, DocumentChunk
from kyc.policy import MAX_DOCUMENTS
from kyc.services.applying import submit_case
from kyc.services.reviewing import approve_case, reject_case
from kyc.tasks import screen_waiting
from kyc.tests.files import jpeg
from kyc.tests.people import begun, now_of, root, screened, submitted, tier_now, told, uploaded
from tests.concurrency.racing import THREADS, race
from tests.world import NOW, World
from wallets.choices import WalletKind
from wallets.services.terms import set_limit_rule

pytestmark = pytest.mark.usefixtures("committed_db")

WHY: dict[str, Any] = {"reason": "identity_confirmed", "now": NOW}


def outcome(call: Callable[[], object]) -> str:
    try:
        call()
    except VaultCraftError as error:
        return error.code
    return "done"


def outcomes(*calls: Callable[[], object]) -> Counter[str]:
    return Counter(race([lambda call=call: outcome(call) for call in calls]))  # type: ignore[misc]


def test_50_uploads_end_at_the_quota(world: World):
    begun(world, world.alice)
    photos = [jpeg((300, 300 + number)) for number in range(THREADS)]
    found = outcomes(*[lambda one=one: uploaded(world, world.alice, one) for one in photos])
    assert found == {"done": MAX_DOCUMENTS, "document_quota_exceeded": THREADS - MAX_DOCUMENTS}
    with reading(root()):
        assert Document.objects.count() == DocumentChunk.objects.count() == MAX_DOCUMENTS
    assert len(told("kyc.document.add")) == MAX_DOCUMENTS


def test_one_file_uploaded_20_times_is_one_document(world: World):
    begun(world, world.alice)
    photo = jpeg()
    assert outcomes(*[lambda: uploaded(world, world.alice, photo)] * 20) == {"done": 20}
    with reading(root()):
        assert Document.objects.count() == 1


def test_one_of_20_begins_a_case_and_one_sends_it_in(world: World):
    assert outcomes(*[lambda: begun(world, world.alice, tier=Tier.BASIC)] * 20) == {"done": 20}
    with reading(root()):
        case = Case.objects.get()
    send = [lambda: submit_case(actor=world.actor(world.alice), now=NOW)] * 20
    assert outcomes(*send) == {"done": 1, "verification_not_open": 19}
    assert now_of(case).rounds == 1


def test_of_20_decisions_one_counts(world: World):
    case = screened(world, world.alice)
    olga = world.actor(world.olga)
    yes = [lambda: approve_case(actor=olga, case_id=case.id, **WHY)] * 10
    no: dict[str, Any] = {"reason": "not_eligible", "now": NOW}
    refuse = [lambda: reject_case(actor=olga, case_id=case.id, **no)] * 10
    assert outcomes(*yes, *refuse) == {"done": 1, "verification_not_in_review": 19}
    with reading(root()):
        decision = Decision.objects.get()
    approved = decision.verdict == "approved"
    assert now_of(case).state == (CaseState.APPROVED if approved else CaseState.REJECTED)
    assert tier_now(world.alice) == (Tier.FULL if approved else Tier.UNVERIFIED)


def test_of_two_colleagues_with_one_paper_one_is_approved(world: World):
    cases = [screened(world, person) for person in (world.alice, world.bob)]
    olga = world.actor(world.olga)
    approve = [lambda one=one: approve_case(actor=olga, case_id=one.id, **WHY) for one in cases]
    assert outcomes(*approve) == {"done": 1, "identity_in_use": 1}
    assert sorted([tier_now(world.alice), tier_now(world.bob)]) == [Tier.UNVERIFIED, Tier.FULL]


def test_ten_screenings_at_once_ask_once(world: World):
    submitted(world, world.alice, tier=Tier.BASIC)
    assert sum(race([screen_waiting] * 10)) == 1
    with reading(root()):
        assert Check.objects.count() == Decision.objects.count() == 1
    assert tier_now(world.alice) is Tier.BASIC


def test_a_payment_beside_the_approval_has_the_old_limit_or_the_new(world: World):
    set_limit_rule(
        actor=world.actor(world.olga),
        organization_id=world.acme.id,
        wallet_kind=WalletKind.CURRENT,
        currency="INR",
        tier=Tier.UNVERIFIED,
        day_minor=0,
        month_minor=None,
        now=NOW,
    )
    case = screened(world, world.alice)
    approve = lambda: approve_case(actor=world.actor(world.olga), case_id=case.id, **WHY)  # noqa: E731

    def pay() -> None:
        error = world.send(amount_minor=10_00).error
        if error is not None:
            raise error

    found = outcomes(approve, *[pay] * 20)
    assert set(found) <= {"done", "daily_limit_exceeded"}
    assert world.balance(world.alice_wallet) == 1_00_000_00 - (found["done"] - 1) * 10_00
    pay()
