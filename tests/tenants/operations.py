"""What the OpenAPI document says of each operation: where ids stand, and a readable request.

The suite is made from the document, so an operation, a parameter or a member of a body that comes
later is attacked without a line here. What cannot be guessed fails until it is named below.
"""

from __future__ import annotations

import copy
import dataclasses
import functools
import re
from collections.abc import Iterator, Mapping
from typing import Any

from api.schema.document import document
from tests.tenants.conftest import Ground
from tests.tenants.consent import PIN

METHODS = ("get", "post", "put", "patch", "delete")
# The thing that a parameter of the path names, where its pattern does not say.
PARAMETERS = {
    "account_id": "acc",
    "api_key_id": "key",
    "device_id": "dev",
    "document_id": "doc",
    "hold_id": "hld",
    "invitation_id": "inv",
    "limit_rule_id": "lim",
    "network_id": "net",
    "notification_id": "ntf",
    "organization_id": "org",
    "passkey_id": "pky",
    "pending_act_id": "pac",
    "period_id": "per",
    "session_id": "ses",
    "transaction_id": "txn",
    "transfer_id": "trf",
    "user_id": "usr",
    "wallet": "wal",
    "webhook_delivery_id": "whd",
    "webhook_endpoint_id": "whe",
}
# Values by the name of a member or parameter, where its schema allows more than the product takes.
SAMPLES: dict[str, Any] = {
    "account_number": "50100234567890",
    "bank_code": "HDFC0001234",
    "base_currency": "INR",
    "closes_on": "2026-11-19",
    "code": "5299",
    "countries": ["IN"],
    "country": "IN",
    "current_pin": PIN,
    "date_of_birth": "1990-02-28",
    "email": "somebody@globex.test",
    "expires_in_seconds": 3600,
    "pin": PIN,
    "password": "a long enough passphrase",
    "scopes": ["wallets:read"],
    "url": "https://hooks.globex.test/",
    "timezone": "UTC",
    "from": "2026-11-01T00:00:00Z",
    "to": "2026-12-01T00:00:00Z",
    "expand": None,  # optional, and of closed lists
}
# Members that must be there, and the schema cannot say so.
ALSO = {
    "place_hold": ("expires_in_seconds",),
    "rehearse_hold": ("expires_in_seconds",),
    "give_approval": ("amount_minor", "currency", "pin"),
    "challenge_to_approve": ("amount_minor", "currency"),
}
# Left out, unless it is tried itself: whom it does not help, it stops before anything else does.
APPROVAL = "approval"

_ID = re.compile(r"\b([a-z]{3})_\[0-7\]")
Path = tuple[str | int, ...]


@functools.cache
def described() -> Any:
    """The document, made once: that takes longer than a request."""
    return document()


@dataclasses.dataclass(frozen=True)
class Operation:
    """One operation of the document."""

    name: str
    method: str
    path: str
    said: Mapping[str, Any]

    @property
    def parameters(self) -> list[Mapping[str, Any]]:
        return [resolved(one) for one in self.said.get("parameters", ())]

    def names_in(self, place: str) -> list[str]:
        return [one["name"] for one in self.parameters if one["in"] == place]

    @property
    def body_schema(self) -> Mapping[str, Any] | None:
        content = self.said.get("requestBody", {}).get("content", {})
        media: Mapping[str, Any] = next(iter(content.values()), {})
        return resolved(media["schema"]) if media else None

    @property
    def takes_form(self) -> bool:
        """A form with a file in place of JSON."""
        return "multipart/form-data" in self.said.get("requestBody", {}).get("content", {})

    @property
    def documented(self) -> set[int]:
        return {int(status) for status in self.said["responses"]}

    def base(self, ground: Ground) -> Asked:
        """A readable request about the attacker's own things."""
        own = ground.own
        path = {name: own[PARAMETERS[name]] for name in self.names_in("path")}
        query = {
            one["name"]: SAMPLES[one["name"]]
            for one in self.parameters
            if one["in"] == "query" and one.get("required")
        }
        body = None
        if self.body_schema is not None:
            body = _sample("", self.body_schema, own, ALSO.get(self.name, ()))
        return Asked(self, path, query, body)


