"""Nobody sets what an operation does not document: roles, organizations, states, owners."""

from __future__ import annotations

from typing import Any

import pytest

from api import fields
from api.schema.document import document
from tests.api.conftest import Caller, order
from tests.world import World

pytestmark = pytest.mark.django_db

# What an attacker would love to add.
WISHED = {
    "role": "owner",
    "platform_role": "super_admin",
    "organization_id": "org_00000000000000000000000000",
    "is_staff": True,
    "status": "active",
    "state": "COMPLETED",
    "posted_minor": 1,
    "id": "x",
    "__proto__": {},
}


def bodies() -> list[tuple[str, str, str]]:
    return [
        (method.upper(), path, content["schema"]["$ref"].rpartition("/")[2])
        for path, methods in document()["paths"].items()
        for method, operation in methods.items()
        for content in operation.get("requestBody", {}).get("content", {}).values()
    ]


def test_every_body_of_the_document_is_read_strictly():
    """By the shape itself, with all of the wishes, down to objects within objects."""
    read = [name.removesuffix("Request") for _, _, name in bodies()]
    shapes = {one.__name__: one for one in _descendants(fields.StrictSerializer)}
    assert read
    for name in set(read):
        shape = shapes.get(name) or shapes[f"{name}Request"]
        _refuses_wishes(shape())


def _refuses_wishes(shape: Any) -> None:
    wishes = {name: value for name, value in WISHED.items() if name not in shape.fields}
    judged = type(shape)(data=wishes)
    assert not judged.is_valid(), type(shape)
    for name in wishes:
        assert judged.errors[name][0].code == "unknown_field", (type(shape), name)
    for field in shape.fields.values():
        inner = getattr(field, "child", field)
        if hasattr(inner, "fields"):
            assert isinstance(inner, fields.StrictSerializer), (type(shape), type(inner))
            _refuses_wishes(inner)


def _descendants(shape: type) -> list[type]:
    return [one for child in shape.__subclasses__() for one in (child, *_descendants(child))]


def test_through_the_door(world: World, olga: Caller):
    """Each operation refuses an unknown member before it does anything, whatever else is wrong."""
    for method, path, _ in bodies():
        place = path.removeprefix("/api/v1").replace("{", "").replace("}", "")
        if path.endswith("/me/verification/documents"):
            continue  # It reads no JSON; tests/api/test_verification.py sends it unknown fields.
        got = olga(method, place, {"organization_id_": "x", "is_superuser": True}, key="k-1")
        assert got.status in (400, 404, 422), (method, path, got.status)
        if got.status == 400:
            pointers = {entry.get("pointer") for entry in got.data["errors"]}
            assert "/is_superuser" in pointers, (method, path, got.data)


def test_registering_grants_nothing_more(nobody: Caller):
    given = {
        "organization_name": "Initech",
        "country": "IN",
        "base_currency": "INR",
        "owner_name": "Ian",
        "email": "ian@initech.test",
        "password": "a long enough passphrase",
    }
    got = nobody.post("/auth/register", {**given, "platform_role": "super_admin"})
    assert got.status == 400
    got = nobody.post("/auth/register", given)
    assert (got.status, got.data["organization"]["status"]) == (201, "pending")


def test_a_query_is_as_strict_as_a_body(alice: Caller):
    assert alice.get("/wallets?organization_id=x").status == 400
    assert alice.get("/wallets?limit=1&limit=2").status == 400


def test_a_member_sent_twice_is_refused(world: World, alice: Caller):
    raw = b'{"amount_minor": 1, "amount_minor": 100000}'
    assert alice("POST", "/transfers", raw=raw, key="k").code == "malformed_json"
    assert alice.move("/transfers", order(world, fee_minor=0)).status == 400
