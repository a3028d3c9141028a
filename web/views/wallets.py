"""Wallets: the overview, one wallet with its running balance, opening and stopping."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts.models import User
from accounts.policy import may
from accounts.queries import visible_people
from kernel import clock
from kernel.actor import Actor
from kernel.context import reading
from kernel.errors import VaultCraftError
from ledger.choices import AccountStatus
from ledger.queries import entries_of_account
from wallets.choices import WalletKind
from wallets.errors import WalletNotFound
from wallets.models import AccountNumber, Wallet
from wallets.policy import may_debit, may_reveal_number
from wallets.queries import limits_of, visible_transfers, visible_wallets, wallet_of
from wallets.services.wallets import close_wallet, freeze_wallet, open_wallet, unfreeze_wallet
from web.doors import PersonRequest, acts, reads
from web.forms import OpenWalletForm
from web.pages import page, page_or_part
from web.pagination import window
from web.presenters.choices import currency_choices, holder_choices
from web.presenters.ledger import statement_row
from web.presenters.terms import holds_address, limits_card
from web.presenters.wallets import WalletCard, wallet_card
from web.refusals import STATUS_OF_KIND, explain, words_of

MOST_WALLETS = 300
MOST_PEOPLE = 300


@dataclasses.dataclass(frozen=True, slots=True)
class Group:
    """Wallets under one heading."""

    title: str
    wallets: list[WalletCard]


@dataclasses.dataclass(frozen=True, slots=True)
class Action:
    """A button that changes a wallet's status."""

    key: str
    label: str
    icon: str
    danger: bool = False


@reads
def overview(request: PersonRequest) -> HttpResponse:
    """Every wallet one may see, and the form to open one."""
    return _overview_page(request, _open_form(request))


@acts
def open_one(request: PersonRequest) -> HttpResponse:
    """Open a wallet for oneself, a colleague or the organization."""
    with reading(request.actor):
        form = _open_form(request, data=True)
        if form is None or not form.is_valid():
            return _overview_page(request, form, status=400)
    try:
        wallet = open_wallet(
            actor=request.actor,
            owner_id=_owner_id(request.actor, form.cleaned_data.get("owner", "")),
            kind=WalletKind(form.cleaned_data["kind"]),
            currency=form.cleaned_data["currency"],
            now=clock.now(),
        )
    except VaultCraftError as error:
        explain(form, error)
        with reading(request.actor):
            return _overview_page(request, form, status=STATUS_OF_KIND[error.kind])
    messages.success(request, f"Wallet {wallet.handle} is open.")
    return HttpResponseRedirect(reverse("web:wallet", args=[wallet.handle]))


@reads
def detail(request: PersonRequest, wallet: str) -> HttpResponse:
    """One wallet: balance, entries with the balance after each, what can be done."""
    found = wallet_of(actor=request.actor, wallet=wallet)
    shown = window(
        request, entries_of_account(found.account_id), field="version", parse=_version, render=str
    )
    wanted = [one for entry in shown.rows if (one := entry.transaction.transfer_id)]
    transfers = {row.id: row for row in visible_transfers(request.actor).filter(id__in=wanted)}
    context = {
        "wallet": wallet_card(found),
        "limits": limits_card(found, limits_of(found, now=clock.now())),
        "holds_url": holds_address(found.handle),
        "entries": [
            statement_row(entry, wallet_id=found.id, transfers=transfers) for entry in shown.rows
        ],
        "pager": shown.pager,
        "actions": _actions(request.actor, found),
        "account_number": AccountNumber.objects.filter(wallet=found).first(),
        "may_reveal": may_reveal_number(
            request.actor, organization_id=found.organization_id, owner_id=found.owner_id
        ),
        "may_send": _may_send(request.actor, found),
    }
    return page_or_part(
        request,
        whole="web/wallet.html",
        part="web/wallet_entries.html",
        context=context,
        here="wallets",
    )


