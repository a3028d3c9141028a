"""The operations on wallets."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any, ClassVar

from django.http import HttpResponse
from rest_framework.request import Request

from accounts.policy import require
from api import fields, queries
from api.answers import Answer
from api.endpoint import Endpoint, actor_of, body_of, path_id
from api.pagination import page_of
from api.schema.operations import operation
from api.v1.entries import EntryPage, rendered_entries
from api.v1.organizations import Reason
from api.v1.wallets.limits import WalletLimits, rendered_limits
from api.v1.wallets.shapes import (
    ME,
    ORGANIZATION,
    Wallet,
    WalletOrder,
    WalletPage,
    WalletQuery,
    rendered_wallets,
)
from kernel import clock, ids
from kernel.context import reading
from kernel.errors import VaultCraftError
from ledger import errors as ledger_errors
from ledger.queries import entries_of_account
from wallets import errors as wallet_errors
from wallets.choices import WalletKind
from wallets.models import Wallet as WalletRow
from wallets.queries import limits_of, visible_wallets, wallet_of
from wallets.services import wallets as service

TAG = "Wallets"
PATH = {"wallet": fields.WALLET_REFERENCE}


class Wallets(Endpoint):
    """The list of wallets, and opening one."""

    @operation(
        "list_wallets",
        tag=TAG,
        summary="List wallets, newest first",
        response=WalletPage,
        query=WalletQuery,
    )
    def get(self, request: Request) -> HttpResponse:
        """One page of the wallets the caller may see."""
        actor, query = actor_of(request), queries.query_of(request, WalletQuery)
        now = clock.now()
        rows = visible_wallets(actor)
        if "status" in query:
            rows = rows.filter(account__status=query["status"])
        if "owner" in query:
            rows = rows.filter(owner_id=_owner_id(query["owner"], actor_id=actor.id))
        plain = {"kind": query.get("kind"), "currency_id": query.get("currency")}
        rows = rows.filter(**{name: value for name, value in plain.items() if value})
        with reading(actor):
            page = page_of(
                request,
                rows,
                query=query,
                render=lambda found: rendered_wallets(found, now=now),
            )
        return Answer.of(page).response()

    @operation(
        "open_wallet",
        tag=TAG,
        summary="Open a wallet",
        description="One of each kind and currency for each holder.",
        request=WalletOrder,
        response=Wallet,
        status=201,
        refusals=(
            wallet_errors.HolderNotFound,
            wallet_errors.WalletExists,
            wallet_errors.OrganizationInactive,
            ledger_errors.CurrencyUnknown,
        ),
    )
    def post(self, request: Request) -> HttpResponse:
        """Open a wallet in the caller's organization."""
        actor, order = actor_of(request), body_of(request, WalletOrder)
        default = ME if actor.kind.value == "user" else ORGANIZATION
        opened = service.open_wallet(
            actor=actor,
            owner_id=_owner_id(order.get("owner", default), actor_id=actor.id),
            kind=WalletKind(order["kind"]),
            currency=order["currency"],
            now=clock.now(),
        )
        location = f"/api/v1/wallets/{ids.encode('wal', opened.id)}"
        return Answer.of(_read_back(request, opened.id), status=201, location=location).response()


def _owner_id(text: str, *, actor_id: uuid.UUID | None) -> uuid.UUID | None:
    if text == ORGANIZATION:
        return None
    return actor_id if text == ME else path_id("usr", text)


class OneWallet(Endpoint):
    """One wallet."""

    @operation(
        "read_wallet",
        tag=TAG,
        summary="Read one wallet",
        response=Wallet,
        query=queries.Query,
        path=PATH,
        refusals=(wallet_errors.WalletNotFound,),
    )
    def get(self, request: Request, wallet: str) -> HttpResponse:
        """The wallet with its balances now."""
        actor, _ = actor_of(request), queries.query_of(request)
        with reading(actor):
            row = wallet_of(actor=actor, wallet=wallet)
            found = rendered_wallets([row], now=clock.now())[0]
        return Answer.of(found).response()


