"""Rules of the product, each broken on purpose: the oracle has to notice every one of them.

A mutation is made in the test process, on the real services, or as a superuser in the database the
examples are cloned from. Where PostgreSQL would refuse what a broken service lets through, the
suite fails just the same; some mutations break both, so that the oracle alone stands.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from ledger.errors import AccountFrozen, ClearingCapExceeded, InsufficientFunds, PeriodClosed
from ledger.services import holds as ledger_holds
from ledger.services import judging, posting, reserving, undoing
from ledger.services.movements import Capture
from wallets import policy
from wallets.directory import Listed
from wallets.services import reversals
from wallets.services.transfers import (
    carrying,
    execution,
    knowing,
    limits,
    planning,
    rehearsing,
    shaping,
)
from wallets.services.transfers.requests import ReversalOf, TransferOutcome

Patch = Callable[[pytest.MonkeyPatch], None]


@dataclasses.dataclass(frozen=True)
class Mutation:
    """One rule broken.

    :param patch: what it does to the services.
    :param damage: what it does to the database, as a superuser.
    :param rules: the steps of the machine that meet the rule; all when empty.
    :param steps: how many of them an example has.
    """

    name: str
    patch: Patch = lambda monkeypatch: None
    damage: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    steps: int = 15

    def __str__(self) -> str:
        return self.name


def _without(*errors: type[Exception]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make of a rule one that never gives these refusals."""

    def break_rule(rule: Callable[..., Any]) -> Callable[..., Any]:
        def broken(*args: Any, **more: Any) -> Any:
            refusal = rule(*args, **more)
            return None if isinstance(refusal, errors) else refusal

        return broken

    return break_rule


def _balances_without(*errors: type[Exception]) -> Patch:
    broken = _without(*errors)(judging._refusal_by_balance)
    return lambda monkeypatch: monkeypatch.setattr(judging, "_refusal_by_balance", broken)


def _held_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    original = judging._refusal_by_balance
    monkeypatch.setattr(
        judging,
        "_refusal_by_balance",
        lambda account, change, freed: original(
            dataclasses.replace(account, held_minor=0), change, 0
        ),
    )


def _freeze_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = _without(AccountFrozen)(judging._refusal_by_state)
    monkeypatch.setattr(judging, "_refusal_by_state", broken)


def _limit_off_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    original = knowing.Terms.limits_of

    def limits_of(self: Any, wallet: Any) -> Any:
        found = original(self, wallet)
        if found is None or found.day_minor is None:
            return found
        return dataclasses.replace(found, day_minor=found.day_minor + 1)

    monkeypatch.setattr(knowing.Terms, "limits_of", limits_of)


def _fee_rounds_down(monkeypatch: pytest.MonkeyPatch) -> None:
    original = policy.fee_minor

    def down(*, amount_minor: int, bps: int, **terms: Any) -> int:
        whole = amount_minor * bps // 10_000
        return original(amount_minor=whole, bps=10_000, **terms)

    monkeypatch.setattr(knowing, "fee_minor", down)


def _usage_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    original = limits.Usage.add

    def add(self: Any, spending: Any) -> None:
        if spending.amount_minor > 0:
            original(self, spending)

    monkeypatch.setattr(limits.Usage, "add", add)


def _days_of_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ZoneInfo", lambda name: dt.UTC)


def _together_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    original = posting.post

    def post(movements: Any, *, all_or_nothing: bool, **more: Any) -> Any:
        return original(movements, all_or_nothing=False, **more)

    monkeypatch.setattr(carrying, "post", post)


def _fingerprint_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    def replayed(item: Any, transfer: Any) -> TransferOutcome:
        return TransferOutcome(transfer, execution.error_of(transfer), replayed=True)

    monkeypatch.setattr(execution, "replayed", replayed)


def _currency_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    original = planning.tie

    def tie(request: Any, directory: Any) -> Any:
        bent = {
            name: dataclasses.replace(wallet, currency=request.currency)
            for name, wallet in directory.items()
        }
        return original(request, bent)

    monkeypatch.setattr(execution, "tie", tie)


