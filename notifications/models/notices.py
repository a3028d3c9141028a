"""What one person is told of one event, and through which channels they want to be told."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from kernel.models import IdentifiedModel
from notifications.choices import Topic

# Of these no mail depends on a person's choice: the rooms they happen in send it with the act.
_FIXED_MAIL = (Topic.ACTS, Topic.VERIFICATION)


class Notification(IdentifiedModel):
    """One event as one person is told of it: ids, amounts and codes; the words are made on reading.

    :ivar kind: a name of `notifications.kinds`; a kind that is no more is not shown.
    :ivar subject_id: of the transfer, hold or act that it leads to.
    :ivar detail: a code that the sentence names, like the kind of an act.
    :ivar in_app: whether the person sees it here; false where they wanted it by mail alone.
    :ivar by_email: whether a mail went with it, which has a limit: see `notices.mailing`.
    """

    organization = models.ForeignKey(
        "accounts.Organization", null=True, on_delete=models.PROTECT, related_name="+"
    )
    user = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    event_id = models.UUIDField()
    kind = models.CharField(max_length=40)
    subject_id = models.UUIDField(null=True)
    amount_minor = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3, null=True)
    detail = models.CharField(max_length=80)
    in_app = models.BooleanField()
    by_email = models.BooleanField(default=False, db_default=False)
    happened_at = models.DateTimeField()
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=["user", "event_id"], name="notifications_notification_once"
            ),
            models.CheckConstraint(
                condition=Q(amount_minor__isnull=True, currency__isnull=True)
                | Q(amount_minor__isnull=False, currency__isnull=False),
                name="notifications_notification_money",
            ),
            models.CheckConstraint(
                condition=Q(read_at__isnull=True) | Q(in_app=True),
                name="notifications_notification_read_in_app",
            ),
        )
        indexes = (
            models.Index(
                fields=["user", "-id"], condition=Q(in_app=True), name="notifications_list"
            ),
            models.Index(
                fields=["user", "-id"],
                condition=Q(in_app=True, read_at__isnull=True),
                name="notifications_unread",
            ),
            # One topic among many, however many others there are.
            models.Index(
                fields=["user", "kind", "-id"], condition=Q(in_app=True), name="notifications_kind"
            ),
            models.Index(
                fields=["user", "happened_at"],
                condition=Q(by_email=True),
                name="notifications_mailed",
            ),
            models.Index(fields=["created_at"], name="notifications_old"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.event_id}"


class Preference(IdentifiedModel):
    """How one person wants to be told of one topic; without a row as `notifications.kinds` says."""

    organization = models.ForeignKey(
        "accounts.Organization", null=True, on_delete=models.PROTECT, related_name="+"
    )
    user = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    topic = models.CharField(max_length=20, choices=Topic)
    in_app = models.BooleanField()
    email = models.BooleanField()
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=["user", "topic"], name="notifications_preference_one"),
            models.CheckConstraint(
                condition=~Q(topic=Topic.SECURITY), name="notifications_preference_not_security"
            ),
            models.CheckConstraint(
                condition=~Q(topic__in=_FIXED_MAIL) | Q(email=True),
                name="notifications_preference_mail",
            ),
        )

    def __str__(self) -> str:
        return str(self.topic)
