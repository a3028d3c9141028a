"""One API key for each organization, and its replacement when the secret was lost."""

from __future__ import annotations

from accounts.models import ApiKey
from accounts.queries import visible_api_keys
from accounts.services.api_keys import IssuedKey, issue, revoke
from kernel.context import reading
from kernel.crypto import hash_token
from kernel.errors import InvariantBroken, NotFound
from vaultcraft.seeding.cast import ORGANIZATIONS, OWNER_OF
from vaultcraft.seeding.demo_file import DemoFile
from vaultcraft.seeding.holdings import KEY_SCOPES
from vaultcraft.seeding.journal import program
from vaultcraft.seeding.stage import Stage
from vaultcraft.seeding.story import Moment

NAME = "Demo server"
_ISSUE_AT = Moment(28, 10, 30)


def ensure_keys(stage: Stage, demo: DemoFile) -> list[str]:
    """Have a working key, and its secret in the file, for each organization.

    A key whose secret is lost is revoked. Each secret is in the file before the next key is issued,
    so a kill between the two costs one key at most.

    :returns: names of the organizations whose earlier key was replaced.
    """
    replaced = []
    for plan in ORGANIZATIONS:
        if is_known(stage, plan.key, secret=demo.key_of(plan.name)):
            continue
        if _withdraw_lost(stage, plan.key):
            replaced.append(plan.name)
        step = f"key:{plan.key}"
        issued = issue(
            actor=stage.actor(OWNER_OF[plan.key], step=step),
            name=NAME,
            scopes=KEY_SCOPES,
            now=stage.calendar.at(_ISSUE_AT),
        )
        if not isinstance(issued, IssuedKey):
            raise InvariantBroken("the demo's key waits for a second person")
        demo.put_key(organization=plan.name, secret=issued.secret)
        stage.journal.note(step, issued.key.id)
    return replaced


def is_known(stage: Stage, organization: str, *, secret: str | None) -> bool:
    """Whether a secret is that of the organization's seeded key, and works."""
    key = _key(stage, organization)
    if key is None or secret is None:
        return False
    return bytes(key.secret_hash) == hash_token(secret)


def working_key(stage: Stage, organization: str) -> ApiKey:
    """The seeded key of an organization.

    :raises NotFound: if it was revoked.
    """
    key = _key(stage, organization)
    if key is None:
        raise NotFound("The organization's demo key was revoked.")
    return key


def _key(stage: Stage, organization: str) -> ApiKey | None:
    """The last key that was seeded, unless somebody revoked it."""
    step = f"key:{organization}"
    if not stage.journal.knows(step):
        return None
    with reading(program("keys")):
        keys = visible_api_keys(program("keys")).filter(revoked_at=None)
        return keys.filter(id=stage.journal.subject(step)).first()


def _withdraw_lost(stage: Stage, organization: str) -> bool:
    lost = _key(stage, organization)
    if lost is None:
        return False
    actor = stage.actor(OWNER_OF[organization], step=f"revoke-key:{organization}")
    revoke(actor=actor, api_key_id=lost.id, now=stage.now)
    return True
