"""The operations on the books."""

from __future__ import annotations

from django.http import HttpResponse
from rest_framework.request import Request

from accounts.policy import require
from api import queries
from api.answers import Answer
from api.endpoint import Endpoint, actor_of, body_of, path_id
from api.pagination import page_of
from api.schema.operations import operation
from api.v1.entries import EntryPage, rendered_entries
from api.v1.ledger.homes import home_of
from api.v1.ledger.rendering import (
    rendered_account,
    rendered_reversals,
    rendered_transaction,
)
from api.v1.ledger.shapes import (
    READ,
    TAG,
    AccountChange,
    AccountOrder,
    AccountQuery,
    LedgerAccount,
    LedgerAccountPage,
    Transaction,
    TransactionPage,
    TransactionQuery,
)
from api.v1.organizations import Nothing
from kernel import clock
from kernel.context import reading
from kernel.errors import NotFound
from ledger import errors as ledger_errors
from ledger import queries as books
from ledger.services.chart import close_account, open_account, rename_account


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

    @operation(
        "open_ledger_account",
        tag=TAG,
        summary="Open a general account below a heading of the chart",
        description="Accounts of wallets, cash, fees and clearing open by themselves.",
        request=AccountOrder,
        response=LedgerAccount,
        status=201,
        refusals=(
            NotFound,
            ledger_errors.CurrencyUnknown,
            ledger_errors.CodeUnusable,
            ledger_errors.CodeReserved,
            ledger_errors.CodeTaken,
        ),
    )
    def post(self, request: Request) -> HttpResponse:
        """Open one."""
        actor, order = actor_of(request), body_of(request, AccountOrder)
        account = open_account(
            actor=actor,
            organization_id=home_of(actor, order),
            group_id=path_id("agr", order["group"]),
            currency=order["currency"],
            code=order["code"],
            name=order["name"],
            now=clock.now(),
        )
        return Answer.of(rendered_account(account), status=201).response()


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

    @operation(
        "rename_ledger_account",
        tag=TAG,
        summary="Give a general account another name",
        request=AccountChange,
        response=LedgerAccount,
        path={"account_id": "acc"},
        refusals=(ledger_errors.AccountNotGeneral,),
    )
    def patch(self, request: Request, account_id: str) -> HttpResponse:
        """Rename."""
        actor, order = actor_of(request), body_of(request, AccountChange)
        account = rename_account(
            actor=actor,
            account_id=path_id("acc", account_id),
            name=order["name"],
            now=clock.now(),
        )
        return Answer.of(rendered_account(account)).response()


class CloseAccount(Endpoint):
    """The end of a general account."""

    @operation(
        "close_ledger_account",
        tag=TAG,
        summary="Close a general account that stands at zero, for good",
        request=Nothing,
        response=LedgerAccount,
        path={"account_id": "acc"},
        refusals=(
            ledger_errors.AccountNotGeneral,
            ledger_errors.AccountNotEmpty,
            ledger_errors.AccountStateConflict,
        ),
    )
    def post(self, request: Request, account_id: str) -> HttpResponse:
        """Close."""
        actor, _ = actor_of(request), body_of(request, Nothing)
        account = close_account(actor=actor, account_id=path_id("acc", account_id), now=clock.now())
        return Answer.of(rendered_account(account)).response()


class AccountEntryQuery(queries.PageQuery):
    """Where to go on in the list."""

    list_name = "account_entries"


class AccountEntries(Endpoint):
    """The entries of one account."""

    @operation(
        "list_ledger_account_entries",
        tag=TAG,
        summary="List an account's entries with the balance after each, newest first",
        response=EntryPage,
        query=AccountEntryQuery,
        path={"account_id": "acc"},
    )
    def get(self, request: Request, account_id: str) -> HttpResponse:
        """One page of entries."""
        actor, query = actor_of(request), queries.query_of(request, AccountEntryQuery)
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
        if "reverses" in query:
            rows = rows.filter(reverses=path_id("txn", query["reverses"]))
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
        summary="Read one transaction with its entries, and what was undone of it",
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
            reversals = rendered_reversals(row, books.reversals_of(row))
        found = {**rendered_transaction(row), "reversals": reversals}
        return Answer.of(found).response()
