"""The product, spoken to in the oracle's words: wishes become requests, outcomes become answers."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from accounts.services.organizations import (
    activate_organization,
    suspend_organization,
)
from kernel.actor import Door, system
from kernel.crypto import fingerprint
from kernel.errors import VaultCraftError
from ledger.services.clearing import set_clearing_cap
from ledger.services.holds import reap_overdue_holds
from ledger.services.movements import Balance
from tests.oracle.casting import Cast, people_and_wallets
from tests.oracle.model import cast as roles
from tests.oracle.model.state import ACTIVE, CLOSED, FROZEN, SUSPENDED, Cap, Rate
from tests.oracle.model.words import (
    PAY_IN,
    PAY_OUT,
    SEND,
    TAKE,
    Answer,
    Ask,
    Foretold,
    Giving,
    Label,
    Reserve,
    Taking,
    Turned,
)
from wallets.choices import TransferKind, WalletKind
from wallets.services.holds import HoldRequest, capture_hold, capture_request, place_hold, void_hold
from wallets.services.references import reference_of
from wallets.services.reversals import reversal_request, reverse_transfer
from wallets.services.terms import set_fee_schedule, set_limit_rule
from wallets.services.transfers import (
    Rehearsal,
    TransferOutcome,
    TransferRequest,
    execute_transfers,
    rehearse_transfers,
)
from wallets.services.wallets import (
    close_wallet,
    freeze_wallet,
    suspend_wallet,
    unfreeze_wallet,
)

KINDS = {
    SEND: TransferKind.TRANSFER,
    PAY_IN: TransferKind.DEPOSIT,
    PAY_OUT: TransferKind.WITHDRAWAL,
    TAKE: TransferKind.CAPTURE,
}
UNKNOWN = uuid.UUID(int=0)
_STATES = {
    FROZEN: freeze_wallet,
    ACTIVE: unfreeze_wallet,
    SUSPENDED: suspend_wallet,
    CLOSED: close_wallet,
}


class Product:
    """The services over the current database."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self.transfers = dict(cast.transfers)
        self.holds: dict[Label, uuid.UUID] = {}

    def settle(
        self, asks: Sequence[Ask], *, together: bool = False, now: dt.datetime
    ) -> list[Answer]:
        """Carry out the wishes of one call.

        :raises Turned: if the call is refused as a whole.
        """
        requests = [self.request(ask, now=now) for ask in asks]
        try:
            outcomes = execute_transfers(requests, all_or_nothing=together)
        except VaultCraftError as error:
            raise Turned(error.code) from error
        for ask, outcome in zip(asks, outcomes, strict=True):
            if outcome.transfer is not None:
                self.transfers.setdefault(ask.label, outcome.transfer.id)
        return [answer_of(outcome) for outcome in outcomes]

    def rehearse(
        self, asks: Sequence[Ask], *, together: bool = False, now: dt.datetime
    ) -> list[Foretold]:
        """Ask what `settle` would answer.

        :raises Turned: if the call is refused as a whole.
        """
        requests = [self.request(ask, now=now) for ask in asks]
        try:
            found = rehearse_transfers(requests, all_or_nothing=together)
        except VaultCraftError as error:
            raise Turned(error.code) from error
        return [foretold(one) for one in found]

    def request(self, ask: Ask, *, now: dt.datetime) -> TransferRequest:
        actor = self.cast.actor(ask.who)
        return TransferRequest(
            actor=actor,
            kind=KINDS[ask.kind],
            source=self._handle(ask.payer),
            destination=self._handle(ask.payee),
            amount_minor=ask.amount,  # type: ignore[arg-type]
            currency=str(ask.currency),
            reference=self.reference(ask.who, ask.key),
            fingerprint=fingerprint(*map(repr, ask.body)),
            external_reference=ask.slip,
            expected_fee_minor=ask.fee_agreed,
            now=now,
        )

    def reference(self, who: str, key: int) -> bytes:
        return reference_of(actor=self.cast.actor(who), route="oracle", key=str(key))

    def _handle(self, purse: str | None) -> str | None:
        if purse is None:
            return None
        known = self.cast.purses.get(purse)
        return known.handle if known else "VC-000000"

    def take(self, wish: Taking, *, now: dt.datetime) -> Answer:
        return self._one(wish, capture_hold, now)

    def give_back(self, wish: Giving, *, now: dt.datetime) -> Answer:
        return self._one(wish, reverse_transfer, now)

    def foretell(self, wish: Taking | Giving, *, now: dt.datetime) -> Foretold:
        """Ask what `take` or `give_back` would answer."""
        asking = capture_request if isinstance(wish, Taking) else reversal_request
        try:
            (found,) = rehearse_transfers([asking(**self._wanted(wish, now))])
        except VaultCraftError as error:
            return Foretold(error.code)
        return foretold(found)

    def _wanted(self, wish: Taking | Giving, now: dt.datetime) -> dict[str, Any]:
        wanted = {
            "actor": self.cast.actor(wish.who),
            "amount_minor": wish.amount,
            "reference": self.reference(*wish.label),
            "fingerprint": fingerprint(*map(repr, wish.body)),
            "now": now,
        }
        if isinstance(wish, Taking):
            return {**wanted, "hold_id": self.holds.get(wish.pledge, UNKNOWN), "final": wish.last}
        return {**wanted, "transfer_id": self.transfers.get(wish.deed, UNKNOWN)}

    def _one(
        self, wish: Taking | Giving, use_case: Callable[..., TransferOutcome], now: dt.datetime
    ) -> Answer:
        try:
            outcome = use_case(**self._wanted(wish, now))
        except VaultCraftError as error:
            return Answer(error.code)
        if outcome.transfer is not None:
            self.transfers.setdefault(wish.label, outcome.transfer.id)
        return answer_of(outcome)

    def reserve(self, wish: Reserve, *, now: dt.datetime) -> Answer:
        request = HoldRequest(
            actor=self.cast.actor(wish.who),
            source=str(self._handle(wish.payer)),
            destination=str(self._handle(wish.payee)),
            amount_minor=wish.amount,
            currency=wish.currency,
            expires_at=now + dt.timedelta(seconds=wish.seconds),
            reference=self.reference(wish.who, wish.key),
            fingerprint=fingerprint(*map(repr, wish.body)),
            now=now,
        )
        known = wish.label in self.holds
        try:
            hold = place_hold(request)
        except VaultCraftError as error:
            return Answer(error.code)
        self.holds.setdefault(wish.label, hold.hold_id)
        assert self.holds[wish.label] == hold.hold_id
        kept = hold.hold
        return Answer("", str(kept.state), known, kept.amount_minor, kept.fee_minor)

    def void(self, *, who: str, pledge: Label, now: dt.datetime) -> str:
        hold_id = self.holds.get(pledge, UNKNOWN)
        return code_of(void_hold, actor=self.cast.actor(who), hold_id=hold_id, now=now)

    def reap(self, *, now: dt.datetime) -> None:
        reap_overdue_holds(actor=system(door=Door.TASK, request_id="oracle"), now=now)

    def price(self, house: str, kind: str, currency: str, rate: Rate, now: dt.datetime) -> str:
        return code_of(
            set_fee_schedule,
            actor=self.cast.actor("olga"),
            organization_id=self.cast.houses[house],
            kind=KINDS[kind],
            currency=currency,
            fixed_minor=rate.fixed,
            bps=rate.bps,
            floor_minor=rate.least,
            ceiling_minor=rate.most,
            now=now,
        )

    def limit(self, house: str, kind: str, currency: str, cap: Cap, now: dt.datetime) -> str:
        return code_of(
            set_limit_rule,
            actor=self.cast.actor("olga"),
            organization_id=self.cast.houses[house],
            wallet_kind=WalletKind(kind),
            currency=currency,
            day_minor=cap.day,
            month_minor=cap.month,
            now=now,
        )

    def rule(self, who: str, purse: str, wanted: str, now: dt.datetime) -> str:
        """Bring a wallet into a state; the code of the refusal, or nothing."""
        wallet_id = self.cast.purses[purse].id
        return code_of(
            _STATES[wanted], actor=self.cast.actor(who), wallet_id=wallet_id, reason="x", now=now
        )

    def promise(self, house: str, other: str, currency: str, amount: int, now: dt.datetime) -> str:
        owner = next(p.name for p in roles.PEOPLE if p.house == house and p.role == "owner")
        return code_of(
            set_clearing_cap,
            actor=self.cast.actor(owner),
            organization_id=self.cast.houses[house],
            counterparty_id=self.cast.houses[other],
            currency=currency,
            cap_minor=amount,
            now=now,
        )

    def stop_house(self, house: str, *, running: bool, now: dt.datetime) -> str:
        about = {
            "actor": self.cast.actor("olga"),
            "organization_id": self.cast.houses[house],
            "now": now,
        }
        if running:
            return code_of(activate_organization, **about)
        return code_of(suspend_organization, reason="x", **about)


