"""The other tenant: an organization with something of everything, which nobody else deals with.

Whatever a tenant can own, Umbra owns one, and every free text of it says so. What must never leave
it is found in the database, so a table that comes later is covered without a line here.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import uuid
from typing import Any

from django.db import connection

from accounts.models import Device, Network, Passkey, User
from accounts.services.invitations import invite
from accounts.services.organizations import activate_organization, register_organization
from accounts.services.sessions import open_browser_session
from audit.models import AuditRecord
from events.consuming import Consumer, Event
from events.consuming.taking import note_failure
from events.models import OutboxEvent
from kernel import clock, ids
from kernel.actor import Actor, Door, anonymous
from kernel.context import Context, Scope, reading_as
from kernel.crypto import fingerprint, hash_token
from ledger.choices import Side
from ledger.models import AccountGroup, LedgerAccount
from ledger.services.chart import open_account
from ledger.services.clearing import set_clearing_cap
from ledger.services.journals import JournalLeg, JournalOrder, post_journal
from ledger.services.periods import close_period, open_period
from notifications.models import WebhookDelivery
from notifications.services import webhooks
from notifications.tests.notice_scenes import as_event, taken, told
from notifications.tests.scenes import arrives, attempt, claims
from tests.database import rows
from tests.joining import brought_in
from tests.keys import issue
from tests.mailbox import confirm_address
from tests.payouts.scenes import ACCOUNT
from tests.tenants.consent import consents, waiting
from tests.world import NOW, PASSWORD, REGISTERED, SCOPES, World, fund
from wallets.choices import TransferKind, WalletKind
from wallets.models import Wallet
from wallets.services.holds import HoldRequest, place_hold
from wallets.services.payouts.asking import ask_payout, payout_request
from wallets.services.references import reference_of
from wallets.services.terms import set_fee_schedule, set_limit_rule
from wallets.services.transfers import TransferRequest, execute_transfers
from wallets.services.wallets import open_wallet

MARK = "umbra"
UMBRA_HOOKS = "https://hooks.umbra.test/"
TENANT_COLUMNS = ("organization_id", "tenant_id")


@dataclasses.dataclass(frozen=True)
class Victim:
    """Umbra and its things.

    :param things: database ids by the prefix of their public id.
    """

    organization_id: uuid.UUID
    owner: User
    member: User
    wallet: Wallet
    things: dict[str, uuid.UUID]
    request_id: str

    def named(self, prefix: str) -> str:
        """A thing as the API calls it."""
        return ids.encode(prefix, self.things[prefix])

    @property
    def directory(self) -> set[str]:
        """What a payer may learn of a wallet whose exact name they know."""
        return {"Umbra", self.member.full_name, self.wallet.handle}


def build_victim(world: World) -> Victim:
    """Register Umbra and let its people do one of everything."""
    staff = world.actor(world.olga)
    registered = register_organization(
        actor=anonymous(door=Door.WEB, request_id="umbra"),
        organization_name="Umbra",
        country="IN",
        base_currency="INR",
        owner_email="vera@umbra.test",
        owner_name="Vera Umbra",
        password=PASSWORD,
        now=REGISTERED,
    )
    home = registered.organization
    owner = confirm_address(registered.owner, now=REGISTERED, request_id="umbra")
    activate_organization(actor=staff, organization_id=home.id, now=REGISTERED)
    vera = world.actor(owner)
    member = _joined(vera, "Mina", "member")
    _joined(vera, "Nora", "admin")
    mina = world.actor(member)
    wallet = _opened(vera, member)
    shop = _opened(vera, None)
    fund(staff, wallet, 1_000_00)
    things = {
        "org": home.id,
        "usr": member.id,
        "wal": wallet.id,
        "acc": wallet.account_id,
        **_of_people(vera, mina),
        **_whereabouts(member),
        **_movements(mina, wallet, shop),
        **_books(vera),
        **_terms(world, vera, home.id),
        **_webhooks(vera),
        **consents(mina, wallet, shop),
        "pac": waiting(vera, member),
    }
    things["ntf"] = _told(home.id, member)
    with reading_as(Context(scope=Scope.PLATFORM)):
        posted = OutboxEvent.objects.filter(organization_id=home.id).latest("id")
        things["aud"] = AuditRecord.objects.filter(organization_id=home.id).latest("id").id
    _not_taken(posted)
    return Victim(home.id, owner, member, wallet, things, vera.request_id)


def _told(home: uuid.UUID, member: User) -> uuid.UUID:
    """Mina was told of what she paid."""
    with reading_as(Context(scope=Scope.PLATFORM)):
        paid = OutboxEvent.objects.filter(organization_id=home, name="wallets.transfer.completed")
        events = [as_event(row) for row in paid]
    taken(events)
    return told(member)[-1].id


def _not_taken(posted: OutboxEvent) -> None:
    """A consumer of the platform could not take an event of Umbra's."""
    event = Event(
        id=posted.id,
        name=posted.name,
        version=posted.version,
        organization_id=posted.organization_id,
        subject_id=posted.subject_id,
        occurred_at=posted.occurred_at,
        request_id=posted.request_id,
        payload=posted.payload,
        body="",
    )
    note_failure(
        consumer=Consumer(name="umbra", names=frozenset(), handle=lambda event, now: None),
        event=event,
        body=json.dumps({"about": "umbra"}).encode(),
        error="ValueError: umbra",
        now=NOW,
    )


