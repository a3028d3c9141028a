"""Reading the books. Row-level security decides whose; nothing here takes a lock."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Collection

from django.db.models import Case, F, IntegerField, QuerySet, Sum, Value, When

from kernel.errors import NotFound
from ledger.choices import AccountKind, Side
from ledger.models import Currency, Entry, LedgerAccount, Transaction


@dataclasses.dataclass(frozen=True, slots=True)
class TrialBalanceRow:
    """One account's balance, on the side where it stands; the other side is zero.

    Amounts are minor units and never negative: an account below zero stands on its other side.
    """

    organization_id: uuid.UUID
    account_id: uuid.UUID
    currency: str
    exponent: int
    code: str
    name: str
    account_class: str
    debit_minor: int
    credit_minor: int


@dataclasses.dataclass(frozen=True, slots=True)
class TrialBalanceTotal:
    """The two sums of one organization and currency. In sound books they are equal."""

    organization_id: uuid.UUID
    currency: str
    exponent: int
    debit_minor: int
    credit_minor: int

    @property
    def balanced(self) -> bool:
        return self.debit_minor == self.credit_minor


def currencies() -> QuerySet[Currency]:
    """Every supported currency, by code."""
    return Currency.objects.order_by("code")


def accounts() -> QuerySet[LedgerAccount]:
    """Every visible account, in chart order."""
    return LedgerAccount.objects.select_related("currency").order_by("code", "id")


def account_of(account_id: uuid.UUID) -> LedgerAccount:
    """One visible account.

    :raises NotFound: if there is none, or none that may be seen.
    """
    found = accounts().filter(id=account_id).first()
    if found is None:
        raise NotFound("There is no such ledger account.")
    return found


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


def transactions_of_transfer(transaction_ids: Collection[uuid.UUID]) -> list[Transaction]:
    """The visible ones of these transactions, each with its entries."""
    return list(transactions().filter(id__in=transaction_ids))


def clearing_accounts(
    *, pairs: Collection[tuple[uuid.UUID, uuid.UUID]], currencies: Collection[str]
) -> dict[tuple[uuid.UUID, uuid.UUID, str], uuid.UUID]:
    """Clearing account ids by (organization, counterparty, currency); missing ones are left out."""
    if not pairs:
        return {}
    rows = LedgerAccount.objects.filter(
        kind=AccountKind.CLEARING,
        organization_id__in={organization for organization, _ in pairs},
        counterparty_id__in={counterparty for _, counterparty in pairs},
        currency_id__in=set(currencies),
    ).values_list("organization_id", "counterparty_id", "currency_id", "id")
    return {
        (organization, counterparty, currency): account_id
        for organization, counterparty, currency, account_id in rows
    }


def trial_balance(
    *, organization_id: uuid.UUID | None = None, currency: str | None = None
) -> list[TrialBalanceRow]:
    """Every account with its balance, summed from its entries and not from the kept balance."""
    signed = Case(
        When(entries__side=Side.DEBIT, then=F("entries__amount_minor")),
        default=Value(-1) * F("entries__amount_minor"),
        output_field=IntegerField(),
    )
    rows = LedgerAccount.objects.order_by("organization_id", "currency_id", "code")
    if organization_id:
        rows = rows.filter(organization_id=organization_id)
    if currency:
        rows = rows.filter(currency_id=currency)
    return [
        _trial_balance_row(*values)
        for values in rows.annotate(net_minor=Sum(signed)).values_list(
            "organization_id",
            "id",
            "currency_id",
            "currency__exponent",
            "code",
            "name",
            "account_class",
            "net_minor",
        )
    ]


def trial_balance_totals(rows: Collection[TrialBalanceRow]) -> list[TrialBalanceTotal]:
    """The sums per organization and currency; minor units are never added across currencies."""
    sums: dict[tuple[uuid.UUID, str, int], list[int]] = {}
    for row in rows:
        both = sums.setdefault((row.organization_id, row.currency, row.exponent), [0, 0])
        both[0] += row.debit_minor
        both[1] += row.credit_minor
    return [
        TrialBalanceTotal(organization, currency, exponent, debit, credit)
        for (organization, currency, exponent), (debit, credit) in sums.items()
    ]


def _trial_balance_row(
    organization_id: uuid.UUID,
    account_id: uuid.UUID,
    currency: str,
    exponent: int,
    code: str,
    name: str,
    account_class: str,
    net_minor: int | None,
) -> TrialBalanceRow:
    net = int(net_minor or 0)
    return TrialBalanceRow(
        organization_id=organization_id,
        account_id=account_id,
        currency=currency,
        exponent=exponent,
        code=code,
        name=name,
        account_class=account_class,
        debit_minor=max(net, 0),
        credit_minor=max(-net, 0),
    )
