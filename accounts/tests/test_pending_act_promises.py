"""What the database refuses by itself about acts that wait for a second person."""

from __future__ import annotations

import pytest

from accounts.models import PendingAct, User
from accounts.services.dual_control import set_dual_control_policy
from accounts.services.pending_acts import agree, make_pending
from accounts.tests.builders import NOW, joined, registered, signed_in
from accounts.tests.test_pending_acts import LATER, asked, people
from kernel.actor import Actor
from kernel.ids import new_id
from kernel.transactions import opens_transaction
from tests.database import FORBIDDEN, refuses, run, view
from tests.keys import issue

pytestmark = pytest.mark.django_db

DECIDE = (
    "UPDATE accounts_pendingact SET state = 'agreed', checker_id = %s, decided_at = made_at"
    " WHERE id = %s"
)


@pytest.fixture
def waiting() -> tuple[PendingAct, User, User]:
    """An act of Adam's that Alice may decide; the transaction sees Acme."""
    alice, adam, mia = people()
    act = asked(adam, mia, "finance")
    assert alice.organization
    view(alice.organization)
    return act, alice, adam


def test_the_checker_is_another_person(waiting: tuple[PendingAct, User, User]) -> None:
    act, alice, adam = waiting
    refuses("pending_act_two_people", DECIDE, adam.id, act.id)
    assert run(DECIDE, alice.id, act.id) == 1


def test_the_issuer_of_a_key_is_who_acts_by_it() -> None:
    alice, adam, _ = people()
    key, _ = issue(actor=signed_in(alice), name="Server", scopes=["wallets:read"], now=NOW)
    assert alice.organization
    program = Actor(
        kind=signed_in(alice).kind.API_KEY,
        door=signed_in(alice).door,
        request_id="key",
        id=key.id,
        organization_id=alice.organization_id,
    )
    act = _made(actor=program)
    assert act.maker_person_id == alice.id
    view(alice.organization)
    refuses("pending_act_two_people", DECIDE, alice.id, act.id)
    refuses("pending_act_maker_of_key", copied("maker_person_id", "%s::uuid"), adam.id)
    assert run(DECIDE, adam.id, act.id) == 1


@opens_transaction
def _made(*, actor: Actor) -> PendingAct:
    return make_pending(
        actor=actor,
        kind="accounts.role_grant",
        organization_id=actor.organization_id,
        facts={"user_id": str(new_id()), "before": "member", "role": "admin"},
        now=NOW,
    )


_COPIED = (
    *("organization_id", "kind", "facts", "fingerprint", "maker_kind", "maker_id"),
    *("maker_person_id", "maker_display", "door", "request_id", "made_at", "expires_at"),
    *("state", "checker_id", "checker_display", "decided_at", "note", "reason_code"),
    *("result_type", "session_id"),
)


def copied(column: str, value: str) -> str:
    """An insert of the same act again with one column changed."""
    taken = [value if name == column else name for name in _COPIED]
    return (
        f"INSERT INTO accounts_pendingact (id, reference, {', '.join(_COPIED)})"
        f" SELECT gen_random_uuid(), sha256(id::text::bytea), {', '.join(taken)}"
        " FROM accounts_pendingact LIMIT 1"
    )


def test_somebody_elsewhere_or_removed_is_no_checker(
    waiting: tuple[PendingAct, User, User],
) -> None:
    act, alice, _ = waiting
    charlie = registered("Globex", "charlie").owner
    assert alice.organization
    assert charlie.organization
    view(alice.organization, charlie.organization)
    refuses("pending_act_checker_counts", DECIDE, charlie.id, act.id)
    gone = joined(alice, "gone", "member")
    view(alice.organization)
    run("UPDATE accounts_user SET is_active = false WHERE id = %s", gone.id)
    refuses("pending_act_checker_counts", DECIDE, gone.id, act.id)
    refuses("pending_act_checker_counts", DECIDE, new_id(), act.id)


def test_an_act_begins_waiting(waiting: tuple[PendingAct, User, User]) -> None:
    refuses("pending_act_begins_pending", copied("state", "'agreed'"))


@pytest.mark.parametrize(
    "change",
    [
        "facts = '{}'",
        "amount_minor = 1, currency = 'INR'",
        "kind = 'x'",
        "maker_id = gen_random_uuid()",
        "maker_person_id = NULL",
        "expires_at = expires_at + interval '1 year'",
        "organization_id = NULL",
        "reference = sha256('x')",
    ],
)
def test_what_was_asked_for_never_changes(
    waiting: tuple[PendingAct, User, User], change: str
) -> None:
    """The application has no right to these columns; a trigger holds the owner, too."""
    act, *_ = waiting
    refuses(FORBIDDEN, f"UPDATE accounts_pendingact SET {change} WHERE id = %s", act.id)


def test_a_decision_is_final(waiting: tuple[PendingAct, User, User]) -> None:
    act, alice, _ = waiting
    agree(actor=signed_in(alice), act_id=act.id, now=LATER)
    assert alice.organization
    view(alice.organization)
    for change in (
        "state = 'pending', checker_id = NULL, decided_at = NULL",
        "state = 'rejected'",
        "note = 'Never said'",
        "result_id = gen_random_uuid()",
    ):
        refuses(
            "pending_act_decided_once",
            f"UPDATE accounts_pendingact SET {change} WHERE id = %s",
            act.id,
        )
    refuses(FORBIDDEN, "DELETE FROM accounts_pendingact WHERE id = %s", act.id)


def test_who_decides_stands_with_the_decision(waiting: tuple[PendingAct, User, User]) -> None:
    act, alice, _ = waiting
    change = "UPDATE accounts_pendingact SET {} WHERE id = '{}'".format
    refuses("pending_act_decided", change("state = 'agreed', decided_at = made_at", act.id))
    refuses("pending_act_decided", change(f"checker_id = '{alice.id}'", act.id))
    late = f"state = 'agreed', checker_id = '{alice.id}', decided_at = expires_at"
    refuses("pending_act_in_time", change(late, act.id))
    refuses("pending_act_overdue", change("state = 'expired', decided_at = made_at", act.id))
    failed = f"state = 'failed', checker_id = '{alice.id}', decided_at = made_at"
    refuses("pending_act_reason", change(failed, act.id))


def test_less_takes_two_people_also_in_the_database(
    waiting: tuple[PendingAct, User, User],
) -> None:
    """The consent is looked for at the end of the transaction, whatever its view is then."""
    _, alice, adam = waiting
    act = set_dual_control_policy(
        actor=signed_in(alice), roles=False, journals=False, terms=False, now=NOW
    )
    assert isinstance(act, PendingAct)
    agree(actor=signed_in(adam), act_id=act.id, now=LATER)
    view()
    run("SET CONSTRAINTS ALL IMMEDIATE")
    assert alice.organization
    view(alice.organization)
    run("UPDATE accounts_dualcontrolpolicy SET roles = true")
    refuses(
        "dual_control_policy_loosened_by_two",
        "UPDATE accounts_dualcontrolpolicy SET roles = false, set_at = now()",
    )


def test_settings_and_staffs_roles_are_the_platforms(
    waiting: tuple[PendingAct, User, User],
) -> None:
    _, alice, _ = waiting
    assert alice.organization
    view(alice.organization)
    refuses(
        "system_setting_of_platform",
        "INSERT INTO accounts_systemsetting (name, value, set_at) VALUES ('x', '1', now())",
    )
    refuses(
        "accounts_user_staff_by_platform",
        "UPDATE accounts_user SET role = NULL, platform_role = 'super_admin' WHERE id = %s",
        alice.id,
    )
