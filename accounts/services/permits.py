"""Permits: a second person's consent to one API key that moves money.

The key itself is made by who asked for it, once, within a day, with a proof of that moment: so its
secret is shown to its maker alone, and nobody keeps one in between.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import uuid
from collections.abc import Collection

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts import policy
from accounts.choices import PendingActState
from accounts.errors import InvalidProfile, MadeInEndedSession
from accounts.models import ApiKey, PendingAct
from accounts.services.pending_acts.making import make_pending
from accounts.services.pending_acts.needing import Subject, under_dual_control
from accounts.services.pending_acts.registry import Agreed, Facts, PendingKind, Result
from accounts.services.pending_acts.taken import require_session_not_taken
from accounts.services.pending_acts.turns import take_turns_at_home
from kernel.actor import Actor
from kernel.transactions import needs_transaction

ISSUE = "api_keys.issue"
KEY = "accounts.api_key"
LIFETIME = dt.timedelta(hours=24)

_MOST_LOOKED_AT = 20


def key_facts(
    *,
    organization_id: uuid.UUID,
    name: str,
    scopes: Collection[str],
    expires_at: dt.datetime | None,
) -> dict[str, object]:
    """Exactly one key, as it is asked for and agreed to."""
    return {
        "organization_id": str(organization_id),
        "key_name": name,
        "scopes": list(scopes),
        "expires_at": expires_at.isoformat() if expires_at else None,
    }


@needs_transaction
def takes_permit(*, actor: Actor, organization_id: uuid.UUID, scopes: Collection[str]) -> bool:
    """Whether a key of the organization with these scopes takes a second person now.

    Keys do where making officers does, whoever issues them: that makes somebody who pays, and whom
    no approval holds up.
    """
    by_staff = actor.organization_id is None
    return policy.is_weighty(scopes, by_staff=by_staff) and under_dual_control(
        actor=actor, subject=Subject.ROLES, organization_id=organization_id
    )


@needs_transaction
def permit_for(*, actor: Actor, facts: Facts, now: dt.datetime) -> PendingAct | None:
    """A consent to just this key that its maker has not used yet; the organization is locked.

    Not one that may have been asked for in a stolen session: its person asks anew.
    """
    mine = open_permits(now=now).filter(_maker(actor), facts=dict(facts))
    for act in mine.order_by("id")[:_MOST_LOOKED_AT]:
        with contextlib.suppress(MadeInEndedSession):
            require_session_not_taken(act)
            return act
    return None


def open_permits(*, now: dt.datetime) -> QuerySet[PendingAct]:
    """Consents to keys that are not issued yet and still may be."""
    used = ApiKey.objects.filter(permit=OuterRef("pk"))
    return PendingAct.objects.filter(
        ~Exists(used), kind=KEY, state=PendingActState.AGREED, decided_at__gt=now - LIFETIME
    )


@needs_transaction
def issued_under(act: PendingAct) -> bool:
    """Whether the key that this consents to was issued."""
    return ApiKey.objects.filter(permit=act).exists()


def _maker(actor: Actor) -> Q:
    return Q(maker_id=actor.id) if actor.id is not None else Q(pk__in=())


@needs_transaction
def ask_for_permit(*, actor: Actor, facts: Facts, now: dt.datetime) -> PendingAct:
    """Leave the wish to wait: of an organization's officer in it, of staff with the platform."""
    return make_pending(
        actor=actor, kind=KEY, organization_id=actor.organization_id, facts=facts, now=now
    )


@needs_transaction
def _execute(agreed: Agreed) -> Result:
    """Consent is all there is to it: the key is made by its maker.

    :raises PermissionDenied: if they could not issue it any more.
    :raises InvalidProfile: if it would have expired.
    """
    for permission in sorted(policy.permissions_to_issue(agreed.facts["scopes"])):
        policy.require_but_place(agreed.maker, permission)
    ends = agreed.facts["expires_at"]
    if ends is not None and dt.datetime.fromisoformat(ends) <= agreed.now:
        raise InvalidProfile("The key would have expired already.", pointer="/expires_at")
    return Result("api_key_permit")


def _summary(facts: Facts) -> str:
    return f"{facts['key_name']}: {', '.join(facts['scopes'])}"


API_KEY = PendingKind(
    name=KEY,
    title="API key that moves money",
    permission_to_make=ISSUE,
    permission_to_check="dual_control.check_keys",
    summarize=_summary,
    execute=_execute,
    take_turns=take_turns_at_home,
)
