"""Account numbers of wallets: given out at opening, shown whole on demand."""

from __future__ import annotations

import datetime as dt

from django.db import connection

from accounts import policy
from accounts.blind_indexes import blind_index
from accounts.services.vault import Place, seal, unseal
from audit.services import record
from kernel.actor import Actor
from kernel.errors import PermissionDenied
from kernel.ids import new_account_number
from kernel.transactions import needs_transaction, opens_transaction
from wallets.models import AccountNumber, Wallet
from wallets.policy import may_reveal_number
from wallets.queries import ACCOUNT_NUMBER_FIELD, wallet_of

REVEAL = "self.reveal"


@needs_transaction
def give_account_number(*, wallet: Wallet, now: dt.datetime) -> AccountNumber:
    """Give a wallet its number, sealed under the key of its holder.

    Of the 10^12 numbers one that is taken already breaks the unique index: the caller, who opens a
    wallet, tries again from the start.
    """
    number = new_account_number()
    row = AccountNumber(
        wallet=wallet,
        organization_id=wallet.organization_id,
        user_id=wallet.owner_id,
        blind_index=blind_index(field=ACCOUNT_NUMBER_FIELD, text=number),
        last_digits=number[-4:],
        created_at=now,
    )
    row.sealed = seal(
        organization_id=wallet.organization_id,
        user_id=wallet.owner_id,
        place=_place(row),
        plain=number.encode(),
        now=now,
    )
    row.save(force_insert=True)
    return row


@opens_transaction
def reveal_account_number(*, actor: Actor, wallet: str, now: dt.datetime) -> str:
    """The whole number, for its holder.

    A wallet from before there were numbers gets one here. Records
    `wallets.account_number.reveal`.

    :param wallet: id or handle.
    :raises StepUpRequired: without a fresh proof of who they are.
    :raises WalletNotFound: if there is none, or none the actor may see.
    :raises PermissionDenied: unless it is the actor's own, or the organization's and the actor may
        pay out of it.
    :raises DataShredded: if the holder was erased.
    """
    policy.require(actor, REVEAL)
    found = wallet_of(actor=actor, wallet=wallet)
    if not may_reveal_number(actor, organization_id=found.organization_id, owner_id=found.owner_id):
        raise PermissionDenied("Only its holder sees a wallet's whole account number.")
    row = _number_of(found) or _late_number(wallet=found, now=now)
    number = unseal(
        organization_id=row.organization_id,
        user_id=row.user_id,
        place=_place(row),
        sealed=row.sealed,
    )
    record(
        actor=actor,
        action="wallets.account_number.reveal",
        subject_type="wallet",
        subject_id=found.id,
        organization_id=found.organization_id,
        now=now,
    )
    return number.decode()


def _number_of(wallet: Wallet) -> AccountNumber | None:
    return AccountNumber.objects.filter(wallet=wallet).first()


@needs_transaction
def _late_number(*, wallet: Wallet, now: dt.datetime) -> AccountNumber:
    """Give an old wallet its number; two who ask at once take turns until the commit."""
    with connection.cursor() as cursor:
        name = f"account-number:{wallet.id}"
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])
    return _number_of(wallet) or give_account_number(wallet=wallet, now=now)


def _place(row: AccountNumber) -> Place:
    return Place("wallets_accountnumber", "sealed", row.id)
