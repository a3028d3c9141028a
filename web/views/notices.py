"""What somebody is told: the list, reading, and through which channels."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse

from kernel import clock
from kernel.context import reading
from kernel.errors import NotFound
from kernel.ids import MalformedId, decode, encode
from notifications.choices import Topic
from notifications.kinds import ALWAYS_IN_APP, EMAIL_BY_CHOICE, Channels
from notifications.models import Notification
from notifications.queries import (
    MOST_COUNTED,
    in_words,
    of_topic,
    own_channels,
    own_notifications,
    unread_count,
)
from notifications.services import notices
from web.doors import PersonRequest, acts, reads
from web.forms.lists import NoticesForm
from web.pages import page
from web.pagination import window
from web.presenters.notices import NOTIFICATION, notice_rows, topic_rows


@reads
def overview(request: PersonRequest) -> HttpResponse:
    """The list, newest first. htmx asks for the rows alone."""
    filters = NoticesForm(request.GET or None)
    found = window(
        request,
        _asked_for(request, filters),
        field="id",
        parse=_id,
        render=lambda value: encode(NOTIFICATION, value),
    )
    context = {
        "filters": filters,
        "only_unread": filters.only_unread,
        "topic": filters.chosen_topic,
        "unread": unread_count(request.actor, filters.chosen_topic),
        "unread_security": _unread_beside(request, filters),
        "most_counted": MOST_COUNTED,
        "newest": encode(NOTIFICATION, found.rows[0].id) if found.rows else "",
        "rows": notice_rows(found.rows),
        "pager": found.pager,
    }
    partial = bool(getattr(request, "htmx", False))
    template = "web/notices_results.html" if partial else "web/notices.html"
    return page(request, template, context, here="notifications")


def _asked_for(request: PersonRequest, filters: NoticesForm) -> QuerySet[Notification]:
    rows, topic = own_notifications(request.actor), filters.chosen_topic
    if filters.only_unread:
        rows = rows.filter(read_at=None)
    return of_topic(rows, topic) if topic else rows


def _unread_beside(request: PersonRequest, filters: NoticesForm) -> int:
    """How much about security is unread, however deep below other notices; 0 where it is shown."""
    if filters.chosen_topic is Topic.SECURITY:
        return 0
    return unread_count(request.actor, Topic.SECURITY)


@acts
def open_one(request: PersonRequest, notification_id: str) -> HttpResponse:
    """Mark it as read, and go to what it is about."""
    row = notices.mark_read(
        actor=request.actor, notification_id=_id(notification_id), now=clock.now()
    )
    with reading(request.actor):
        ((_, words),) = in_words([row])
    return HttpResponseRedirect(f"/{words.place}")


@acts
def read(request: PersonRequest, notification_id: str) -> HttpResponse:
    """Mark it as read, and stay."""
    notices.mark_read(actor=request.actor, notification_id=_id(notification_id), now=clock.now())
    return HttpResponseRedirect(reverse("web:notifications"))


@acts
def read_all(request: PersonRequest) -> HttpResponse:
    """Mark all as read that were there when the page was drawn, of the topic it showed."""
    given = request.POST.get("up_to", "")
    up_to = _id(given) if given else None
    topic = NoticesForm(request.POST).chosen_topic
    number = notices.mark_all_read(actor=request.actor, up_to=up_to, topic=topic, now=clock.now())
    messages.success(request, f"Marked as read: {number}.")
    return HttpResponseRedirect(reverse("web:notifications"))


@reads
def preferences(request: PersonRequest) -> HttpResponse:
    """The channels of every topic."""
    context = {"topics": topic_rows(own_channels(request.actor))}
    return page(request, "web/notice_preferences.html", context, here="notifications")


@acts
def save_preferences(request: PersonRequest) -> HttpResponse:
    """Keep what is another than before."""
    with reading(request.actor):
        before = own_channels(request.actor)
    wanted = {topic: _chosen(request.POST, topic) for topic in Topic}
    changed = {topic: found for topic, found in wanted.items() if found != before[topic]}
    notices.set_preferences(actor=request.actor, wanted=changed, now=clock.now())
    messages.success(request, "It holds from now on.")
    return HttpResponseRedirect(reverse("web:notification-preferences"))


def _chosen(given: QueryDict, topic: Topic) -> Channels:
    """A box that is fixed is not sent by browsers."""
    return Channels(
        in_app=topic in ALWAYS_IN_APP or f"{topic.value}-in_app" in given,
        email=topic not in EMAIL_BY_CHOICE or f"{topic.value}-email" in given,
    )


def _id(text: str) -> uuid.UUID:
    try:
        return decode(NOTIFICATION, text)
    except MalformedId:
        raise NotFound() from None
