"""What people do about themselves takes a fresh proof in the use case, so no door can forget it.

The permission table says for what (`self.*`). Each use case of these rooms that a door reaches is
called here as somebody whose proof is old; or it is named below, with why it asks for none.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from accounts.choices import PlatformRole, Role
from accounts.errors import StepUpRequired
from audit.models import AuditRecord
from kernel.actor import Actor, ActorKind, Door
from kernel.errors import PermissionDenied
from tests.database import all_seeing
from tests.world import NOW

ROOT = Path(__file__).resolve().parents[2]
ROOMS = (
    "accounts.services.devices.managing",
    "accounts.services.factors.passkeys",
    "accounts.services.factors.recovery_codes",
    "accounts.services.factors.removing",
    "accounts.services.factors.totp",
    "accounts.services.networks.linking",
    "accounts.services.networks.revoking",
    "accounts.services.passwords.changing",
    "accounts.services.phones",
    "accounts.services.pins.resetting",
    "accounts.services.pins.setting",
    "accounts.services.sessions.ending",
    "kyc.services.revealing",
    "notifications.services.notices.choosing",
    "notifications.services.notices.reading",
    "wallets.services.account_numbers",
)
SOME_ID = uuid.UUID(int=7)
SESSION = {"session_id": SOME_ID}
ASKS: dict[str, dict[str, Any]] = {
    "begin_totp": {},
    "confirm_totp": {"code": "000000", **SESSION},
    "remove_totp": {},
    "begin_passkey": SESSION,
    "finish_passkey": {"challenge": "x", "credential": "{}", "name": "x", **SESSION},
    "remove_passkey": {"passkey_id": SOME_ID},
    "regenerate_codes": {},
    "change_password": {"old_password": "x", "new_password": "y", **SESSION},
    "set_pin": {"pin": "1234"},
    "set_phone": {"phone": "no number"},
    "remove_phone": {},
    "reveal_phone": {},
    "trust_device": {"device_id": SOME_ID},
    "reveal_own_details": {},
    "open_own_document": {"document_id": SOME_ID},
    "reveal_account_number": {"wallet": "nobody"},
    "set_preferences": {"wanted": {}},
}
ASKS_NOTHING = {
    "rename_device": "a name is no power",
    "mark_read": "nothing is hidden by it: the list shows what was read, too",
    "mark_all_read": "the same",
    "revoke_device": "stops something: from anywhere, at once",
    "revoke_network": "stops something",
    "revoke_session": "stops something; somebody else's takes sessions.revoke_any",
    "end_own_session": "stops something",
    "end_other_sessions": "stops something",
    "end_sessions_of_person": "somebody else's: takes sessions.revoke_any",
    "send_network_link": "goes to the mailbox, and opens nothing by itself",
    "confirm_network": "the link is the proof",
    "change_pin": "the old PIN is the proof",
    "request_pin_reset": "goes to the mailbox, and changes nothing by itself",
    "choose_forgotten_pin": "counts at once with a settled factor just proven, else in a day",
    "cancel_pin_reset": "stops something",
    "reveal_details": "somebody else's: takes kyc.open",
    "open_document": "somebody else's: takes kyc.open",
}


def use_cases() -> Iterator[tuple[str, Any]]:
    """What somebody can ask these rooms to do at some time."""
    for room in ROOMS:
        for name, found in inspect.getmembers(importlib.import_module(room), inspect.isfunction):
            own = found.__module__ == room and not name.startswith("_")
            step = "needs_transaction" in found.__code__.co_qualname
            if own and not step and {"actor", "now"} <= inspect.signature(found).parameters.keys():
                yield name, found


def named_at_the_doors() -> set[str]:
    """Every name in the code of the API and the pages."""
    names: set[str] = set()
    for door in ("api", "web"):
        for file in (ROOT / door).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Name):
                    names.add(node.id)
                elif isinstance(node, ast.Attribute):
                    names.add(node.attr)
    return names


def stale(door: Door, *, role: Role | None) -> Actor:
    """Signed in, with an address that is confirmed, and a factor that was proven too long ago."""
    return Actor(
        kind=ActorKind.USER,
        door=door,
        request_id="r",
        id=uuid.uuid4(),
        organization_id=uuid.uuid4() if role else None,
        role=role,
        platform_role=None if role else PlatformRole.MODERATOR,
        session_id=uuid.uuid4(),
        proven_strongly=True,
    )


def test_each_use_case_that_a_door_reaches_asks_or_says_why_not() -> None:
    reached = {name for name, _ in use_cases()} & named_at_the_doors()
    assert reached == ASKS.keys() | ASKS_NOTHING.keys()


@pytest.mark.django_db
@pytest.mark.parametrize("name", ASKS)
def test_a_stale_session_is_refused_and_nothing_is_kept(name: str) -> None:
    use_case, before = dict(use_cases())[name], records()
    for role in Role:
        for door in (Door.API, Door.WEB, Door.ADMIN):
            with pytest.raises(StepUpRequired):
                use_case(actor=stale(door, role=role), now=NOW, **ASKS[name])
    if name not in ("reveal_own_details", "open_own_document"):  # staff have none here
        with pytest.raises(StepUpRequired):
            use_case(actor=stale(Door.WEB, role=None), now=NOW, **ASKS[name])
    assert records() == before


@pytest.mark.django_db
@pytest.mark.parametrize("name", ASKS)
def test_a_program_has_nothing_of_its_own(name: str) -> None:
    program = Actor(
        kind=ActorKind.API_KEY,
        door=Door.API,
        request_id="r",
        id=uuid.uuid4(),
        organization_id=uuid.uuid4(),
        scopes=frozenset({"wallets:read", "wallets:write"}),
    )
    with pytest.raises(PermissionDenied):
        dict(use_cases())[name](actor=program, now=NOW, **ASKS[name])


def records() -> int:
    with all_seeing():
        return AuditRecord.objects.count()
