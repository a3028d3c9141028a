"""Staff who proved no more than their mailbox see nothing of any organization, at any door.

The platform's staff reach everybody, so a password that a mailbox can reset and a code that it gets
must not. What is about themselves goes on, or nobody could add their first factor.
"""

from __future__ import annotations

import dataclasses
import re

import pytest
from django.test import Client

from accounts import policy
from accounts.choices import FactorMethod, PlatformRole
from accounts.errors import StepUpRequired
from accounts.permissions import PERMISSIONS
from kernel.actor import Actor, ActorKind, Door
from tests.api.conftest import Caller, token_of
from tests.api.test_access import CALLERS, MATRIX, things_of_acme
from tests.database import rolled_back
from tests.web.conftest import Visit
from tests.web.test_pages import PAGES, address
from tests.world import World

NAMES = [b"Acme", b"Globex", b"Alice", b"Bob", b"VC-"]


def mailed(role: PlatformRole, door: Door = Door.API) -> Actor:
    """Somebody of staff who typed a mailed code a moment ago."""
    return Actor(
        kind=ActorKind.USER, door=door, request_id="r", platform_role=role, proven_lately=True
    )


@pytest.mark.parametrize("door", [Door.API, Door.WEB, Door.ADMIN])
def test_the_table_lets_them_do_what_is_about_themselves(door: Door) -> None:
    for name, row in PERMISSIONS.items():
        for role in row.platform:
            actor = mailed(role, door)
            if name.startswith("self."):
                policy.require(actor, name)
                assert policy.may(actor, name)
                continue
            with pytest.raises(StepUpRequired):
                policy.require(actor, name)
            assert not policy.may(actor, name), name
            assert policy.may(dataclasses.replace(actor, proven_strongly=True), name)


@pytest.mark.django_db
def test_no_operation_of_the_api_answers_them_with_what_is_a_tenant_s(world: World) -> None:
    caller = Caller(token_of(world, world.olga, second_factor=FactorMethod.EMAIL))
    targets, told, refused = things_of_acme(world), [], 0
    for name, row in MATRIX.items():
        if row.statuses[CALLERS.index("olga")] >= 400 or row.statuses[0] < 400:
            continue
        with rolled_back():
            body = row.body(world, "olga") if row.body else None
            got = caller(row.method, row.path.format(**targets), body, key=f"mailed-{name}")
        if got.status >= 400:
            refused += 1
            assert got.code == "step_up_required", (name, got.body)
        elif not re.match("/(me|auth)(/|$)", row.path):
            told.append(f"{name} {got.status}")
        assert not [name for name in NAMES if name in got.body], got.body
    assert refused > 60
    assert told == []


@pytest.mark.django_db
def test_no_page_shows_them_anything_of_a_tenant(world: World, visit: Visit) -> None:
    client: Client = visit(world.olga, FactorMethod.EMAIL)
    for page in PAGES:
        answer = client.get(address(world, page))
        assert not [name for name in NAMES if name in answer.content], page


def test_a_program_and_a_command_are_no_door() -> None:
    staff = mailed(PlatformRole.SUPER_ADMIN)
    policy.require(dataclasses.replace(staff, door=Door.COMMAND), "organizations.read")
