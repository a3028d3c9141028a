"""Notices as rows, and the channels of each topic."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Mapping

from kernel.ids import encode
from notifications.choices import Topic
from notifications.kinds import ALWAYS_IN_APP, EMAIL_BY_CHOICE, KINDS, Channels
from notifications.models import Notification
from notifications.queries import in_words

NOTIFICATION = "ntf"
_TONES = {
    Topic.MONEY_IN: "avatar-in",
    Topic.MONEY_OUT: "avatar-out",
    Topic.PAYOUTS: "avatar-out",
}
_MEANINGS = {
    Topic.MONEY_IN: "Payments and deposits that reach a wallet of yours.",
    Topic.MONEY_OUT: "Payments and withdrawals that leave one, or move between two of yours.",
    Topic.HOLDS: "Money that is reserved, and free again.",
    Topic.PAYOUTS: "Whether the bank was paid.",
    Topic.ACTS: "Requests that wait for you, and what became of yours.",
    Topic.VERIFICATION: "What was decided about who you are.",
    Topic.SECURITY: "Password, PIN, factors, devices, networks, roles and keys.",
}


@dataclasses.dataclass(frozen=True, slots=True)
class NoticeRow:
    """One notice in a list.

    :param place: where it leads, with a slash in front.
    """

    id: str
    icon: str
    tone: str
    title: str
    sentence: str
    place: str
    at: dt.datetime
    unread: bool


@dataclasses.dataclass(frozen=True, slots=True)
class TopicRow:
    """One topic and its channels."""

    name: str
    label: str
    meaning: str
    in_app: bool
    email: bool
    in_app_fixed: bool
    email_fixed: bool


def notice_rows(rows: Iterable[Notification]) -> list[NoticeRow]:
    """Notices for a list."""
    return [
        NoticeRow(
            id=encode(NOTIFICATION, row.id),
            icon=KINDS[row.kind].icon,
            tone=_TONES.get(KINDS[row.kind].topic, ""),
            title=words.title,
            sentence=words.sentence,
            place=f"/{words.place}",
            at=row.happened_at,
            unread=row.read_at is None,
        )
        for row, words in in_words(rows)
    ]


def topic_rows(channels: Mapping[Topic, Channels]) -> list[TopicRow]:
    """Every topic, for the form."""
    return [
        TopicRow(
            name=topic.value,
            label=str(topic.label),
            meaning=_MEANINGS[topic],
            in_app=found.in_app,
            email=found.email,
            in_app_fixed=topic in ALWAYS_IN_APP,
            email_fixed=topic not in EMAIL_BY_CHOICE,
        )
        for topic, found in channels.items()
    ]
