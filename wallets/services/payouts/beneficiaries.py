"""Whom a payout pays: kept sealed under the reference of the request."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json

from accounts.services.vault import Place, blind_index, seal, unseal
from kernel.actor import Actor, ActorKind
from kernel.ids import new_id
from kernel.transactions import needs_transaction, opens_transaction
from wallets.errors import ReferenceReused, SourceNotFound
from wallets.models import Beneficiary
from wallets.services.transfers.requests import PayoutTo

_FIELD = "payout_beneficiary"
_SHOWN = 4


@dataclasses.dataclass(frozen=True, slots=True)
class Account:
    """An account at a bank, in clear.

    :param name: of its holder.
    :param bank_code: what the rail knows the bank by, as an IFSC or a BIC.
    :param number: letters and digits, no spaces.
    """

    name: str
    bank_code: str
    number: str

    def __repr__(self) -> str:
        """Nothing personal: a repr ends in logs."""
        return "Account()"

    @property
    def to(self) -> PayoutTo:
        """The account without saying which."""
        text = json.dumps([self.bank_code, self.number, self.name])
        index = blind_index(field=_FIELD, text=text)
        return PayoutTo(index=index, shown=f"•••• {self.number[-_SHOWN:]}")


@opens_transaction
def keep_beneficiary(
    *, actor: Actor, account: Account, reference: bytes, now: dt.datetime
) -> Beneficiary:
    """Seal the account for the request of this reference; what is kept already stands.

    :raises ReferenceReused: if another account is kept under it.
    :raises SourceNotFound: for who belongs to no organization, and so has no wallet to pay from.
    """
    if actor.organization_id is None:
        raise SourceNotFound(pointer="/source_wallet")
    found = Beneficiary.objects.filter(reference=reference).first()
    if found is None:
        found = _sealed(actor, account, reference=reference, now=now)
        Beneficiary.objects.bulk_create([found], ignore_conflicts=True)
        found = Beneficiary.objects.get(reference=reference)
    if bytes(found.blind_index) != account.to.index:
        raise ReferenceReused()
    return found


@needs_transaction
def _sealed(actor: Actor, account: Account, *, reference: bytes, now: dt.datetime) -> Beneficiary:
    assert actor.organization_id is not None  # `keep_beneficiary`
    row = Beneficiary(
        id=new_id(),
        organization_id=actor.organization_id,
        user_id=actor.id if actor.kind is ActorKind.USER else None,
        reference=reference,
        bank_code=account.bank_code,
        blind_index=account.to.index,
        last_digits=account.number[-_SHOWN:],
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
def account_of(reference: bytes) -> Account:
    """The account in clear, for the rail alone.

    :raises DataShredded: if who asked was erased meanwhile.
    """
    row = Beneficiary.objects.get(reference=reference)
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
