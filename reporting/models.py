"""Projections of the books, made of events alone; `manage.py rebuild_projection` makes them anew.

They come after the books by as long as an event takes, so nothing is decided by them.
"""

from __future__ import annotations

from django.db import models


class AccountStanding(models.Model):
    """A ledger account as its last event tells it.

    :ivar version: how many entries the account has.
    :ivar balance_minor: after the last of them, on the account's normal side.
    :ivar changed_at: when that was recorded.
    """

    account_id = models.UUIDField(primary_key=True)
    organization_id = models.UUIDField()
    currency = models.TextField()
    version = models.BigIntegerField()
    balance_minor = models.BigIntegerField()
    changed_at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=["organization_id"], name="standing_organization"),)
        constraints = (
            models.CheckConstraint(condition=models.Q(version__gte=1), name="standing_version"),
        )

    def __str__(self) -> str:
        return f"{self.account_id} at {self.version}"


class AccountClosing(models.Model):
    """What an account showed at the end of a quarter of an hour in which it changed.

    Days are made of these while reading: a day of any time zone begins at a quarter of an hour of
    UTC, and an organization that counts in another zone from now on needs no other rows.

    :ivar quarter: its beginning.
    """

    pk = models.CompositePrimaryKey("account_id", "quarter")
    account_id = models.UUIDField()
    quarter = models.DateTimeField()
    organization_id = models.UUIDField()
    version = models.BigIntegerField()
    balance_minor = models.BigIntegerField()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=models.Q(version__gte=1), name="closing_version"),
        )

    def __str__(self) -> str:
        return f"{self.account_id} in {self.quarter}"
