"""Reading organizations, people and keys: always what one actor may see, never more."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.db.models import DurationField, ExpressionWrapper, F, Func, Q, QuerySet, TextField

from accounts import policy
from accounts.blind_indexes import blind_index
from accounts.choices import ERASED_AT, OrganizationStatus
from accounts.look_ups import session_with_id, sessions_with_ids
from accounts.models import (
    ApiKey,
    CountryPolicy,
    Device,
    DualControlPolicy,
    Invitation,
    Network,
    Organization,
    PendingAct,
    PendingMail,
    SignInSession,
    User,
)
from accounts.rules import normalized_phone
from kernel import clock
from kernel.actor import Actor, ActorKind
from kernel.errors import NotFound
from kernel.rows import array_literal

_DISPLAY_NAMES = (
    "SELECT named.id, named.name FROM (SELECT id, accounts_display_name(id) AS name"
    " FROM unnest(%s::uuid[]) AS wanted (id)) AS named WHERE named.name IS NOT NULL"
)


def active_organizations(ids: Collection[uuid.UUID]) -> frozenset[uuid.UUID]:
    """Those of the given organizations whose people may move money. One query."""
    active = Organization.objects.filter(id__in=ids, status=OrganizationStatus.ACTIVE)
    return frozenset(active.order_by().values_list("id", flat=True))


def names_of(user_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    """The names of those people who are in view; one query."""
    return dict(User.objects.filter(id__in=user_ids).values_list("id", "full_name"))


def names_of_unerased(user_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    """The same for those who were not erased, whose name says nothing any more."""
    people = User.objects.filter(id__in=user_ids).exclude(email__endswith=ERASED_AT)
    return dict(people.values_list("id", "full_name"))


class DisplayName(Func):
    """The name by which other organizations may know the one with this id; see `display_names`."""

    function = "accounts_display_name"
    output_field = TextField()


def display_names(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    """The names by which other organizations may know these; the only thing they may. One query.

    Needs no view: the function of the database behind it answers for exact ids alone.
    """
    with connection.cursor() as cursor:
        cursor.execute(_DISPLAY_NAMES, [array_literal(kind="uuid", values=ids)])
        return dict(cursor.fetchall())


def display_name(organization_id: uuid.UUID | None) -> str | None:
    """The same for one organization; None where there is none."""
    return display_names([organization_id]).get(organization_id) if organization_id else None


def timezone_of(organization_id: uuid.UUID) -> str:
    """The IANA name of the time zone in which the organization counts its days.

    :raises NotFound: if there is no such organization.
    """
    rows = Organization.objects.filter(id=organization_id).order_by()
    found = rows.values_list("timezone", flat=True).first()
    if found is None:
        raise NotFound("There is no such organization.", pointer="/organization")
    return found


def first_instant_of(organization_id: uuid.UUID) -> dt.datetime:
    """When the day began, in the organization's time zone, on which it was registered.

    :raises NotFound: if there is no such organization.
    """
    rows = Organization.objects.filter(id=organization_id).order_by()
    found = rows.values_list("created_at", "timezone").first()
    if found is None:
        raise NotFound("There is no such organization.", pointer="/organization")
    created_at, timezone = found
    day = created_at.astimezone(ZoneInfo(timezone)).date()
    return clock.start_of_day(day, timezone=timezone)


def visible_organizations(actor: Actor) -> QuerySet[Organization]:
    """The actor's own organization; all of them for the platform. Newest first."""
    if actor.is_platform:
        may_read = policy.may(actor, "organizations.read")
        return Organization.objects.all() if may_read else Organization.objects.none()
    return Organization.objects.filter(_is(id=actor.organization_id))


def visible_people(actor: Actor) -> QuerySet[User]:
    """Colleagues (all people for the platform), or only oneself without `people.read`."""
    people = User.objects.select_related("organization").filter(_own(actor))
    if policy.may(actor, "people.read"):
        return people
    return people.filter(_is(id=actor.id if actor.kind is ActorKind.USER else None))


def people_with_phone(actor: Actor, phone: str) -> QuerySet[User]:
    """Those of the people in view who have exactly this phone number, in any spelling.

    :raises InvalidProfile: if it is no international number.
    """
    found = blind_index(field="phone", text=normalized_phone(phone))
    return visible_people(actor).filter(phone__blind_index=found)


def visible_invitations(actor: Actor) -> QuerySet[Invitation]:
    """Invitations of the actor's organization, for those who may see its people."""
    if not policy.may(actor, "people.read"):
        return Invitation.objects.none()
    return Invitation.objects.filter(_own(actor)).select_related("invited_by")


