"""The OpenAPI document, made from the code."""

from __future__ import annotations

import functools
import json
from typing import Any

from drf_spectacular.generators import SchemaGenerator

DESCRIPTION = """\
Wallets over a double-entry ledger.

**Amounts** are JSON integers of minor units (paise, cents, whole yen) with their currency.
**Ids** are typed (`wal_...`, `trf_...`); wallets also have a handle like `VC-7Q2M9K`.
**Errors** are `application/problem+json` (RFC 9457); `type` leads to a description of each code.
**Requests that move money** need an `Idempotency-Key`; the same key and body get the same answer
for 7 days. **Lists** are walked by the addresses in `next` and `previous`.
**Other organizations' things** do not exist for you: 404.
"""

TAGS = {
    "Sign-in": "Registering, tokens, invitations.",
    "Me": "Who sends the request, and what they may do.",
    "Notifications": "What the caller is told, and how they want to be told.",
    "Verification": "Proving who one is; limits of spending go by it.",
    "PIN": "The four digits by which people approve what they send.",
    "Organizations": "One's own; for platform staff all of them.",
    "People": "Colleagues and invitations.",
    "Keys": "API keys of programs.",
    "Wallets": "Places for money, and their states.",
    "Transfers": "Money between wallets, one by one or in batches.",
    "Approvals": "A person's own consent to one movement, by PIN, code or passkey.",
    "Dual control": "Acts that take two people: policies, and what waits for the second one.",
    "Holds": "Money reserved on one wallet for another.",
    "Terms": "What payments cost, and how much wallets may spend.",
    "Cash": "Money that came to the bank or left it.",
    "Ledger": "The books, read-only, and what may be owed across organizations.",
    "Audit": "Evidence.",
    "System": "Settings of the whole installation, for super admins.",
}


def document() -> dict[str, Any]:
    """The document as data."""
    generator = SchemaGenerator()  # type: ignore[no-untyped-call]
    found: dict[str, Any] = generator.get_schema(  # type: ignore[no-untyped-call]
        request=None, public=True
    )
    found["info"]["description"] = DESCRIPTION
    found["tags"] = [{"name": name, "description": text} for name, text in TAGS.items()]
    _share(found)
    found["servers"] = [{"url": "/", "description": "This server"}]
    return found


def _share(found: dict[str, Any]) -> None:
    """Keep each header and each problem's example once, and refer to it everywhere else."""
    headers: dict[str, Any] = {}
    examples: dict[str, Any] = {}
    for path in found["paths"].values():
        for operation in path.values():
            for response in operation["responses"].values():
                _refer(response.get("headers", {}), headers, "headers")
                for content in response.get("content", {}).values():
                    _refer(content.get("examples", {}), examples, "examples")
    found["components"]["headers"] = dict(sorted(headers.items()))
    found["components"]["examples"] = dict(sorted(examples.items()))


def _refer(members: dict[str, Any], shared: dict[str, Any], kind: str) -> None:
    for name, member in members.items():
        if shared.setdefault(name, member) == member:
            members[name] = {"$ref": f"#/components/{kind}/{name}"}


@functools.cache
def schema_bytes() -> bytes:
    """The document as served and as kept in docs/openapi.json."""
    return (json.dumps(document(), indent=2, ensure_ascii=False) + "\n").encode()
