"""What is asked and what is answered about the books."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api import fields, queries
from api.schema.shapes import page_shape
from api.v1.entries import Entry
from api.v1.ledger.homes import organization
from api.v1.shapes import id_member, minor
from ledger.choices import AccountClass, AccountKind, AccountStatus, Axis, TransactionKind

TAG = "Ledger"
READ = "ledger.read"


class AccountOrder(fields.StrictSerializer):
    """A general account; it is of its heading's class and may stand on either side of zero."""

    group = fields.PatternField(fields.id_pattern("agr"), message="Expected a heading's id.")
    currency = fields.currency()
    code = fields.LineField(
        max_length=32,
        help_text="Four digits, then capital letters, digits, and points or dashes between.",
    )
    name = fields.LineField(max_length=100, visible=True)
    organization = organization(
        help_text="Whose chart; for platform staff, who have no organization of their own."
    )


class AccountChange(fields.StrictSerializer):
    """What may change about a general account."""

    name = fields.LineField(max_length=100, visible=True)


class LedgerAccount(serializers.Serializer[Any]):
    """One account in the books of one organization."""

    id = id_member("acc")
    organization = id_member("org")
    code = serializers.CharField()
    name = serializers.CharField()
    group = id_member("agr", allow_null=True, help_text="Its heading in the chart of accounts.")
    kind = serializers.ChoiceField(choices=AccountKind.choices)
    account_class = serializers.ChoiceField(choices=AccountClass.choices)
    currency = serializers.CharField()
    status = serializers.ChoiceField(choices=AccountStatus.choices)
    posted_minor = minor(help_text="Positive on the account's normal side.")
    held_minor = minor()
    posted_display = serializers.CharField()
    counterparty = id_member("org", allow_null=True, help_text="For clearing accounts.")
    version = serializers.IntegerField(min_value=0, help_text="How many entries it has.")
    created_at = serializers.DateTimeField()


LedgerAccountPage = page_shape(LedgerAccount, "LedgerAccountPage")


class UndoneEntry(serializers.Serializer[Any]):
    """How much of one entry was undone, and how much could still be."""

    seq = serializers.IntegerField(min_value=1)
    reversed_minor = minor()
    left_minor = minor()


class TransactionReversals(serializers.Serializer[Any]):
    """What was undone of a transaction; the list filtered by `reverses` shows by which others."""

    count = serializers.IntegerField(min_value=0)
    entries = UndoneEntry(many=True)


class Transaction(serializers.Serializer[Any]):
    """A balanced set of entries."""

    id = id_member("txn")
    organization = id_member("org")
    kind = serializers.ChoiceField(choices=TransactionKind.choices)
    transfer = id_member("trf", allow_null=True)
    reverses = id_member("txn", allow_null=True, help_text="What it undoes, whole or in part.")
    description = serializers.CharField()
    effective_at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()
    entries = Entry(many=True)
    reversals = TransactionReversals(
        required=False, help_text="Where one transaction is read: it grows later."
    )


TransactionPage = page_shape(Transaction, "TransactionPage")


class TrialBalanceRow(serializers.Serializer[Any]):
    """One account, its balance on the side where it stands."""

    organization = id_member("org")
    account = id_member("acc")
    currency = serializers.CharField()
    code = serializers.CharField()
    name = serializers.CharField()
    account_class = serializers.ChoiceField(choices=AccountClass.choices)
    debit_minor = minor()
    credit_minor = minor()
    debit_display = serializers.CharField()
    credit_display = serializers.CharField()


class TrialBalanceTotal(serializers.Serializer[Any]):
    """The sums of one organization and currency."""

    organization = id_member("org")
    currency = serializers.CharField()
    debit_minor = serializers.IntegerField(min_value=0)
    credit_minor = serializers.IntegerField(min_value=0)
    debit_display = serializers.CharField()
    credit_display = serializers.CharField()
    balanced = serializers.BooleanField()


TrialBalancePage = page_shape(
    TrialBalanceRow,
    "TrialBalancePage",
    as_of=serializers.DateTimeField(allow_null=True, help_text="Null for now."),
    axis=serializers.ChoiceField(choices=Axis.choices),
    known_at=serializers.DateTimeField(
        help_text="All pages of a walk show what was recorded by this instant of its first page."
    ),
    totals=TrialBalanceTotal(
        many=True,
        allow_null=True,
        help_text="Of all accounts, on the first page; the rows of all pages add up to them."
        " Null on the other pages.",
    ),
)


class AccountQuery(queries.PageQuery):
    """Filters of the list."""

    list_name = "accounts"

    kind = queries.one_of(*AccountKind.values, required=False)
    account_class = queries.one_of(*AccountClass.values, required=False)
    currency = fields.currency(required=False)


class TransactionQuery(queries.PageQuery):
    """Filters of the list."""

    list_name = "transactions"

    kind = queries.one_of(*TransactionKind.values, required=False)
    reverses = fields.PatternField(
        fields.id_pattern("txn"),
        message="Expected a transaction's id.",
        required=False,
        help_text="Only what undoes this transaction.",
    )
