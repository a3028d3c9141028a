"""The books, read-only: accounts, transactions with their entries, the trial balance."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from accounts.policy import require
from api import fields, queries
from api.answers import Answer
from api.endpoint import Endpoint, actor_of, path_id
from api.pagination import page_of
from api.schema.operations import operation
from api.schema.shapes import page_shape
from api.v1.entries import Entry, EntryPage, rendered_entries, rendered_entry
from api.v1.rendering import instant, shown, typed_id
from api.v1.shapes import id_member, minor
from kernel import ids
from kernel.context import reading
from ledger import queries as books
from ledger.choices import AccountClass, AccountKind, AccountStatus, TransactionKind

TAG = "Ledger"
READ = "ledger.read"


class LedgerAccount(serializers.Serializer[Any]):
    """One account in the books of one organization."""

    id = id_member("acc")
    organization = id_member("org")
    code = serializers.CharField()
    name = serializers.CharField()
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


class Transaction(serializers.Serializer[Any]):
    """A balanced set of entries."""

    id = id_member("txn")
    organization = id_member("org")
    kind = serializers.ChoiceField(choices=TransactionKind.choices)
    transfer = id_member("trf", allow_null=True)
    description = serializers.CharField()
    effective_at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()
    entries = Entry(many=True)


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


class TrialBalance(serializers.Serializer[Any]):
    """Every account, summed from its entries."""

    rows = TrialBalanceRow(many=True)
    totals = TrialBalanceTotal(many=True)


class AccountQuery(queries.PageQuery):
    """Filters of the list."""

    kind = queries.one_of(*AccountKind.values, required=False)
    account_class = queries.one_of(*AccountClass.values, required=False)
    currency = fields.currency(required=False)


class TransactionQuery(queries.PageQuery):
    """Filters of the list."""

    kind = queries.one_of(*TransactionKind.values, required=False)


class TrialBalanceQuery(queries.Query):
    """Which books."""

    currency = fields.currency(required=False)
    organization = fields.PatternField(
        fields.id_pattern("org"),
        message="Expected an organization's id.",
        required=False,
        help_text="For platform staff, who otherwise see all.",
    )


class Accounts(Endpoint):
    """The chart of accounts."""

    @operation(
        "list_ledger_accounts",
        tag=TAG,
        summary="List ledger accounts, newest first",
        response=LedgerAccountPage,
        query=AccountQuery,
    )
    def get(self, request: Request) -> HttpResponse:
        """One page of accounts."""
        actor, query = actor_of(request), queries.query_of(request, AccountQuery)
        require(actor, READ)
        wanted = {
            "kind": query.get("kind"),
            "account_class": query.get("account_class"),
            "currency_id": query.get("currency"),
        }
        rows = books.accounts().filter(**{name: value for name, value in wanted.items() if value})
        with reading(actor):
            page = page_of(
                request,
                rows,
                query=query,
                render=lambda found: [rendered_account(row) for row in found],
            )
        return Answer.of(page).response()


class OneAccount(Endpoint):
    """One account."""

    @operation(
        "read_ledger_account",
        tag=TAG,
        summary="Read one ledger account",
        response=LedgerAccount,
        query=queries.Query,
        path={"account_id": "acc"},
    )
    def get(self, request: Request, account_id: str) -> HttpResponse:
        """The account with its balance now."""
        actor, _ = actor_of(request), queries.query_of(request)
        require(actor, READ)
        with reading(actor):
            found = rendered_account(books.account_of(path_id("acc", account_id)))
        return Answer.of(found).response()


class AccountEntries(Endpoint):
    """The entries of one account."""

    @operation(
        "list_ledger_account_entries",
        tag=TAG,
        summary="List an account's entries with the balance after each, newest first",
        response=EntryPage,
        query=queries.PageQuery,
        path={"account_id": "acc"},
    )
    def get(self, request: Request, account_id: str) -> HttpResponse:
        """One page of entries."""
        actor, query = actor_of(request), queries.query_of(request, queries.PageQuery)
        require(actor, READ)
        with reading(actor):
            account = books.account_of(path_id("acc", account_id))
            page = page_of(
                request,
                books.entries_of_account(account.id),
                query=query,
                render=rendered_entries,
                key="version",
            )
        return Answer.of(page).response()


class Transactions(Endpoint):
    """The journal."""

    @operation(
        "list_ledger_transactions",
        tag=TAG,
        summary="List transactions with their entries, newest first",
        response=TransactionPage,
        query=TransactionQuery,
    )
    def get(self, request: Request) -> HttpResponse:
        """One page of transactions."""
        actor, query = actor_of(request), queries.query_of(request, TransactionQuery)
        require(actor, READ)
        rows = books.transactions()
        if "kind" in query:
            rows = rows.filter(kind=query["kind"])
        with reading(actor):
            page = page_of(
                request,
                rows,
                query=query,
                render=lambda found: [rendered_transaction(row) for row in found],
            )
        return Answer.of(page).response()


class OneTransaction(Endpoint):
    """One transaction."""

    @operation(
        "read_ledger_transaction",
        tag=TAG,
        summary="Read one transaction with its entries",
        response=Transaction,
        query=queries.Query,
        path={"transaction_id": "txn"},
    )
    def get(self, request: Request, transaction_id: str) -> HttpResponse:
        """The transaction."""
        actor, _ = actor_of(request), queries.query_of(request)
        require(actor, READ)
        with reading(actor):
            row = books.transaction_of(path_id("txn", transaction_id))
            found = rendered_transaction(row)
        return Answer.of(found).response()


class TrialBalances(Endpoint):
    """Do the books balance?"""

    @operation(
        "read_trial_balance",
        tag=TAG,
        summary="Read the trial balance, per organization and currency",
        response=TrialBalance,
        query=TrialBalanceQuery,
    )
    def get(self, request: Request) -> HttpResponse:
        """Every account and the sums."""
        actor, query = actor_of(request), queries.query_of(request, TrialBalanceQuery)
        require(actor, READ)
        wanted = query.get("organization")
        with reading(actor):
            rows = books.trial_balance(
                organization_id=path_id("org", wanted) if wanted else None,
                currency=query.get("currency"),
            )
        found = {
            "rows": [_balance_row(row) for row in rows],
            "totals": [_balance_total(total) for total in books.trial_balance_totals(rows)],
        }
        return Answer.of(found).response()


def rendered_account(account: Any) -> dict[str, Any]:
    """One account with its balance."""
    return {
        "id": ids.encode("acc", account.id),
        "organization": ids.encode("org", account.organization_id),
        "code": account.code,
        "name": account.name,
        "kind": account.kind,
        "account_class": account.account_class,
        "currency": account.currency_id,
        "status": account.status,
        "posted_minor": account.posted_minor,
        "held_minor": account.held_minor,
        "posted_display": shown(account.posted_minor, account.currency_id),
        "counterparty": typed_id("org", account.counterparty_id),
        "version": account.version,
        "created_at": instant(account.created_at),
    }


def rendered_transaction(transaction: Any) -> dict[str, Any]:
    """One transaction with its entries in their order."""
    entries = list(transaction.entries.all())
    for entry in entries:
        entry.transaction = transaction
    return {
        "id": ids.encode("txn", transaction.id),
        "organization": ids.encode("org", transaction.organization_id),
        "kind": transaction.kind,
        "transfer": typed_id("trf", transaction.transfer_id),
        "description": transaction.description,
        "effective_at": instant(transaction.effective_at),
        "recorded_at": instant(transaction.recorded_at),
        "entries": [rendered_entry(entry) for entry in entries],
    }


def _balance_row(row: books.TrialBalanceRow) -> dict[str, Any]:
    return {
        "organization": ids.encode("org", row.organization_id),
        "account": ids.encode("acc", row.account_id),
        "currency": row.currency,
        "code": row.code,
        "name": row.name,
        "account_class": row.account_class,
        **_sides(row),
    }


def _balance_total(total: books.TrialBalanceTotal) -> dict[str, Any]:
    return {
        "organization": ids.encode("org", total.organization_id),
        "currency": total.currency,
        **_sides(total),
        "balanced": total.balanced,
    }


def _sides(both: books.TrialBalanceRow | books.TrialBalanceTotal) -> dict[str, Any]:
    return {
        "debit_minor": both.debit_minor,
        "credit_minor": both.credit_minor,
        "debit_display": shown(both.debit_minor, both.currency),
        "credit_display": shown(both.credit_minor, both.currency),
    }