def visible_api_keys(actor: Actor) -> QuerySet[ApiKey]:
    """API keys of the actor's organization, for those who may see them."""
    if not policy.may(actor, "api_keys.read"):
        return ApiKey.objects.none()
    return ApiKey.objects.filter(_own(actor)).select_related("organization", "created_by")


def visible_sessions(actor: Actor) -> QuerySet[SignInSession]:
    """One's own sessions, and those of others for who may end them."""
    sessions = SignInSession.objects.select_related("user")
    if policy.may(actor, "sessions.revoke_any"):
        return sessions.filter(_own(actor))
    return sessions.filter(_is(user_id=actor.id))


def visible_pending_mail(actor: Actor) -> QuerySet[PendingMail]:
    """Mail on its way out, and mail that could not be sent; for the platform's staff alone."""
    if not policy.may(actor, "mail.read"):
        return PendingMail.objects.none()
    return PendingMail.objects.select_related("organization")


def own_sessions(actor: Actor, *, now: dt.datetime) -> QuerySet[SignInSession]:
    """The actor's own sessions that still count, whatever the actor may see besides.

    One that was not refreshed or used in time cannot be any more, though its end is to come.
    """
    own = SignInSession.objects.filter(_person(actor), revoked_at=None, expires_at__gt=now)
    refreshed = now - dt.timedelta(seconds=settings.REFRESH_IDLE_SECONDS)
    idle = ExpressionWrapper(
        F("idle_seconds") * dt.timedelta(seconds=1), output_field=DurationField()
    )
    used = Q(idle_seconds__isnull=False, last_seen_at__gt=now - idle)
    live = own.filter(used | Q(idle_seconds__isnull=True, last_seen_at__gt=refreshed))
    return live.select_related("device")


def own_devices(actor: Actor) -> QuerySet[Device]:
    """The actor's own devices that were not revoked."""
    return Device.objects.filter(_person(actor), revoked_at=None)


def own_networks(actor: Actor) -> QuerySet[Network]:
    """The networks the actor was seen on, without those they disowned."""
    return Network.objects.filter(_person(actor), revoked_at=None)


def visible_country_policies(actor: Actor) -> QuerySet[CountryPolicy]:
    """The rule of the actor's own organization; for the platform those of all."""
    return CountryPolicy.objects.filter(_own(actor))


def visible_pending_acts(actor: Actor) -> QuerySet[PendingAct]:
    """What one asked for oneself (a key: with this key), and all of it for who may see all."""
    acts = PendingAct.objects.select_related("checker")
    if actor.kind is ActorKind.API_KEY:
        return acts.filter(_is(maker_id=actor.id), _own(actor))
    if policy.may(actor, "dual_control.read"):
        return acts.filter(_own(actor))
    return acts.filter(_is(maker_person_id=actor.id), _own(actor))


def dual_control_policy_of(organization_id: uuid.UUID) -> DualControlPolicy | None:
    """Which acts of the organization take a second person; None: none does."""
    return DualControlPolicy.objects.filter(organization_id=organization_id).first()


def people_behind(actors: Collection[Actor]) -> dict[str, uuid.UUID]:
    """Who acts, by principal: oneself, or who issued the key. One query where there are keys.

    A key that the program issued has nobody behind it and stands for itself.
    """
    found = {actor.principal: actor.id for actor in actors if actor.id is not None}
    keys = {one.id: one.principal for one in actors if one.kind is ActorKind.API_KEY and one.id}
    if keys:
        issued = ApiKey.objects.filter(id__in=keys, created_by__isnull=False).order_by()
        for key_id, person_id in issued.values_list("id", "created_by_id"):
            found[keys[key_id]] = person_id
    return found


def live_session(*, session_id: uuid.UUID, now: dt.datetime) -> SignInSession | None:
    """The session with its person and organization, if all three still count.

    One statement, without a transaction: nobody knows yet whose tenant it is.
    """
    session = session_with_id(session_id=session_id, now=now)
    return session if session is not None and session.user.may_sign_in else None


def live_sessions(*, session_ids: Collection[uuid.UUID], now: dt.datetime) -> list[SignInSession]:
    """Those of the sessions that still count, as `live_session` says; in one statement."""
    found = sessions_with_ids(session_ids=session_ids, now=now)
    return [session for session in found if session.user.may_sign_in]


def _own(actor: Actor) -> Q:
    """Rows of the actor's organization. One without any has none: NULL equals nothing here."""
    if actor.is_platform:
        return Q()
    return _is(organization_id=actor.organization_id)


def _person(actor: Actor) -> Q:
    """Rows of the actor as a person; an API key is none."""
    return _is(user_id=actor.id if actor.kind is ActorKind.USER else None)


def _is(**value: uuid.UUID | None) -> Q:
    return Q(**value) if None not in value.values() else Q(pk__in=())
