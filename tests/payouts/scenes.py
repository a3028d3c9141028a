"""A rail that does what a test says, workers at a clock of the test's, and a look at everything."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import ClassVar

from accounts.models import User
from events.choices import SagaState
from events.saga.leasing import Lease, take_lease
from events.saga.models import ENDED, LIVE, Saga, SagaAttempt
from events.saga.working import attempt
from kernel.crypto import fingerprint
from ledger.checker import verify_books
from tests.database import all_seeing
from tests.proof import in_session
from tests.world import NOW, World
from wallets.models import Transfer, Wallet
from wallets.rails import Payment, RailAnswer, RailState, RailUnavailable
from wallets.services.payouts.accounts import Account
from wallets.services.payouts.asking import ask_payout, payout_request
from wallets.services.references import reference_of
from wallets.services.transfers import TransferOutcome, TransferRequest

AMOUNT, START = 250_00, 1_00_000_00
PATIENCE_SECONDS = 0.3
ACCOUNT = Account(name="Meera Krishnan", bank_code="HDFC0001234", number="50100234567890")


class Crash(BaseException):
    """The process dies here."""


@dataclasses.dataclass
class Book:
    """What the rail knows. `decides` is what becomes of a payment once it is accepted.

    :param faults: for each operation, what happens at its next calls: fail_before, fail_after,
        hang_before, hang_after, crash_before or crash_after it has its effect; empty: nothing.
    """

    decides: RailState = RailState.PAID
    cancels: RailState = RailState.CANCELLED
    faults: dict[str, list[str]] = dataclasses.field(default_factory=lambda: defaultdict(list))
    states: dict[str, RailState] = dataclasses.field(default_factory=dict)
    paid: list[tuple[str, int]] = dataclasses.field(default_factory=list)
    payments: list[Payment] = dataclasses.field(default_factory=list)
    calls: list[str] = dataclasses.field(default_factory=list)

    def decide(self, key: str, state: RailState, amount_minor: int) -> None:
        """Final is final."""
        if self.states.get(key) in (None, RailState.ACCEPTED):
            self.states[key] = state
            if state is RailState.PAID:
                self.paid.append((key, amount_minor))


class ScriptedRail:
    """One book for all instances, as one bank for all processes."""

    name = "scripted"
    book: ClassVar[Book] = Book()

    def submit(self, payment: Payment, *, timeout_seconds: float) -> RailAnswer:
        def effect() -> None:
            self.book.payments.append(payment)
            self.book.decide(payment.key, self.book.decides, payment.amount_minor)

        return self._done("submit", payment.key, effect)

    def status(self, key: str, *, timeout_seconds: float) -> RailAnswer:
        return self._done("status", key, lambda: None)

    def cancel(self, key: str, *, timeout_seconds: float) -> RailAnswer:
        amount = next((one.amount_minor for one in self.book.payments if one.key == key), 0)
        return self._done("cancel", key, lambda: self.book.decide(key, self.book.cancels, amount))

    def _done(self, name: str, key: str, effect: Callable[[], None]) -> RailAnswer:
        book = self.book
        book.calls.append(name)
        fault = book.faults[name].pop(0) if book.faults[name] else ""
        if fault.endswith("before"):
            _happen(fault)
        effect()
        if fault.endswith("after"):
            _happen(fault)
        return RailAnswer(book.states.get(key, RailState.UNKNOWN), f"rail-{key}")


def _happen(fault: str) -> None:
    if fault.startswith("crash"):
        raise Crash
    if fault.startswith("hang"):
        time.sleep(PATIENCE_SECONDS * 2)
    raise RailUnavailable


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = NOW + dt.timedelta(seconds=1)

    def __call__(self) -> dt.datetime:
        return self.now


@contextlib.contextmanager
def scripted(settings: object, **book: object) -> Iterator[Book]:
    """The installation pays out on a rail with this book."""
    settings.PAYOUT_RAIL = "tests.payouts.scenes.ScriptedRail"  # type: ignore[attr-defined]
    ScriptedRail.book = Book(**book)  # type: ignore[arg-type]
    yield ScriptedRail.book


def wanted(
    world: World,
    *,
    key: str = "payout",
    sender: User | None = None,
    source: Wallet | None = None,
    account: Account = ACCOUNT,
    amount_minor: int = AMOUNT,
    now: dt.datetime = NOW,
    **more: object,
) -> TransferRequest:
    actor = in_session(world.actor(sender or world.alice))
    return payout_request(
        actor=actor,
        source=(source or world.alice_wallet).handle,
        account=account,
        amount_minor=amount_minor,
        currency="INR",
        reference=reference_of(actor=actor, route="test", key=key),
        fingerprint=fingerprint(key, str(amount_minor), account.to.index.hex()),
        now=now,
        **more,  # type: ignore[arg-type]
    )


def ask(world: World, *, account: Account = ACCOUNT, **more: object) -> TransferOutcome:
    request = wanted(world, account=account, **more)  # type: ignore[arg-type]
    return ask_payout(request=request)


def impatient(lease: Lease) -> Lease:
    """The same lease for a worker that does not wait long for an answer."""
    return dataclasses.replace(
        lease, part=dataclasses.replace(lease.part, timeout_seconds=PATIENCE_SECONDS)
    )


def work(clock: Clock, *, most: int = 2_000) -> int:
    """Workers, one after the other: one that dies is followed by another, until nothing is left.

    :returns: how many died.
    """
    died = 0
    for _ in range(most):
        lease = take_lease(now=clock.now)
        if lease is not None:
            try:
                attempt(lease=impatient(lease), clock=clock)
            except Crash:
                died += 1
            continue
        with all_seeing():
            waiting = list(Saga.objects.filter(state__in=LIVE))
        if not waiting:
            return died
        clock.now = min(max(one.due_at, one.lease_until or one.due_at) for one in waiting)
    raise AssertionError("the sagas do not end")


def saga_of(transfer: Transfer | None) -> Saga:
    assert transfer is not None
    with all_seeing():
        return Saga.objects.get(subject_id=transfer.id)


def seen(transfer: Transfer | None) -> Transfer:
    """The transfer as it stands now."""
    assert transfer is not None
    with all_seeing():
        return Transfer.objects.select_related("hold").get(id=transfer.id)


def money_of(wallet: Wallet) -> tuple[int, int]:
    """What the wallet's account shows: posted and held, in minor units."""
    with all_seeing():
        account = Wallet.objects.select_related("account").get(id=wallet.id).account
        return account.posted_minor, account.held_minor


def require_ended(world: World, outcome: TransferOutcome, book: Book) -> bool:
    """Everything agrees: saga, transfer, wallet, hold, rail. Whether it was paid.

    Each book of a rail is of one payout; all the payouts of a test leave the same wallet.
    """
    transfer, saga = seen(outcome.transfer), saga_of(outcome.transfer)
    paid = transfer.state == "COMPLETED"
    assert saga.state in ENDED, (saga.state, saga.reason)
    assert saga.state == (SagaState.COMPLETED if paid else SagaState.COMPENSATED)
    assert transfer.state in ("COMPLETED", "FAILED")
    assert transfer.hold is not None
    assert transfer.hold.state == ("CAPTURED" if paid else "VOIDED")
    assert [minor for _, minor in book.paid] == ([AMOUNT] if paid else [])
    with all_seeing():
        assert not SagaAttempt.objects.filter(state="OPEN").exists()
        left = Transfer.objects.filter(kind="payout", state="COMPLETED").count()
    assert money_of(world.alice_wallet) == (START - left * AMOUNT, 0)
    return paid


def require_sound_books() -> None:
    """The checker finds nothing."""
    findings = verify_books().findings
    assert not findings, findings[0]
