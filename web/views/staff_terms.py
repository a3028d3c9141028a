"""Setting fees and limits on the staff site, filled in with what holds now."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts.policy import require_but_place
from accounts.queries import visible_organizations
from kernel import clock
from kernel.actor import Actor
from kernel.context import reading
from kernel.errors import VaultCraftError
from kyc.choices import Tier
from wallets.choices import WalletKind
from wallets.models import FeeSchedule, LimitRule
from wallets.queries import fee_schedules, limit_rules
from wallets.services.terms import set_fee_schedule, set_limit_rule, withdraw_limit_rule
from web.forms import FeeForm, LimitForm, OrganizationFeeForm
from web.presenters.choices import currency_choices
from web.presenters.money import plain
from web.refusals import words_of
from web.views.organization import charged_kinds
from web.views.staff import actor_of, chosen_ids, draw
from web.views.staff_pending_acts import said
from web.views.terms import explain_terms, exponent_of, fee_terms, minor_or_zero

_FEES = "admin:wallets_feeschedule_changelist"
_USUAL_CURRENCY = "INR"
_LIMITS = "admin:wallets_limitrule_changelist"


def fee(request: HttpRequest) -> HttpResponse:
    """One fee of one organization."""
    actor = actor_of(request)
    require_but_place(actor, "wallets.set_fees")
    with reading(actor):
        form = OrganizationFeeForm(
            request.POST if request.method == "POST" else None,
            initial=_fee_now(_chosen(request, fee_schedules())),
            organizations=_organizations(actor),
            kinds=charged_kinds(),
            currencies=currency_choices(),
        )
    if request.method == "POST" and form.is_valid() and _fee_set(request, actor, form):
        return HttpResponseRedirect(reverse(_FEES))
    lead = "It holds for everything confirmed from now on. Everything empty makes it free."
    return _page(request, "Set a fee", lead, form, _FEES)


def limit(request: HttpRequest) -> HttpResponse:
    """The limits of one kind of wallet of one organization; staff only."""
    actor = actor_of(request)
    require_but_place(actor, "wallets.set_limits")
    with reading(actor):
        form = LimitForm(
            request.POST if request.method == "POST" else None,
            initial=_limit_now(_chosen(request, limit_rules())),
            organizations=_organizations(actor),
            currencies=currency_choices(),
        )
    if request.method == "POST" and form.is_valid() and _limit_set(request, actor, form):
        return HttpResponseRedirect(reverse(_LIMITS))
    lead = (
        "An organization's own rule replaces the general one. A rule for one tier holds beside the"
        " one for everybody: the smaller limit counts. What was spent already counts."
    )
    return _page(request, "Set a limit", lead, form, _LIMITS)


def general_limit(request: HttpRequest) -> HttpResponse:
    """Confirm, then let the general rule hold in place of each chosen one."""
    actor = actor_of(request)
    require_but_place(actor, "wallets.set_limits")
    given = request.POST if request.method == "POST" else request.GET
    chosen = chosen_ids(given.getlist("id"))
    if request.method == "POST":
        for rule_id in chosen:
            _limit_withdrawn(request, actor, rule_id)
        return HttpResponseRedirect(reverse(_LIMITS))
    with reading(actor):
        rows = [
            (row.id, _named(row), str(row.organization or "Every organization"))
            for row in limit_rules().filter(id__in=chosen).select_related("organization")
        ]
        title = "Withdraw these limits"
        context = {"title": title, "form": Form(), "rows": rows, "danger": True}
        return draw(request, "admin/confirm.html", context)


def _named(row: LimitRule) -> str:
    holders = "" if row.tier is None else f" · {Tier(row.tier).label}"
    return f"{row.get_wallet_kind_display()} · {row.currency_id}{holders}"


def _limit_withdrawn(request: HttpRequest, actor: Actor, rule_id: uuid.UUID) -> None:
    try:
        done = withdraw_limit_rule(actor=actor, limit_rule_id=rule_id, now=clock.now())
    except VaultCraftError as error:
        messages.error(request, words_of(error))
    else:
        said(request, done, "The limit is withdrawn; the general rules hold.")


def _page(
    request: HttpRequest, title: str, lead: str, form: FeeForm | LimitForm, back: str
) -> HttpResponse:
    context = {"title": title, "lead": lead, "form": form, "back_url": reverse(back)}
    return draw(request, "admin/terms.html", context)


def _chosen(request: HttpRequest, rows: Any) -> Any:
    """The ticked row, of which a list may have sent one."""
    ids = chosen_ids(request.GET.getlist("id"))
    return rows.filter(id=ids[0]).first() if ids else None


def _organizations(actor: Actor) -> list[tuple[str, str]]:
    rows = visible_organizations(actor).order_by("display_name")
    return [(str(row.id), row.display_name) for row in rows]


def _fee_now(row: FeeSchedule | None) -> dict[str, Any]:
    if row is None:
        return {"currency": _USUAL_CURRENCY}
    exponent = row.currency.exponent
    return {
        "organization": str(row.organization_id),
        "kind": row.kind,
        "currency": row.currency_id,
        "fixed": plain(row.fixed_minor, exponent),
        "percent": plain(row.bps, 2),
        "floor": plain(row.floor_minor, exponent),
        "ceiling": "" if row.ceiling_minor is None else plain(row.ceiling_minor, exponent),
    }


def _limit_now(row: LimitRule | None) -> dict[str, Any]:
    if row is None:
        return {"currency": _USUAL_CURRENCY}
    exponent = row.currency.exponent
    return {
        "organization": str(row.organization_id or ""),
        "wallet_kind": row.wallet_kind,
        "currency": row.currency_id,
        "tier": "" if row.tier is None else row.tier,
        "day": "" if row.day_minor is None else plain(row.day_minor, exponent),
        "month": "" if row.month_minor is None else plain(row.month_minor, exponent),
    }


def _fee_set(request: HttpRequest, actor: Actor, form: OrganizationFeeForm) -> bool:
    """Whether it is set; else the reason stands on the form."""
    try:
        done = set_fee_schedule(
            actor=actor,
            organization_id=uuid.UUID(form.cleaned_data["organization"]),
            now=clock.now(),
            **fee_terms(form),
        )
    except VaultCraftError as error:
        explain_terms(form, error)
        return False
    said(request, done, "The fee is set.")
    return True


def _limit_set(request: HttpRequest, actor: Actor, form: LimitForm) -> bool:
    """Whether it is set; else the reason stands on the form."""
    given = form.cleaned_data
    try:
        exponent = exponent_of(given["currency"])
        done = set_limit_rule(
            actor=actor,
            organization_id=uuid.UUID(given["organization"]) if given["organization"] else None,
            wallet_kind=WalletKind(given["wallet_kind"]),
            currency=given["currency"],
            tier=given["tier"],
            day_minor=minor_or_zero(given["day"], exponent) if given["day"] else None,
            month_minor=minor_or_zero(given["month"], exponent) if given["month"] else None,
            now=clock.now(),
        )
    except VaultCraftError as error:
        explain_terms(form, error)
        return False
    said(request, done, "The limit is set.")
    return True