def code_of(use_case: Callable[..., object], **wanted: object) -> str:
    """Call a use case; the code of its refusal, or nothing."""
    try:
        use_case(**wanted)
    except VaultCraftError as error:
        return error.code
    return ""


def answer_of(outcome: TransferOutcome) -> Answer:
    code = outcome.error.code if outcome.error else ""
    transfer = outcome.transfer
    if transfer is None:
        return Answer(code)
    return Answer(
        code,
        str(transfer.state),
        outcome.replayed,
        transfer.amount_minor,
        transfer.fee_minor if transfer.state == "COMPLETED" else 0,
    )


def foretold(rehearsal: Rehearsal) -> Foretold:
    if rehearsal.error is not None:
        return Foretold(rehearsal.error.code)
    source, destination = rehearsal.source, rehearsal.destination
    return Foretold("", rehearsal.fee_minor, _shown(source), _shown(destination))


def _shown(balance: Balance | None) -> tuple[int, int, int] | None:
    if balance is None:
        return None
    return balance.posted_minor, balance.held_minor, balance.available_minor


def build_cast() -> Cast:
    """Everybody, and what they begin with, in the current database."""
    cast = people_and_wallets()
    _begin(cast)
    return cast


def _begin(cast: Cast) -> None:
    """Promises, prices, limits and the first money."""
    product = Product(cast)
    for house, other, currency, amount in roles.PROMISES:
        assert not product.promise(house, other, currency, amount, roles.START)
    for price_words in roles.PRICES:
        assert not product.price(*price_words, now=roles.START)
    for limit_words in roles.LIMITS:
        assert not product.limit(*limit_words, now=roles.START)
    product.settle(roles.funding(), together=True, now=roles.START)
    cast.transfers.update(product.transfers)