def _capture_frees_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The money is paid, but stays reserved as well."""

    def take(self: Any, capture: Any) -> None:
        self.changed = False

    monkeypatch.setattr(reserving.HoldStanding, "take", take)
    monkeypatch.setattr(reserving.HoldStanding, "frees", lambda self, capture: 0)


def _final_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    def open_ended(*args: Any, final: bool) -> Capture:
        return dataclasses.replace(Capture(*args), final=False)

    monkeypatch.setattr(shaping, "Capture", open_ended)


def _fee_given_back_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    original = ReversalOf
    left = reversals._left
    fees: list[int] = []

    def remembered(transfer: Any) -> Any:
        found = left(transfer)
        fees.append(found[1])
        return found

    def with_fee(**wanted: Any) -> Any:
        return original(**{**wanted, "fee_minor": fees[-1]})

    monkeypatch.setattr(reversals, "_left", remembered)
    monkeypatch.setattr(reversals, "ReversalOf", with_fee)


def _dry_run_without_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    original = posting.rehearse

    def rehearse(movements: Any, *, guards: Any, **more: Any) -> Any:
        return original(movements, guards=(), **more)

    monkeypatch.setattr(rehearsing, "rehearse", rehearse)


def _agreement_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    original = shaping.shape

    def shape(draft: Any, material: Any) -> Any:
        request = dataclasses.replace(draft.request, expected_fee_minor=None)
        return original(dataclasses.replace(draft, request=request), material)

    monkeypatch.setattr(execution, "shape", shape)


def _reserves_more_than_free(monkeypatch: pytest.MonkeyPatch) -> None:
    original = ledger_holds._release_overdue

    def rich(standings: Any, **more: Any) -> Any:
        holds = original(standings, **more)
        for account in standings.accounts.values():
            account.posted_minor += 10**12
        return holds

    monkeypatch.setattr(ledger_holds, "_release_overdue", rich)


def _closed_periods_open(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = _without(PeriodClosed)(judging._refused_by_books)
    monkeypatch.setattr(judging, "_refused_by_books", broken)


def _stopped_house_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Listed, "organization_active", True)
    monkeypatch.setattr(judging, "_refused_by_books", lambda *_: None)


def _attribute(owner: object, name: str, value: object) -> Patch:
    return lambda monkeypatch: monkeypatch.setattr(owner, name, value)


_NO_REVERSAL_CAP = (
    "CREATE OR REPLACE FUNCTION ledger_check_reversals(reversing bigint[]) RETURNS void"
    " LANGUAGE plpgsql AS $$ BEGIN END $$"
)
_NO_FLOOR = "ALTER TABLE ledger_ledgeraccount DROP CONSTRAINT account_above_floor"
_NO_CEILING = "ALTER TABLE ledger_ledgeraccount DROP CONSTRAINT account_below_ceiling"

_EDGES = ("pay_at_the_edge",)
_PAYING = ("pay", "pay_at_the_edge")
_BESIDE_HOLDS = ("reserve", "pay_beside_a_hold")
_EXPIRING = (*_BESIDE_HOLDS, "wait")
_TAKING = ("reserve", "take")
_WINDOWS = ("pay", "pay_at_the_edge", "give_back", "wait")
_UNDOING = ("pay", "give_back")
_CHARGING = ("pay", "change_terms")
_ODD = ("pay_oddly",)
_KEEPING = ("write_by_hand", "open_period", "close_period", "wait")

MUTATIONS = (
    Mutation("floor ignored", _balances_without(InsufficientFunds), (_NO_FLOOR,), rules=_EDGES),
    Mutation("floor left to the database", _balances_without(InsufficientFunds), (), rules=_EDGES),
    Mutation("held money spent", _held_ignored, (_NO_FLOOR,), rules=_BESIDE_HOLDS),
    Mutation(
        "clearing cap ignored", _balances_without(ClearingCapExceeded), (_NO_CEILING,), rules=_EDGES
    ),
    Mutation("limit off by one", _limit_off_by_one, rules=_EDGES),
    Mutation("day of the limit in UTC", _days_of_utc, rules=_WINDOWS, steps=30),
    Mutation(
        "windows never roll",
        _attribute(limits.Usage, "roll_to", lambda self, day: None),
        rules=_WINDOWS,
        steps=30,
    ),
    Mutation("usage not given back", _usage_kept, rules=_UNDOING),
    Mutation("fee rounds down", _fee_rounds_down, rules=_CHARGING),
    Mutation("agreed fee ignored", _agreement_ignored, rules=_ODD),
    Mutation("fee given back in part", _fee_given_back_in_part, rules=_UNDOING),
    Mutation(
        "expiry ignored", _attribute(reserving.Holds, "overdue", lambda self: []), rules=_EXPIRING
    ),
    Mutation("captured money stays held", _capture_frees_nothing, (_NO_FLOOR,), rules=_TAKING),
    Mutation("final capture keeps the rest", _final_ignored, rules=_TAKING),
    Mutation(
        "more captured than held",
        _attribute(reserving.HoldStanding, "refusal", lambda self, capture: None),
        rules=_TAKING,
    ),
    Mutation("more reserved than free", _reserves_more_than_free, (_NO_FLOOR,), rules=("reserve",)),
    Mutation(
        "reversal cap ignored",
        _attribute(undoing.Undoable, "allows", lambda self, wanted: True),
        (_NO_REVERSAL_CAP,),
        rules=_UNDOING,
    ),
    Mutation("all or nothing ignored", _together_ignored, rules=("pay_many",)),
    Mutation("fingerprint ignored", _fingerprint_ignored, rules=("pay", "pay_again")),
    Mutation("freeze ignored", _freeze_ignored, rules=("pay_from_a_stopped_wallet",)),
    Mutation("currency ignored", _currency_ignored, rules=_ODD),
    Mutation(
        "a stopped organization pays",
        _stopped_house_moves,
        rules=("pay_in_a_stopped_organization",),
    ),
    Mutation(
        "anybody may pay",
        _attribute(planning, "may_debit", lambda actor, **_: True),
        rules=_ODD,
    ),
    Mutation("dry runs know no limits", _dry_run_without_limits, rules=_EDGES),
    Mutation("closed periods take journals", _closed_periods_open, rules=_KEEPING, steps=30),
    Mutation(
        "trigger of balances dropped",
        damage=("DROP TRIGGER ledger_entries_apply ON ledger_entry",),
        rules=_PAYING,
    ),
    Mutation(
        "trigger of moved holds dropped",
        damage=("DROP TRIGGER ledger_holds_moved ON ledger_hold",),
        rules=_TAKING,
    ),
    Mutation(
        "trigger of clearing caps dropped",
        damage=("DROP TRIGGER ledger_clearing_cap_apply ON ledger_clearingcap",),
        rules=("change_terms",),
    ),
)
