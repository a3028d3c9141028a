"""Currencies, the chart of accounts, and the accounts themselves."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from kernel.models import IdentifiedModel
from kernel.money import MAX_MINOR
from ledger.choices import AccountClass, AccountKind, AccountStatus


class Currency(models.Model):
    """A currency and the number of digits its minor unit stands behind the point (0, 2 or 3)."""

    code = models.CharField(max_length=3, primary_key=True)
    name = models.TextField()
    exponent = models.PositiveSmallIntegerField()

    class Meta:
        verbose_name_plural = "currencies"
        ordering = ("code",)
        constraints = (
            models.CheckConstraint(condition=Q(exponent__in=(0, 2, 3)), name="currency_exponent"),
            models.CheckConstraint(condition=Q(code__regex="^[A-Z]{3}$"), name="currency_code"),
        )

    def __str__(self) -> str:
        return self.code


class AccountGroup(IdentifiedModel):
    """A heading of an organization's chart of accounts. It holds no money and has no currency."""

    organization = models.ForeignKey("accounts.Organization", models.PROTECT, related_name="+")
    code = models.TextField(help_text="Unique in the organization, in chart order.")
    name = models.TextField()
    account_class = models.TextField(choices=AccountClass)
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        related_name="children",
        db_constraint=False,
        help_text="Null: one of the chart's roots.",
    )
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("code",)
        constraints = (
            models.UniqueConstraint(fields=["organization", "code"], name="account_group_code"),
            # The target of the composite foreign keys of children and accounts.
            models.UniqueConstraint(
                fields=["id", "organization", "account_class"], name="account_group_identity"
            ),
            models.CheckConstraint(
                condition=Q(account_class__in=AccountClass.values), name="account_group_class"
            ),
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=F("id")),
                name="account_group_not_own_parent",
            ),
        )

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class LedgerAccount(IdentifiedModel):
    """One account of one organization in one currency."""

    organization = models.ForeignKey("accounts.Organization", models.PROTECT, related_name="+")
    kind = models.TextField(choices=AccountKind)
    account_class = models.TextField(choices=AccountClass)
    currency = models.ForeignKey(Currency, models.PROTECT, related_name="+")
    code = models.TextField(help_text="Unique in the organization and currency.")
    name = models.TextField()
    parent = models.ForeignKey(
        AccountGroup,
        models.PROTECT,
        null=True,
        related_name="accounts",
        db_constraint=False,
        db_index=False,
        help_text="Its heading in the chart; of the same organization and class.",
    )
    counterparty = models.ForeignKey(
        "accounts.Organization",
        models.PROTECT,
        null=True,
        related_name="+",
        help_text="The other side, for clearing accounts.",
    )
    status = models.TextField(choices=AccountStatus, default=AccountStatus.ACTIVE)
    stopped_by_platform = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Whether only the platform may lift the present status.",
    )
    posted_minor = models.BigIntegerField(default=0, db_default=0)
    held_minor = models.BigIntegerField(default=0, db_default=0)
    floor_minor = models.BigIntegerField(null=True, help_text="Null: may go negative.")
    ceiling_minor = models.BigIntegerField(null=True, help_text="Null: no ceiling.")
    version = models.BigIntegerField(default=0, db_default=0)
    last_recorded_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("code",)
        constraints = (
            models.UniqueConstraint(
                fields=["organization", "currency", "code"], name="account_code"
            ),
            # The target of the entries' composite foreign key.
            models.UniqueConstraint(
                fields=["id", "organization", "currency"], name="account_identity"
            ),
            models.UniqueConstraint(
                fields=["organization", "counterparty", "currency"],
                condition=Q(kind=AccountKind.CLEARING),
                name="account_one_clearing_per_pair",
            ),
            models.UniqueConstraint(
                fields=["organization", "currency", "kind"],
                condition=Q(kind__in=(AccountKind.CASH, AccountKind.FEE_INCOME)),
                name="account_one_of_kind",
            ),
            models.CheckConstraint(
                condition=Q(floor_minor__isnull=True)
                | Q(posted_minor__gte=F("floor_minor") + F("held_minor")),
                name="account_above_floor",
            ),
            models.CheckConstraint(
                condition=Q(ceiling_minor__isnull=True) | Q(posted_minor__lte=F("ceiling_minor")),
                name="account_below_ceiling",
            ),
            models.CheckConstraint(
                condition=Q(posted_minor__range=(-MAX_MINOR, MAX_MINOR)), name="account_range"
            ),
            models.CheckConstraint(condition=Q(held_minor__gte=0), name="account_held"),
            models.CheckConstraint(
                condition=~Q(kind__in=(AccountKind.WALLET, AccountKind.CASH))
                | Q(floor_minor__isnull=False, floor_minor__gte=0),
                name="account_has_floor",
            ),
            models.CheckConstraint(
                condition=Q(kind=AccountKind.WALLET, account_class=AccountClass.LIABILITY)
                | Q(kind=AccountKind.CASH, account_class=AccountClass.ASSET)
                | Q(kind=AccountKind.CLEARING, account_class=AccountClass.LIABILITY)
                | Q(kind=AccountKind.FEE_INCOME, account_class=AccountClass.INCOME)
                | Q(kind=AccountKind.FX_POSITION, account_class=AccountClass.EQUITY)
                | Q(kind=AccountKind.GENERAL),
                name="account_kind_has_class",
            ),
            models.CheckConstraint(
                condition=Q(kind=AccountKind.CLEARING) & Q(counterparty__isnull=False)
                | ~Q(kind=AccountKind.CLEARING) & Q(counterparty__isnull=True),
                name="account_clearing_has_counterparty",
            ),
            models.CheckConstraint(
                condition=Q(counterparty__isnull=True) | ~Q(counterparty=F("organization")),
                name="account_counterparty_is_another",
            ),
            models.CheckConstraint(
                condition=~Q(kind=AccountKind.CLEARING) | Q(ceiling_minor__isnull=False),
                name="account_clearing_has_ceiling",
            ),
            models.CheckConstraint(
                condition=Q(status__in=AccountStatus.values), name="account_status"
            ),
            models.CheckConstraint(
                condition=Q(account_class__in=AccountClass.values), name="account_class"
            ),
        )

    def __str__(self) -> str:
        return f"{self.code} {self.currency_id}"

    @property
    def available_minor(self) -> int:
        """What can be paid out now: posted less held, above the floor."""
        return self.posted_minor - self.held_minor - (self.floor_minor or 0)
