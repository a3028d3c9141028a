"""Pages of the staff site beside Django's: the trial balance, and organizations' status."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts.models import Organization
from accounts.policy import require, require_but_place
from accounts.queries import visible_organizations
from accounts.services.organizations import activate_organization, suspend_organization
from kernel import clock
from kernel.actor import Actor
from kernel.context import reading
from kernel.errors import VaultCraftError
from kernel.money import display
from ledger.choices import AccountClass, Axis
from ledger.queries import (
    TrialBalanceRow,
    TrialBalanceTotal,
    currencies,
    first_of_each_sheet,
    stable_until,
    trial_balance,
    trial_balance_rows,
    trial_balance_totals,
)
from web.forms import LineField
from web.refusals import words_of

MOST_CHOSEN = 50
MOST_LINES = 1_000


@dataclasses.dataclass(frozen=True, slots=True)
class Line:
    """One account of the trial balance."""

    account_id: uuid.UUID
    code: str
    name: str
    account_class: str
    debit: str
    credit: str


@dataclasses.dataclass(frozen=True, slots=True)
class Sheet:
    """One organization and currency: its first accounts, and the two sums of all of them."""

    organization: str
    currency: str
    lines: list[Line]
    accounts: int
    debit: str
    credit: str
    balanced: bool


class ReasonForm(forms.Form):
    """Why: the reason is kept in the audit record."""

    reason = LineField(max_length=200, help_text="Kept in the audit record.")


def actor_of(request: HttpRequest) -> Actor:
    """The actor whom the site has put on the request."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def trial_balance_page(request: HttpRequest) -> HttpResponse:
    """Debits and credits per organization and currency, now or at an instant.

    :raises BadRequest: if the currency is none of ours, or the instant or axis cannot be read.
    """
    actor = actor_of(request)
    require(actor, "ledger.read")
    organizations = {row.id: row for row in visible_organizations(actor).order_by("display_name")}
    chosen = _uuid(request.GET.get("organization", ""))
    codes = [row.code for row in currencies()]
    currency = request.GET.get("currency", "")
    if currency and currency not in codes:
        raise BadRequest("There is no such currency")
    as_of, axis = _instant(request.GET.get("as_of", "")), _axis(request.GET.get("axis", ""))
    accounts = trial_balance(
        organization_id=chosen,
        currency=currency or None,
        as_of=as_of,
        axis=axis,
        known_at=stable_until(),
    )
    context = {
        **admin.site.each_context(request),
        "title": "Trial balance",
        "sheets": _sheets(
            trial_balance_totals(accounts),
            trial_balance_rows(first_of_each_sheet(accounts, most=MOST_LINES)),
            organizations,
        ),
        "organizations": organizations.values(),
        "chosen": chosen,
        "currency": currency,
        "currencies": codes,
        "as_of": as_of,
        "axis": axis,
        "axes": Axis.choices,
        "now": clock.now(),
    }
    return TemplateResponse(request, "admin/trial_balance.html", context)


def _sheets(
    totals: list[TrialBalanceTotal],
    rows: list[TrialBalanceRow],
    organizations: dict[uuid.UUID, Organization],
) -> list[Sheet]:
    lines: dict[tuple[uuid.UUID, str], list[Line]] = {}
    for row in rows:
        lines.setdefault((row.organization_id, row.currency), []).append(_line(row))
    sheets = []
    for total in totals:
        home = organizations.get(total.organization_id)
        sheets.append(
            Sheet(
                organization=home.display_name if home else str(total.organization_id),
                currency=total.currency,
                lines=lines.get((total.organization_id, total.currency), []),
                accounts=total.accounts,
                debit=_shown(total.debit_minor, total.currency, total.exponent),
                credit=_shown(total.credit_minor, total.currency, total.exponent),
                balanced=total.balanced,
            )
        )
    return sorted(sheets, key=lambda sheet: (sheet.organization, sheet.currency))


def _line(row: TrialBalanceRow) -> Line:
    return Line(
        account_id=row.account_id,
        code=row.code,
        name=row.name,
        account_class=AccountClass(row.account_class).label,
        debit=_shown(row.debit_minor, row.currency, row.exponent) if row.debit_minor else "",
        credit=_shown(row.credit_minor, row.currency, row.exponent) if row.credit_minor else "",
    )


def _shown(amount_minor: int, currency: str, exponent: int) -> str:
    return display(amount_minor=amount_minor, currency=currency, exponent=exponent)


_STATUS_CHANGES = {
    "activate": ("organizations.activate", "Activate organizations", "activated"),
    "suspend": ("organizations.suspend", "Suspend organizations", "suspended"),
}


def organization_status(request: HttpRequest) -> HttpResponse:
    """Confirm, then activate or suspend the chosen organizations, one use case each."""
    actor = actor_of(request)
    given = request.POST if request.method == "POST" else request.GET
    change = given.get("change", "")
    back = HttpResponseRedirect(reverse("admin:accounts_organization_changelist"))
    if change not in _STATUS_CHANGES:
        return back
    permission, title, done = _STATUS_CHANGES[change]
    require_but_place(actor, permission)
    chosen = chosen_ids(given.getlist("id"))
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if change == "activate":
        del form.fields["reason"]
    if request.method == "POST" and form.is_valid():
        for organization_id in chosen:
            _change(request, actor, change, done, organization_id, form.cleaned_data)
        return back
    with reading(actor):
        rows = [
            (row.id, row.display_name, row.get_status_display())
            for row in visible_organizations(actor).filter(id__in=chosen)
        ]
        context = {
            "title": title,
            "form": form,
            "rows": rows,
            "change": change,
            "danger": change == "suspend",
            "back": "admin:accounts_organization_changelist",
        }
        return draw(request, "admin/confirm.html", context)


def _change(
    request: HttpRequest,
    actor: Actor,
    change: str,
    done: str,
    organization_id: uuid.UUID,
    given: dict[str, Any],
) -> None:
    now = clock.now()
    try:
        if change == "activate":
            row = activate_organization(actor=actor, organization_id=organization_id, now=now)
        else:
            row = suspend_organization(
                actor=actor, organization_id=organization_id, reason=given["reason"], now=now
            )
    except VaultCraftError as error:
        messages.error(request, words_of(error))
    else:
        messages.success(request, f"{row.display_name} is {done}.")


def draw(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """A page of the site, rendered now, inside whatever transaction is open."""
    full = {**admin.site.each_context(request), **context}
    response = TemplateResponse(request, template, full)
    response.render()
    return response


def chosen_ids(texts: list[str]) -> list[uuid.UUID]:
    """The ids that were ticked, at most `MOST_CHOSEN`."""
    found = [_uuid(text) for text in texts[:MOST_CHOSEN]]
    return [one for one in found if one is not None]


def _instant(text: str) -> dt.datetime | None:
    """What a `datetime-local` input sends, read as UTC; None for an empty one."""
    if not text:
        return None
    try:
        return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)
    except ValueError as error:
        raise BadRequest("There is no such instant") from error


def _axis(text: str) -> Axis:
    try:
        return Axis(text or Axis.RECORDED)
    except ValueError as error:
        raise BadRequest("There is no such axis") from error


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
