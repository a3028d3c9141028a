"""Setting how many wallets holders may have, and who opens them."""

from __future__ import annotations

import datetime as dt

from accounts.policy import own_organization, require
from accounts.services.networks import from_known_network
from audit.services import record
from events.services import emit
from kernel.actor import Actor
from kernel.transactions import opens_transaction
from wallets.errors import TermsInvalid
from wallets.models import WalletPolicy
from wallets.models.policies import MOST_OF_A_KIND

MANAGE = "organizations.manage"


@from_known_network(MANAGE)
@opens_transaction
def set_wallet_policy(
    *, actor: Actor, per_kind: int, members_open: bool, now: dt.datetime
) -> WalletPolicy:
    """State it for the actor's organization; wallets that are open stay, however many.

    Records `wallets.wallet_policy.set` and emits the event of that name.

    :param per_kind: of each kind and currency, for each holder, 1 to 20.
    :raises PermissionDenied: unless the actor carries `organizations.manage` in an organization.
    :raises TermsInvalid: for a number out of bounds.
    :raises NetworkNotTrusted: if the actor is on a network that is new to them.
    """
    require(actor, MANAGE)
    organization_id = own_organization(actor)
    if not 1 <= per_kind <= MOST_OF_A_KIND:
        raise TermsInvalid(f"From 1 to {MOST_OF_A_KIND} wallets of a kind.", pointer="/per_kind")
    wanted: dict[str, object] = {"per_kind": per_kind, "members_open": members_open}
    policy, _ = WalletPolicy.objects.update_or_create(
        organization_id=organization_id, defaults={**wanted, "set_at": now}
    )
    record(
        actor=actor,
        action="wallets.wallet_policy.set",
        subject_type="organization",
        subject_id=organization_id,
        organization_id=organization_id,
        metadata=wanted,
        now=now,
    )
    emit(
        name="wallets.wallet_policy.set",
        organization_id=organization_id,
        subject_id=organization_id,
        payload=wanted,
        actor=actor,
        now=now,
    )
    return policy
