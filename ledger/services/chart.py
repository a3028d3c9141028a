"""The chart of accounts: what an organization begins with, and what it adds."""

from __future__ import annotations

import datetime as dt
import uuid

from django.db import IntegrityError

from audit.services import record
from events.services import emit
from kernel.actor import Actor
from kernel.errors import NotFound
from kernel.ids import new_id
from kernel.rows import insert_rows
from kernel.transactions import needs_transaction, opens_transaction
from ledger.charts import FOUNDED, HEADINGS, SystemAccount, is_code, is_reserved
from ledger.choices import AccountClass, AccountKind
from ledger.errors import CodeReserved, CodeTaken, CodeUnusable
from ledger.models import AccountGroup, Currency, LedgerAccount
from ledger.services.authority import require_at_home
from ledger.services.opening import ensure_system_account, insert_account, require_currency

_GROUP_COLUMNS = {
    "id": "uuid",
    "organization_id": "uuid",
    "code": "text",
    "name": "text",
    "account_class": "text",
    "parent_id": "uuid",
    "created_at": "timestamptz",
}


@needs_transaction
def found_chart(*, organization_id: uuid.UUID, base_currency: str, now: dt.datetime) -> None:
    """Give a new organization its headings, and its system accounts in its base currency.

    A base currency that is not supported has no accounts; those it needs open at first use.
    """
    ids = {heading.code: new_id() for heading in HEADINGS}
    rows = [
        (
            ids[heading.code],
            organization_id,
            heading.code,
            heading.name,
            heading.account_class,
            ids[heading.parent] if heading.parent else None,
            now,
        )
        for heading in HEADINGS
    ]
    insert_rows(table="ledger_accountgroup", columns=_GROUP_COLUMNS, rows=rows)
    if not Currency.objects.filter(code=base_currency).exists():
        return
    for account in FOUNDED:
        ensure_system_account(
            organization_id=organization_id, currency=base_currency, account=account, now=now
        )


@opens_transaction
def open_group(
    *,
    actor: Actor,
    organization_id: uuid.UUID,
    parent_id: uuid.UUID,
    code: str,
    name: str,
    now: dt.datetime,
) -> AccountGroup:
    """Add a heading below another, of its class.

    Records `ledger.account_group.open`, emits `ledger.account_group.opened`.

    :raises PermissionDenied: unless the actor carries `ledger.manage_chart`.
    :raises NotFound: if the organization is another's, or has no such heading.
    :raises CodeUnusable: unless the code has the form of one.
    :raises CodeTaken: if a heading has the code.
    """
    require_at_home(actor, "ledger.manage_chart", organization_id=organization_id)
    parent = _heading(organization_id, parent_id, pointer="/parent")
    if not is_code(code):
        raise CodeUnusable(pointer="/code")
    group = AccountGroup(
        id=new_id(),
        organization_id=organization_id,
        code=code,
        name=name,
        account_class=parent.account_class,
        parent=parent,
        created_at=now,
    )
    try:
        group.save(force_insert=True)
    except IntegrityError as error:
        raise CodeTaken(pointer="/code") from error
    _tell(actor=actor, subject="account_group", row=group, now=now)
    return group


@opens_transaction
def open_account(
    *,
    actor: Actor,
    organization_id: uuid.UUID,
    group_id: uuid.UUID,
    currency: str,
    code: str,
    name: str,
    now: dt.datetime,
) -> LedgerAccount:
    """Open a general account below a heading, of its class; it may stand on either side of zero.

    Records `ledger.account.open`, emits `ledger.account.opened`.

    :raises PermissionDenied: unless the actor carries `ledger.manage_chart`.
    :raises NotFound: if the organization is another's, or has no such heading.
    :raises CurrencyUnknown: if the currency is not supported.
    :raises CodeUnusable: unless the code has the form of one.
    :raises CodeReserved: if the program opens its own accounts under codes like this.
    :raises CodeTaken: if an account in this currency has the code.
    """
    require_at_home(actor, "ledger.manage_chart", organization_id=organization_id)
    group = _heading(organization_id, group_id, pointer="/group")
    require_currency(currency)
    if not is_code(code):
        raise CodeUnusable(pointer="/code")
    if is_reserved(code):
        raise CodeReserved(pointer="/code")
    general = SystemAccount(
        code=code,
        name=name,
        kind=AccountKind.GENERAL,
        account_class=AccountClass(group.account_class),
        heading=group.code,
    )
    account_id = new_id()
    try:
        insert_account(
            account_id, organization_id=organization_id, currency=currency, account=general, now=now
        )
    except IntegrityError as error:
        raise CodeTaken(pointer="/code") from error
    account = LedgerAccount.objects.get(id=account_id)
    _tell(actor=actor, subject="account", row=account, now=now)
    return account


def _heading(organization_id: uuid.UUID, group_id: uuid.UUID, *, pointer: str) -> AccountGroup:
    found = AccountGroup.objects.filter(id=group_id, organization_id=organization_id).first()
    if found is None:
        raise NotFound("The chart of accounts has no such heading.", pointer=pointer)
    return found


def _tell(
    *, actor: Actor, subject: str, row: AccountGroup | LedgerAccount, now: dt.datetime
) -> None:
    facts: dict[str, object] = {
        "id": str(row.id),
        "code": row.code,
        "name": row.name,
        "account_class": row.account_class,
    }
    record(
        actor=actor,
        action=f"ledger.{subject}.open",
        subject_type=subject,
        subject_id=row.id,
        organization_id=row.organization_id,
        metadata=facts,
        now=now,
    )
    emit(
        name=f"ledger.{subject}.opened",
        organization_id=row.organization_id,
        subject_id=row.id,
        payload=facts,
        actor=actor,
        now=now,
    )
