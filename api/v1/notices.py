"""What the caller is told, and how they want to be told."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from accounts import errors as accounts_errors
from api import fields, queries
from api.answers import Answer
from api.endpoint import Endpoint, actor_of, body_of, path_id
from api.pagination import page_of
from api.schema.operations import operation
from api.schema.shapes import page_shape
from api.v1.rendering import instant, money, typed_id
from api.v1.shapes import Money, NoMembers, id_member
from kernel import clock, ids
from kernel.context import reading
from kernel.links import absolute
from notifications import errors
from notifications.choices import Topic
from notifications.kinds import ALWAYS_IN_APP, EMAIL_BY_CHOICE, KINDS, Channels
from notifications.models import Notification as NotificationRow
from notifications.queries import (
    MOST_COUNTED,
    in_words,
    of_topic,
    own_channels,
    own_notifications,
    unread_count,
)
from notifications.services import notices
from notifications.wording import Words

TAG = "Notifications"
PREFIX = "ntf"
KIND_NAMES = list(KINDS)


class Notification(serializers.Serializer[Any]):
    """One event as the caller is told of it."""

    id = id_member(PREFIX)
    kind = serializers.ChoiceField(choices=KIND_NAMES)
    topic = serializers.ChoiceField(choices=Topic.choices)
    title = serializers.CharField()
    detail = serializers.CharField(help_text="What it means, in a sentence.")
    money = Money(allow_null=True)
    subject = serializers.CharField(
        allow_null=True, help_text="The id of the transfer, hold or pending act it is about."
    )
    page = serializers.URLField(help_text="Where people look at it.")
    happened_at = serializers.DateTimeField()
    read_at = serializers.DateTimeField(allow_null=True)


NotificationPage = page_shape(Notification, "NotificationPage")


class NotificationQuery(queries.PageQuery):
    """Which notices, and where to go on."""

    list_name = "notifications"
    state = queries.one_of("unread", "read", required=False)
    topic = queries.one_of(*Topic.values, required=False)


class UnreadCount(serializers.Serializer[Any]):
    """How many notices the caller has not read."""

    unread = serializers.IntegerField(
        min_value=0, max_value=MOST_COUNTED, help_text=f"At {MOST_COUNTED} there may be more."
    )


class AllRead(fields.StrictSerializer):
    """Up to which notice."""

    up_to = fields.PatternField(
        fields.id_pattern(PREFIX),
        message="Expected the id of a notification.",
        required=False,
        help_text="The newest that was seen: later ones stay unread. Left out: all.",
    )
    topic = serializers.ChoiceField(
        choices=Topic.choices, required=False, help_text="Of this topic alone."
    )


class NumberRead(serializers.Serializer[Any]):
    """What was noted."""

    marked = serializers.IntegerField(min_value=0, help_text="How many were unread.")


class Preference(serializers.Serializer[Any]):
    """How the caller is told of one topic."""

    topic = serializers.ChoiceField(choices=Topic.choices)
    in_app = serializers.BooleanField()
    by_email = serializers.BooleanField()
    in_app_fixed = serializers.BooleanField(help_text="Always on: it cannot be turned off.")
    by_email_fixed = serializers.BooleanField(help_text="Always sent: it cannot be turned off.")


class Preferences(serializers.Serializer[Any]):
    """The channels of every topic."""

    preferences = Preference(many=True)


class PreferenceOrder(fields.StrictSerializer):
    """The channels of one topic from now on."""

    topic = serializers.ChoiceField(choices=Topic.choices)
    in_app = fields.BooleanField()
    by_email = fields.BooleanField()


class OwnNotifications(Endpoint):
    """What the caller is told."""

    @operation(
        "list_own_notifications",
        tag=TAG,
        summary="List what I am told, newest first",
        description="Kept for 180 days. An API key is told nothing, so its list is empty.",
        response=NotificationPage,
        query=NotificationQuery,
    )
    def get(self, request: Request) -> HttpResponse:
        """One page of notices."""
        actor, query = actor_of(request), queries.query_of(request, NotificationQuery)
        with reading(actor):
            rows = own_notifications(actor)
            if "state" in query:
                rows = rows.filter(read_at__isnull=query["state"] == "unread")
            if "topic" in query:
                rows = of_topic(rows, Topic(query["topic"]))
            page = page_of(
                request,
                rows,
                query=query,
                render=lambda found: [rendered(row, words) for row, words in in_words(found)],
            )
        return Answer.of(page).response()


class UnreadNotifications(Endpoint):
    """How many wait to be read."""

    @operation(
        "count_unread_notifications",
        tag=TAG,
        summary="Count what I have not read",
        response=UnreadCount,
        query=queries.Query,
    )
    def get(self, request: Request) -> HttpResponse:
        """The number."""
        actor, _ = actor_of(request), queries.query_of(request)
        with reading(actor):
            number = unread_count(actor)
        return Answer.of({"unread": number}).response()


class ReadNotification(Endpoint):
    """One was read."""

    @operation(
        "mark_notification_read",
        tag=TAG,
        summary="Note that I have read a notification; the first time stands",
        request=NoMembers,
        response=Notification,
        path={"notification_id": PREFIX},
    )
    def post(self, request: Request, notification_id: str) -> HttpResponse:
        """Mark it."""
        body_of(request, NoMembers)
        actor, wanted = actor_of(request), path_id(PREFIX, notification_id)
        row = notices.mark_read(actor=actor, notification_id=wanted, now=clock.now())
        with reading(actor):
            ((row, words),) = in_words([row])
        return Answer.of(rendered(row, words)).response()


class ReadAllNotifications(Endpoint):
    """All were read."""

    @operation(
        "mark_all_notifications_read",
        tag=TAG,
        summary="Note that I have read all, or all up to one, or of one topic",
        request=AllRead,
        response=NumberRead,
    )
    def post(self, request: Request) -> HttpResponse:
        """Mark them."""
        order = body_of(request, AllRead)
        up_to = ids.decode(PREFIX, order["up_to"]) if "up_to" in order else None
        topic = Topic(order["topic"]) if "topic" in order else None
        number = notices.mark_all_read(
            actor=actor_of(request), up_to=up_to, topic=topic, now=clock.now()
        )
        return Answer.of({"marked": number}).response()


class NotificationPreferences(Endpoint):
    """How the caller is told of what."""

    @operation(
        "read_notification_preferences",
        tag=TAG,
        summary="Read how I am told of each topic",
        response=Preferences,
        query=queries.Query,
    )
    def get(self, request: Request) -> HttpResponse:
        """Every topic."""
        actor, _ = actor_of(request), queries.query_of(request)
        with reading(actor):
            channels = own_channels(actor)
        listed = [rendered_preference(topic, found) for topic, found in channels.items()]
        return Answer.of({"preferences": listed}).response()

    @operation(
        "set_notification_preference",
        tag=TAG,
        summary="Choose how I am told of a topic (takes a fresh proof)",
        description="Security notices are always shown, and mail about security, identity and acts"
        " that take two people is always sent.",
        request=PreferenceOrder,
        response=Preference,
        refusals=(accounts_errors.StepUpRequired, errors.ChannelAlwaysOn),
    )
    def put(self, request: Request) -> HttpResponse:
        """Set it."""
        order = body_of(request, PreferenceOrder)
        topic, channels = Topic(order["topic"]), Channels(order["in_app"], order["by_email"])
        notices.set_preferences(actor=actor_of(request), wanted={topic: channels}, now=clock.now())
        return Answer.of(rendered_preference(topic, channels)).response()


def rendered(row: NotificationRow, words: Words) -> dict[str, Any]:
    """One notice."""
    kind = KINDS[row.kind]
    worth = None
    if row.amount_minor is not None and row.currency is not None:
        worth = money(row.amount_minor, row.currency)
    return {
        "id": ids.encode(PREFIX, row.id),
        "kind": kind.name,
        "topic": kind.topic,
        "title": words.title,
        "detail": words.sentence,
        "money": worth,
        "subject": typed_id(kind.subject, row.subject_id) if kind.subject else None,
        "page": absolute(f"/{words.place}"),
        "happened_at": instant(row.happened_at),
        "read_at": instant(row.read_at),
    }


def rendered_preference(topic: Topic, channels: Channels) -> dict[str, Any]:
    """The channels of one topic."""
    return {
        "topic": topic,
        "in_app": channels.in_app,
        "by_email": channels.email,
        "in_app_fixed": topic in ALWAYS_IN_APP,
        "by_email_fixed": topic not in EMAIL_BY_CHOICE,
    }
