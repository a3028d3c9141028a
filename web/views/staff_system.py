"""System management on the staff site: settings, staff, and which keys there are."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.choices import PlatformRole
from accounts.models import DataKey, User
from accounts.policy import may, require_but_place
from accounts.services.runtime import fresh_value
from accounts.services.staff import change_staff_role, close_staff_account, create_staff
from accounts.services.system_settings import set_setting
from accounts.system import DECLARED, Declared, Value
from accounts.tokens import signing_key_ids
from kernel import clock
from kernel.actor import Actor
from kernel.context import reading
from kernel.errors import VaultCraftError
from web.refusals import words_of
from web.views.staff import actor_of, chosen_ids, draw
from web.views.staff_pending_acts import said

READ, MANAGE, STAFF = "system.read", "system.manage", "staff.manage"
MOST_STAFF = 300


class StaffForm(forms.Form):
    """A new person of the staff; the password is handed over by hand and changed by them."""

    full_name = forms.CharField(max_length=200)
    email = forms.EmailField(label="E-mail")
    platform_role = forms.ChoiceField(label="Role", choices=PlatformRole.choices)
    password = forms.CharField(
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        max_length=200,
        help_text="At least 8 characters. Hand it over yourself; they change it.",
    )


def overview(request: HttpRequest) -> HttpResponse:
    """Everything a super admin manages, on one page."""
    require_but_place(actor_of(request), READ)
    return _page(request, StaffForm())


@require_POST
def setting(request: HttpRequest) -> HttpResponse:
    """Set one setting."""
    actor = actor_of(request)
    require_but_place(actor, MANAGE)
    name = request.POST.get("name", "")
    declared = DECLARED.get(name)
    try:
        value = _value(declared, request.POST.get("value", ""))
        done = set_setting(actor=actor, name=name, value=value, now=clock.now())
    except VaultCraftError as error:
        messages.error(request, words_of(error))
    else:
        said(request, done, "It is set.")
    return _back()


@require_POST
def staff_role(request: HttpRequest) -> HttpResponse:
    """Give somebody of the staff another role, or close the account."""
    actor, now = actor_of(request), clock.now()
    role = request.POST.get("role", "")
    # Whom it closes, and so what closing takes, the service knows.
    require_but_place(actor, STAFF, stopping=role == "close")
    (user_id,) = chosen_ids([request.POST.get("id", "")]) or (None,)
    if user_id is None:
        return _back()
    try:
        if role == "close":
            done: object = close_staff_account(actor=actor, user_id=user_id, now=now)
        else:
            done = change_staff_role(actor=actor, user_id=user_id, platform_role=role, now=now)
    except VaultCraftError as error:
        messages.error(request, words_of(error))
    else:
        said(request, done, "The account is closed." if role == "close" else "The role is given.")
    return _back()


@require_POST
def add_staff(request: HttpRequest) -> HttpResponse:
    """Add somebody to the staff."""
    actor = actor_of(request)
    require_but_place(actor, STAFF)
    form = StaffForm(request.POST)
    if form.is_valid():
        try:
            user = create_staff(actor=actor, now=clock.now(), **form.cleaned_data)
        except VaultCraftError as error:
            form.add_error(None, words_of(error))
        else:
            waits = "" if user.is_active else " The account opens once a second person agrees."
            messages.success(request, f"{user.full_name} is added.{waits}")
            return _back()
    return _page(request, form)


def _page(request: HttpRequest, form: StaffForm) -> HttpResponse:
    actor = actor_of(request)
    with reading(actor):
        context = {
            "title": "System",
            "settings": [_shown(one) for one in DECLARED.values()],
            "staff": _staff(actor),
            "roles": PlatformRole.choices,
            "form": form if may(actor, STAFF) else None,
            "signing_keys": signing_key_ids(),
            "data_keys": _data_keys(),
        }
        return draw(request, "admin/system.html", context)


def _shown(declared: Declared) -> dict[str, Any]:
    return {
        "name": declared.name,
        "title": declared.title,
        "help": declared.help,
        "value": fresh_value(declared.name),
        "is_flag": isinstance(declared.default, bool),
        "least": declared.least,
        "most": declared.most,
    }


def _staff(actor: Actor) -> list[dict[str, Any]]:
    rows = User.objects.filter(platform_role__isnull=False).order_by("full_name")[:MOST_STAFF]
    return [
        {
            "id": row.id,
            "name": row.full_name,
            "email": row.email,
            "role": row.get_platform_role_display(),
            "role_value": row.platform_role,
            "active": row.is_active,
            "own": row.id == actor.id,
        }
        for row in rows
    ]


def _data_keys() -> list[dict[str, Any]]:
    """How many data keys each version of the master key wraps; never a key."""
    keys = DataKey.objects.order_by("master_version").values("master_version")
    return [dict(row) for row in keys.annotate(keys=Count("id"))]


def _value(declared: Declared | None, text: str) -> Value | str:
    if declared is None:
        return text
    if isinstance(declared.default, bool):
        return {"yes": True, "no": False}.get(text, text)
    return int(text) if text.isascii() and text.isdigit() else text


def _back() -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:system"))
