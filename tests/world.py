"""One world for every test, built through the real services; tests/founded.py keeps it.

alice owns Acme; bob looks on in Acme as a viewer; charlie owns Globex and must see nothing of Acme;
olga operates the platform. Acme and Globex agreed to owe each other at most 10,00,000.00 rupees.
Alice starts with 1,00,000.00, Charlie with 50,000.00, Acme's own wallet with 5,00,000.00.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools

from accounts.models import Organization, User
from accounts.services.approvals import set_approval_policy
from accounts.services.dual_control import set_dual_control_policy
from accounts.services.organizations import activate_organization, register_organization
from accounts.services.staff import create_staff
from kernel.actor import Actor, Door, anonymous, system
from kernel.context import reading
from kernel.crypto import fingerprint
from ledger.services.clearing import set_clearing_cap
from tests.joining import brought_in
from tests.keys import issue
from tests.mailbox import confirm_address
from tests.proof import in_session, proven_actor, sign_in_once
from wallets.choices import WalletKind
from wallets.models import Wallet
from wallets.services.cash import deposit
from wallets.services.references import reference_of
from wallets.services.transfers import TransferOutcome, TransferRequest, execute_transfers
from wallets.services.wallets import open_wallet

NOW = dt.datetime(2026, 11, 20, 9, 0, tzinfo=dt.UTC)
JOINED = dt.datetime(2026, 10, 1, 9, 0, tzinfo=dt.UTC)
REGISTERED = dt.datetime(2026, 9, 1, 9, 0, tzinfo=dt.UTC)
PASSWORD = "correct horse battery"
SCOPES = ["wallets:read", "wallets:write", "transfers:read", "transfers:write", "ledger:read"]

_keys = itertools.count(1)


@dataclasses.dataclass
class World:
    """Who exists, what they hold, and short ways to act as them."""

    acme: Organization
    globex: Organization
    alice: User
    bob: User
    charlie: User
    olga: User
    alice_wallet: Wallet
    acme_wallet: Wallet
    charlie_wallet: Wallet
    acme_key: str
    globex_key: str

    def actor(self, user: User, *, door: Door = Door.API) -> Actor:
        return proven_actor(user=user, door=door, request_id=f"test-{next(_keys)}")

    def signed_in(self, user: User, *, door: Door = Door.API) -> Actor:
        """The person in a session of theirs, as what waits for a second person has to be asked."""
        return sign_in_once(self.actor(user, door=door))

    def balance(self, wallet: Wallet) -> int:
        """The wallet's posted balance now, in minor units."""
        with reading(self.actor(self.olga)):
            return Wallet.objects.select_related("account").get(id=wallet.id).account.posted_minor

    def request(
        self,
        *,
        sender: User | None = None,
        source: Wallet | str | None = None,
        destination: Wallet | str | None = None,
        amount_minor: int = 100_00,
        currency: str = "INR",
        key: str | None = None,
        **more: object,
    ) -> TransferRequest:
        """A transfer request; by default Alice sends Charlie 100 rupees."""
        actor = in_session(self.actor(sender or self.alice))
        ends = [_name(source or self.alice_wallet), _name(destination or self.charlie_wallet)]
        key = key or f"key-{next(_keys)}"
        return TransferRequest(
            actor=actor,
            source=ends[0],
            destination=ends[1],
            amount_minor=amount_minor,
            currency=currency,
            reference=reference_of(actor=actor, route="test", key=key),
            fingerprint=fingerprint(*ends, str(amount_minor), currency),
            now=NOW,
            **more,  # type: ignore[arg-type]
        )

    def send(self, **wanted: object) -> TransferOutcome:
        """Execute one such request."""
        return execute_transfers([self.request(**wanted)])[0]  # type: ignore[arg-type]

    def fund(self, wallet: Wallet, amount_minor: int) -> TransferOutcome:
        """Deposit money from the bank."""
        return fund(self.actor(self.olga), wallet, amount_minor)


