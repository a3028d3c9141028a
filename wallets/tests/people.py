"""More people and wallets than the world begins with, made by the real services."""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
import uuid
from collections.abc import Iterator

from accounts.models import Organization, User
from accounts.services.api_keys import authenticate
from accounts.services.organizations import register_organization
from audit.models import AuditRecord
from events.models import OutboxEvent
from kernel.actor import Actor, Door, anonymous
from kernel.context import reading
from kernel.crypto import fingerprint
from ledger.queries import accounts, transactions
from tests.joining import brought_in
from tests.keys import issue
from tests.mailbox import confirm_address
from tests.world import NOW, PASSWORD, World
from wallets.choices import WalletKind
from wallets.models import SpendingUsage, Transfer, Wallet, WalletHold
from wallets.services.cash import deposit, withdraw
from wallets.services.references import reference_of
from wallets.services.transfers import TransferOutcome
from wallets.services.wallets import open_wallet

STRANGER = anonymous(door=Door.WEB, request_id="test")

_numbers = itertools.count(1)


def hired(world: World, name: str, role: str) -> User:
    """A new colleague of Alice's."""
    user = brought_in(
        owner=world.actor(world.alice),
        stranger=STRANGER,
        email=f"{name}@acme.test",
        full_name=name.title(),
        role=role,
        password=PASSWORD,
        now=NOW,
    )
    return confirm_address(user, now=NOW, request_id="test")


def key_of(world: World, *scopes: str, by: User | None = None) -> Actor:
    """An API key of Acme with these scopes."""
    secret = issue(
        actor=world.actor(by or world.alice),
        name="key",
        scopes=list(scopes),
        now=NOW,
        organization_id=world.acme.id,
    )[1]
    return authenticate(secret=secret, door=Door.API, request_id="test", ip=None, now=NOW)


def opened(
    world: World,
    owner: User | None,
    *,
    by: User | None = None,
    kind: WalletKind = WalletKind.SAVINGS,
    currency: str = "INR",
    funds_minor: int = 0,
) -> Wallet:
    """A wallet, opened by its holder, or by Alice for the organization."""
    wallet = open_wallet(
        actor=world.actor(by or owner or world.alice),
        owner_id=owner.id if owner else None,
        kind=kind,
        currency=currency,
        now=NOW,
    )
    if funds_minor:
        assert world.fund(wallet, funds_minor).error is None
    return wallet


def registered(name: str) -> tuple[Organization, User]:
    """A pending organization and its owner."""
    made = register_organization(
        actor=STRANGER,
        organization_name=name,
        country="IN",
        base_currency="INR",
        owner_email=f"owner@{name.lower()}.test",
        owner_name="Owner",
        password=PASSWORD,
        now=NOW,
    )
    return made.organization, confirm_address(made.owner, now=NOW, request_id="test")


def cash(
    world: World,
    move: str,
    wallet: Wallet | str,
    amount_minor: int,
    *,
    actor: Actor | None = None,
    external_reference: str | None = None,
    key: str | None = None,
    currency: str = "INR",
    effective_at: dt.datetime | None = None,
) -> TransferOutcome:
    """Deposit or withdraw, as Olga unless somebody else is named."""
    actor = actor or world.actor(world.olga)
    name = wallet if isinstance(wallet, str) else wallet.handle
    number = next(_numbers)
    moving = {"deposit": deposit, "withdraw": withdraw}[move]
    return moving(
        actor=actor,
        wallet=name,
        amount_minor=amount_minor,
        currency=currency,
        external_reference=external_reference or f"BANK-{number}",
        reference=reference_of(actor=actor, route="cash", key=key or f"cash-{number}"),
        fingerprint=fingerprint(move, name, str(amount_minor), currency),
        now=NOW,
        effective_at=effective_at,
    )


@contextlib.contextmanager
def nothing_happens(world: World) -> Iterator[None]:
    """The block leaves no trace: no money, no row, no evidence, no event."""
    before = _everything(world)
    yield
    assert _everything(world) == before


@contextlib.contextmanager
def only_a_refusal_is_kept(world: World) -> Iterator[None]:
    """The block moves no money, and leaves one failed transfer with its evidence and event."""
    before = _everything(world)
    yield
    after = _everything(world)
    grown = ("transfers", "records", "events")
    assert {name: after[name] for name in after if name not in grown} == {
        name: before[name] for name in before if name not in grown
    }
    assert [after[name] - before[name] for name in grown] == [1, 1, 1]  # type: ignore[operator]


def _everything(world: World) -> dict[str, object]:
    with reading(world.actor(world.olga)):
        return {
            "accounts": list(
                accounts().values_list("id", "status", "posted_minor", "held_minor", "version")
            ),
            "transactions": transactions().count(),
            "wallets": Wallet.objects.count(),
            "holds": list(
                WalletHold.objects.order_by("hold_id").values_list(
                    "hold_id", "hold__state", "hold__captured_minor", "hold__released_minor"
                )
            ),
            "usages": list(SpendingUsage.objects.order_by("wallet_id").values()),
            "transfers": Transfer.objects.count(),
            "records": AuditRecord.objects.count(),
            "events": OutboxEvent.objects.count(),
        }


def code_of(outcome: TransferOutcome) -> str | None:
    return outcome.error.code if outcome.error else None


def moved(outcome: TransferOutcome) -> Transfer:
    """The transfer of an outcome that went well."""
    assert outcome.error is None, outcome.error
    assert outcome.transfer is not None
    return outcome.transfer


def story_of(world: World, user: User, subject_id: uuid.UUID) -> tuple[list[str], list[str]]:
    """What this person can read about it: audit actions and event names."""
    with reading(world.actor(user)):
        records = AuditRecord.objects.filter(subject_id=subject_id).order_by("id")
        events = OutboxEvent.objects.filter(subject_id=subject_id).order_by("id")
        return [r.action for r in records], [e.name for e in events]
