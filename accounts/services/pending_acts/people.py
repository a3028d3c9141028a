"""Who asked and who decides, as what they are now."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid

from django.db import connection
from django.db.models import Q

from accounts.actors import api_key_actor, user_actor
from accounts.choices import OrganizationStatus
from accounts.models import ApiKey, PendingAct, User
from kernel.actor import Actor, ActorKind, Door
from kernel.rows import array_literal
from kernel.transactions import needs_transaction

# Shared: those who decide about each other's acts do not wait for each other, and nobody is demoted
# or removed between this look and the commit. Django's `select_for_update` cannot say it.
_HOLD_PEOPLE = "SELECT id FROM accounts_user WHERE id = ANY (%s::uuid[]) ORDER BY id FOR SHARE"
_HOLD_KEY = "SELECT id FROM accounts_apikey WHERE id = %s FOR SHARE"


@needs_transaction
def hold_people(act: PendingAct, *, checker_id: uuid.UUID) -> None:
    """Lock the rows of both people, and of the key that asks, against changes."""
    people = {checker_id, act.maker_person_id} - {None}
    with connection.cursor() as cursor:
        cursor.execute(_HOLD_PEOPLE, [array_literal(kind="uuid", values=people)])
        if act.maker_kind == ActorKind.API_KEY.value:
            cursor.execute(_HOLD_KEY, [act.maker_id])


@needs_transaction
def present_checker(actor: Actor) -> Actor | None:
    """The person at the door with the roles of this moment; None if they do not count any more."""
    user = _counting(actor.id)
    if user is None or user.organization_id != actor.organization_id:
        return None
    present = user_actor(user=user, door=actor.door, request_id=actor.request_id, ip=actor.ip)
    return dataclasses.replace(
        present,
        proven_lately=actor.proven_lately,
        proven_strongly=actor.proven_strongly,
        proven_settled=actor.proven_settled,
        proof_counts_from=actor.proof_counts_from,
        place_judged=actor.place_judged,
    )


@needs_transaction
def present_maker(act: PendingAct, *, now: dt.datetime) -> Actor | None:
    """The maker with the roles or scopes of this moment, through the door the act came by.

    None for a person who was removed, a key that was revoked or ran out, and where the organization
    is suspended.
    """
    door = Door(act.door)
    if act.maker_kind == ActorKind.API_KEY.value:
        key = _live_key(act, now)
        if key is None:
            return None
        return api_key_actor(key=key, door=door, request_id=act.request_id)
    user = _counting(act.maker_id)
    if user is None or user.organization_id != act.organization_id:
        # Staff have no organization; neither have their acts.
        return None
    # What the act takes, they proved when they asked for it.
    maker = user_actor(user=user, door=door, request_id=act.request_id)
    return dataclasses.replace(maker, proven_lately=True, proven_strongly=True, proven_settled=True)


def _counting(user_id: uuid.UUID | None) -> User | None:
    if user_id is None:
        return None
    user = User.objects.select_related("organization").filter(id=user_id).first()
    return user if user is not None and user.may_sign_in else None


def _live_key(act: PendingAct, now: dt.datetime) -> ApiKey | None:
    live = Q(revoked_at__isnull=True) & (Q(expires_at__isnull=True) | Q(expires_at__gt=now))
    keys = ApiKey.objects.select_related("organization").filter(live, id=act.maker_id)
    key = keys.exclude(organization__status=OrganizationStatus.SUSPENDED).first()
    return key if key is not None and key.organization_id == act.organization_id else None