@acts
def change_status(request: PersonRequest, wallet: str) -> HttpResponse:
    """Freeze, unfreeze or close."""
    with reading(request.actor):
        found = wallet_of(actor=request.actor, wallet=wallet)
    use_case, done = _CHANGES.get(request.POST.get("action", ""), (None, ""))
    reason = request.POST.get("reason", "").strip()[:200]
    place = HttpResponseRedirect(reverse("web:wallet", args=[found.handle]))
    if use_case is None or not reason:
        messages.error(request, "Say why: the reason is kept in the audit record.")
        return place
    try:
        use_case(actor=request.actor, wallet_id=found.id, reason=reason, now=clock.now())
    except VaultCraftError as error:
        messages.error(request, words_of(error))
    else:
        messages.success(request, f"Wallet {found.handle} is {done}.")
    return place


_CHANGES: dict[str, tuple[Callable[..., Wallet], str]] = {
    "freeze": (freeze_wallet, "frozen"),
    "unfreeze": (unfreeze_wallet, "active again"),
    "close": (close_wallet, "closed"),
}


def _overview_page(
    request: PersonRequest, form: OpenWalletForm | None, *, status: int = 200
) -> HttpResponse:
    wallets = list(visible_wallets(request.actor).order_by("id")[:MOST_WALLETS])
    currencies = {wallet.currency_id for wallet in wallets}
    organization = request.user.organization
    inactive = organization is not None and not organization.is_active
    context = {
        "inactive": inactive,
        "groups": _groups(request.actor, wallets),
        "form": None if inactive else form,
        "wallet_count": len(wallets),
        "cut_off": len(wallets) == MOST_WALLETS,
        "currency_count": len(currencies),
    }
    return page(request, "web/wallets.html", context, here="wallets", status=status)


def _groups(actor: Actor, wallets: list[Wallet]) -> list[Group]:
    yours = [wallet_card(one) for one in wallets if one.owner_id == actor.id]
    house = [wallet_card(one) for one in wallets if one.owner_id is None]
    others = [wallet_card(one) for one in wallets if one.owner_id not in (None, actor.id)]
    titled = (("Yours", yours), ("Of the organization", house), ("Of colleagues", others))
    return [Group(title, cards) for title, cards in titled if cards]


def _open_form(request: PersonRequest, *, data: bool = False) -> OpenWalletForm | None:
    if not may(request.actor, "wallets.open"):
        return None
    organization = request.user.organization
    people: list[User] = []
    if may(request.actor, "wallets.open_any"):
        people = list(visible_people(request.actor).filter(is_active=True)[:MOST_PEOPLE])
    return OpenWalletForm(
        request.POST if data else None,
        initial={"currency": organization.base_currency if organization else None},
        currencies=currency_choices(),
        owners=holder_choices(request.actor, people),
    )


def _owner_id(actor: Actor, holder: str) -> uuid.UUID | None:
    if holder == "organization":
        return None
    return uuid.UUID(holder) if holder else actor.id


def _may_send(actor: Actor, wallet: Wallet) -> bool:
    alive = wallet.account.status == AccountStatus.ACTIVE
    return alive and may_debit(
        actor, organization_id=wallet.organization_id, owner_id=wallet.owner_id
    )


def _actions(actor: Actor, wallet: Wallet) -> list[Action]:
    status = wallet.account.status
    actions = []
    if status == AccountStatus.ACTIVE and may(actor, "wallets.freeze"):
        actions.append(Action("freeze", "Freeze", "snowflake"))
    if status == AccountStatus.FROZEN and may(actor, "wallets.unfreeze"):
        actions.append(Action("unfreeze", "Unfreeze", "lock-open"))
    empty = wallet.account.posted_minor == 0 and wallet.account.held_minor == 0
    open_still = status in (AccountStatus.ACTIVE, AccountStatus.FROZEN)
    if empty and open_still and may(actor, "wallets.close"):
        actions.append(Action("close", "Close", "ban", danger=True))
    return actions


def _version(text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise WalletNotFound() from error
