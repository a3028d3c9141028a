"""What happened on the field before the attacker came."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.db import connection

from accounts.models import ApiKey, RefreshToken
from accounts.services.erasing import shred_person
from accounts.services.invitations import invite
from accounts.services.people import remove_member
from accounts.services.sessions import open_session
from kernel import clock
from kernel.context import Context, Scope, reading_as
from kernel.crypto import fingerprint
from kernel.ids import new_id
from kernel.rows import insert_rows
from kernel.transactions import opens_transaction
from kyc.services.applying import submit_case
from ledger.choices import Side, TransactionKind
from ledger.models import Entry, LedgerAccount
from ledger.services.accounts import ensure_fee_account
from ledger.services.movements import Capture, Leg, Movement, Posted, Posting
from ledger.tests.books import legs, movement, posted
from tests.attacks.asking import asked
from tests.attacks.field import Field, Standing
from tests.tenants.consent import consents
from tests.tenants.consent import papers as own_papers
from tests.world import NOW, World

_HOLD = {
    "id": "uuid",
    "organization_id": "uuid",
    "account_id": "uuid",
    "currency_id": "text",
    "amount_minor": "bigint",
    "state": "text",
    "reference": "bytea",
    "placed_at": "timestamptz",
    "expires_at": "timestamptz",
}
_OTHER = {Side.DEBIT: Side.CREDIT, Side.CREDIT: Side.DEBIT}


def found(world: World, *, database: str) -> Field:
    """Payments, holds, a reversal, a closed period; by name.

    `paid` moved 70.00 from Alice to Acme, of which `reversal` gave 25.00 back. `hold` reserves
    100.00 of Alice's, of which 40.00 are captured; `ended` was voided. Acme's books are closed
    before November, and the `open_period` follows until a month from today.
    """
    alice, acme = world.alice_wallet.account, world.acme_wallet.account
    world.send(amount_minor=300_00)
    hold = _place(account=alice, key="hold")
    captured = _posted(_capture(alice, acme, hold))
    paid = _posted(movement(alice, acme, 70_00))
    reversal = _posted(_reversal(transaction_id=paid))
    ended = _place(account=alice, key="ended")
    _void(hold_id=ended)
    names: dict[str, Any] = {
        "acme": world.acme.id,
        "globex": world.globex.id,
        "alice_wallet": world.alice_wallet.id,
        "shop_wallet": world.acme_wallet.id,
        "charlie_wallet": world.charlie_wallet.id,
        "alice_user": world.alice.id,
        "hold": hold,
        "ended": ended,
        "globex_hold": _place(account=world.charlie_wallet.account, key="globex"),
        "captured": captured,
        "paid": paid,
        "reversal": reversal,
    }
    names["fees"] = _fee_account(world=world)
    names |= _people(world)
    names |= asked(world)
    names |= _periods(world=world)
    return _seen(names=names, world=world, database=database)


def _people(world: World) -> dict[str, Any]:
    """Who is signed in, invited and with a key: in Acme, in Globex and on the platform."""
    names: dict[str, Any] = {"charlie_user": world.charlie.id, "olga_user": world.olga.id}
    for name, person in (("acme", world.alice), ("globex", world.charlie)):
        actor = world.actor(person)
        session_id = open_session(actor=actor, now=clock.now()).session_id
        email = f"new@{name}.test"
        with reading_as(Context(scope=Scope.PLATFORM)):
            token = RefreshToken.objects.get(session_id=session_id).id
            key = ApiKey.objects.get(organization=person.organization).id
        names |= {
            f"{name}_session": session_id,
            f"{name}_token": token,
            f"{name}_key": key,
            f"{name}_invitation": invite(actor=actor, email=email, role="viewer", now=NOW)[0].id,
        }
    alice, charlie = world.actor(world.alice), world.actor(world.charlie)
    document = own_papers(alice, "Alice Acme")
    remove_member(actor=alice, user_id=world.bob.id, now=NOW)
    shred_person(actor=world.actor(world.olga), user_id=world.bob.id, now=NOW)
    papers = consents(charlie, world.charlie_wallet, world.acme_wallet)
    return names | {
        "acme_case": submit_case(actor=alice, now=NOW).id,
        "acme_document": document.id,
        "erased_user": world.bob.id,
        "globex_case": papers["kyc"],
        "globex_document": papers["doc"],
        "globex_approval": papers["apr"],
    }


def _platform(**_: object) -> Context:
    return Context(scope=Scope.PLATFORM)


def _posted(wanted: Movement) -> uuid.UUID:
    (result,) = posted(wanted)
    assert isinstance(result, Posted), result
    return result.transaction_ids[0]


@opens_transaction(context=_platform)
def _place(*, account: LedgerAccount, key: str) -> uuid.UUID:
    """A hundred rupees reserved on the account."""
    hold = new_id()
    row = (hold, account.organization_id, account.id, account.currency_id, 100_00, "OPEN")
    times = (fingerprint("field", key), NOW, NOW + dt.timedelta(days=3650))
    insert_rows(table="ledger_hold", columns=_HOLD, rows=[(*row, *times)])
    return hold


@opens_transaction(context=_platform)
def _fee_account(*, world: World) -> uuid.UUID:
    return ensure_fee_account(organization_id=world.acme.id, currency="INR", now=NOW)


@opens_transaction(context=_platform)
def _void(*, hold_id: uuid.UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE ledger_hold SET state = 'VOIDED', released_minor = amount_minor, ended_at = %s"
            " WHERE id = %s",
            [NOW, hold_id],
        )


def _capture(payer: LedgerAccount, receiver: LedgerAccount, hold: uuid.UUID) -> Movement:
    posting = legs(
        payer.organization_id, (payer, Side.DEBIT, 40_00), (receiver, Side.CREDIT, 40_00)
    )
    return Movement(
        kind=TransactionKind.CAPTURE,
        currency="INR",
        reference=fingerprint("field", "capture"),
        postings=(posting,),
        effective_at=NOW,
        capture=Capture(hold, payer.id, 40_00),
    )


@opens_transaction(context=_platform)
def _reversal(*, transaction_id: uuid.UUID) -> Movement:
    """Give 25.00 of a transaction back."""
    undone = Entry.objects.filter(transaction=transaction_id).order_by("seq")
    back = tuple(Leg(one.account_id, _OTHER[Side(one.side)], 25_00, one.id) for one in undone)
    return Movement(
        kind=TransactionKind.REVERSAL,
        currency="INR",
        reference=fingerprint("field", "reversal"),
        postings=(Posting(undone[0].organization_id, back, transaction_id),),
        effective_at=NOW,
    )


@opens_transaction(context=_platform)
def _periods(*, world: World) -> dict[str, Any]:
    """October closed in Acme's books and open in the other's; a heading in each chart."""
    october = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
    following = dt.datetime.combine(clock.now().date(), dt.time(), dt.UTC) + dt.timedelta(days=30)
    ids = {name: new_id() for name in ("closed_period", "open_period", "globex_period")}
    with connection.cursor() as cursor:
        for name, organization, starts_at, ends_at in (
            ("closed_period", world.acme, None, october),
            ("open_period", world.acme, october, following),
            ("globex_period", world.globex, None, october),
        ):
            cursor.execute(
                "INSERT INTO ledger_period (id, organization_id, starts_at, closes_on, ends_at,"
                " state, opened_at) VALUES (%s, %s, %s, %s, %s, 'OPEN', %s)",
                [ids[name], organization.id, starts_at, _day_before(ends_at), ends_at, NOW],
            )
            if name == "closed_period":
                cursor.execute(
                    "UPDATE ledger_period SET state = 'CLOSED', closed_at = %s,"
                    " opening_proof = sha256(''), closing_proof = sha256('') WHERE id = %s",
                    [NOW, ids[name]],
                )
        for name, organization in (("acme_heading", world.acme), ("globex_heading", world.globex)):
            ids[name] = new_id()
            cursor.execute(
                "INSERT INTO ledger_accountgroup (id, organization_id, code, name, account_class,"
                " created_at) VALUES (%s, %s, '2X', 'Heading', 'LIABILITY', %s)",
                [ids[name], organization.id, NOW],
            )
    return ids | {"october_ends": october, "open_ends": following}


def _day_before(midnight: dt.datetime) -> dt.date:
    return midnight.date() - dt.timedelta(days=1)


def _seen(*, names: dict[str, Any], world: World, database: str) -> Field:
    with reading_as(Context(scope=Scope.PLATFORM)):
        cash = LedgerAccount.objects.get(organization=world.acme, kind="CASH").id
        clearing = {
            account.organization_id: account.id
            for account in LedgerAccount.objects.filter(kind="CLEARING")
        }
        accounts = {
            "alice": world.alice_wallet.account_id,
            "shop": world.acme_wallet.account_id,
            "charlie": world.charlie_wallet.account_id,
            "cash": cash,
            "owed_to_globex": clearing[world.acme.id],
            "owed_to_acme": clearing[world.globex.id],
        }
        for name in ("paid", "reversal", "captured"):
            entries = Entry.objects.filter(transaction=names[name]).order_by("seq")
            for entry in entries:
                names[f"{name}_{entry.seq}"] = entry.id
        standing = {
            name: Standing(one.id, one.account_class, one.posted_minor, one.version)
            for name, account in accounts.items()
            for one in [LedgerAccount.objects.get(id=account)]
        }
    return Field(database, names | accounts, standing)
