"""Whom a payout pays: kept sealed under the reference of the request."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import uuid

from accounts.errors import DataShredded
from accounts.models import PendingAct
from accounts.rules import ERASED_NAME
from accounts.services.vault import Place, seal, unseal
from kernel.actor import Actor, ActorKind
from kernel.ids import new_id
from kernel.transactions import needs_transaction
from wallets.errors import ReferenceReused
from wallets.models import Beneficiary
from wallets.services.payouts.accounts import SHOWN, Account, PayoutTo


@dataclasses.dataclass(frozen=True, slots=True)
class Payee:
    """A beneficiary as who agrees to a payout is shown it: enough to judge, too little to use.

    :param country: of the bank, two letters; empty where neither number nor code say it.
    :param characters: how long the number is.
    """

    name: str
    bank_code: str
    country: str
    masked: str
    characters: int


@needs_transaction
def keep_beneficiary(
    *, actor: Actor, organization_id: uuid.UUID, to: PayoutTo, reference: bytes, now: dt.datetime
) -> None:
    """Seal the account for the request of this reference; what is kept already stands.

    In the transaction that leaves a transfer or a pending act under the reference: what was turned
    away before that keeps nothing, and its key may come again with another account.

    :raises ReferenceReused: if another account is kept under it.
    """
    if to.account is None:  # kept when a second person was asked
        return
    row = _sealed(actor, organization_id, to, to.account, reference=reference, now=now)
    Beneficiary.objects.bulk_create([row], ignore_conflicts=True)
    if bytes(Beneficiary.objects.get(reference=reference).blind_index) != to.index:
        raise ReferenceReused()


@needs_transaction
def _sealed(
    actor: Actor,
    organization_id: uuid.UUID,
    to: PayoutTo,
    account: Account,
    *,
    reference: bytes,
    now: dt.datetime,
) -> Beneficiary:
    row = Beneficiary(
        id=new_id(),
        organization_id=organization_id,
        user_id=actor.id if actor.kind is ActorKind.USER else None,
        reference=reference,
        bank_code=account.bank_code,
        blind_index=to.index,
        last_digits=account.number[-SHOWN:],
        created_at=now,
    )
    row.sealed = seal(
        organization_id=row.organization_id,
        user_id=row.user_id,
        place=_place(row),
        plain=json.dumps([account.name, account.number]).encode(),
        now=now,
    )
    return row


@needs_transaction
def kept_payout(reference: bytes) -> PayoutTo:
    """What a request that waited pays to, without opening it."""
    row = Beneficiary.objects.get(reference=reference)
    return PayoutTo(index=bytes(row.blind_index), shown=row.masked)


@needs_transaction
def account_of(reference: bytes) -> Account:
    """The account in clear, for the rail alone.

    :raises DataShredded: if who asked was erased meanwhile.
    """
    return _opened(Beneficiary.objects.get(reference=reference))


@needs_transaction
def payee_of(act: PendingAct) -> Payee | None:
    """Whom an act that waits would pay at a bank; None if it pays nobody there.

    Of somebody erased meanwhile only the bank is known, and the last characters.
    """
    found = Beneficiary.objects.filter(reference=bytes(act.reference)).first()
    if found is None:
        return None
    try:
        account = _opened(found)
    except DataShredded:
        return Payee(ERASED_NAME, found.bank_code, "", found.masked, 0)
    return Payee(
        account.name, account.bank_code, account.country, found.masked, len(account.number)
    )


@needs_transaction
def _opened(row: Beneficiary) -> Account:
    plain = unseal(
        organization_id=row.organization_id,
        user_id=row.user_id,
        place=_place(row),
        sealed=row.sealed,
    )
    name, number = json.loads(plain)
    return Account(name=name, bank_code=row.bank_code, number=number)


def _place(row: Beneficiary) -> Place:
    return Place("wallets_beneficiary", "sealed", row.id)
