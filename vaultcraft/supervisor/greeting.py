"""What `make up` prints once everything answers: where, who, and a `curl` that moves money."""

import json
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psycopg

from vaultcraft.supervisor.programs import DATA_DIR_VARIABLE

SHOWN_USERS = 6
AMOUNT_MINOR = 12_550
CODE_COMMAND = ".venv/bin/python manage.py totp EMAIL"
# The richest wallet of the key's own organization, and somebody else's in the same currency.
PAIR = """
SELECT source.handle, destination.handle, source.currency_id
FROM accounts_organization AS organization
JOIN wallets_wallet AS source
    ON source.organization_id = organization.id AND source.owner_id IS NULL
JOIN ledger_ledgeraccount AS account ON account.id = source.account_id
JOIN ledger_clearingcap AS cap
    ON cap.currency_id = source.currency_id AND cap.organization_id = organization.id
JOIN wallets_wallet AS destination
    ON destination.organization_id = cap.counterparty_id
    AND destination.currency_id = source.currency_id AND destination.owner_id IS NOT NULL
JOIN ledger_ledgeraccount AS receiving
    ON receiving.id = destination.account_id AND receiving.status = 'ACTIVE'
WHERE organization.name = %s AND account.status = 'ACTIVE'
ORDER BY account.posted_minor DESC, destination.handle
LIMIT 1
"""


def greeting(
    *,
    base_url: str,
    world: Mapping[str, Any] | None,
    curl: str | None,
    moved_to: Path | None = None,
) -> str:
    """Return the whole text.

    :param moved_to: the data directory, unless it is where commands look by themselves.
    """
    lines = ["", f"VaultCraft is ready:  {base_url}", ""]
    if world:
        lines += ["Sign in as", *_sign_in_lines(world["users"]), ""]
        lines += [
            "Second step",
            f"  {code_command(moved_to)}",
            f"  or, for members, the mail at {base_url}/dev/mail",
        ]
        lines += [""]
    if curl:
        lines += ["Move money", "", curl, ""]
    lines += [
        f"API   {base_url}/api/v1/docs    Admin   {base_url}/admin/    Mail   {base_url}/dev/mail",
        "Ctrl-C stops everything; the data stays.",
    ]
    return "\n".join(lines)


def code_command(moved_to: Path | None) -> str:
    """Return what prints a code, ready to paste into a shell that knows nothing yet."""
    if moved_to is None:
        return CODE_COMMAND
    return f"{DATA_DIR_VARIABLE}={shlex.quote(str(moved_to))} {CODE_COMMAND}"


def transfer_curl(*, base_url: str, world: Mapping[str, Any], auditor_url: str) -> str | None:
    """Return a command line that moves money between two organizations, ready to paste."""
    for key in world.get("api_keys", []):
        with psycopg.connect(auditor_url) as connection:
            # The owner role, used where no auditor is given, is under row security as well.
            connection.execute("SELECT set_config('vaultcraft.scope', 'platform', true)")
            pair = connection.execute(PAIR, [key["organization"]]).fetchone()
        if pair:
            return _curl(base_url=base_url, key=key["key"], pair=pair)
    return None


def _curl(*, base_url: str, key: str, pair: Sequence[str]) -> str:
    """Write the command; a new idempotency key each time it is pasted."""
    source, destination, currency = pair
    body = {
        "source_wallet": source,
        "destination_wallet": destination,
        "amount_minor": AMOUNT_MINOR,
        "currency": currency,
        "description": "First transfer",
    }
    return (
        f"curl -sS {base_url}/api/v1/transfers \\\n"
        f"  -H 'Authorization: Bearer {key}' \\\n"
        f"  -H 'Content-Type: application/json' \\\n"
        f'  -H "Idempotency-Key: first-$(date +%s%N)" \\\n'
        f"  -d '{json.dumps(body)}'"
    )


def _sign_in_lines(users: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return one line per user worth showing: a few roles, not twenty people."""
    shown: dict[tuple[str, str], Mapping[str, Any]] = {}
    for user in users:
        shown.setdefault((str(user.get("organization") or "platform"), user["role"]), user)
    rows = list(shown.values())[:SHOWN_USERS]
    width = max((len(user["email"]) for user in rows), default=0)
    return [
        f"  {user['email']:<{width}}  {user['password']}   "
        f"{user['role']}, {user.get('organization') or 'platform'}"
        for user in rows
    ]
