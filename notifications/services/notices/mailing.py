"""Mail beside notices, as many as somebody can read: then one that says that more came.

Anybody who may pay can fill a mailbox, and bury in it what matters. So of one topic a person gets
`MOST_IN_AN_HOUR` in each hour of the clock in which it happened; the rest is in the app. Topics
count apart, so that a flood of money that comes says nothing about money that leaves.

Two processes that write at once may each send the last: this is courtesy, and no promise.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections import Counter
from collections.abc import Iterable, Sequence

from accounts.choices import MailKind
from accounts.services.mail import queue_mail
from kernel.actor import Door, system
from kernel.transactions import needs_transaction
from notifications.kinds import KINDS
from notifications.models import Notification
from notifications.queries import in_words

MOST_IN_AN_HOUR = 20
_MORE = {
    "what": "More happened than is mailed",
    "why": f"Of one topic at most {MOST_IN_AN_HOUR} notices are mailed in an hour. What else"
    " happened is among your notifications.",
    "place": "notifications",
}

# A person, a topic and the hour.
_Share = tuple[uuid.UUID, str, dt.datetime]


@dataclasses.dataclass(frozen=True, slots=True)
class Post:
    """A notice on its way to its person.

    :param is_last: the mail beside it, if any, says that more came.
    """

    row: Notification
    request_id: str
    is_last: bool = False


@needs_transaction
def mailed_lately(rows: Sequence[Notification]) -> Counter[_Share]:
    """Of how many notices people were mailed in the hours of these rows. One query."""
    if not rows:
        return Counter()
    before = Notification.objects.filter(
        by_email=True,
        user_id__in={row.user_id for row in rows},
        happened_at__gte=min(_hour(row) for row in rows),
    )
    fields = before.order_by().only("user_id", "kind", "happened_at")
    return Counter(_share(row) for row in fields if row.kind in KINDS)


def by_mail(row: Notification, request_id: str, mailed: Counter[_Share]) -> Post:
    """The notice with its mail, if its person gets one more; in the app where they do not."""
    share = _share(row)
    is_last = mailed[share] == MOST_IN_AN_HOUR
    row.by_email = mailed[share] <= MOST_IN_AN_HOUR
    row.in_app |= mailed[share] >= MOST_IN_AN_HOUR
    mailed[share] += row.by_email
    return Post(row, request_id, is_last=is_last)


@needs_transaction
def send(posts: Iterable[Post], *, now: dt.datetime) -> None:
    """Queue the mails that go beside these notices."""
    mailed = [post for post in posts if post.row.by_email]
    if not mailed:
        return
    for post, (row, words) in zip(mailed, in_words(post.row for post in mailed), strict=True):
        said = {"what": words.title, "why": words.sentence, "place": words.place}
        queue_mail(
            actor=system(door=Door.TASK, request_id=post.request_id),
            user=row.user,
            kind=MailKind.NOTICE,
            variables=_MORE if post.is_last else said,
            now=now,
        )


def _share(row: Notification) -> _Share:
    return (row.user_id, KINDS[row.kind].topic, _hour(row))


def _hour(row: Notification) -> dt.datetime:
    return row.happened_at.astimezone(dt.UTC).replace(minute=0, second=0, microsecond=0)
