"""Found that world through the product's own services: `python -m tests.torture.founding PATH`."""

from __future__ import annotations

import itertools
import sys
import uuid
from pathlib import Path

import django

django.setup()

from accounts.actors import user_actor  # noqa: E402 - Django first
from accounts.services.approvals import set_approval_policy  # noqa: E402
from accounts.services.organizations import (  # noqa: E402
    activate_organization,
    register_organization,
)
from accounts.services.staff import create_staff  # noqa: E402
from kernel import clock  # noqa: E402
from kernel.actor import Actor, Door, anonymous, system  # noqa: E402
from ledger.services.clearing import set_clearing_cap  # noqa: E402
from tests.keys import issue  # noqa: E402
from tests.torture.world import (  # noqa: E402
    CAP_MINOR,
    CURRENCY,
    FEE_BPS,
    FEE_FIXED_MINOR,
    NARROW_CAP_MINOR,
    ORGANIZATIONS,
    Tenant,
    written,
)
from vaultcraft.seeding.mailbox import confirm_address  # noqa: E402
from wallets.choices import WalletKind  # noqa: E402
from wallets.models.terms import CHARGEABLE  # noqa: E402
from wallets.services.terms import set_fee_schedule, set_limit_rule  # noqa: E402
from wallets.services.wallets import open_wallet  # noqa: E402

REQUEST = "torture"
PASSWORD = "correct horse battery"
SCOPES = [
    "wallets:read",
    "wallets:write",
    "wallets:debit-any",
    "transfers:read",
    "transfers:write",
    "cash:write",
    "ledger:read",
]


def found(path: Path) -> None:
    """Register, trust each other, open empty wallets, and write down who they are."""
    staff = _staff()
    tenants = [_tenant(staff, number) for number in range(ORGANIZATIONS)]
    for one, other in itertools.permutations(tenants, 2):
        narrow = {one, other} == set(tenants[-2:])
        set_clearing_cap(
            actor=staff,
            organization_id=uuid.UUID(one.id),
            counterparty_id=uuid.UUID(other.id),
            currency=CURRENCY,
            cap_minor=NARROW_CAP_MINOR if narrow else CAP_MINOR,
            now=clock.now(),
        )
    path.write_text(written(tenants))


def _staff() -> Actor:
    member = create_staff(
        actor=system(door=Door.COMMAND, request_id=REQUEST),
        email="staff@torture.test",
        full_name="Staff",
        platform_role="super_admin",
        password=PASSWORD,
        now=clock.now(),
    )
    return user_actor(user=member, door=Door.COMMAND, request_id=REQUEST)


def _tenant(staff: Actor, number: int) -> Tenant:
    registered = register_organization(
        actor=anonymous(door=Door.WEB, request_id=REQUEST),
        organization_name=f"Torture {number}",
        country="IN",
        base_currency=CURRENCY,
        owner_email=f"owner@torture{number}.test",
        owner_name=f"Owner {number}",
        password=PASSWORD,
        now=clock.now(),
    )
    organization_id = registered.organization.id
    activate_organization(actor=staff, organization_id=organization_id, now=clock.now())
    person = confirm_address(registered.owner, now=clock.now(), request_id=REQUEST)
    owner = user_actor(user=person, door=Door.COMMAND, request_id=REQUEST)
    set_approval_policy(actor=owner, over_minor=None, now=clock.now())
    own, people = (
        [
            open_wallet(
                actor=owner, owner_id=holder, kind=kind, currency=CURRENCY, now=clock.now()
            ).handle
            for kind in WalletKind
        ]
        for holder in (None, registered.owner.id)
    )
    charges = number == 0
    if charges:
        _charge(staff, organization_id)
    else:
        _lift_limits(staff, organization_id)
    issued = issue(
        actor=staff,
        name="Torture",
        scopes=SCOPES,
        now=clock.now(),
        organization_id=organization_id,
    )
    return Tenant(
        str(organization_id), issued.secret, (*own, *people), people=tuple(people), charges=charges
    )


def _charge(staff: Actor, organization_id: uuid.UUID) -> None:
    """Fees for everything; the platform's limits stay, and are met now and then."""
    for kind in CHARGEABLE:
        set_fee_schedule(
            actor=staff,
            organization_id=organization_id,
            kind=kind,
            currency=CURRENCY,
            fixed_minor=FEE_FIXED_MINOR,
            bps=FEE_BPS,
            floor_minor=0,
            ceiling_minor=None,
            now=clock.now(),
        )


def _lift_limits(staff: Actor, organization_id: uuid.UUID) -> None:
    for kind in WalletKind:
        set_limit_rule(
            actor=staff,
            organization_id=organization_id,
            wallet_kind=kind,
            currency=CURRENCY,
            day_minor=None,
            month_minor=None,
            now=clock.now(),
        )


if __name__ == "__main__":
    found(Path(sys.argv[1]))
