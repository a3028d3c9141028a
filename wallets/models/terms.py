"""Terms under which wallets pay out: what it costs, and how much they may spend."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from kernel.models import IdentifiedModel
from kernel.money import MAX_MINOR
from kyc.choices import Tier
from wallets.choices import TransferKind, WalletKind
from wallets.models.wallets import Wallet

# Kinds of movement an organization may charge for: those its customers ask for.
CHARGEABLE = (
    TransferKind.TRANSFER,
    TransferKind.CAPTURE,
    TransferKind.WITHDRAWAL,
    TransferKind.PAYOUT,
)


class FeeSchedule(IdentifiedModel):
    """What an organization charges the paying wallet for one kind of movement in one currency.

    The fee is `fixed_minor` plus `bps` hundredths of a percent of the amount, rounded half up, not
    below `floor_minor` and not above `ceiling_minor`; all in minor units.
    """

    organization = models.ForeignKey("accounts.Organization", models.PROTECT, related_name="+")
    kind = models.TextField(choices=TransferKind)
    currency = models.ForeignKey("ledger.Currency", models.PROTECT, related_name="+")
    fixed_minor = models.BigIntegerField(default=0)
    bps = models.PositiveIntegerField(default=0, help_text="Hundredths of a percent of the amount.")
    floor_minor = models.BigIntegerField(default=0)
    ceiling_minor = models.BigIntegerField(null=True, help_text="Null: no ceiling.")
    account = models.ForeignKey(
        "ledger.LedgerAccount",
        models.PROTECT,
        related_name="+",
        db_constraint=False,
        help_text="The income account that receives it.",
    )
    set_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["organization", "kind", "currency"], name="fee_schedule_one"
            ),
            models.CheckConstraint(
                condition=Q(fixed_minor__range=(0, MAX_MINOR), floor_minor__range=(0, MAX_MINOR))
                & Q(bps__lte=10_000)
                & (Q(ceiling_minor__isnull=True) | Q(ceiling_minor__gte=F("floor_minor"))),
                name="fee_schedule_amounts",
            ),
            models.CheckConstraint(condition=Q(kind__in=CHARGEABLE), name="fee_schedule_kind"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.currency_id}"


class LimitRule(IdentifiedModel):
    """How much people's wallets of one kind and currency may pay out, in minor units.

    A rule without an organization holds for every organization that has none of its own. An
    organization's own wallets have no limits. Days and months are of the organization's time zone.

    A rule with a tier holds for the wallets of people who are known so well, beside the rule
    without one: of two limits the smaller counts, so a rule for everybody never opens what a tier
    closes. A person whose tier no rule names has the other limits only.
    """

    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, null=True, related_name="+"
    )
    wallet_kind = models.TextField(choices=WalletKind)
    currency = models.ForeignKey("ledger.Currency", models.PROTECT, related_name="+")
    tier = models.PositiveSmallIntegerField(
        choices=Tier, null=True, help_text="Null: whatever the holder's tier."
    )
    day_minor = models.BigIntegerField(null=True, help_text="Null: no daily limit.")
    month_minor = models.BigIntegerField(null=True, help_text="Null: no monthly limit.")
    set_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(
        null=True, help_text="Since when the general rule holds again; null: this one does."
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["organization", "wallet_kind", "currency", "tier"],
                name="limit_rule_one",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=(Q(day_minor__isnull=True) | Q(day_minor__range=(0, MAX_MINOR)))
                & (Q(month_minor__isnull=True) | Q(month_minor__range=(0, MAX_MINOR))),
                name="limit_rule_amounts",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True)
                | Q(organization__isnull=False)
                | Q(tier__isnull=False),
                name="limit_rule_general_stays",
            ),
            models.CheckConstraint(
                condition=Q(tier__isnull=True) | Q(tier__in=Tier.values), name="limit_rule_tier"
            ),
            models.CheckConstraint(
                condition=Q(wallet_kind__in=WalletKind.values), name="limit_rule_kind"
            ),
        )

    def __str__(self) -> str:
        return f"{self.wallet_kind} {self.currency_id}"


class SpendingUsage(models.Model):
    """What a wallet paid out in the running day and month, in minor units.

    One row for each wallet, rewritten when a new day or month begins: a window that is over limits
    nothing. Written only under the lock of the wallet's account.
    """

    # Its foreign key is composite, with the organization.
    wallet = models.OneToOneField(
        Wallet, models.PROTECT, primary_key=True, related_name="+", db_constraint=False
    )
    organization = models.ForeignKey(
        "accounts.Organization",
        models.PROTECT,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    day = models.DateField(help_text="In the organization's time zone.")
    day_minor = models.BigIntegerField()
    month = models.DateField(help_text="The month's first day.")
    month_minor = models.BigIntegerField()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(day_minor__gte=0, month_minor__gte=0), name="spending_usage_amounts"
            ),
        )

    def __str__(self) -> str:
        return f"{self.day_minor} on {self.day}"
