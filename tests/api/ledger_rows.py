"""The books in the matrix of who gets which status: chart, periods, journals, balances."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any

from kernel import clock, ids
from kernel.context import reading
from kernel.crypto import fingerprint
from ledger.choices import Side
from ledger.models import AccountGroup, LedgerAccount, Period
from ledger.services.chart import open_account
from ledger.services.journals import JournalLeg, JournalOrder, JournalOutcome, post_journal
from ledger.services.periods import close_period, open_period
from tests.world import NOW, World

YESTERDAY = NOW.date() - dt.timedelta(days=1)
STRETCH = "from=2026-11-01T00:00:00Z&to=2026-12-01T00:00:00Z"

Body = Callable[[World, str], Any]


def account(world: World, code: str) -> uuid.UUID:
    with reading(world.actor(world.alice)):
        return LedgerAccount.objects.get(code=code, currency_id="INR").id


def heading_id(world: World, code: str) -> uuid.UUID:
    with reading(world.actor(world.alice)):
        return AccountGroup.objects.get(code=code).id


def heading(world: World, code: str) -> str:
    return ids.encode("agr", heading_id(world, code))


def group(world: World, caller: str) -> dict[str, Any]:
    return {**_home(world), "parent": heading(world, "5200"), "code": "5210", "name": "Rent"}


def general(world: World, caller: str) -> dict[str, Any]:
    group = heading(world, "5200")
    named = {"group": group, "currency": "INR", "code": "5200-RENT", "name": "Rent"}
    return {**_home(world), **named}


def journal(world: World, caller: str) -> dict[str, Any]:
    legs = [
        {"account": ids.encode("acc", account(world, code)), "side": side}
        for code, side in (("4900-RESIDUE", "DEBIT"), ("3000-OPENING", "CREDIT"))
    ]
    amounts = {"amount_minor": 5, "currency": "INR"}
    return {
        **_home(world),
        "legs": [{**leg, **amounts} for leg in legs],
        "description": "Residue",
    }


def next_period(world: World, caller: str) -> dict[str, Any]:
    """The one of the targets is closed first: only one can be open."""
    with reading(world.actor(world.alice)):
        period = Period.objects.get()
    close_period(actor=world.actor(world.alice), period_id=period.id, now=clock.now())
    return {**_home(world), "closes_on": (YESTERDAY + dt.timedelta(days=1)).isoformat()}


def reversal(world: World, caller: str) -> dict[str, Any]:
    return {"description": "Taken back"}


def renaming(world: World, caller: str) -> dict[str, Any]:
    return {"name": "Rent of the shop"}


def nothing(world: World, caller: str) -> dict[str, Any]:
    return {}


def targets(world: World) -> dict[str, str]:
    """What Acme can undo, rename and close: a journal, an account, a period."""
    actor = world.actor(world.alice)
    period = open_period(
        actor=actor, organization_id=world.acme.id, closes_on=YESTERDAY, now=clock.now()
    )
    legs = (
        JournalLeg(account(world, "4900-RESIDUE"), Side.DEBIT, 7, "INR"),
        JournalLeg(account(world, "3000-OPENING"), Side.CREDIT, 7, "INR"),
    )
    order = JournalOrder(world.acme.id, legs, "Residue", fingerprint("target journal"))
    posted = post_journal(actor=actor, order=order, now=clock.now())
    assert isinstance(posted, JournalOutcome)
    rent = open_account(
        actor=actor,
        organization_id=world.acme.id,
        group_id=heading_id(world, "5200"),
        currency="INR",
        code="5200-GENERAL",
        name="Rent",
        now=clock.now(),
    )
    return {
        "general": ids.encode("acc", rent.id),
        "period": ids.encode("per", period.id),
        "journal": ids.encode("txn", posted.transaction_id),
        "heading": heading(world, "5200"),
    }


def _home(world: World) -> dict[str, Any]:
    return {"organization": ids.encode("org", world.acme.id)}


READ = (401, 200, 200, 200, 200, 200)
READ_OWN = (401, 404, 200, 200, 200, 200)
MANAGE = (401, 404, 403, 201, 201, 403)

ROWS: dict[str, tuple[str, str, tuple[int, ...]] | tuple[str, str, tuple[int, ...], Body]] = {
    "read_ledger_account_balance": ("GET", "/ledger/accounts/{account}/balance", READ_OWN),
    "read_ledger_account_statement": (
        "GET",
        "/ledger/accounts/{account}/statement?" + STRETCH,
        READ_OWN,
    ),
    "list_account_groups": ("GET", "/ledger/account-groups", READ),
    "open_account_group": ("POST", "/ledger/account-groups", MANAGE, group),
    "open_ledger_account": ("POST", "/ledger/accounts", MANAGE, general),
    "rename_ledger_account": (
        "PATCH",
        "/ledger/accounts/{general}",
        (401, 404, 403, 200, 200, 403),
        renaming,
    ),
    "close_ledger_account": (
        "POST",
        "/ledger/accounts/{general}/close",
        (401, 404, 403, 200, 200, 403),
        nothing,
    ),
    "list_periods": ("GET", "/ledger/periods", READ),
    "open_period": ("POST", "/ledger/periods", MANAGE, next_period),
    "close_period": (
        "POST",
        "/ledger/periods/{period}/close",
        (401, 404, 403, 200, 200, 403),
        nothing,
    ),
    "withdraw_period": (
        "POST",
        "/ledger/periods/{period}/withdraw",
        (401, 404, 403, 200, 200, 403),
        nothing,
    ),
    "post_journal": ("POST", "/ledger/journal-entries", MANAGE, journal),
    "rehearse_journal": (
        "POST",
        "/ledger/journal-entries/dry-run",
        (401, 404, 403, 200, 200, 403),
        journal,
    ),
    "rehearse_journal_reversal": (
        "POST",
        "/ledger/transactions/{journal}/reverse/dry-run",
        (401, 404, 403, 200, 200, 403),
        reversal,
    ),
    "reverse_journal": ("POST", "/ledger/transactions/{journal}/reverse", MANAGE, reversal),
}
