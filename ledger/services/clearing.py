"""How far two organizations trust each other between settlements."""

from __future__ import annotations

import datetime as dt
import uuid

from django.db import IntegrityError, connection

from accounts.models import PendingAct
from accounts.policy import require
from accounts.queries import display_names
from accounts.services.networks import from_known_network
from accounts.services.pending_acts import (
    Agreed,
    PendingKind,
    Result,
    Subject,
    make_pending,
    under_dual_control,
)
from accounts.services.pending_acts.registry import Facts
from audit.services import record
from events.services import emit
from kernel.actor import Actor
from kernel.context import Context, context_of, widen
from kernel.errors import NotFound
from kernel.money import checked_minor
from kernel.transactions import needs_transaction, opens_transaction
from ledger.errors import CapBelowPosition
from ledger.models import ClearingCap
from ledger.queries import clearing_accounts
from ledger.services.accounts import ensure_clearing_account
from ledger.services.locking import lock_accounts
from ledger.services.opening import require_currency

SET = "ledger.set_clearing_cap"


def _both_sides(
    *, actor: Actor, organization_id: uuid.UUID, counterparty_id: uuid.UUID, **_: object
) -> Context:
    # The trigger that puts the cap in force writes the ceilings in both organizations' books.
    return Context(organizations=(organization_id, counterparty_id), scope=context_of(actor).scope)


@from_known_network(SET)
@opens_transaction(context=_both_sides)
def set_clearing_cap(
    *,
    actor: Actor,
    organization_id: uuid.UUID,
    counterparty_id: uuid.UUID,
    currency: str,
    cap_minor: int,
    now: dt.datetime,
) -> ClearingCap | PendingAct:
    """State how many minor units the net position with another organization may reach.

    Where a policy wants a second person, it waits for one: the answer is the
    pending act then, and nothing else has happened.

    The cap in force is the smaller of both sides'; a database trigger writes it as the ceiling of
    the two clearing accounts. Locks the pair, then those accounts. Records
    `ledger.clearing_cap.set` and emits the event of the same name.

    :raises PermissionDenied: if the actor may not manage clearing for the organization.
    :raises NotFound: if the counterparty does not exist.
    :raises InvalidAmount: unless the cap is from 0 to `MAX_MINOR`.
    :raises CapBelowPosition: if the current position is already beyond the cap.
    :raises CurrencyUnknown: if the currency is not in the table of currencies.
    :raises NetworkNotTrusted: if the actor is on a network that is new to them.
    """
    require(actor, SET)
    counterparty_name = _counterparty_name(actor, organization_id, counterparty_id)
    if cap_minor != 0:
        checked_minor(cap_minor)
    require_currency(currency)
    if under_dual_control(actor=actor, subject=Subject.TERMS, organization_id=organization_id):
        return make_pending(
            actor=actor,
            kind=KIND.name,
            organization_id=actor.organization_id,
            facts={
                "organization_id": str(organization_id),
                "counterparty_id": str(counterparty_id),
                "counterparty_name": counterparty_name,
                "before": _own_cap(organization_id, counterparty_id, currency),
            },
            amount_minor=cap_minor,
            currency=currency,
            now=now,
        )
    return _set(
        actor=actor,
        organization_id=organization_id,
        counterparty_id=counterparty_id,
        counterparty_name=counterparty_name,
        currency=currency,
        cap_minor=cap_minor,
        now=now,
    )


@needs_transaction
def _set(
    *,
    actor: Actor,
    organization_id: uuid.UUID,
    counterparty_id: uuid.UUID,
    counterparty_name: str,
    currency: str,
    cap_minor: int,
    now: dt.datetime,
) -> ClearingCap:
    _lock_pair(organization_id, counterparty_id)
    ensure_clearing_account(
        organization_id=organization_id,
        counterparty_id=counterparty_id,
        counterparty_name=counterparty_name,
        currency=currency,
        now=now,
    )
    pair = [(organization_id, counterparty_id), (counterparty_id, organization_id)]
    found = clearing_accounts(pairs=pair, currencies=[currency])
    lock_accounts(found.values())
    cap = _write(organization_id, counterparty_id, currency, cap_minor, now)
    _tell(actor=actor, cap=cap, now=now)
    return cap


