"""Signed-in sessions and the refresh tokens of each: one session is one family of tokens."""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.db.models import Q

from accounts.choices import FactorMethod, SessionEnd
from accounts.models.devices import Device
from accounts.models.organizations import Organization
from accounts.models.people import User
from kernel.actor import Door
from kernel.models import IdentifiedModel


class SignInSession(IdentifiedModel):
    """Somebody signed in, once, through one door. Its id is the ``sid`` of access tokens.

    It ends at `expires_at`, when it lay idle for `idle_seconds` or when it is revoked, whichever
    comes first, and never starts again.
    """

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="sessions")
    organization = models.ForeignKey(
        Organization,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The person's own, copied so that tenants can be told apart here.",
    )
    device = models.ForeignKey(
        Device,
        null=True,
        on_delete=models.PROTECT,
        related_name="sessions",
        help_text="Of the same person: the database checks it.",
    )
    device_bound = models.BooleanField(
        default=False, help_text="Whether a refresh must show the device's token too."
    )
    door = models.CharField(max_length=16, choices=[(door.value, door.name) for door in Door])
    ip = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=300, blank=True)
    opened_at = models.DateTimeField()
    last_seen_at = models.DateTimeField(
        help_text="When it was opened, last refreshed or, to the minute, last used."
    )
    idle_seconds = models.PositiveIntegerField(
        null=True,
        help_text="So long after it was last seen it ends; null: tokens idle out instead.",
    )
    last_ip = models.GenericIPAddressField(
        null=True, help_text="From where it was used last, to the minute."
    )
    expires_at = models.DateTimeField(help_text="The absolute end, however often refreshed.")
    second_factor = models.CharField(
        max_length=16,
        choices=FactorMethod.choices,
        null=True,
        help_text="What was proven last besides the password.",
    )
    second_factor_at = models.DateTimeField(null=True, help_text="When that was.")
    second_factor_counts_from = models.DateTimeField(
        null=True,
        help_text="From when what was proven gives power over money; null: never, as of the"
        " mailbox.",
    )
    revoked_at = models.DateTimeField(null=True)
    revoked_reason = models.CharField(max_length=32, choices=SessionEnd.choices, null=True)

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(
                fields=["user"],
                condition=Q(revoked_at__isnull=True),
                name="accounts_session_live",
            ),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True, revoked_reason__isnull=True)
                | Q(revoked_at__isnull=False, revoked_reason__isnull=False),
                name="accounts_session_revoked",
            ),
            models.CheckConstraint(
                condition=Q(second_factor__isnull=True, second_factor_at__isnull=True)
                | Q(second_factor__in=FactorMethod.values, second_factor_at__isnull=False),
                name="accounts_session_second_factor",
            ),
            models.CheckConstraint(
                condition=Q(second_factor_counts_from__isnull=True)
                | Q(second_factor__isnull=False) & ~Q(second_factor=FactorMethod.EMAIL),
                name="accounts_session_counting_factor",
            ),
            models.CheckConstraint(
                condition=Q(device_bound=False) | Q(device__isnull=False),
                name="accounts_session_bound",
            ),
            models.CheckConstraint(
                condition=Q(idle_seconds__isnull=True) | Q(idle_seconds__gt=0),
                name="accounts_session_idle",
            ),
        )

    def __str__(self) -> str:
        return f"session of {self.user_id} since {self.opened_at:%Y-%m-%d %H:%M}"

    def is_live(self, *, now: dt.datetime) -> bool:
        """Whether it has neither been revoked nor reached an end, the idle or the absolute one."""
        return self.revoked_at is None and now < self.expires_at and not self._is_idle(now)

    def _is_idle(self, now: dt.datetime) -> bool:
        if self.idle_seconds is None:
            return False
        return now >= self.last_seen_at + dt.timedelta(seconds=self.idle_seconds)


class RefreshToken(IdentifiedModel):
    """One link of a session's chain. Used once; the database refuses to un-use it."""

    session = models.ForeignKey(SignInSession, on_delete=models.PROTECT, related_name="tokens")
    organization = models.ForeignKey(
        Organization,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        help_text="The session's own, copied so that tenants can be told apart here.",
    )
    token_hash = models.BinaryField(unique=True, help_text="SHA-256 of the opaque token.")
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField(help_text="The idle end, moved on by each refresh.")
    used_at = models.DateTimeField(null=True)
    successor = models.OneToOneField(
        "self", null=True, on_delete=models.PROTECT, related_name="predecessor"
    )

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(successor__isnull=True) | Q(used_at__isnull=False),
                name="accounts_refreshtoken_successor",
            ),
        )

    def __str__(self) -> str:
        return f"refresh token of session {self.session_id}"
