"""What the database itself refuses in this room, whatever the code does."""

from __future__ import annotations

import pytest

from kyc.services.documents import withdraw_document
from kyc.tests.people import begun, now_of, screened, submitted, uploaded, verified
from tests.database import FORBIDDEN, refuses, rows, run, view
from tests.world import NOW, World

pytestmark = pytest.mark.django_db

SET_STATE = "UPDATE kyc_case SET state = %s, decided_at = %s, reason = %s WHERE id = %s"


def test_states_move_one_way(world: World):
    case = begun(world, world.alice)
    view(scope="platform")
    for state in ("in_review", "more_info"):
        refuses("kyc_case_state_moves", SET_STATE, state, None, None, case.id)
    for state in ("approved", "rejected"):
        refuses("kyc_case_state_moves", SET_STATE, state, NOW, "not_eligible", case.id)
    refuses("kyc_case_rounds_counted", "UPDATE kyc_case SET rounds = 3 WHERE id = %s", case.id)
    view()
    done = verified(world, world.charlie, id_number="Z7654321")
    view(scope="platform")
    for state in ("draft", "submitted", "in_review", "more_info"):
        refuses("kyc_case_state_moves", SET_STATE, state, None, None, done.id)
    refuses("kyc_case_state_moves", SET_STATE, "rejected", NOW, "not_eligible", done.id)
    refuses("kyc_case_decided_once", SET_STATE, "approved", NOW, "not_eligible", done.id)


def test_an_organization_s_view_cannot_decide(world: World):
    case = screened(world, world.alice)
    view(world.acme)
    refuses(
        "kyc_case_decided_by_platform", SET_STATE, "approved", NOW, "identity_confirmed", case.id
    )
    refuses(
        "kyc_standing_on_approval",
        "INSERT INTO kyc_standing (user_id, organization_id, tier, case_id, id_index, since)"
        " SELECT user_id, organization_id, 2, id, id_index, now() FROM kyc_case WHERE id = %s",
        case.id,
    )
    assert rows("SELECT * FROM kyc_check") == rows("SELECT * FROM kyc_decision") == []


def test_an_organization_s_view_cannot_raise_a_tier(world: World):
    verified(world, world.alice)
    view(world.acme)
    assert rows("SELECT tier FROM kyc_standing") == [(2,)]
    assert run("UPDATE kyc_standing SET tier = 1") == 0
    view(world.globex)
    for table in ("case", "standing", "document", "documentchunk", "check", "decision"):
        assert rows(f"SELECT * FROM kyc_{table}") == [], table


def test_a_tier_stands_on_an_approved_case_of_the_same_person(world: World):
    case = screened(world, world.alice)
    raised = (
        "INSERT INTO kyc_standing (user_id, organization_id, tier, case_id, id_index, since)"
        " SELECT %s, organization_id, 2, id, id_index, now() FROM kyc_case WHERE id = %s"
    )
    view(scope="platform")
    refuses("kyc_standing_on_approval", raised, world.alice.id, case.id)
    view()
    approved = verified(world, world.charlie, id_number="Z7654321")
    view(scope="platform")
    refuses("kyc_standing_of_its_person", raised, world.alice.id, approved.id)
    refuses("kyc_standing_on_approval", "UPDATE kyc_standing SET id_index = sha256('x')")


def test_two_colleagues_cannot_stand_by_one_paper(world: World):
    verified(world, world.alice)
    verified(world, world.bob, id_number="Z7654321")
    view(scope="platform")
    refuses(
        "kyc_standing_on_approval",
        "UPDATE kyc_standing SET id_index = (SELECT id_index FROM kyc_standing WHERE user_id = %s)"
        " WHERE user_id = %s",
        world.alice.id,
        world.bob.id,
    )


def test_what_was_sent_in_stands_still(world: World):
    case = submitted(world, world.alice)
    view(world.acme)
    still = "kyc_case_stands_still"
    refuses(still, "UPDATE kyc_case SET tier = 1 WHERE id = %s", case.id)
    refuses(still, "UPDATE kyc_case SET id_index = sha256('x') WHERE id = %s", case.id)
    refuses("kyc_document_stands_still", "UPDATE kyc_document SET withdrawn_at = now()")
    refuses("kyc_chunk_kept", "DELETE FROM kyc_documentchunk")


def test_documents_and_chunks_are_never_rewritten(world: World):
    begun(world, world.alice)
    document = uploaded(world, world.alice)
    view(world.acme)
    for statement in (
        "UPDATE kyc_documentchunk SET number = number + 1",
        "UPDATE kyc_document SET content_index = sha256('x')",
        "UPDATE kyc_document SET user_id = user_id",
        "DELETE FROM kyc_document",
        "DELETE FROM kyc_case",
        "UPDATE kyc_decision SET note = ''",
        "TRUNCATE kyc_documentchunk",
    ):
        refuses(FORBIDDEN, statement)
    refuses("kyc_chunk_kept", "DELETE FROM kyc_documentchunk")
    view()
    withdraw_document(actor=world.actor(world.alice), document_id=document.id, now=NOW)
    view(world.acme)
    refuses("kyc_document_stands_still", "UPDATE kyc_document SET withdrawn_at = NULL")


def test_nobody_decides_about_themselves(world: World):
    case = screened(world, world.alice)
    view(scope="platform")
    refuses(
        "kyc_decision_by_another",
        "INSERT INTO kyc_decision (id, organization_id, user_id, case_id, verdict, tier, reason,"
        " note, actor_kind, decided_by_id, decided_at) SELECT gen_random_uuid(), organization_id,"
        " user_id, id, 'rejected', 0, 'not_eligible', '', 'user', user_id, now()"
        " FROM kyc_case WHERE id = %s",
        case.id,
    )
    refuses(
        "kyc_check_answered_once", "UPDATE kyc_check SET outcome = 'consider', answered_at = now()"
    )


def test_one_case_is_open_at_a_time(world: World):
    case = begun(world, world.alice)
    view(world.acme)
    refuses(
        "kyc_case_one_open",
        "INSERT INTO kyc_case (id, organization_id, user_id, tier, state, rounds, country, id_type,"
        " sealed_legal_name, sealed_date_of_birth, sealed_id_number, id_index, created_at)"
        " SELECT gen_random_uuid(), organization_id, user_id, 1, 'draft', 0, 'IN', 'passport',"
        " 'x', 'x', 'x', id_index, now() FROM kyc_case WHERE id = %s",
        case.id,
    )
    assert now_of(case).state == "draft"
