"""Whose wallet may this actor touch? No database."""

from __future__ import annotations

import uuid

import pytest

from kernel.actor import Actor, ActorKind, Door, anonymous, system
from wallets.policy import may_debit, may_move_cash, may_open_for

HOME, ELSEWHERE = uuid.uuid4(), uuid.uuid4()
ME, COLLEAGUE = uuid.uuid4(), uuid.uuid4()

OFFICERS = ["owner", "admin", "finance"]
PEOPLE = [*OFFICERS, "member", "viewer"]
STAFF = ["moderator", "admin", "super_admin"]
SCOPES = [
    "wallets:read",
    "wallets:write",
    "wallets:debit-any",
    "transfers:read",
    "transfers:write",
    "cash:write",
    "ledger:read",
]


def person(role: str, *, home: uuid.UUID = HOME) -> Actor:
    return Actor(
        kind=ActorKind.USER, door=Door.API, request_id="t", id=ME, organization_id=home, role=role
    )


def staff(platform_role: str) -> Actor:
    return Actor(
        kind=ActorKind.USER,
        door=Door.ADMIN,
        request_id="t",
        id=ME,
        platform_role=platform_role,
        proven_strongly=True,
    )


def key(*scopes: str, home: uuid.UUID = HOME) -> Actor:
    return Actor(
        kind=ActorKind.API_KEY,
        door=Door.API,
        request_id="t",
        id=ME,
        organization_id=home,
        scopes=frozenset(scopes),
    )


def debits(actor: Actor, owner_id: uuid.UUID | None) -> bool:
    return may_debit(actor, organization_id=HOME, owner_id=owner_id)


@pytest.mark.parametrize("role", PEOPLE)
def test_people_debit_their_own_and_officers_the_organizations(role: str) -> None:
    assert debits(person(role), ME) == (role != "viewer")
    assert debits(person(role), None) == (role in OFFICERS)
    assert not debits(person(role), COLLEAGUE)


@pytest.mark.parametrize("role", PEOPLE)
def test_nobody_debits_elsewhere(role: str) -> None:
    for owner_id in (ME, None, COLLEAGUE):
        assert not debits(person(role, home=ELSEWHERE), owner_id)
        assert not debits(key(*SCOPES, home=ELSEWHERE), owner_id)


@pytest.mark.parametrize("platform_role", STAFF)
def test_staff_debit_nothing(platform_role: str) -> None:
    assert not any(debits(staff(platform_role), owner) for owner in (ME, None, COLLEAGUE))


def test_a_key_debits_the_organizations_and_with_the_scope_anybodys() -> None:
    assert debits(key("transfers:write"), None)
    assert not debits(key("transfers:write"), COLLEAGUE)
    assert debits(key("transfers:write", "wallets:debit-any"), COLLEAGUE)


@pytest.mark.parametrize("scope", SCOPES)
def test_each_scope_alone(scope: str) -> None:
    assert debits(key(scope), None) == (scope == "transfers:write")
    assert debits(key(scope), COLLEAGUE) == (scope == "wallets:debit-any")
    # A key is nobody: a wallet is never its own, though the ids should ever be equal.
    assert debits(key(scope), ME) == (scope == "wallets:debit-any")
    assert may_move_cash(key(scope), organization_id=HOME) == (scope == "cash:write")


def test_cash_is_moved_by_platform_admins_and_keys_at_home() -> None:
    assert [may_move_cash(staff(role), organization_id=HOME) for role in STAFF] == [
        False,
        True,
        True,
    ]
    assert not any(may_move_cash(person(role), organization_id=HOME) for role in PEOPLE)
    assert not may_move_cash(key("cash:write"), organization_id=ELSEWHERE)


@pytest.mark.parametrize("role", PEOPLE)
def test_opening(role: str) -> None:
    assert may_open_for(person(role), owner_id=ME) == (role != "viewer")
    assert may_open_for(person(role), owner_id=COLLEAGUE) == (role in OFFICERS)
    assert may_open_for(person(role), owner_id=None) == (role in OFFICERS)


def test_strangers_may_nothing_and_the_program_all() -> None:
    stranger = anonymous(door=Door.API, request_id="t")
    program = system(door=Door.COMMAND, request_id="t")

    assert not debits(stranger, None)
    assert not debits(stranger, ME)
    assert not may_move_cash(stranger, organization_id=HOME)
    assert not may_open_for(stranger, owner_id=None)
    assert debits(program, COLLEAGUE)
    assert may_move_cash(program, organization_id=HOME)
