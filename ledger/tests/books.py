"""Short ways to post into the books of the test world, below wallets and transfers."""

from __future__ import annotations

import contextlib
import itertools
import uuid
from collections.abc import Iterator, Sequence

from kernel.context import Context, Scope
from kernel.crypto import fingerprint
from kernel.transactions import opens_transaction
from ledger.choices import AccountStatus, Side, TransactionKind
from ledger.models import Entry, LedgerAccount, Transaction
from ledger.services import shapes
from ledger.services.accounts import change_status
from ledger.services.movements import Leg, Movement, Posted, Posting, Refused
from ledger.services.posting import post
from tests.world import NOW

_numbers = itertools.count(1)


def movement(
    payer: LedgerAccount,
    receiver: LedgerAccount,
    amount_minor: int,
    *,
    currency: str = "INR",
    reference: bytes | None = None,
) -> Movement:
    """A payment between two accounts of one organization."""
    postings = shapes.inside(
        organization_id=payer.organization_id,
        payer=payer.id,
        receiver=receiver.id,
        amount_minor=amount_minor,
    )
    return moving(*postings, currency=currency, reference=reference)


def moving(*postings: Posting, currency: str = "INR", reference: bytes | None = None) -> Movement:
    return Movement(
        kind=TransactionKind.TRANSFER,
        currency=currency,
        reference=reference or fingerprint("books", str(next(_numbers))),
        postings=postings,
        effective_at=NOW,
    )


def legs(
    organization_id: uuid.UUID, *sides: tuple[LedgerAccount | uuid.UUID, Side, int]
) -> Posting:
    """Any legs at all, balanced or not."""
    named = (
        Leg(account if isinstance(account, uuid.UUID) else account.id, side, amount_minor)
        for account, side, amount_minor in sides
    )
    return Posting(organization_id, tuple(named))


def _platform(**_: object) -> Context:
    return Context(scope=Scope.PLATFORM)


@opens_transaction(context=_platform)
def posted(*movements: Movement, all_or_nothing: bool = False) -> list[Posted | Refused]:
    """Post a batch in a transaction of its own, seeing every organization."""
    return post(movements, now=NOW, all_or_nothing=all_or_nothing)


@opens_transaction(context=_platform)
def become(*, account: LedgerAccount, status: AccountStatus) -> None:
    """Give an account a status through the service, by way of another if it must."""
    change_status(account_id=account.id, wanted=status)


def codes(results: Sequence[Posted | Refused]) -> list[str | None]:
    """One code for each result; None for what was posted."""
    return [result.error.code if isinstance(result, Refused) else None for result in results]


@contextlib.contextmanager
def nothing_moves() -> Iterator[None]:
    """The block leaves the books exactly as they were."""
    before = state_of_books()
    yield
    assert state_of_books() == before


@opens_transaction(context=_platform)
def state_of_books(*, among: Sequence[uuid.UUID] = ()) -> object:
    """Everything the books hold, to compare."""
    accounts = LedgerAccount.objects.order_by("id")
    if among:
        accounts = accounts.filter(id__in=among)
    return (
        list(accounts.values_list("id", "status", "posted_minor", "held_minor", "version")),
        Transaction.objects.count(),
        Entry.objects.count(),
    )


@opens_transaction(context=_platform)
def fresh(*, account: LedgerAccount) -> LedgerAccount:
    """The account as it stands now."""
    return LedgerAccount.objects.get(id=account.id)


@opens_transaction(context=_platform)
def entries(*, account: LedgerAccount) -> list[tuple[str, int, int, int]]:
    """Side, amount, resulting balance and version of each entry, oldest first."""
    rows = Entry.objects.filter(account=account).order_by("version")
    return list(rows.values_list("side", "amount_minor", "balance_after_minor", "version"))
