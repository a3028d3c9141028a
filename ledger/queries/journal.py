"""Transactions and their entries."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Collection, Mapping

from django.db.models import QuerySet, Sum

from kernel.errors import NotFound
from ledger.models import Entry, Transaction


def entries_of_account(account_id: uuid.UUID) -> QuerySet[Entry]:
    """The account's entries, newest first, each with its transaction."""
    return (
        Entry.objects.filter(account_id=account_id)
        .select_related("transaction", "currency")
        .order_by("-version")
    )


def transactions() -> QuerySet[Transaction]:
    """Every visible transaction, newest first, with its entries and their accounts."""
    return Transaction.objects.prefetch_related("entries__account", "entries__currency").order_by(
        "-id"
    )


def transaction_of(transaction_id: uuid.UUID) -> Transaction:
    """One visible transaction with its entries.

    :raises NotFound: if there is none, or none that may be seen.
    """
    found = transactions().filter(id=transaction_id).first()
    if found is None:
        raise NotFound("There is no such transaction.")
    return found


@dataclasses.dataclass(frozen=True, slots=True)
class Undone:
    """What later transactions undid of one: how many, and of which entry how many minor units."""

    count: int
    undone_minor: Mapping[int, int]


def reversals_of(transaction: Transaction) -> Undone:
    """What the visible reversals of a transaction undid, by the id of its entries."""
    entries = [entry.id for entry in transaction.entries.all()]
    sums = (
        Entry.objects.filter(reverses__in=entries)
        .order_by()
        .values_list("reverses_id")
        .annotate(Sum("amount_minor"))
    )
    count = Transaction.objects.filter(reverses=transaction.id).count()
    return Undone(count, {entry_id: int(minor) for entry_id, minor in sums})


def transactions_of_transfer(transaction_ids: Collection[uuid.UUID]) -> list[Transaction]:
    """The visible ones of these transactions, each with its entries."""
    return list(transactions().filter(id__in=transaction_ids))
