"""Another tenant's id in every position of every operation of the API.

The attacker owns an organization and holds a key with every scope there is: no role stands in the
way, only the tenant does.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from accounts.services.sessions import open_session
from kernel import clock
from kyc.tests.files import jpeg
from tests.api.conftest import Caller, Got
from tests.database import rolled_back
from tests.tenants.conftest import Ground, undone
from tests.tenants.consent import PIN
from tests.tenants.operations import (
    APPROVAL,
    PARAMETERS,
    Asked,
    Operation,
    id_positions,
    objects,
    operations,
    prefix_of,
    resolved,
)

OPERATIONS = {one.name: one for one in operations()}
REFUSED = {403, 404, 409, 422}
# Positions in which another tenant may be named, and what may be learned by it.
PAYEE = "a payer learns whom a wallet belongs to"
LEGITIMATE = {
    ("create_transfer", "destination_wallet"): PAYEE,
    ("create_payout", "approval"): "a key needs none, and what it presents is not looked at",
    ("create_transfer_batch", "destination_wallet"): PAYEE,
    ("place_hold", "destination_wallet"): PAYEE,
    ("rehearse_transfer", "destination_wallet"): PAYEE,
    ("rehearse_transfer_batch", "destination_wallet"): PAYEE,
    ("rehearse_hold", "destination_wallet"): PAYEE,
    ("give_approval", "destination_wallet"): PAYEE,
    ("challenge_to_approve", "destination_wallet"): PAYEE,
    ("mark_all_notifications_read", "up_to"): "a place in one's own list, whosever it is",
    ("set_clearing_cap", "counterparty"): "a cap names the partner; both must state one",
}
# A refusal is part of the answer, whose own status is 200.
JUDGED_WITHIN = {"create_transfer_batch"} | {
    name for name in OPERATIONS if name.startswith("rehearse_")
}
TEMPTING = ("X-Organization", "X-Organization-ID", "X-Tenant-ID", "X-User-ID", "X-Forwarded-User")
TOO_MANY = {
    "organization_id": "org",
    "organization": "org",
    "tenant_id": "org",
    "user_id": "usr",
    "owner_id": "usr",
    "id": "wal",
}
ROLES = {
    "role": "owner",
    "platform_role": "super_admin",
    "is_staff": True,
    "is_active": True,
    "status": "active",
    "scopes": ["cash:write"],
}


@pytest.fixture(params=["owner", "key"])
def caller(request: pytest.FixtureRequest, ground: Ground) -> Caller:
    return Caller(ground.token if request.param == "owner" else ground.key)


def asked(ground: Ground, caller: Caller, one: Asked, **headers: str) -> Got:
    """Send it, look at the answer and at the victim, and undo it."""
    path = one.operation.path.removeprefix("/api/v1").format(**one.path)
    address = f"{path}?{urlencode(one.query)}" if one.query else path
    sent = f"{address} {json.dumps(one.body)} {headers}"
    what = f"{one.operation.name}: {sent}"
    with undone(ground, what) if one.operation.method != "GET" else contextlib.nullcontext():
        got = caller(one.operation.method, address, key="hostile", headers=headers, **_written(one))
    ground.check(got.body, sent=sent, what=what, known=known(one, ground))
    return got


def _written(one: Asked) -> dict[str, Any]:
    if not one.operation.takes_form:
        return {"data": one.body}
    fields = {**one.body, "file": SimpleUploadedFile("photo.jpg", jpeg(), "image/jpeg")}
    return {"raw": encode_multipart(BOUNDARY, fields), "content_type": MULTIPART_CONTENT}


def known(one: Asked, ground: Ground) -> frozenset[str]:
    """What the answer may tell: something only where the victim is named as a partner."""
    if not any(name == one.operation.name for name, _ in LEGITIMATE):
        return frozenset()
    return frozenset(ground.victim.directory)


def hostile_ids(ground: Ground, prefix: str) -> Iterator[str]:
    """The victim's things of this kind, by all of their names."""
    yield ground.victim.named(prefix)
    if prefix == "wal":
        yield ground.victim.wallet.handle


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_request_is_readable(ground: Ground, name: str) -> None:
    """Else a refusal below would say nothing about tenants."""
    got = asked(ground, Caller(ground.token), OPERATIONS[name].base(ground))
    assert got.status not in (400, 401, 405) or name in ("sign_in", "refresh_tokens"), got.body


@pytest.mark.parametrize("name", [n for n, one in OPERATIONS.items() if one.names_in("path")])
def test_another_tenants_id_in_the_path(ground: Ground, caller: Caller, name: str) -> None:
    one = OPERATIONS[name].base(ground)
    for parameter in OPERATIONS[name].names_in("path"):
        for value in hostile_ids(ground, PARAMETERS[parameter]):
            got = asked(ground, caller, one.with_path(parameter, value))
            assert got.status in (403, 404), (value, got.body)
            assert got.status in OPERATIONS[name].documented


@pytest.mark.parametrize("name", [n for n, one in OPERATIONS.items() if one.names_in("query")])
def test_another_tenants_id_in_the_query(ground: Ground, caller: Caller, name: str) -> None:
    operation = OPERATIONS[name]
    for parameter in operation.parameters:
        schema = parameter.get("schema", {})
        prefix = prefix_of(schema)
        if parameter["in"] != "query" or prefix is None:
            continue
        for value in hostile_ids(ground, prefix):
            if not re.search(resolved(schema)["pattern"], value):
                continue  # a list that takes no handles
            one = operation.base(ground).with_query(parameter["name"], value)
            got = asked(ground, caller, one)
            assert got.status in {200} | REFUSED, (value, got.body)


