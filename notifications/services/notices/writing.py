"""Events become notifications, and mail where somebody wants it: rows alone, in one transaction."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence

from accounts.choices import MailKind
from accounts.models import User
from accounts.services.mail import queue_mail
from events.consuming import Event
from kernel.actor import Door, system
from kernel.transactions import needs_transaction
from ledger.queries import currencies
from notifications.kinds import EMAIL_BY_CHOICE, KINDS, Channels, usual
from notifications.models import Notification, Preference
from notifications.services.notices import acts, money, people
from notifications.services.notices.told import Told
from notifications.wording import words_of

NAMES = acts.NAMES | money.NAMES | people.NAMES
KEPT = dt.timedelta(days=180)
# What is taken in later than this is history: it is in the list, and nobody's mailbox rings.
NEWS = dt.timedelta(days=1)

_Chosen = Mapping[tuple[uuid.UUID, str], Channels]


@needs_transaction
def write_notices(events: Sequence[Event], now: dt.datetime) -> None:
    """Tell of these events, in the transaction that notes them as taken.

    One row for a person and event, however often it comes. Told is who counts now, in the house the
    event is of, and was there when it happened: nobody who was removed or erased meanwhile.
    """
    recent = [event for event in events if event.occurred_at > now - KEPT]
    drafts = [
        *money.of_money(recent),
        *acts.of_acts(recent, now=now),
        *people.of_people(recent),
    ]
    told = _still_to_tell(drafts)
    if not told:
        return
    chosen = _chosen(user.id for user, _ in told)
    for user, draft in told:
        topic = KINDS[draft.kind].topic
        channels = chosen.get((user.id, topic), usual(topic))
        _tell(user=user, draft=draft, channels=channels, now=now)


@needs_transaction
def _still_to_tell(drafts: Sequence[Told]) -> list[tuple[User, Told]]:
    """Those of the drafts whose person is there to be told, and was not told before."""
    found = User.objects.filter(id__in={draft.user_id for draft in drafts}, is_active=True)
    counting = found.select_related("organization").in_bulk()
    before = set(
        Notification.objects.filter(event_id__in={draft.event.id for draft in drafts})
        .order_by()
        .values_list("user_id", "event_id")
    )
    kept: dict[tuple[uuid.UUID, uuid.UUID], tuple[User, Told]] = {}
    for draft in drafts:
        user, key = counting.get(draft.user_id), (draft.user_id, draft.event.id)
        if user is not None and key not in before and _concerns(draft.event, user):
            kept.setdefault(key, (user, draft))
    return list(kept.values())


def _concerns(event: Event, user: User) -> bool:
    return user.organization_id == event.organization_id and user.created_at <= event.occurred_at


@needs_transaction
def _chosen(user_ids: Iterable[uuid.UUID]) -> _Chosen:
    rows = Preference.objects.filter(user_id__in=set(user_ids)).order_by()
    return {(row.user_id, row.topic): Channels(row.in_app, row.email) for row in rows}


@needs_transaction
def _tell(*, user: User, draft: Told, channels: Channels, now: dt.datetime) -> None:
    event = draft.event
    news = event.occurred_at > now - NEWS
    by_mail = channels.email and news and KINDS[draft.kind].topic in EMAIL_BY_CHOICE
    if not channels.in_app and not by_mail:
        return
    Notification.objects.create(
        organization_id=event.organization_id,
        user=user,
        event_id=event.id,
        kind=draft.kind,
        subject_id=draft.subject_id,
        amount_minor=draft.amount_minor,
        currency=draft.currency,
        detail=draft.detail,
        in_app=channels.in_app,
        happened_at=event.occurred_at,
        created_at=now,
    )
    if by_mail:
        _mail(user=user, draft=draft, now=now)


@needs_transaction
def _mail(*, user: User, draft: Told, now: dt.datetime) -> None:
    words = words_of(
        kind=KINDS[draft.kind],
        organization_id=draft.event.organization_id,
        subject_id=draft.subject_id,
        amount_minor=draft.amount_minor,
        currency=draft.currency,
        detail=draft.detail,
        exponents=dict(currencies().values_list("code", "exponent")),
    )
    queue_mail(
        actor=system(door=Door.TASK, request_id=draft.event.request_id),
        user=user,
        kind=MailKind.NOTICE,
        variables={"what": words.title, "why": words.sentence, "place": words.place},
        now=now,
    )
