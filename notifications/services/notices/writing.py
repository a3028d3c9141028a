"""Events become notifications, and mail where somebody wants it: rows alone, in one transaction.

What it takes to write them is read once for a batch: a flood is taken in as fast as it comes.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence

from accounts.models import User
from events.consuming import Event
from kernel.transactions import needs_transaction
from notifications.kinds import EMAIL_BY_CHOICE, KINDS, Channels, usual
from notifications.models import Notification, Preference
from notifications.services.notices import acts, money, people
from notifications.services.notices.mailing import Post, by_mail, mailed_lately, send
from notifications.services.notices.told import Told

# Of money there can be floods, which hold up nothing else that people are told.
NAMES_OF_MONEY = money.NAMES - money.PAYOUTS.keys()
NAMES = (acts.NAMES | money.NAMES | people.NAMES) - NAMES_OF_MONEY
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
    if told:
        send(_written(_posts(told, now=now)), now=now)


@needs_transaction
def _still_to_tell(drafts: Sequence[Told]) -> list[tuple[User, Told]]:
    """Those of the drafts whose person is there to be told, and was not told before."""
    ids = {draft.user_id for draft in drafts}
    found = User.objects.filter(id__in=ids, is_active=True)
    counting = found.select_related("organization").in_bulk()
    known = Notification.objects.filter(
        user_id__in=ids, event_id__in={draft.event.id for draft in drafts}
    )
    before = set(known.order_by().values_list("user_id", "event_id"))
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
def _posts(told: Sequence[tuple[User, Told]], *, now: dt.datetime) -> list[Post]:
    """What of it people want to be told, and how."""
    chosen = _chosen(user.id for user, _ in told)
    wanted = []
    for user, draft in told:
        topic = KINDS[draft.kind].topic
        channels = chosen.get((user.id, topic), usual(topic))
        rings = channels.email and topic in EMAIL_BY_CHOICE and _is_news(draft.event, now)
        if channels.in_app or rings:
            row = _row(user=user, draft=draft, in_app=channels.in_app, now=now)
            wanted.append((row, draft.event.request_id, rings))
    mailed = mailed_lately([row for row, _, rings in wanted if rings])
    return [
        by_mail(row, request_id, mailed) if rings else Post(row, request_id)
        for row, request_id, rings in wanted
    ]


def _is_news(event: Event, now: dt.datetime) -> bool:
    return event.occurred_at > now - NEWS


def _row(*, user: User, draft: Told, in_app: bool, now: dt.datetime) -> Notification:
    return Notification(
        organization_id=draft.event.organization_id,
        user=user,
        event_id=draft.event.id,
        kind=draft.kind,
        subject_id=draft.subject_id,
        amount_minor=draft.amount_minor,
        currency=draft.currency,
        detail=draft.detail,
        in_app=in_app,
        happened_at=draft.event.occurred_at,
        created_at=now,
    )


@needs_transaction
def _written(posts: Sequence[Post]) -> list[Post]:
    """Insert the rows, and say which: what somebody else wrote meanwhile is theirs to mail."""
    Notification.objects.bulk_create([post.row for post in posts], ignore_conflicts=True)
    ids = [post.row.id for post in posts]
    new = set(Notification.objects.filter(id__in=ids).order_by().values_list("id", flat=True))
    return [post for post in posts if post.row.id in new]
