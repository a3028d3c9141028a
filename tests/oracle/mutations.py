"""Rules of the product, each broken on purpose: the oracle has to notice every one of them.

A mutation is made in the test process, on the real services, or as a superuser in the database the
examples are cloned from. Where PostgreSQL would refuse what a broken service lets through, the
suite fails just the same; some mutations break both, so that the oracle alone stands.
"""

from __future__ import annotations

import dataclasses

from ledger.errors import ClearingCapExceeded, InsufficientFunds
from ledger.services import reserving, undoing
from tests.oracle import breaking
from wallets.services.transfers import limits, planning


@dataclasses.dataclass(frozen=True)
class Mutation:
    """One rule broken.

    :param patch: what it does to the services.
    :param damage: what it does to the database, as a superuser.
    :param rules: the steps of the machine that meet the rule; all when empty.
    :param steps: how many of them an example has.
    """

    name: str
    patch: breaking.Patch = lambda monkeypatch: None
    damage: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    steps: int = 15

    def __str__(self) -> str:
        return self.name


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
_KEEPING = ("write_beside_the_end_of_a_period", "wait")

MUTATIONS = (
    Mutation(
        "floor ignored", breaking.balances_without(InsufficientFunds), (_NO_FLOOR,), rules=_EDGES
    ),
    Mutation(
        "floor left to the database", breaking.balances_without(InsufficientFunds), (), rules=_EDGES
    ),
    Mutation("held money spent", breaking.held_ignored, (_NO_FLOOR,), rules=_BESIDE_HOLDS),
    Mutation(
        "clearing cap ignored",
        breaking.balances_without(ClearingCapExceeded),
        (_NO_CEILING,),
        rules=_EDGES,
    ),
    Mutation("limit off by one", breaking.limit_off_by_one, rules=_EDGES),
    Mutation("day of the limit in UTC", breaking.days_of_utc, rules=_WINDOWS, steps=30),
    Mutation(
        "windows never roll",
        breaking.attribute(limits.Usage, "roll_to", lambda self, day: None),
        rules=_WINDOWS,
        steps=30,
    ),
    Mutation("usage not given back", breaking.usage_kept, rules=_UNDOING),
    Mutation("fee rounds down", breaking.fee_rounds_down, rules=_CHARGING),
    Mutation("agreed fee ignored", breaking.agreement_ignored, rules=_ODD),
    Mutation("fee given back in part", breaking.fee_given_back_in_part, rules=_UNDOING),
    Mutation(
        "expiry ignored",
        breaking.attribute(reserving.Holds, "overdue", lambda self: []),
        rules=_EXPIRING,
    ),
    Mutation(
        "captured money stays held", breaking.capture_frees_nothing, (_NO_FLOOR,), rules=_TAKING
    ),
    Mutation("final capture keeps the rest", breaking.final_ignored, rules=_TAKING),
    Mutation(
        "more captured than held",
        breaking.attribute(reserving.HoldStanding, "refusal", lambda self, capture: None),
        rules=_TAKING,
    ),
    Mutation(
        "a capture takes the whole fee",
        breaking.attribute(
            reserving.HoldStanding, "fee_of", lambda self, amount_minor: self.fee_minor
        ),
        rules=_TAKING,
    ),
    Mutation("a hold reserves no fee", breaking.fee_not_reserved, rules=("reserve",)),
    Mutation(
        "more reserved than free",
        breaking.reserves_more_than_free,
        (_NO_FLOOR,),
        rules=("reserve",),
    ),
    Mutation(
        "reversal cap ignored",
        breaking.attribute(undoing.Undoable, "allows", lambda self, wanted: True),
        (_NO_REVERSAL_CAP,),
        rules=_UNDOING,
    ),
    Mutation("all or nothing ignored", breaking.together_ignored, rules=("pay_many",)),
    Mutation("fingerprint ignored", breaking.fingerprint_ignored, rules=("pay", "pay_again")),
    Mutation("freeze ignored", breaking.freeze_ignored, rules=("pay_from_a_stopped_wallet",)),
    Mutation("currency ignored", breaking.currency_ignored, rules=_ODD),
    Mutation(
        "a stopped organization pays",
        breaking.stopped_house_moves,
        rules=("pay_in_a_stopped_organization",),
    ),
    Mutation(
        "anybody may pay",
        breaking.attribute(planning, "may_debit", lambda actor, **_: True),
        rules=_ODD,
    ),
    Mutation("dry runs know no limits", breaking.dry_run_without_limits, rules=_EDGES),
    Mutation("dry runs take from no hold", breaking.dry_run_beside_the_hold, rules=_TAKING),
    Mutation(
        "closed periods take journals", breaking.closed_periods_open, rules=_KEEPING, steps=30
    ),
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
