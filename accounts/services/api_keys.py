"""API keys: issuing, revoking, and recognizing the program that shows one."""

from __future__ import annotations

import dataclasses
import datetime as dt
import secrets
import string
import uuid
from collections.abc import Collection
from typing import NamedTuple

from django.conf import settings
from django.db.models import Q

from accounts import policy
from accounts.actors import api_key_actor
from accounts.choices import KeyScope, MailKind, OrganizationStatus
from accounts.errors import InvalidApiKey, InvalidProfile, InvalidScopes, OrganizationSuspended
from accounts.look_ups import key_with_hash
from accounts.models import ApiKey, PendingAct, User
from accounts.queries import visible_api_keys
from accounts.rules import cleaned_name
from accounts.services.lookups import locked_organization
from accounts.services.networks.standing import from_known_network
from accounts.services.owners import tell_owners
from accounts.services.permits import ask_for_permit, key_facts, permit_for, takes_permit
from accounts.services.settled import require_settled_factors
from audit.services import Act, record_many
from events.services import Fact, emit_many
from kernel.actor import Actor, ActorKind, Door
from kernel.crypto import hash_token
from kernel.errors import NotFound, PermissionDenied
from kernel.transactions import needs_transaction, opens_transaction

BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
SECRET_LENGTH = 43  # 62**43 > 2**256
_SHOWN = 6
_USE_IS_NOTED_EVERY = dt.timedelta(minutes=1)


class IssuedKey(NamedTuple):
    """A new key, and the secret that is shown this once."""

    key: ApiKey
    secret: str


@from_known_network("api_keys.issue")
@opens_transaction
def issue(
    *,
    actor: Actor,
    name: str,
    scopes: Collection[str],
    now: dt.datetime,
    organization_id: uuid.UUID | None = None,
    expires_at: dt.datetime | None = None,
) -> IssuedKey | PendingAct:
    """Issue a key. Locks the organization, so a person's right counts as it is by then.

    Where one that moves money takes a second person the answer is the pending act, and nothing else
    has happened; once that is agreed to, asking for the same key again, within a day, issues it,
    once. For the program itself it takes none, but it issues no key that records cash: behind such
    a key stands a person of the staff, which a trigger holds, too (decision 62).

    Emits `accounts.api_key.issued`; records `accounts.api_key.issue`; mails the owners.

    :param organization_id: for platform staff only, who have none of their own.
    :raises PermissionDenied: unless the actor carries `api_keys.issue`, for `cash:write` also
        `api_keys.issue_cash`, and for `wallets:debit-any` also `api_keys.issue_debit_any`; of the
        program itself, for `cash:write`.
    :raises InvalidScopes: on no scope, or an unknown one.
    :raises InvalidProfile: on an unusable name, or an end in the past.
    :raises NotFound: if the organization is not there or not the actor's.
    :raises FactorsLatelyReset: while the actor's money waits for that reason: a key would not.
    :raises NetworkNotTrusted: if the person is on a network that is new to them.
    """
    _require_right(actor=actor, scopes=scopes)
    if expires_at is not None and expires_at <= now:
        raise InvalidProfile("The key would have expired already.", pointer="/expires_at")
    organization = locked_organization(_home(actor=actor, organization_id=organization_id))
    _require_right(actor=_as_of_now(actor), scopes=scopes)
    require_settled_factors(actor=actor, now=now)
    wanted = ApiKey(
        organization=organization,
        name=cleaned_name(name, pointer="/name", maximum=80),
        scopes=_checked_scopes(scopes),
        created_by_id=actor.id if actor.kind is ActorKind.USER else None,
        created_at=now,
        expires_at=expires_at,
    )
    if takes_permit(actor=actor, organization_id=organization.id, scopes=wanted.scopes):
        facts = key_facts(
            organization_id=organization.id,
            name=wanted.name,
            scopes=wanted.scopes,
            expires_at=expires_at,
        )
        wanted.permit = permit_for(actor=actor, facts=facts, now=now)
        if wanted.permit is None:
            return ask_for_permit(actor=actor, facts=facts, now=now)
    return _issued(actor=actor, key=wanted, now=now)


@needs_transaction
def _issued(*, actor: Actor, key: ApiKey, now: dt.datetime) -> IssuedKey:
    key.prefix, secret = _new_secret()
    key.secret_hash = hash_token(secret)
    key.save(force_insert=True)
    record_many([_act(actor=actor, key=key, verb="issue", now=now)])
    emit_many([_fact(actor=actor, key=key, happened="issued", now=now)])
    tell_owners(
        actor=actor,
        organization_id=key.organization_id,
        kind=MailKind.API_KEY_ISSUED,
        variables={"key": key.name, "scopes": ", ".join(key.scopes)},
        now=now,
    )
    return IssuedKey(key, secret)


def _require_right(*, actor: Actor, scopes: Collection[str]) -> None:
    for permission in sorted(policy.permissions_to_issue(scopes)):
        policy.require(actor, permission)
    if actor.kind is ActorKind.SYSTEM and KeyScope.CASH_WRITE in scopes:
        raise PermissionDenied("A person of the staff issues a key that records cash.")


@needs_transaction
def _as_of_now(actor: Actor) -> Actor:
    """The actor with the roles the person has now: a key must not outlive a demotion in flight."""
    if actor.kind is not ActorKind.USER or actor.id is None:
        return actor
    people = User.objects.filter(id=actor.id, is_active=True)
    role, platform_role = people.values_list("role", "platform_role").first() or (None, None)
    return dataclasses.replace(actor, role=role, platform_role=platform_role)


