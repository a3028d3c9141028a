"""The chart of accounts: what an organization begins with, adds, renames and closes."""

from __future__ import annotations

import datetime as dt
import uuid

from django.db import IntegrityError

from accounts.services.networks import from_known_network
from audit.services import record
from events.services import emit
from kernel.actor import Actor
from kernel.errors import NotFound
from kernel.ids import new_id
from kernel.rows import insert_rows
from kernel.transactions import needs_transaction, opens_transaction
from ledger.charts import FOUNDED, HEADINGS, SystemAccount, is_code, is_reserved
from ledger.choices import AccountClass, AccountKind, AccountStatus
from ledger.errors import AccountNotGeneral, CodeReserved, CodeTaken, CodeUnusable
from ledger.models import AccountGroup, Currency, LedgerAccount
from ledger.queries import account_of
from ledger.services.accounts import change_status
from ledger.services.authority import require_at_home
from ledger.services.opening import ensure_system_account, insert_account, require_currency

MANAGE = "ledger.manage_chart"
# The verb of the audit action and the participle of the event.
OPENED, RENAMED, CLOSED = ("open", "opened"), ("rename", "renamed"), ("close", "closed")

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


@from_known_network(MANAGE)
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
    :raises NetworkNotTrusted: if the actor is on a network that is new to them.
    :raises NotFound: if the organization is another's, or has no such heading.
    :raises CodeUnusable: unless the code has the form of one.
    :raises CodeTaken: if a heading has the code.
    """
    require_at_home(actor, MANAGE, organization_id=organization_id)
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


@from_known_network(MANAGE)
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
    :raises NetworkNotTrusted: if the actor is on a network that is new to them.
    :raises NotFound: if the organization is another's, or has no such heading.
    :raises CurrencyUnknown: if the currency is not supported.
    :raises CodeUnusable: unless the code has the form of one.
    :raises CodeReserved: if the program opens its own accounts under codes like this.
    :raises CodeTaken: if an account in this currency has the code.
    """
    require_at_home(actor, MANAGE, organization_id=organization_id)
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


@from_known_network(MANAGE)
@opens_transaction
def rename_account(
    *, actor: Actor, account_id: uuid.UUID, name: str, now: dt.datetime
) -> LedgerAccount:
    """Give a general account another name; its code stays, and so does what stands on it.

    Records `ledger.account.rename`, emits `ledger.account.renamed`.

    :raises PermissionDenied: unless the actor carries `ledger.manage_chart`.
    :raises NetworkNotTrusted: if the actor is on a network that is new to them.
    :raises NotFound: if there is no such account, or none of the actor's organization.
    :raises AccountNotGeneral: unless the organization opened it.
    """
    account = _own_general(actor, account_id)
    before, account.name = account.name, name
    account.save(update_fields=["name"])
    _tell(actor=actor, subject="account", row=account, words=RENAMED, now=now, was=before)
    return account


@from_known_network(MANAGE)
@opens_transaction
def close_account(*, actor: Actor, account_id: uuid.UUID, now: dt.datetime) -> LedgerAccount:
    """End a general account at zero, for good; what was written on it stays. Locks the account.

    Records `ledger.account.close`, emits `ledger.account.closed`.

    :raises PermissionDenied: unless the actor carries `ledger.manage_chart`.
    :raises NetworkNotTrusted: if the actor is on a network that is new to them.
    :raises NotFound: if there is no such account, or none of the actor's organization.
    :raises AccountNotGeneral: unless the organization opened it.
    :raises AccountNotEmpty: if it stands at something.
    :raises AccountStateConflict: if it is closed.
    """
    account = _own_general(actor, account_id)
    change_status(account_id=account_id, wanted=AccountStatus.CLOSED, by_platform=actor.is_platform)
    account.refresh_from_db()
    _tell(actor=actor, subject="account", row=account, words=CLOSED, now=now)
    return account


def _own_general(actor: Actor, account_id: uuid.UUID) -> LedgerAccount:
    account = account_of(account_id)
    require_at_home(actor, MANAGE, organization_id=account.organization_id)
    if account.kind != AccountKind.GENERAL or is_reserved(account.code):
        raise AccountNotGeneral(facts={"kind": account.kind})
    return account


def _heading(organization_id: uuid.UUID, group_id: uuid.UUID, *, pointer: str) -> AccountGroup:
    found = AccountGroup.objects.filter(id=group_id, organization_id=organization_id).first()
    if found is None:
        raise NotFound("The chart of accounts has no such heading.", pointer=pointer)
    return found


def _tell(
    *,
    actor: Actor,
    subject: str,
    row: AccountGroup | LedgerAccount,
    now: dt.datetime,
    words: tuple[str, str] = OPENED,
    was: str | None = None,
) -> None:
    verb, happened = words
    facts: dict[str, object] = {
        "id": str(row.id),
        "code": row.code,
        "name": row.name,
        "account_class": row.account_class,
    }
    record(
        actor=actor,
        action=f"ledger.{subject}.{verb}",
        subject_type=subject,
        subject_id=row.id,
        organization_id=row.organization_id,
        metadata=facts if was is None else {**facts, "was": was},
        now=now,
    )
    emit(
        name=f"ledger.{subject}.{happened}",
        organization_id=row.organization_id,
        subject_id=row.id,
        payload=facts,
        actor=actor,
        now=now,
    )
