"""How rules of the product are broken in the test process: patches of the real services."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from ledger.errors import AccountFrozen, PeriodClosed
from ledger.services import holds as ledger_holds
from ledger.services import joining, judging, posting, reserving
from ledger.services.movements import Capture
from wallets import policy
from wallets.directory import Listed
from wallets.services.holds import placing
from wallets.services.holds.charging import HoldFee
from wallets.services.transfers import (
    carrying,
    execution,
    knowing,
    limits,
    planning,
    rehearsing,
    replaying,
    shaping,
)
from wallets.services.transfers.requests import TransferOutcome

Patch = Callable[[pytest.MonkeyPatch], None]


def without(*errors: type[Exception]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make of a rule one that never gives these refusals."""

    def break_rule(rule: Callable[..., Any]) -> Callable[..., Any]:
        def broken(*args: Any, **more: Any) -> Any:
            refusal = rule(*args, **more)
            return None if isinstance(refusal, errors) else refusal

        return broken

    return break_rule


def balances_without(*errors: type[Exception]) -> Patch:
    broken = without(*errors)(judging._refusal_by_balance)
    return lambda monkeypatch: monkeypatch.setattr(judging, "_refusal_by_balance", broken)


def held_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    original = judging._refusal_by_balance
    monkeypatch.setattr(
        judging,
        "_refusal_by_balance",
        lambda account, change, freed: original(
            dataclasses.replace(account, held_minor=0), change, 0
        ),
    )


def freeze_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = without(AccountFrozen)(judging._refusal_by_state)
    monkeypatch.setattr(judging, "_refusal_by_state", broken)


def limit_off_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    original = knowing.Terms.limits_of

    def limits_of(self: Any, wallet: Any) -> Any:
        found = original(self, wallet)
        if found is None or found.day_minor is None:
            return found
        return dataclasses.replace(found, day_minor=found.day_minor + 1)

    monkeypatch.setattr(knowing.Terms, "limits_of", limits_of)


def fee_rounds_down(monkeypatch: pytest.MonkeyPatch) -> None:
    original = policy.fee_minor

    def down(*, amount_minor: int, bps: int, **terms: Any) -> int:
        whole = amount_minor * bps // 10_000
        return original(amount_minor=whole, bps=10_000, **terms)

    monkeypatch.setattr(knowing, "fee_minor", down)


def usage_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    original = limits.Usage.add

    def add(self: Any, spending: Any) -> None:
        if spending.amount_minor > 0:
            original(self, spending)

    monkeypatch.setattr(limits.Usage, "add", add)


def days_of_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ZoneInfo", lambda name: dt.UTC)


def together_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    original = posting.post

    def post(movements: Any, *, all_or_nothing: bool, **more: Any) -> Any:
        return original(movements, all_or_nothing=False, **more)

    monkeypatch.setattr(carrying, "post", post)


def fingerprint_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    def replayed(item: Any, transfer: Any) -> TransferOutcome:
        return TransferOutcome(transfer, replaying.error_of(transfer), replayed=True)

    monkeypatch.setattr(replaying, "replayed", replayed)


def currency_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    original = planning.tie

    def tie(request: Any, directory: Any) -> Any:
        bent = {
            name: dataclasses.replace(wallet, currency=request.currency)
            for name, wallet in directory.items()
        }
        return original(request, bent)

    monkeypatch.setattr(execution, "tie", tie)


def capture_frees_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The money is paid, but stays reserved as well."""

    def take(self: Any, capture: Any) -> None:
        self.changed = False

    monkeypatch.setattr(reserving.HoldStanding, "take", take)
    monkeypatch.setattr(reserving.HoldStanding, "frees", lambda self, capture: 0)


def final_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    def open_ended(*args: Any, final: bool, **more: Any) -> Capture:
        return Capture(*args, **more)

    monkeypatch.setattr(shaping, "Capture", open_ended)


def fee_given_back_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every part finds that it is the last."""

    def closed(posting: Any, undoable: Any) -> Any:
        legs = tuple(leg for leg in posting.closing if undoable.left_minor.get(leg.reverses))
        return dataclasses.replace(posting, legs=posting.legs + legs, closing=())

    monkeypatch.setattr(joining, "_closed", closed)


def fee_not_reserved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placing, "fee_of_hold", lambda source, amount_minor: HoldFee())


def dry_run_without_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    original = posting.rehearse

    def rehearse(movements: Any, *, guards: Any, **more: Any) -> Any:
        return original(movements, guards=(), **more)

    monkeypatch.setattr(rehearsing, "rehearse", rehearse)


def dry_run_beside_the_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    original = posting.rehearse

    def rehearse(movements: Any, **more: Any) -> Any:
        return original([dataclasses.replace(one, capture=None) for one in movements], **more)

    monkeypatch.setattr(rehearsing, "rehearse", rehearse)


def agreement_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    original = shaping.shape

    def shape(draft: Any, material: Any) -> Any:
        request = dataclasses.replace(draft.request, expected_fee_minor=None)
        return original(dataclasses.replace(draft, request=request), material)

    monkeypatch.setattr(execution, "shape", shape)


def reserves_more_than_free(monkeypatch: pytest.MonkeyPatch) -> None:
    original = ledger_holds._release_overdue

    def rich(standings: Any, **more: Any) -> Any:
        holds = original(standings, **more)
        for account in standings.accounts.values():
            account.posted_minor += 10**12
        return holds

    monkeypatch.setattr(ledger_holds, "_release_overdue", rich)


def closed_periods_open(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = without(PeriodClosed)(judging._refused_by_books)
    monkeypatch.setattr(judging, "_refused_by_books", broken)


def stopped_house_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Listed, "organization_active", True)
    monkeypatch.setattr(judging, "_refused_by_books", lambda *_: None)


def attribute(owner: object, name: str, value: object) -> Patch:
    return lambda monkeypatch: monkeypatch.setattr(owner, name, value)