@needs_transaction
def _execute(agreed: Agreed) -> Result:
    act, maker = agreed.act, agreed.maker
    organization_id = uuid.UUID(agreed.facts["organization_id"])
    counterparty_id = uuid.UUID(agreed.facts["counterparty_id"])
    view = _both_sides(
        actor=maker, organization_id=organization_id, counterparty_id=counterparty_id
    )
    widen(view)
    _lock_pair(organization_id, counterparty_id)
    agreed.require_before(_own_cap(organization_id, counterparty_id, str(act.currency)))
    cap = _set(
        actor=maker,
        organization_id=organization_id,
        counterparty_id=counterparty_id,
        counterparty_name=_counterparty_name(maker, organization_id, counterparty_id),
        currency=str(act.currency),
        cap_minor=act.amount_minor or 0,
        now=agreed.now,
    )
    return Result("clearing_cap", cap.id)


def _summary(facts: Facts) -> str:
    return f"Cap on what is owed with {facts['counterparty_name']}"


KIND = PendingKind(
    name="ledger.clearing_cap",
    title="Clearing cap",
    permission_to_make=SET,
    permission_to_check=SET,
    summarize=_summary,
    execute=_execute,
)


def _counterparty_name(actor: Actor, organization_id: uuid.UUID, counterparty_id: uuid.UUID) -> str:
    names = display_names([organization_id, counterparty_id])
    at_home = actor.is_platform or actor.organization_id == organization_id
    if not at_home or organization_id not in names:
        raise NotFound("There is no such organization.", pointer="/organization")
    if counterparty_id not in names or counterparty_id == organization_id:
        raise NotFound("There is no such organization.", pointer="/counterparty")
    return names[counterparty_id]


def _tell(*, actor: Actor, cap: ClearingCap, now: dt.datetime) -> None:
    facts: dict[str, object] = {
        "organization_id": str(cap.organization_id),
        "counterparty_id": str(cap.counterparty_id),
        "currency": cap.currency_id,
        "cap_minor": cap.cap_minor,
        "effective_cap_minor": _in_force(cap),
    }
    record(
        actor=actor,
        action="ledger.clearing_cap.set",
        subject_type="clearing_cap",
        subject_id=cap.id,
        organization_id=cap.organization_id,
        metadata=facts,
        now=now,
    )
    emit(
        name="ledger.clearing_cap.set",
        organization_id=cap.organization_id,
        subject_id=cap.id,
        payload=facts,
        actor=actor,
        now=now,
    )


def _lock_pair(*organization_ids: uuid.UUID) -> None:
    """Let the two sides take turns.

    Where neither has a clearing account yet there is no row to meet at: each would open its own,
    not see the other's cap, and leave a ceiling of zero behind.
    """
    name = ",".join(str(organization_id) for organization_id in sorted(organization_ids))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


def _write(
    organization_id: uuid.UUID,
    counterparty_id: uuid.UUID,
    currency: str,
    cap_minor: int,
    now: dt.datetime,
) -> ClearingCap:
    try:
        cap, _ = ClearingCap.objects.update_or_create(
            organization_id=organization_id,
            counterparty_id=counterparty_id,
            currency_id=currency,
            defaults={"cap_minor": cap_minor, "set_at": now},
        )
    except IntegrityError as error:
        if "account_below_ceiling" in str(error):
            raise CapBelowPosition() from error
        raise
    return cap


def _own_cap(organization_id: uuid.UUID, counterparty_id: uuid.UUID, currency: str) -> int | None:
    caps = ClearingCap.objects.filter(
        organization_id=organization_id, counterparty_id=counterparty_id, currency_id=currency
    )
    return caps.values_list("cap_minor", flat=True).first()


def _in_force(cap: ClearingCap) -> int:
    other = ClearingCap.objects.filter(
        organization_id=cap.counterparty_id,
        counterparty_id=cap.organization_id,
        currency_id=cap.currency_id,
    ).first()
    return min(cap.cap_minor, other.cap_minor) if other else 0