def _joined(vera: Actor, name: str, role: str) -> User:
    email = f"{name.lower()}@umbra.test"
    joined = brought_in(
        owner=vera,
        stranger=anonymous(door=Door.WEB, request_id="umbra"),
        email=email,
        full_name=f"{name} Umbra",
        role=role,
        password=PASSWORD,
        now=REGISTERED,
    )
    return confirm_address(joined, now=REGISTERED, request_id="umbra")


def _opened(vera: Actor, owner: User | None) -> Wallet:
    return open_wallet(
        actor=vera,
        owner_id=owner.id if owner else None,
        kind=WalletKind.CURRENT if owner else WalletKind.MERCHANT,
        currency="INR",
        now=REGISTERED,
    )


def _of_people(vera: Actor, mina: Actor) -> dict[str, uuid.UUID]:
    return {
        "inv": invite(actor=vera, email="new@umbra.test", role="viewer", now=NOW)[0].id,
        "key": issue(actor=vera, name="Umbra server", scopes=SCOPES, now=NOW)[0].id,
        "ses": open_browser_session(actor=mina, now=clock.now(), user_agent="Umbra browser").id,
    }


def _whereabouts(member: User) -> dict[str, uuid.UUID]:
    """Rows as signing in and enrolling leave them; what is in them nobody reads here."""
    own = {"user": member, "organization_id": member.organization_id}
    seen = {"first_seen_at": NOW, "last_seen_at": NOW}
    with reading_as(Context(scope=Scope.PLATFORM)):
        device = Device.objects.create(
            **own, **seen, token_hash=hash_token("umbra"), label="Umbra telephone"
        )
        network = Network.objects.create(**own, prefix="203.0.113.77/32", first_seen_at=NOW)
        passkey = Passkey.objects.create(
            **own,
            credential_id=b"umbra",
            public_key=b"umbra",
            sign_count=0,
            name="Umbra key",
            created_at=NOW,
        )
    return {"dev": device.id, "net": network.id, "pky": passkey.id}


def _movements(mina: Actor, wallet: Wallet, shop: Wallet) -> dict[str, uuid.UUID]:
    named: dict[str, Any] = {
        "source": wallet.handle,
        "destination": shop.handle,
        "amount_minor": 70_00,
        "currency": "INR",
        "description": "Umbra rent",
    }
    reference = reference_of(actor=mina, route="test", key="umbra")
    moved = execute_transfers(
        [
            TransferRequest(
                actor=mina,
                reference=reference,
                fingerprint=fingerprint("umbra"),
                now=NOW,
                metadata={"order": "umbra-1"},
                **named,
            )
        ]
    )[0].transfer
    assert moved is not None
    assert moved.source_transaction_id is not None
    hold = place_hold(
        HoldRequest(
            actor=mina,
            expires_at=clock.now() + dt.timedelta(days=7),
            reference=reference_of(actor=mina, route="test", key="umbra hold"),
            fingerprint=fingerprint("umbra hold"),
            now=clock.now(),
            **named,
        )
    )
    _paid_out(mina, wallet)
    return {"trf": moved.id, "txn": moved.source_transaction_id, "hld": hold.hold_id}


def _paid_out(mina: Actor, wallet: Wallet) -> None:
    """On its way to a bank: a saga that waits for its next step."""
    outcome = ask_payout(
        request=payout_request(
            actor=mina,
            source=wallet.handle,
            account=ACCOUNT,
            amount_minor=10_00,
            currency="INR",
            reference=reference_of(actor=mina, route="test", key="umbra payout"),
            fingerprint=fingerprint("umbra payout"),
            now=NOW,
        )
    )
    assert outcome.transfer is not None, outcome