@pytest.mark.parametrize("name", [n for n, one in OPERATIONS.items() if one.body_schema])
def test_another_tenants_id_in_the_body(ground: Ground, caller: Caller, name: str) -> None:
    one = OPERATIONS[name].base(ground)
    for place, prefix in id_positions(one):
        for value in hostile_ids(ground, prefix):
            got = asked(ground, caller, one.with_member(place, value))
            if (name, place[-1]) in LEGITIMATE or (name in JUDGED_WITHIN and got.status == 200):
                continue
            assert got.status in REFUSED, (place, got.body)
            assert got.status in OPERATIONS[name].documented


@pytest.mark.parametrize("name", OPERATIONS)
def test_another_tenant_in_the_headers(ground: Ground, name: str) -> None:
    """They mean nothing here: the answer is that of a request without them."""
    victim, one = ground.victim, OPERATIONS[name].base(ground)
    headers = dict.fromkeys(TEMPTING, victim.named("org"))
    plain = asked(ground, Caller(ground.token), one)
    got = asked(ground, Caller(ground.token), one, **headers, **{"X-Request-ID": victim.request_id})
    assert got.status == plain.status


@pytest.mark.parametrize("name", [n for n, one in OPERATIONS.items() if one.body_schema])
def test_members_that_nobody_asked_for(ground: Ground, name: str) -> None:
    """Mass assignment: a role, an organization, a tenant's thing where none is expected."""
    one = OPERATIONS[name].base(ground)
    hostile = {member: ground.victim.named(prefix) for member, prefix in TOO_MANY.items()}
    for place, members in objects(one.body):
        if place and place[-1] == "metadata":
            continue
        for member, value in (hostile | ROLES).items():
            if member not in members | _offered(OPERATIONS[name], place):
                got = asked(ground, Caller(ground.token), one.with_member((*place, member), value))
                assert got.status == 400, (place, member, got.body)


def _offered(operation: Operation, place: tuple[str | int, ...]) -> set[str]:
    """The members the document offers at a place."""
    schema = operation.body_schema or {}
    for step in place:
        inner = schema["items"] if isinstance(step, int) else schema["properties"][step]
        schema = resolved(inner)
    return set(schema.get("properties", {}))


@pytest.mark.parametrize("name", ["invite_member", "change_role"])
@pytest.mark.parametrize("role", ["super_admin", "moderator", "admin ", "OWNER"])
def test_no_role_but_an_organizations_own(ground: Ground, name: str, role: str) -> None:
    one = OPERATIONS[name].base(ground).with_member(("role",), role)
    assert asked(ground, Caller(ground.token), one).status in (400, 422)


def test_a_key_that_another_tenant_used(ground: Ground) -> None:
    """An idempotency key is a tenant's own: it replays nothing of somebody else's."""
    world = ground.world
    order = {
        "source_wallet": world.charlie_wallet.handle,
        "destination_wallet": world.acme_wallet.handle,
        "amount_minor": 100,
        "currency": "INR",
    }
    theirs = Caller(world.acme_key)
    own = {
        "source_wallet": world.acme_wallet.handle,
        "destination_wallet": world.alice_wallet.handle,
    }
    first = theirs.move("/transfers", {**order, **own}, key="same")
    second = Caller(ground.token).move("/transfers", order, key="same")
    assert (first.status, second.status) == (201, 201)
    assert "Idempotent-Replayed" not in second.headers
    assert first.data["id"] != second.data["id"]


@pytest.mark.parametrize("name", ["give_approval", "challenge_to_approve"])
@pytest.mark.parametrize(("kind", "member"), [("capture", "hold"), ("reversal", "transfer")])
def test_approving_what_is_somebody_elses(
    ground: Ground, name: str, kind: str, member: str
) -> None:
    """It is judged before a proof is looked at, and is not there."""
    body = {"kind": kind, member: ground.victim.named("hld" if member == "hold" else "trf")}
    if name == "give_approval":
        body |= {"method": "pin", "pin": PIN}
    one = dataclasses.replace(OPERATIONS[name].base(ground), body=body)
    assert asked(ground, Caller(ground.token), one).status == 404


def test_an_approval_of_somebody_else(ground: Ground) -> None:
    """It is as good as one that never was, and stays unspent; without one the money moves."""
    world = ground.world
    ends = {
        "source_wallet": world.charlie_wallet.handle,
        "destination_wallet": world.acme_wallet.handle,
    }
    plain = OPERATIONS["create_transfer"].base(ground)
    plain = dataclasses.replace(plain, body={**plain.body, **ends})
    charlie = Caller(ground.token)
    assert asked(ground, charlie, plain).status == 201
    answers = [
        asked(ground, charlie, plain.with_member((APPROVAL,), value))
        for value in (ground.victim.named("apr"), ground.own["apr"])
    ]
    assert {one.code for one in answers} == {"approval_unknown"}
    assert len({one.status for one in answers}) == 1


def test_the_suite_would_notice(ground: Ground) -> None:
    """The control: the same request by somebody of Umbra shows what the suite looks for."""
    owner = ground.world.actor(ground.victim.owner)
    with rolled_back():
        token = open_session(actor=owner, now=clock.now()).access
        for path in (f"/transfers/{ground.victim.named('trf')}", "/members", "/pending-acts"):
            with pytest.raises(AssertionError, match="tells"):
                ground.check(Caller(token).get(path).body, sent="", what=path)


def test_every_parameter_of_a_path_is_tried() -> None:
    named = {name for one in OPERATIONS.values() for name in one.names_in("path")}
    assert named == set(PARAMETERS)