@dataclasses.dataclass(frozen=True)
class Asked:
    """One request."""

    operation: Operation
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Any

    def with_path(self, name: str, value: str) -> Asked:
        return dataclasses.replace(self, path={**self.path, name: value})

    def with_query(self, name: str, value: str) -> Asked:
        return dataclasses.replace(self, query={**self.query, name: value})

    def with_member(self, place: Path, value: Any) -> Asked:
        body = copy.deepcopy(self.body)
        inner = body
        for step in place[:-1]:
            inner = inner[step]
        inner[place[-1]] = value
        return dataclasses.replace(self, body=body)


def operations() -> list[Operation]:
    """All of the document."""
    return [
        Operation(said["operationId"], method.upper(), path, said)
        for path, item in described()["paths"].items()
        for method, said in item.items()
        if method in METHODS
    ]


def id_positions(asked: Asked) -> Iterator[tuple[Path, str]]:
    """Where ids stand in the body, and of what they are."""
    schema = asked.operation.body_schema
    if schema is not None:
        yield from _ids(schema, asked.body, ())


def objects(body: Any, place: Path = ()) -> Iterator[tuple[Path, set[str]]]:
    """Every object of a body with the names of its members: the places for one too many."""
    if isinstance(body, dict) and (body or not place):
        yield place, set(body)
    inner = body.items() if isinstance(body, dict) else enumerate(body or ())
    if isinstance(body, dict | list):
        for step, value in inner:
            if isinstance(value, dict | list):
                yield from objects(value, (*place, step))


def prefix_of(schema: Mapping[str, Any]) -> str | None:
    """Of what a text is the id; None for any other text."""
    found = _ID.search(str(resolved(schema).get("pattern", "")))
    return found.group(1) if found else None


def _ids(schema: Mapping[str, Any], value: Any, place: Path) -> Iterator[tuple[Path, str]]:
    schema = resolved(schema)
    prefix = prefix_of(schema)
    if prefix:
        yield place, prefix
    if isinstance(value, dict):
        for name, inner in schema.get("properties", {}).items():
            if name in value or name == APPROVAL:
                yield from _ids(inner, value.get(name), (*place, name))
    if isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _ids(schema["items"], inner, (*place, number))


def _sample(
    name: str, schema: Mapping[str, Any], own: Mapping[str, str], also: tuple[str, ...] = ()
) -> Any:
    schema = resolved(schema)
    if name in SAMPLES:
        return SAMPLES[name]
    prefix = prefix_of(schema)
    if prefix:
        return own[prefix]
    if "enum" in schema:
        return schema["enum"][0]
    kinds = schema.get("type")
    kind = kinds if isinstance(kinds, str) else (kinds or ["object"])[0]
    if kind == "object":
        return _object(schema, own, also)
    if kind == "array":
        one = _sample(name, schema["items"], own)
        return [one] * max(1, schema.get("minItems", 1))
    if kind == "string":
        return _text(schema)
    return {"integer": max(1, schema.get("minimum", 1)), "boolean": False}[kind]


def _object(schema: Mapping[str, Any], own: Mapping[str, str], also: tuple[str, ...]) -> Any:
    """What is required, what has a sample for this operation, and every place for an id."""
    required = {*schema.get("required", ()), *also}
    return {
        name: _sample(name, inner, own)
        for name, inner in schema.get("properties", {}).items()
        if name in required or (prefix_of(inner) and name != APPROVAL)
    }


def _text(schema: Mapping[str, Any]) -> str:
    if schema.get("pattern") == "^[A-Z]{3}$":
        return "INR"
    if schema.get("format") == "date-time":
        return "2036-01-01T00:00:00Z"
    return "x" * max(1, schema.get("minLength", 1))


def resolved(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    while True:
        if "$ref" in schema:
            found: Any = described()
            for step in schema["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            schema = found
        elif any(word in schema for word in ("allOf", "oneOf", "anyOf")):
            word = next(word for word in ("allOf", "oneOf", "anyOf") if word in schema)
            branches = [one for one in schema[word] if one.get("type") != "null"]
            schema = branches[0]
        else:
            return schema
