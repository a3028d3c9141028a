"""The attacker's own things, one for each place in which an id of another tenant is tried."""

from __future__ import annotations

import uuid

from accounts.queries import visible_api_keys
from kernel import ids
from kernel.context import reading
from ledger.models import AccountGroup, LedgerAccount
from tests.tenants.conftest import Ground


def own_things(ground: Ground) -> dict[str, str]:
    """Public ids by prefix. Nothing of this kind: an id that is nobody's."""
    world = ground.world
    actor = world.actor(world.charlie)
    with reading(actor):
        heading = AccountGroup.objects.get(code="5200").id
        account = LedgerAccount.objects.get(code="4900-RESIDUE", currency_id="INR").id
        key = visible_api_keys(actor).latest("id").id
    found = {
        "org": world.globex.id,
        "usr": world.charlie.id,
        "wal": world.charlie_wallet.id,
        "agr": heading,
        "acc": account,
        "key": key,
    }
    nobodys = {prefix: uuid.UUID(int=1) for prefix in ("hld", "inv", "lim", "per", "txn", "trf")}
    return {prefix: ids.encode(prefix, value) for prefix, value in (found | nobodys).items()}
