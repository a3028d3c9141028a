"""Writing to the books by hand, as the application role would with SQL of its own."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import functools
import itertools
import uuid
from collections.abc import Iterator, Sequence

from django.db import transaction

from accounts.models import Organization
from kernel import clock
from kernel.crypto import fingerprint
from kernel.ids import new_id
from ledger.models import LedgerAccount
from tests.database import refused_by, rows, run
from tests.world import NOW

_numbers = itertools.count(1)


@dataclasses.dataclass(frozen=True, kw_only=True)
class RawEntry:
    """One row of ledger_entry, right or wrong."""

    transaction_id: uuid.UUID
    organization_id: uuid.UUID
    seq: int
    account_id: uuid.UUID
    side: str
    amount_minor: int
    balance_after_minor: int
    version: int
    currency_id: str = "INR"
    effective_at: dt.datetime = NOW
    recorded_at: dt.datetime


def insert_transaction(
    organization: Organization, *, entry_count: int = 2, reference: bytes | None = None
) -> uuid.UUID:
    transaction_id = new_id()
    run(
        "INSERT INTO ledger_transaction (id, organization_id, kind, reference, entry_count,"
        " effective_at, recorded_at, description, metadata)"
        " VALUES (%s, %s, 'TRANSFER', %s, %s, %s, %s, '', '{}')",
        transaction_id,
        organization.id,
        reference or fingerprint("raw", str(next(_numbers))),
        entry_count,
        NOW,
        _recorded_at(),
    )
    return transaction_id


def insert_entries(entries: Sequence[RawEntry]) -> int:
    """All of them in one statement, as the books want it."""
    names = [field.name for field in dataclasses.fields(RawEntry)]
    marks = f"({', '.join(['%s'] * len(names))})"
    return run(
        f"INSERT INTO ledger_entry ({', '.join(names)}) VALUES {', '.join([marks] * len(entries))}",
        *(getattr(entry, name) for entry in entries for name in names),
    )


def pair(
    organization: Organization,
    payer: LedgerAccount,
    receiver: LedgerAccount,
    amount_minor: int,
    *,
    transaction_id: uuid.UUID | None = None,
) -> tuple[RawEntry, RawEntry]:
    """The two right rows of a payment between two wallets, and their transaction's row."""
    owner = transaction_id or insert_transaction(organization)
    standing = {
        account_id: (posted_minor, version)
        for account_id, posted_minor, version in rows(
            "SELECT id, posted_minor, version FROM ledger_ledgeraccount WHERE id IN (%s, %s)",
            payer.id,
            receiver.id,
        )
    }
    paid, received = standing.get(payer.id, (0, 0)), standing.get(receiver.id, (0, 0))
    debit = RawEntry(
        transaction_id=owner,
        organization_id=organization.id,
        seq=1,
        account_id=payer.id,
        side="DEBIT",
        amount_minor=amount_minor,
        balance_after_minor=paid[0] - amount_minor,
        version=paid[1] + 1,
        recorded_at=_recorded_at(),
    )
    credit = dataclasses.replace(
        debit,
        seq=2,
        account_id=receiver.id,
        side="CREDIT",
        balance_after_minor=received[0] + amount_minor,
        version=received[1] + 1,
    )
    return debit, credit


def _recorded_at() -> dt.datetime:
    """When this test began to write by hand, after the world's deposits were recorded."""
    return _moment(rows("SELECT transaction_timestamp()")[0][0])


@functools.cache
def _moment(began: dt.datetime) -> dt.datetime:
    return clock.now()


@contextlib.contextmanager
def nothing_changes() -> Iterator[None]:
    """The block leaves the books in view as they were."""
    before = _books_in_view()
    yield
    assert _books_in_view() == before


def refuses_entries(rule: str, *entries: RawEntry) -> None:
    """The database refuses these rows as one statement, by the rule of this name."""
    with nothing_changes(), refused_by(rule), transaction.atomic():
        insert_entries(entries)


def _books_in_view() -> object:
    return (
        rows("SELECT id, status, posted_minor, version FROM ledger_ledgeraccount ORDER BY id"),
        rows("SELECT count(*) FROM ledger_transaction"),
        rows("SELECT count(*) FROM ledger_entry"),
    )
