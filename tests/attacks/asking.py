"""What waits for a second person on the field: acts of Acme, of Globex and of the platform."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from accounts.actors import api_key_actor
from accounts.models import ApiKey, DualControlPolicy, PendingAct, User
from accounts.policy import own_organization
from accounts.services.dual_control import set_dual_control_policy
from accounts.services.pending_acts import agree, expire_overdue, make_pending, reject
from accounts.services.people import change_role, remove_member
from accounts.services.system_settings import set_setting
from accounts.system import REGISTRATION_OPEN
from kernel import clock
from kernel.actor import Actor, Door, system
from kernel.context import Context, Scope, reading_as
from kernel.transactions import opens_transaction
from tests.tenants.consent import approval_of, proven
from tests.world import NOW, World, colleague
from wallets.models import DualControlThreshold
from wallets.services.thresholds import set_dual_control_threshold

LONG_AGO = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
_ROOT = system(door=Door.COMMAND, request_id="field")


def asked(world: World) -> dict[str, uuid.UUID]:
    """By name: Adam asks for `act`, Alice rejected `decided`; Alice's `overdue` nobody decided in
    time, her `expired` was tidied away, and her key asks for `act_of_key`. Gone once agreed to her
    `consent`, to let entries by hand take one person; they take two again.
    """
    adam, fay, gone, mia = (
        colleague(world, name, role)
        for name, role in (
            ("adam", "admin"),
            ("fay", "finance"),
            ("gone", "admin"),
            ("mia", "member"),
        )
    )
    alice, as_adam = world.signed_in(world.alice), world.signed_in(adam)
    consent = _used_up(alice, world.signed_in(gone))
    removal = remove_member(actor=alice, user_id=gone.id, now=NOW)
    assert isinstance(removal, PendingAct)
    agree(actor=world.signed_in(adam), act_id=removal.id, now=NOW)
    _threshold(alice, 1_00_00_000_00, now=NOW)
    set_setting(actor=_ROOT, name=REGISTRATION_OPEN, value=True, now=NOW)
    expired = _threshold(alice, 2_00_00_000_00)
    expire_overdue(actor=_ROOT, now=NOW)
    decided = _role(as_adam, mia, "admin")
    reject(actor=alice, act_id=decided, now=clock.now())
    with reading_as(Context(scope=Scope.PLATFORM)):
        key = ApiKey.objects.get(organization=world.acme)
    as_key = api_key_actor(key=key, door=Door.API, request_id="field")
    signed_in = proven(alice)
    return {
        "adam_user": adam.id,
        "fay_user": fay.id,
        "gone_user": gone.id,
        "act": _role(as_adam, mia, "finance"),
        "decided": decided,
        "consent": consent,
        "expired": expired,
        "overdue": _threshold(alice, 3_00_00_000_00),
        "act_of_key": _left(actor=as_key),
        "globex_act": _of_globex(actor=world.signed_in(world.charlie)),
        "platform_act": _left(actor=world.signed_in(world.olga)),
        "acme_approval": approval_of(signed_in, world.alice_wallet, world.acme_wallet).id,
    }


def _used_up(owner: Actor, other: Actor) -> uuid.UUID:
    """A consent to less, which happened, and was taken back since."""
    acts = [
        set_dual_control_policy(actor=owner, roles=True, journals=journals, terms=False, now=NOW)
        for journals in (True, False)
    ]
    (act,) = [one for one in acts if isinstance(one, PendingAct)]
    assert agree(actor=other, act_id=act.id, now=NOW).state == "agreed"
    set_dual_control_policy(actor=owner, roles=True, journals=True, terms=False, now=NOW)
    return act.id


def _role(actor: Actor, user: User, role: str) -> uuid.UUID:
    act = change_role(actor=actor, user_id=user.id, role=role, now=clock.now())
    assert isinstance(act, PendingAct)
    return act.id


def _threshold(actor: Actor, minor: int, *, now: dt.datetime = LONG_AGO) -> uuid.UUID:
    """The first holds; each higher one waits."""
    done = set_dual_control_threshold(actor=actor, currency="INR", threshold_minor=minor, now=now)
    return done.id


@opens_transaction
def _left(*, actor: Actor) -> uuid.UUID:
    facts: dict[str, Any] = {"name": REGISTRATION_OPEN, "value": False}
    act = make_pending(
        actor=actor,
        kind="accounts.system_setting",
        organization_id=actor.organization_id,
        facts=facts,
        now=NOW,
    )
    return act.id


@opens_transaction
def _of_globex(*, actor: Actor) -> uuid.UUID:
    """One act, a policy and a threshold; nobody of Globex could agree to anything."""
    home = own_organization(actor)
    DualControlPolicy.objects.create(organization_id=home, roles=True, set_at=NOW)
    DualControlThreshold.objects.create(
        organization_id=home, currency_id="INR", threshold_minor=1, set_at=NOW
    )
    act = make_pending(
        actor=actor,
        kind="accounts.role_grant",
        organization_id=home,
        facts={"user_id": str(actor.id), "before": "member", "role": "admin"},
        now=NOW,
    )
    return act.id
