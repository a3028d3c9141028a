"""Choosing the channels of a topic."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from django.db.models import Q

from accounts.models import User
from accounts.policy import require
from audit.services import record
from kernel.actor import Actor
from kernel.transactions import needs_transaction, opens_transaction
from notifications.choices import Topic
from notifications.errors import ChannelAlwaysOn
from notifications.kinds import ALWAYS_IN_APP, EMAIL_BY_CHOICE, Channels
from notifications.models import Preference

CHOOSE = "self.choose_notices"


@opens_transaction
def set_preferences(*, actor: Actor, wanted: Mapping[Topic, Channels], now: dt.datetime) -> None:
    """Be told of these topics through these channels from now on; of all or none of them.

    To silence is what a thief does first, so it takes a fresh proof. Locks the person. Records
    `notifications.preference.set` for each.

    :raises PermissionDenied: if the actor is no person.
    :raises StepUpRequired: without a fresh proof of who they are.
    :raises ChannelAlwaysOn: for security notices in the app, and mail that is sent with the act.
    """
    require(actor, CHOOSE)
    for topic, channels in wanted.items():
        _require_allowed(topic, channels)
    people = User.objects.select_for_update(of=("self",), no_key=True)
    person = people.get(Q(("id", actor.id)))
    for topic, channels in wanted.items():
        if topic not in ALWAYS_IN_APP:
            _keep(actor=actor, person=person, topic=topic, channels=channels, now=now)


def _require_allowed(topic: Topic, channels: Channels) -> None:
    if topic in ALWAYS_IN_APP and not channels.in_app:
        raise ChannelAlwaysOn("Security notices are always shown.", pointer="/in_app")
    if topic not in EMAIL_BY_CHOICE and not channels.email:
        raise ChannelAlwaysOn("Mail about this is always sent.", pointer="/by_email")


@needs_transaction
def _keep(
    *, actor: Actor, person: User, topic: Topic, channels: Channels, now: dt.datetime
) -> None:
    Preference.objects.update_or_create(
        user=person,
        topic=topic,
        defaults={"in_app": channels.in_app, "email": channels.email, "changed_at": now},
        create_defaults={
            "organization_id": person.organization_id,
            "in_app": channels.in_app,
            "email": channels.email,
            "changed_at": now,
        },
    )
    record(
        actor=actor,
        action="notifications.preference.set",
        subject_type="user",
        subject_id=person.id,
        organization_id=person.organization_id,
        metadata={"topic": str(topic), "in_app": channels.in_app, "email": channels.email},
        now=now,
    )
