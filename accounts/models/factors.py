"""What a person can prove themselves with besides a password."""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.db.models import Q

from accounts.choices import ChallengePurpose, FactorMethod
from accounts.models.organizations import Organization
from accounts.models.people import User
from accounts.models.sessions import SignInSession
from kernel.models import IdentifiedModel

MOST_TRIES = 5
_PENDING = Q(removed_at__isnull=True, confirmed_at__isnull=True)
_LIVE = Q(removed_at__isnull=True, confirmed_at__isnull=False)


class _Owned(IdentifiedModel):
    """A row of one person, with their organization copied so that tenants can be told apart."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    organization = models.ForeignKey(
        Organization, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        abstract = True


class TotpFactor(_Owned):
    """An authenticator app (RFC 6238): SHA-1, 6 digits, steps of 30 seconds, as all apps know it.

    Pending until a code confirms it; a person has at most one pending and one confirmed. Removing
    it erases the secret: the database holds the two together.
    """

    sealed_secret = models.BinaryField(null=True, help_text="Sealed under the person's key.")
    begun_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    last_step = models.BigIntegerField(
        null=True, help_text="The newest step whose code was accepted; it only grows."
    )
    removed_at = models.DateTimeField(null=True)
    counts_from = models.DateTimeField(
        null=True, help_text="From when it approves payments; null: from the first."
    )

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=["user"], condition=_PENDING, name="accounts_totp_one_pending"
            ),
            models.UniqueConstraint(
                fields=["user"], condition=_LIVE, name="accounts_totp_one_confirmed"
            ),
            models.CheckConstraint(
                condition=Q(removed_at__isnull=True, sealed_secret__isnull=False)
                | Q(removed_at__isnull=False, sealed_secret__isnull=True),
                name="accounts_totp_secret_erased",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_at__isnull=True) | Q(last_step__isnull=False),
                name="accounts_totp_confirmed_by_code",
            ),
        )

    def __str__(self) -> str:
        return f"authenticator app of {self.user_id}"


class Passkey(_Owned):
    """A WebAuthn credential: the public half, which is no secret, and how often it has signed."""

    credential_id = models.BinaryField(unique=True, help_text="Chosen by the authenticator.")
    public_key = models.BinaryField(help_text="COSE key.")
    sign_count = models.BigIntegerField(help_text="Zero for ever where none is kept.")
    name = models.CharField(max_length=80)
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)
    counts_from = models.DateTimeField(
        null=True, help_text="From when it approves payments; null: from the first."
    )

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(
                fields=["user"],
                condition=Q(removed_at__isnull=True),
                name="accounts_passkey_live",
            ),
        )

    def __str__(self) -> str:
        return self.name


class RecoveryCode(_Owned):
    """One of ten codes on paper; kept as a keyed hash, good once."""

    code_hash = models.BinaryField(unique=True, help_text="HMAC-SHA-256, 32 bytes.")
    issued_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    voided_at = models.DateTimeField(null=True, help_text="When newer codes replaced it.")

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(
                fields=["user"],
                condition=Q(used_at__isnull=True, voided_at__isnull=True),
                name="accounts_recovery_live",
            ),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(used_at__isnull=True) | Q(voided_at__isnull=True),
                name="accounts_recovery_one_end",
            ),
        )

    def __str__(self) -> str:
        return f"recovery code of {self.user_id}"


class FactorChallenge(_Owned):
    """A question put to one person on one device: prove a factor, within minutes, in few tries.

    It lives here and not in the cache, so that tries are exact, a proof counts once, and staff can
    sign in while the cache is down. It ends once: passed, used up or overtaken by time.
    """

    token_hash = models.BinaryField(unique=True, help_text="SHA-256 of the opaque id.")
    purpose = models.CharField(max_length=16, choices=ChallengePurpose.choices)
    device_hash = models.BinaryField(help_text="SHA-256 of what the door knows the device by.")
    session = models.ForeignKey(
        SignInSession,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The session that steps up; a sign-in has none yet.",
    )
    passkey_challenge = models.BinaryField(help_text="256 random bits for WebAuthn.")
    tries = models.SmallIntegerField(default=0)
    last_tried_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    passed_at = models.DateTimeField(null=True)
    passed_by = models.CharField(max_length=16, choices=FactorMethod.choices, null=True)

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(fields=["user", "opened_at"], name="accounts_challenge_of_user"),
            models.Index(fields=["expires_at"], name="accounts_challenge_end"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(tries__gte=0, tries__lte=MOST_TRIES), name="accounts_challenge_tries"
            ),
            models.CheckConstraint(
                condition=Q(passed_at__isnull=True, passed_by__isnull=True)
                | Q(passed_at__isnull=False, passed_by__isnull=False, tries__gte=1),
                name="accounts_challenge_passed",
            ),
            models.CheckConstraint(
                condition=Q(purpose=ChallengePurpose.SIGN_IN, session__isnull=True)
                | (~Q(purpose=ChallengePurpose.SIGN_IN) & Q(session__isnull=False)),
                name="accounts_challenge_session",
            ),
        )

    def __str__(self) -> str:
        return f"{self.purpose} challenge of {self.user_id}"

    def is_open(self, *, now: dt.datetime) -> bool:
        """Whether it can still be answered."""
        return self.passed_at is None and self.tries < MOST_TRIES and now < self.expires_at
