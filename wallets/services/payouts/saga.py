"""The saga of a payout: hold, submit, confirm; or call back, and let the hold go.

| Step | Done | Undone |
| --- | --- | --- |
| hold | when it was asked for, with the beginning of the saga | the hold is let go |
| submit | the rail is asked to pay | the rail is asked to call it back, and says which it is |
| confirm | the rail is asked until it has paid; then the hold is captured | - |

The hold is let go only once the rail has said that it will never pay; where it says that it has
paid, the saga goes on to confirm it. So the wallet pays exactly if the rail paid.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import cast

from events.saga import AlreadyDone, Case, NotYet, Part, SagaType, Step, StepRefused
from events.saga.registry import Asked, Result
from wallets.errors import PayoutDeclined
from wallets.models import Transfer
from wallets.rails import Payment, RailAnswer, RailState, rail
from wallets.services.payouts.beneficiaries import account_of
from wallets.services.payouts.settling import complete, give_back
from wallets.services.transfers.reserving import PAYOUT

LASTS = dt.timedelta(hours=24)


class RailForgot(Exception):
    """It does not know a payment that it had accepted."""


def _payment(case: Case, now: dt.datetime) -> Mapping[str, object]:
    transfer = Transfer.objects.get(id=case.subject_id)
    account = account_of(bytes(transfer.reference))
    return {
        "amount_minor": transfer.amount_minor,
        "currency": transfer.currency_id,
        "name": account.name,
        "bank_code": account.bank_code,
        "account_number": account.number,
    }


def _submit(asked: Asked) -> Result:
    """Where the last answer was lost, the rail is asked before it is told again."""
    answer = rail().status(asked.key, timeout_seconds=asked.timeout_seconds)
    if answer.state is RailState.UNKNOWN:
        payment = Payment(key=asked.key, **cast(dict[str, str], asked.arguments))  # type: ignore[arg-type]
        answer = rail().submit(payment, timeout_seconds=asked.timeout_seconds)
    return _unless_over(answer)


def _confirm(asked: Asked) -> Result:
    answer = rail().status(asked.key, timeout_seconds=asked.timeout_seconds)
    if answer.state is RailState.ACCEPTED:
        raise NotYet
    if answer.state is RailState.UNKNOWN:
        raise RailForgot
    return _unless_over(answer)


def _call_back(asked: Asked) -> Result:
    answer = rail().cancel(asked.key, timeout_seconds=asked.timeout_seconds)
    if answer.state is RailState.PAID:
        raise AlreadyDone
    if answer.state is RailState.ACCEPTED:
        raise NotYet
    if answer.state is RailState.UNKNOWN:
        raise RailForgot
    return {"reference": answer.reference}


def _unless_over(answer: RailAnswer) -> Result:
    if answer.state in (RailState.DECLINED, RailState.CANCELLED):
        raise StepRefused(PayoutDeclined.code)
    return {"reference": answer.reference}


def _nothing(case: Case, result: Result, now: dt.datetime) -> None:
    """The rail's word is noted with the step; the books wait for the next one."""


SAGA = SagaType(
    name=PAYOUT,
    steps=(
        Step("hold", forward=None, backward=Part(record=give_back, attempts=30)),
        Step(
            "submit",
            forward=Part(record=_nothing, call=_submit, prepare=_payment, attempts=6),
            backward=Part(record=_nothing, call=_call_back, attempts=30),
        ),
        Step("confirm", forward=Part(record=complete, call=_confirm, attempts=100)),
    ),
    lasts=LASTS,
)
