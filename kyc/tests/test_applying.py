"""A person says who they are and sends it in."""

from __future__ import annotations

import datetime as dt

import pytest

from accounts.services.api_keys import authenticate
from kernel.actor import Door
from kernel.context import reading
from kernel.errors import PermissionDenied
from kyc import policy
from kyc.choices import CaseState, IdType, Tier
from kyc.errors import (
    AlreadyVerified,
    CaseIncomplete,
    CaseNotFound,
    CaseNotOpen,
    DetailsInvalid,
    TooManyCases,
)
from kyc.models import Case
from kyc.queries import current_case, visible_cases
from kyc.services.applying import save_details, submit_case
from kyc.services.reviewing import ask_for_more, reject_case
from kyc.tests.people import (
    PASSPORT,
    begun,
    details,
    now_of,
    root,
    submitted,
    told,
    uploaded,
    verified,
)
from tests.world import NOW, World

pytestmark = pytest.mark.django_db


def test_details_are_sealed_and_can_be_compared(world: World):
    case = begun(world, world.alice)
    assert case.state == CaseState.DRAFT
    kept = b"".join(
        bytes(one) for one in (case.sealed_legal_name, case.sealed_id_number, case.id_index)
    )
    for plain in (b"Alice", PASSPORT.encode(), b"1990"):
        assert plain not in kept
    assert begun(world, world.charlie, id_number=" n12-345 67 ").id_index == case.id_index
    assert begun(world, world.charlie, country="GB").id_index != case.id_index


def test_no_personal_data_reaches_records_or_reprs(world: World):
    begun(world, world.alice)
    (record,) = told("kyc.case.save_details")
    assert record.actor_id == world.alice.id
    assert record.metadata == {"user_id": str(world.alice.id), "tier": 2}
    assert repr(details()) == "Details(...)"


def test_a_draft_is_changed_in_place(world: World):
    first = begun(world, world.alice, tier=Tier.BASIC)
    second = begun(world, world.alice, legal_name="Alice Rao")
    assert (second.id, second.tier) == (first.id, Tier.FULL)
    assert second.id_index == first.id_index


def test_what_was_sent_in_stands_still(world: World):
    case = submitted(world, world.alice)
    assert (case.state, case.rounds) == (CaseState.SUBMITTED, 1)
    with pytest.raises(CaseNotOpen):
        begun(world, world.alice)
    with pytest.raises(CaseNotOpen):
        uploaded(world, world.alice)
    with pytest.raises(CaseNotOpen):
        submit_case(actor=world.actor(world.alice), now=NOW)
    assert len(told("kyc.case.submit")) == 1


def test_the_full_tier_needs_a_document(world: World):
    with pytest.raises(CaseNotFound):
        submit_case(actor=world.actor(world.alice), now=NOW)
    begun(world, world.alice)
    with pytest.raises(CaseIncomplete) as refused:
        submit_case(actor=world.actor(world.alice), now=NOW)
    assert refused.value.facts == {"missing_documents": ["id_front"]}
    uploaded(world, world.alice, kind="selfie")
    with pytest.raises(CaseIncomplete):
        submit_case(actor=world.actor(world.alice), now=NOW)
    begun(world, world.alice, tier=Tier.BASIC)
    assert submit_case(actor=world.actor(world.alice), now=NOW).state == CaseState.SUBMITTED


def test_a_case_that_came_back_is_sent_in_again_and_not_for_ever(world: World):
    case = submitted(world, world.alice)
    for number in range(1, policy.MAX_ROUNDS + 1):
        assert now_of(case).rounds == number
        ask_for_more(
            actor=world.actor(world.olga), case_id=case.id, reason="document_missing", now=NOW
        )
        if number < policy.MAX_ROUNDS:
            submit_case(actor=world.actor(world.alice), now=NOW)
    with pytest.raises(TooManyCases):
        submit_case(actor=world.actor(world.alice), now=NOW)


def test_nobody_applies_for_ever(world: World):
    for _ in range(policy.MAX_CASES):
        case = submitted(world, world.alice, tier=Tier.BASIC)
        reject_case(actor=world.actor(world.olga), case_id=case.id, reason="not_eligible", now=NOW)
    with pytest.raises(TooManyCases):
        begun(world, world.alice)