class LimitsOfWallet(Endpoint):
    """What a wallet may still spend."""

    @operation(
        "read_wallet_limits",
        tag=TAG,
        summary="Read what a wallet may spend in a day and a month, and what is left of it",
        description="Days and months are of the organization's time zone. An organization's own"
        " wallets have no limits.",
        response=WalletLimits,
        query=queries.Query,
        path=PATH,
        refusals=(wallet_errors.WalletNotFound,),
    )
    def get(self, request: Request, wallet: str) -> HttpResponse:
        """The windows that run now."""
        actor, _ = actor_of(request), queries.query_of(request)
        require(actor, "wallets.read_terms")
        with reading(actor):
            row = wallet_of(actor=actor, wallet=wallet)
            limits = limits_of(row, now=clock.now())
            found = {
                "wallet": ids.encode("wal", row.id),
                "currency": row.currency_id,
                **rendered_limits(limits, currency=row.currency_id),
            }
        return Answer.of(found).response()


class WalletEntryQuery(queries.PageQuery):
    """Where to go on in the list."""

    list_name = "wallet_entries"


class WalletEntries(Endpoint):
    """The entries of one wallet."""

    @operation(
        "list_wallet_entries",
        tag=TAG,
        summary="List a wallet's entries with the balance after each, newest first",
        response=EntryPage,
        query=WalletEntryQuery,
        path=PATH,
        refusals=(wallet_errors.WalletNotFound,),
    )
    def get(self, request: Request, wallet: str) -> HttpResponse:
        """One page of entries."""
        actor, query = actor_of(request), queries.query_of(request, WalletEntryQuery)
        with reading(actor):
            row = wallet_of(actor=actor, wallet=wallet)
            page = page_of(
                request,
                entries_of_account(row.account_id),
                query=query,
                render=rendered_entries,
                key="version",
            )
        return Answer.of(page).response()


class _StateChange(Endpoint):
    change: ClassVar[Callable[..., WalletRow]]

    def _changed(self, request: Request, wallet: str) -> HttpResponse:
        actor, order = actor_of(request), body_of(request, Reason)
        with reading(actor):
            wallet_id = _known_id(wallet)
        type(self).change(actor=actor, wallet_id=wallet_id, now=clock.now(), **order)
        return Answer.of(_read_back(request, wallet_id)).response()


def _state_change(
    operation_id: str, summary: str, *refusals: type[VaultCraftError]
) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    return operation(
        operation_id,
        tag=TAG,
        summary=summary,
        request=Reason,
        response=Wallet,
        path=PATH,
        refusals=(wallet_errors.WalletNotFound, ledger_errors.AccountStateConflict, *refusals),
    )


class FreezeWallet(_StateChange):
    """Money comes in, none goes out."""

    change = staticmethod(service.freeze_wallet)

    @_state_change("freeze_wallet", "Stop a wallet from paying out")
    def post(self, request: Request, wallet: str) -> HttpResponse:
        """Freeze."""
        return self._changed(request, wallet)


class UnfreezeWallet(_StateChange):
    """Back to normal."""

    change = staticmethod(service.unfreeze_wallet)

    @_state_change("unfreeze_wallet", "Let a wallet pay out again")
    def post(self, request: Request, wallet: str) -> HttpResponse:
        """Unfreeze."""
        return self._changed(request, wallet)


class SuspendWallet(_StateChange):
    """No money in, none out; platform staff only."""

    change = staticmethod(service.suspend_wallet)

    @_state_change("suspend_wallet", "Stop a wallet altogether (platform staff)")
    def post(self, request: Request, wallet: str) -> HttpResponse:
        """Suspend."""
        return self._changed(request, wallet)


class CloseWallet(_StateChange):
    """For good, when empty."""

    change = staticmethod(service.close_wallet)

    @_state_change("close_wallet", "Close an empty wallet for good", ledger_errors.AccountNotEmpty)
    def post(self, request: Request, wallet: str) -> HttpResponse:
        """Close."""
        return self._changed(request, wallet)


def _known_id(wallet: str) -> uuid.UUID:
    """The wallet's id, whether it was named by id or by handle."""
    if wallet.startswith("wal_"):
        return path_id("wal", wallet)
    try:
        handle = ids.normalize_handle(wallet)
    except ids.MalformedId:
        raise wallet_errors.WalletNotFound() from None
    found = WalletRow.objects.filter(handle=handle).values_list("id", flat=True).first()
    if found is None:
        raise wallet_errors.WalletNotFound()
    return found


def _read_back(request: Request, wallet_id: uuid.UUID) -> dict[str, Any]:
    with reading(actor_of(request)):
        rows = WalletRow.objects.select_related("account", "owner")
        return rendered_wallets([rows.get(id=wallet_id)], now=clock.now())[0]
