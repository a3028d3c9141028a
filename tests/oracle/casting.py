"""The cast in the product: who they are, and how they come into a fresh database."""

from __future__ import annotations

import dataclasses
import uuid

from accounts.models import User
from accounts.services.approvals import set_approval_policy
from accounts.services.organizations import activate_organization, register_organization
from accounts.services.staff import create_staff
from kernel.actor import Actor, Door, anonymous, system
from tests.joining import brought_in
from tests.mailbox import confirm_address
from tests.oracle.model import cast as roles
from tests.oracle.model.words import Label
from tests.proof import proven_actor
from wallets.choices import WalletKind
from wallets.models import Wallet
from wallets.services.wallets import open_wallet

PASSWORD = "correct horse battery"


@dataclasses.dataclass(frozen=True)
class Cast:
    """Ids of everybody, by the names the oracle has for them."""

    houses: dict[str, uuid.UUID]
    people: dict[str, User]
    purses: dict[str, Wallet]
    transfers: dict[Label, uuid.UUID] = dataclasses.field(default_factory=dict)

    def actor(self, who: str) -> Actor:
        return proven_actor(user=self.people[who], door=Door.API, request_id="oracle")


def people_and_wallets() -> Cast:
    """Everybody of `roles` and what they will hold money in, through the services."""
    root = system(door=Door.COMMAND, request_id="oracle")
    olga = create_staff(
        actor=root,
        email="olga@platform.test",
        full_name="Olga",
        platform_role="super_admin",
        password=PASSWORD,
        now=roles.START,
    )
    cast = Cast({}, {"olga": olga}, {})
    for person in roles.PEOPLE:
        if person.role == "owner":
            _found(cast, person.name, str(person.house))
    for person in roles.PEOPLE:
        if person.role in ("member", "viewer"):
            _join(cast, person.name, person.role, owner="alice")
    for purse in roles.PURSES:
        owner = cast.people[purse.owner] if purse.owner else None
        opener = next(p.name for p in roles.PEOPLE if p.house == purse.house and p.role == "owner")
        cast.purses[purse.name] = open_wallet(
            actor=cast.actor(opener),
            owner_id=owner.id if owner else None,
            kind=WalletKind(purse.kind),
            currency=purse.currency,
            now=roles.START,
        )
    return cast


def _found(cast: Cast, owner: str, house: str) -> None:
    zone = next(one.zone for one in roles.HOUSES if one.name == house)
    registered = register_organization(
        actor=anonymous(door=Door.WEB, request_id="oracle"),
        organization_name=house.title(),
        country="IN",
        base_currency="INR",
        owner_email=f"{owner}@{house}.test",
        owner_name=owner.title(),
        password=PASSWORD,
        now=roles.START,
        timezone=zone,
    )
    organization = registered.organization
    person = confirm_address(registered.owner, now=roles.START, request_id="oracle")
    cast.houses[house], cast.people[owner] = organization.id, person
    activate_organization(
        actor=cast.actor("olga"), organization_id=organization.id, now=roles.START
    )
    # The model predicts what the books say; who approves what is the subject of other tests.
    set_approval_policy(actor=cast.actor(owner), over_minor=None, now=roles.START)


def _join(cast: Cast, name: str, role: str, *, owner: str) -> None:
    joined = brought_in(
        owner=cast.actor(owner),
        stranger=anonymous(door=Door.WEB, request_id="oracle"),
        email=f"{name}@acme.test",
        full_name=name.title(),
        role=role,
        password=PASSWORD,
        now=roles.START,
    )
    cast.people[name] = confirm_address(joined, now=roles.START, request_id="oracle")
