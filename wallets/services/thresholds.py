"""How much may leave an organization's wallets before a second person has to agree."""

from __future__ import annotations

import datetime as dt
import uuid

from accounts.models import PendingAct
from accounts.policy import own_organization, require
from accounts.services.dual_control import require_roles_checked, require_two
from accounts.services.lookups import locked_organization
from accounts.services.networks import from_known_network
from accounts.services.owners import tell_of_less
from accounts.services.pending_acts import Agreed, PendingKind, Result, make_pending
from accounts.services.pending_acts.registry import Facts
from accounts.services.pending_acts.turns import take_turns_at_home
from audit.services import record
from events.services import emit
from kernel.actor import Actor
from kernel.money import MAX_MINOR
from kernel.transactions import needs_transaction, opens_transaction
from ledger.services.opening import require_currency
from wallets.errors import TermsInvalid
from wallets.models import DualControlThreshold

SET = "dual_control.set_policy"
CHECK_PAYMENTS = "dual_control.check_payments"


@from_known_network(SET)
@opens_transaction
def set_dual_control_threshold(
    *,
    actor: Actor,
    currency: str,
    threshold_minor: int | None,
    counts_keys: bool = True,
    now: dt.datetime,
) -> DualControlThreshold | PendingAct:
    """State what one person may send, and one wallet pay, in 24 hours without a second person.

    Lower takes effect at once; higher, none at all, or leaving API keys out waits for a second
    person. Locks the organization. Records `wallets.dual_control_threshold.set` and emits the event
    of that name, or leaves a pending act.

    :param threshold_minor: 0: every payment takes a second person; None: no payment does.
    :raises PermissionDenied: unless the actor carries `dual_control.set_policy` in an organization.
    :raises TermsInvalid: for an amount out of bounds.
    :raises CurrencyUnknown: if the currency is not supported.
    :raises RolesComeFirst: if making officers does not take a second person, too.
    :raises NobodyToCheck: if fewer than two people of the organization could agree to payments.
    :raises NetworkNotTrusted: if the person is on a network that is new to them.
    """
    require(actor, SET)
    organization = locked_organization(own_organization(actor))
    if threshold_minor is not None and not 0 <= threshold_minor <= MAX_MINOR:
        raise TermsInvalid("Amounts are from 0 to 2^53 - 1 minor units.")
    require_currency(currency)
    wanted: dict[str, object] = {
        "currency": currency,
        "threshold_minor": threshold_minor,
        "counts_keys": counts_keys,
    }
    if _loosens(organization.id, currency, threshold_minor, counts_keys):
        return make_pending(
            actor=actor,
            kind=KIND.name,
            organization_id=organization.id,
            facts={**wanted, "before": _standing(organization.id, currency)},
            amount_minor=threshold_minor,
            currency=None if threshold_minor is None else currency,
            now=now,
        )
    return _set(
        actor=actor,
        organization_id=organization.id,
        currency=currency,
        threshold_minor=threshold_minor,
        counts_keys=counts_keys,
        now=now,
    )


@needs_transaction
def _loosens(
    organization_id: uuid.UUID, currency: str, threshold_minor: int | None, counts_keys: bool
) -> bool:
    row = DualControlThreshold.objects.filter(
        organization_id=organization_id, currency_id=currency, threshold_minor__isnull=False
    ).first()
    if row is None or row.threshold_minor is None:
        return False
    higher = threshold_minor is None or threshold_minor > row.threshold_minor
    return higher or (row.counts_keys and not counts_keys)


@needs_transaction
def _standing(organization_id: uuid.UUID, currency: str) -> dict[str, object] | None:
    row = DualControlThreshold.objects.filter(
        organization_id=organization_id, currency_id=currency
    ).first()
    if row is None:
        return None
    return {"threshold_minor": row.threshold_minor, "counts_keys": row.counts_keys}


@needs_transaction
def _set(
    *,
    actor: Actor,
    organization_id: uuid.UUID,
    currency: str,
    threshold_minor: int | None,
    counts_keys: bool,
    now: dt.datetime,
) -> DualControlThreshold:
    if threshold_minor is not None:
        require_roles_checked(organization_id)
        require_two(
            actor=actor, organization_id=organization_id, permission=CHECK_PAYMENTS, now=now
        )
    less = _loosens(organization_id, currency, threshold_minor, counts_keys)
    row, _ = DualControlThreshold.objects.update_or_create(
        organization_id=organization_id,
        currency_id=currency,
        defaults={"threshold_minor": threshold_minor, "counts_keys": counts_keys, "set_at": now},
    )
    facts: dict[str, object] = {
        "currency": currency,
        "threshold_minor": threshold_minor,
        "counts_keys": counts_keys,
    }
    record(
        actor=actor,
        action="wallets.dual_control_threshold.set",
        subject_type="dual_control_threshold",
        subject_id=row.id,
        organization_id=organization_id,
        metadata=facts,
        now=now,
    )
    emit(
        name="wallets.dual_control_threshold.set",
        organization_id=organization_id,
        subject_id=row.id,
        payload=facts,
        actor=actor,
        now=now,
    )
    if less:
        said = _summary(facts)
        tell_of_less(actor=actor, organization_id=organization_id, what=said, now=now)
    return row


@needs_transaction
def _execute(agreed: Agreed) -> Result:
    facts = agreed.facts
    organization = locked_organization(own_organization(agreed.maker))
    agreed.require_before(_standing(organization.id, facts["currency"]))
    row = _set(
        actor=agreed.maker,
        organization_id=organization.id,
        currency=facts["currency"],
        threshold_minor=facts["threshold_minor"],
        counts_keys=facts["counts_keys"],
        now=agreed.now,
    )
    return Result("dual_control_threshold", row.id)


def _summary(facts: Facts) -> str:
    if facts["threshold_minor"] is None:
        return f"No payment in {facts['currency']} takes a second person"
    keys = "" if facts["counts_keys"] else "; API keys are left out"
    return f"Another threshold of payments in {facts['currency']}{keys}"


KIND = PendingKind(
    name="wallets.dual_control_threshold",
    title="Higher threshold",
    permission_to_make=SET,
    permission_to_check="dual_control.check_policy",
    summarize=_summary,
    execute=_execute,
    take_turns=take_turns_at_home,
)