def build_world() -> World:
    """Build the world in the current database."""
    root = system(door=Door.COMMAND, request_id="world")
    olga = create_staff(
        actor=root,
        email="olga@platform.test",
        full_name="Olga Operator",
        platform_role="super_admin",
        password=PASSWORD,
        now=NOW,
    )
    staff = proven_actor(user=olga, door=Door.API, request_id="world")
    acme, alice = _organization(staff, "Acme", "alice")
    globex, charlie = _organization(staff, "Globex", "charlie")
    as_alice = proven_actor(user=alice, door=Door.API, request_id="world")
    as_charlie = proven_actor(user=charlie, door=Door.API, request_id="world")
    bob = _join(as_alice, "bob", "viewer")
    for actor, other in ((as_alice, globex), (as_charlie, acme)):
        set_clearing_cap(
            actor=actor,
            organization_id=actor.organization_id,  # type: ignore[arg-type]
            counterparty_id=other.id,
            currency="INR",
            cap_minor=10_00_000_00,
            now=NOW,
        )
    for actor in (staff, as_alice, as_charlie):
        sign_in_once(actor)
    return World(
        acme=acme,
        globex=globex,
        alice=alice,
        bob=bob,
        charlie=charlie,
        olga=olga,
        alice_wallet=_wallet(as_alice, alice, staff, 1_00_000_00),
        acme_wallet=_wallet(as_alice, None, staff, 5_00_000_00),
        charlie_wallet=_wallet(as_charlie, charlie, staff, 50_000_00),
        acme_key=issue(actor=as_alice, name="Acme server", scopes=SCOPES, now=NOW)[1],
        globex_key=issue(actor=as_charlie, name="Globex server", scopes=SCOPES, now=NOW)[1],
    )


def fund(staff: Actor, wallet: Wallet, amount_minor: int) -> TransferOutcome:
    number = next(_keys)
    return deposit(
        actor=staff,
        wallet=wallet.handle,
        amount_minor=amount_minor,
        currency=wallet.currency_id,
        external_reference=f"UTR{number:09}",
        reference=reference_of(actor=staff, route="world", key=str(number)),
        fingerprint=fingerprint(wallet.handle, str(amount_minor)),
        now=NOW,
    )


def colleague(world: World, name: str, role: str) -> User:
    """Somebody in Acme whom Alice invited long ago: long enough to agree to her acts."""
    return _join(world.actor(world.alice), name, role, now=JOINED)


def takes_two(world: World, *, journals: bool = False, terms: bool = False) -> User:
    """Making officers of Acme takes a second person from now on; an admin who could agree."""
    adam = colleague(world, "adam", "admin")
    set_dual_control_policy(
        actor=world.actor(world.alice), roles=True, journals=journals, terms=terms, now=NOW
    )
    return adam


def _organization(staff: Actor, name: str, owner: str) -> tuple[Organization, User]:
    registered = register_organization(
        actor=anonymous(door=Door.WEB, request_id="world"),
        organization_name=name,
        country="IN",
        base_currency="INR",
        owner_email=f"{owner}@{name.lower()}.test",
        owner_name=owner.title(),
        password=PASSWORD,
        now=REGISTERED,
    )
    activate_organization(actor=staff, organization_id=registered.organization.id, now=REGISTERED)
    confirmed = confirm_address(registered.owner, now=REGISTERED, request_id="world")
    # Who approves what is the subject of tests of its own; in all others nobody has to.
    as_owner = proven_actor(user=confirmed, door=Door.WEB, request_id="world")
    set_approval_policy(actor=as_owner, over_minor=None, now=REGISTERED)
    return registered.organization, confirmed


def _join(owner: Actor, name: str, role: str, *, now: dt.datetime = NOW) -> User:
    user = brought_in(
        owner=owner,
        stranger=anonymous(door=Door.WEB, request_id="world"),
        email=f"{name}@acme.test",
        full_name=name.title(),
        role=role,
        password=PASSWORD,
        now=now,
    )
    confirmed = confirm_address(user, now=now, request_id="world")
    sign_in_once(proven_actor(user=confirmed))
    return confirmed


def _wallet(actor: Actor, owner: User | None, staff: Actor, amount_minor: int) -> Wallet:
    wallet = open_wallet(
        actor=actor,
        owner_id=owner.id if owner else None,
        kind=WalletKind.CURRENT,
        currency="INR",
        now=NOW,
    )
    outcome = fund(staff, wallet, amount_minor)
    assert outcome.error is None, outcome.error
    return wallet


def _name(wallet: Wallet | str) -> str:
    return wallet if isinstance(wallet, str) else wallet.handle