def test_a_tier_one_has_is_not_asked_for_again(world: World):
    verified(world, world.alice, tier=Tier.BASIC)
    with pytest.raises(AlreadyVerified):
        begun(world, world.alice, tier=Tier.BASIC)
    assert begun(world, world.alice, tier=Tier.FULL).state == CaseState.DRAFT


def test_programs_and_staff_have_no_identity_to_prove(world: World):
    key = authenticate(secret=world.acme_key, door=Door.API, request_id="test", ip=None, now=NOW)
    for actor in (key, world.actor(world.olga), root()):
        with pytest.raises(PermissionDenied):
            save_details(actor=actor, details=details(), tier=Tier.BASIC, now=NOW)
        with pytest.raises(PermissionDenied):
            submit_case(actor=actor, now=NOW)


def test_colleagues_and_other_organizations_see_nothing_of_it(world: World):
    case = begun(world, world.bob)
    for person in (world.alice, world.charlie):
        with reading(world.actor(person)):
            assert not visible_cases(world.actor(person)).exists()
            assert current_case(world.actor(person)) is None
    with reading(world.actor(world.charlie)):
        assert not Case.objects.exists()
    with reading(world.actor(world.olga)):
        assert list(visible_cases(world.actor(world.olga))) == [case]


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"legal_name": "<script>alert(1)</script>"}, "/legal_name"),
        ({"legal_name": "=HYPERLINK(1)"}, "/legal_name"),
        ({"legal_name": "@SUM"}, "/legal_name"),
        ({"legal_name": "-cmd"}, "/legal_name"),
        ({"legal_name": "A"}, "/legal_name"),
        ({"legal_name": "Al\u202eice"}, "/legal_name"),
        ({"legal_name": "Alice\0"}, "/legal_name"),
        ({"legal_name": "x" * 121}, "/legal_name"),
        ({"date_of_birth": dt.date(2008, 11, 21)}, "/date_of_birth"),
        ({"date_of_birth": dt.date(1880, 1, 1)}, "/date_of_birth"),
        ({"date_of_birth": dt.date(2030, 1, 1)}, "/date_of_birth"),
        ({"country": "XX"}, "/country"),
        ({"country": "India"}, "/country"),
        ({"id_type": "library_card"}, "/id_type"),
        ({"id_number": "1234"}, "/id_number"),
        ({"id_number": "N1234567" * 4}, "/id_number"),
        ({"id_number": "N12345<b>"}, "/id_number"),
        ({"id_number": "N\u0967\u0968\u0969\u096a\u096b"}, "/id_number"),
        ({"id_type": IdType.TAX_ID, "id_number": "ABCD1234F5"}, "/id_number"),
    ],
)
def test_details_that_cannot_be_are_refused(world: World, wrong: dict, pointer: str):
    with pytest.raises(DetailsInvalid) as refused:
        begun(world, world.alice, **wrong)
    assert refused.value.pointer == pointer
    with reading(root()):
        assert not Case.objects.exists()


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("  Jean-Luc   O’Neil ", "Jean-Luc O’Neil"),
        ("நந்தினி குமார்", "நந்தினி குமார்"),
        ("Dr. A. P. J. Kalam",) * 2,
    ],
)
def test_names_of_the_world_are_names(written: str, kept: str):
    assert policy.cleaned_legal_name(written) == kept


def test_an_adult_is_one_on_the_birthday():
    today = dt.date(2026, 11, 20)
    born = dt.date(2008, 11, 20)
    assert policy.checked_birth_date(born, today=today) == born
    with pytest.raises(DetailsInvalid):
        policy.checked_birth_date(born + dt.timedelta(days=1), today=today)


def test_a_pan_and_masks():
    number = policy.normalized_id_number("abcde 1234 f", id_type=IdType.TAX_ID, country="IN")
    assert number == "ABCDE1234F"
    assert policy.masked(number) == "•••• 234F"
    assert policy.masked("AB123") == "•••• 23"
    assert policy.masked_name("Alice D'Souza") == "A••• D•••"