def _home(*, actor: Actor, organization_id: uuid.UUID | None) -> uuid.UUID:
    if actor.is_platform and organization_id is not None:
        return organization_id
    own = policy.own_organization(actor)
    if organization_id not in (None, own):
        raise NotFound("There is no such organization.")
    return own


def _checked_scopes(scopes: Collection[str]) -> list[str]:
    known = [scope.value for scope in KeyScope]
    if not scopes or not set(scopes) <= set(known):
        raise InvalidScopes(
            "Name at least one known scope.", pointer="/scopes", facts={"known": known}
        )
    return sorted(set(scopes))


def _new_secret() -> tuple[str, str]:
    """The part that stays visible, and the whole secret of 256 random bits."""
    number = secrets.randbits(256)
    digits = []
    for _ in range(SECRET_LENGTH):
        number, digit = divmod(number, 62)
        digits.append(BASE62[digit])
    kind = "live" if settings.VAULTCRAFT_ENVIRONMENT == "production" else "test"
    secret = f"vck_{kind}_{''.join(digits)}"
    return secret[: len(secret) - SECRET_LENGTH + _SHOWN], secret


@opens_transaction
def revoke(*, actor: Actor, api_key_id: uuid.UUID, now: dt.datetime) -> ApiKey:
    """Make a key useless from now on; revoking twice changes nothing. Locks the key.

    Emits `accounts.api_key.revoked`; records `accounts.api_key.revoke`.

    :raises PermissionDenied: unless the actor carries `api_keys.revoke`.
    :raises NotFound: if there is no such key in the actor's view.
    """
    policy.require(actor, "api_keys.revoke")
    locked = visible_api_keys(actor).select_for_update(of=("self",), no_key=True)
    key = locked.filter(id=api_key_id).first()
    if key is None:
        raise NotFound("There is no such API key.")
    if key.revoked_at is None:
        key.revoked_at = now
        key.save(update_fields=["revoked_at"])
        record_many([_act(actor=actor, key=key, verb="revoke", now=now)])
        emit_many([_fact(actor=actor, key=key, happened="revoked", now=now)])
    return key


@needs_transaction
def revoke_beyond(
    *,
    actor: Actor,
    issuer: User,
    role: str | None = None,
    platform_role: str | None = None,
    now: dt.datetime,
) -> None:
    """Revoke the live keys a person issued that somebody with these roles could not issue.

    Locks the person's live keys in id order. Emits `accounts.api_key.revoked` and records
    `accounts.api_key.revoke` with the reason for each.

    :param role: the issuer's new role in an organization, and the other one that on the platform;
        neither when the issuer is removed.
    """
    live = ApiKey.objects.filter(created_by=issuer, revoked_at=None).order_by("id")
    held = list(live.select_for_update(no_key=True))
    ending = [key for key in held if not _could_issue(role, platform_role, key.scopes)]
    if not ending:
        return
    reason = "issuer_removed" if role is None and platform_role is None else "issuer_demoted"
    ApiKey.objects.filter(id__in=[key.id for key in ending]).update(revoked_at=now)
    record_many(
        [_act(actor=actor, key=key, verb="revoke", now=now, reason=reason) for key in ending]
    )
    emit_many([_fact(actor=actor, key=key, happened="revoked", now=now) for key in ending])


def _could_issue(role: str | None, platform_role: str | None, scopes: Collection[str]) -> bool:
    return all(
        policy.role_may(role=role, platform_role=platform_role, permission=permission)
        for permission in policy.permissions_to_issue(scopes)
    )


def authenticate(
    *, secret: str, door: Door, request_id: str, ip: str | None, now: dt.datetime
) -> Actor:
    """The program behind a key. One query; a write at most once a minute for `last_used_at`.

    :raises InvalidApiKey: if the key is unknown, expired or revoked.
    :raises OrganizationSuspended: if its organization is suspended.
    """
    key = key_with_hash(hash_token(secret))
    if key is None or key.revoked_at is not None:
        raise InvalidApiKey()
    if key.expires_at is not None and key.expires_at <= now:
        raise InvalidApiKey()
    if key.organization.status == OrganizationStatus.SUSPENDED:
        raise OrganizationSuspended()
    actor = api_key_actor(key=key, door=door, request_id=request_id, ip=ip)
    if key.last_used_at is None or key.last_used_at <= now - _USE_IS_NOTED_EVERY:
        _note_use(actor=actor, api_key_id=key.id, now=now)
    return actor


@opens_transaction
def _note_use(*, actor: Actor, api_key_id: uuid.UUID, now: dt.datetime) -> None:
    """Keep the time, unless another request of the same minute did."""
    stale = Q(last_used_at=None) | Q(last_used_at__lte=now - _USE_IS_NOTED_EVERY)
    ApiKey.objects.filter(stale, id=api_key_id).update(last_used_at=now)


def _act(*, actor: Actor, key: ApiKey, verb: str, now: dt.datetime, **metadata: object) -> Act:
    return Act(
        actor=actor,
        action=f"accounts.api_key.{verb}",
        subject_type="api_key",
        subject_id=key.id,
        organization_id=key.organization_id,
        metadata={"prefix": key.prefix, "scopes": list(key.scopes), **metadata},
        now=now,
    )


def _fact(*, actor: Actor, key: ApiKey, happened: str, now: dt.datetime) -> Fact:
    return Fact(
        name=f"accounts.api_key.{happened}",
        organization_id=key.organization_id,
        subject_id=key.id,
        payload={"api_key_id": str(key.id), "prefix": key.prefix, "scopes": list(key.scopes)},
        actor=actor,
        now=now,
    )
