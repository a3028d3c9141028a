"""Setting them: super admins, with another super admin's consent where staff's acts take one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import connection, transaction

from accounts import policy
from accounts.choices import PlatformRole
from accounts.errors import NobodyToCheck
from accounts.models import PendingAct, SystemSetting, User
from accounts.services.networks.standing import from_known_network
from accounts.services.pending_acts.independence import are_two_among
from accounts.services.pending_acts.making import make_pending
from accounts.services.pending_acts.registry import Agreed, PendingKind, Result
from accounts.services.runtime import forget, fresh_value
from accounts.system import DECLARED, STAFF_DUAL_CONTROL, Value, checked_value
from audit.services import record
from events.services import emit
from kernel.actor import Actor
from kernel.transactions import needs_transaction, opens_transaction

READ, MANAGE = "system.read", "system.manage"

_MOST_LOOKED_AT = 100


@from_known_network(MANAGE)
@opens_transaction
def set_setting(*, actor: Actor, name: str, value: object, now: dt.datetime) -> Value | PendingAct:
    """Set one setting of the installation, in turns; other processes learn of it within seconds.

    Records `accounts.system_setting.set` with both values and emits the event of that name, or
    leaves a pending act: where staff's acts take a second person, all but the careful direction do.

    :raises PermissionDenied: unless the actor carries `system.manage`.
    :raises InvalidSetting: if there is no such setting, or it takes no such value.
    :raises NobodyToCheck: if staff's acts shall take a second person, and no two super admins are
        independent of each other and of the actor.
    :raises NetworkNotTrusted: if the actor is on a network that is new to them.
    """
    policy.require(actor, MANAGE)
    wanted = checked_value(name, value)
    _take_turns(name)
    careful = DECLARED[name].careful
    checked = fresh_value(STAFF_DUAL_CONTROL) and (careful is None or wanted != careful)
    if checked and actor.platform_role is not None:
        facts = {"name": name, "before": fresh_value(name), "value": wanted}
        return make_pending(
            actor=actor,
            kind=SYSTEM_SETTING.name,
            organization_id=None,
            facts=facts,
            now=now,
        )
    return _set(actor=actor, name=name, value=wanted, now=now)


@needs_transaction
def _set(*, actor: Actor, name: str, value: Value, now: dt.datetime) -> Value:
    if name == STAFF_DUAL_CONTROL and value and not fresh_value(name):
        _require_two_super_admins(actor=actor, now=now)
    before = fresh_value(name)
    SystemSetting.objects.update_or_create(name=name, defaults={"value": value, "set_at": now})
    forget()
    transaction.on_commit(forget)
    facts: dict[str, object] = {"name": name, "before": before, "value": value}
    record(
        actor=actor,
        action="accounts.system_setting.set",
        subject_type="system_setting",
        subject_id=None,
        metadata=facts,
        now=now,
    )
    emit(
        name="accounts.system_setting.set",
        organization_id=None,
        subject_id=None,
        payload=facts,
        actor=actor,
        now=now,
    )
    return value


@needs_transaction
def _take_turns(name: str) -> None:
    """Until the commit; by name, since a setting that has its default has no row to lock."""
    with connection.cursor() as cursor:
        lock = f"system setting:{name}"
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [lock])


@needs_transaction
def _locked_value(name: str) -> Value:
    _take_turns(name)
    return fresh_value(name)


@needs_transaction
def _require_two_super_admins(*, actor: Actor, now: dt.datetime) -> None:
    """Not heads: whom one of them has just added would agree to whatever that one asks for."""
    staff = User.objects.filter(
        platform_role=PlatformRole.SUPER_ADMIN, is_active=True, email_confirmed_at__isnull=False
    )
    people = list(staff.order_by("id").values_list("id", flat=True)[:_MOST_LOOKED_AT])
    if not are_two_among(people, asking=actor.id, now=now):
        raise NobodyToCheck(
            "Add a second super admin first; whom you added counts after seven days."
        )


def _execute(agreed: Agreed) -> Result:
    facts = agreed.facts
    value = checked_value(facts["name"], facts["value"])
    agreed.require_before(_locked_value(facts["name"]))
    _set(actor=agreed.maker, name=facts["name"], value=value, now=agreed.now)
    return Result("system_setting")


def _summary(facts: Mapping[str, Any]) -> str:
    declared = DECLARED.get(facts["name"])
    shown = {True: "yes", False: "no"}.get(facts["value"], facts["value"])
    return f"{declared.title if declared else facts['name']}: {shown}"


SYSTEM_SETTING = PendingKind(
    name="accounts.system_setting",
    title="Setting of the installation",
    permission_to_make=MANAGE,
    permission_to_check=MANAGE,
    summarize=_summary,
    execute=_execute,
)