def _books(vera: Actor) -> dict[str, uuid.UUID]:
    home = vera.organization_id
    assert home is not None
    with reading_as(Context(organizations=(home,))):
        heading = AccountGroup.objects.get(code="5200").id
        codes = ("4900-RESIDUE", "3000-OPENING")
        sides = {code: LedgerAccount.objects.get(code=code, currency_id="INR").id for code in codes}
    general = open_account(
        actor=vera,
        organization_id=home,
        group_id=heading,
        currency="INR",
        code="5200-UMBRA",
        name="Umbra rent",
        now=clock.now(),
    )
    yesterday = NOW.date() - dt.timedelta(days=1)
    now = clock.now()
    first = open_period(actor=vera, organization_id=home, closes_on=yesterday, now=now)
    close_period(actor=vera, period_id=first.id, now=now)
    period = open_period(actor=vera, organization_id=home, closes_on=NOW.date(), now=now)
    legs = tuple(
        JournalLeg(sides[code], side, 7, "INR")
        for code, side in zip(codes, (Side.DEBIT, Side.CREDIT), strict=True)
    )
    order = JournalOrder(home, legs, "Umbra residue", fingerprint("umbra journal"))
    post_journal(actor=vera, order=order, now=clock.now())
    return {"agr": heading, "per": period.id, "general": general.id}


def _terms(world: World, vera: Actor, home: uuid.UUID) -> dict[str, uuid.UUID]:
    fee = set_fee_schedule(
        actor=vera,
        organization_id=home,
        kind=TransferKind.TRANSFER,
        currency="EUR",
        fixed_minor=1,
        bps=0,
        floor_minor=0,
        ceiling_minor=None,
        now=NOW,
    )
    rule = set_limit_rule(
        actor=world.actor(world.olga),
        organization_id=home,
        wallet_kind=WalletKind.SAVINGS,
        currency="EUR",
        day_minor=5,
        month_minor=None,
        now=NOW,
    )
    cap = set_clearing_cap(
        actor=vera,
        organization_id=home,
        counterparty_id=world.acme.id,
        currency="INR",
        cap_minor=5,
        now=NOW,
    )
    return {"fee": fee.id, "lim": rule.id, "cap": cap.id}


def _webhooks(vera: Actor) -> dict[str, uuid.UUID]:
    """An endpoint, and a delivery that was answered."""
    endpoint, _ = webhooks.add_endpoint(
        actor=vera, url=UMBRA_HOOKS, description="Umbra hooks", event_names=[], now=NOW
    )
    arrives(endpoint.organization)
    for claim in claims():
        attempt(claim)
    with reading_as(Context(scope=Scope.PLATFORM)):
        delivery = WebhookDelivery.objects.get(endpoint=endpoint)
    return {"whe": endpoint.id, "whd": delivery.id}


@dataclasses.dataclass(frozen=True)
class Holdings:
    """Everything the database keeps of a tenant.

    :param state: a hash of each table's rows; equal before and after what changed nothing.
    :param keys: the ids of all rows, in the forms in which an answer could carry them.
    """

    state: dict[str, str]
    keys: frozenset[str]


def holdings(organization_id: uuid.UUID) -> Holdings:
    """What the tenant has now, read in one statement over every table of tenants."""
    with reading_as(Context(scope=Scope.PLATFORM)), connection.cursor() as cursor:
        cursor.execute(_everything(), {"tenant": organization_id})
        found = cursor.fetchall()
    keys = {key for _, _, listed in found for key in listed or ()}
    state = {table: digest for table, digest, _ in found}
    return Holdings(state, frozenset(form for key in keys for form in forms_of(key)))


def forms_of(key: Any) -> set[str]:
    """A row's id as text, without dashes, and as the tail of a public id."""
    try:
        number = uuid.UUID(str(key))
    except ValueError:
        return set()
    return {str(number), number.hex, ids.encode("x", number).partition("_")[2]}


_STATEMENTS: list[str] = []


def _everything() -> str:
    """One SELECT for each table with a tenant's column; the tables do not change meanwhile."""
    if not _STATEMENTS:
        columns = rows(
            "SELECT c.table_name::text, c.column_name::text, EXISTS (SELECT FROM"
            " information_schema.columns k WHERE k.table_schema = 'public'"
            " AND k.table_name = c.table_name AND k.column_name = 'id')"
            " FROM information_schema.columns c WHERE c.table_schema = 'public'"
            " AND (c.column_name = ANY (%s)"
            " OR (c.table_name = 'accounts_organization' AND c.column_name = 'id')) ORDER BY 1, 2",
            list(TENANT_COLUMNS),
        )
        parts = [
            f"SELECT '{table}', md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')),"
            f" {'array_agg(t.id::text)' if has_id else 'NULL::text[]'}"
            f" FROM {table} t WHERE t.{column} = %(tenant)s"
            for table, column, has_id in columns
        ]
        _STATEMENTS.append(" UNION ALL ".join(parts))
    return _STATEMENTS[0]
