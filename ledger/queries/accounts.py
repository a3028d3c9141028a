"""Currencies and accounts."""

from __future__ import annotations

import uuid
from collections.abc import Collection

from django.db.models import QuerySet

from kernel.errors import NotFound
from ledger.choices import AccountKind
from ledger.models import AccountGroup, Currency, LedgerAccount


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


def account_groups() -> QuerySet[AccountGroup]:
    """The visible headings of the charts of accounts, in chart order."""
    return AccountGroup.objects.order_by("organization_id", "code")


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
