"""The staff site: Django's admin behind our own sign-in, reading what the actor may see.

Every page is drawn inside `reading(actor)`, so row-level security decides which rows exist. Posted
forms run outside of it: the use cases they lead to own their transactions. So does a page that asks
another server as well, which no transaction waits for; it says so and opens the view itself.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import SimpleTemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse

from accounts import policy
from accounts.policy import may
from kernel import clock
from kernel.actor import Door
from kernel.context import reading
from kernel.errors import PermissionDenied, VaultCraftError
from kernel.rates.admission import admit
from kernel.rates.errors import QuotaExceeded

if TYPE_CHECKING:
    from web.doors import PersonRequest

# Passwords are ours; `view_on_site` finds rows of any model around the lists' own querysets.
_VIEWS_NOT_OURS = {"password_change", "password_change_done", "view_on_site"}


class VaultCraftAdminConfig(AdminConfig):
    """Django's admin with our site in place of the stock one."""

    default_site = "web.admin_site.VaultCraftAdminSite"


class VaultCraftAdminSite(AdminSite):
    """Finance and support staff's site."""

    site_header = "VaultCraft"
    site_title = "VaultCraft admin"
    index_title = "Finance"
    empty_value_display = "—"

    def register(
        self, model_or_iterable: Any, admin_class: type[Any] | None = None, **options: Any
    ) -> None:
        """As Django's; the lists of other people's apps become as careful as ours."""
        from kernel.admin import CarefulAdmin

        stock: type[Any] = admin_class or ModelAdmin
        if not issubclass(stock, CarefulAdmin):
            stock = type(f"Careful{stock.__name__}", (CarefulAdmin, stock), {})
        super().register(model_or_iterable, stock, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether somebody is signed in whose role, and proof of who they are, open the site."""
        from web.doors import enter

        person = enter(request, door=Door.ADMIN)
        return person is not None and person.user.is_staff and _has_proven(person)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """As Django's, with the view and its template run under the actor's eyes."""
        return _strangers_counted(super().admin_view(_under_actors_eyes(view), cacheable))

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Our own pages first; some of Django's are left out."""
        from web.views import (
            staff,
            staff_backbone,
            staff_chart,
            staff_dead_letters,
            staff_erasing,
            staff_networks,
            staff_pending_acts,
            staff_people,
            staff_periods,
            staff_restoring,
            staff_sagas,
            staff_sessions,
            staff_system,
            staff_terms,
            staff_verification,
            staff_wallets,
        )

        pages = [
            ("trial-balance/", staff.trial_balance_page, "trial-balance"),
            ("backbone/", staff_backbone.overview, "backbone"),
            ("sagas/", staff_sagas.overview, "sagas"),
            ("sagas/mend/", staff_sagas.mend_page, "saga-mend"),
            ("dead-letters/replay/", staff_dead_letters.replay_page, "dead-letters-replay"),
            ("dead-letters/discard/", staff_dead_letters.discard_page, "dead-letters-discard"),
            ("people/erase/", staff_erasing.erase_page, "person-erase"),
            ("people/restore/", staff_restoring.restore_page, "person-restore"),
            ("networks/link/", staff_networks.send_link, "network-link"),
            ("organizations/status/", staff.organization_status, "organization-status"),
            ("people/reset-factors/", staff_people.reset_factors, "factor-reset"),
            ("people/end-sessions/", staff_sessions.end_sessions, "sessions-end"),
            ("ledger/period/open/", staff_periods.open_page, "period-open"),
            ("ledger/period/close/", staff_periods.close_page, "period-close"),
            ("ledger/period/withdraw/", staff_periods.withdraw_page, "period-withdraw"),
            ("ledger/ledgeraccount/rename/", staff_chart.rename_page, "account-rename"),
            ("ledger/ledgeraccount/close/", staff_chart.close_page, "account-close"),
            ("kyc/case/review/", staff_verification.review, "case-review"),
            ("pending-acts/", staff_pending_acts.queue, "pending-acts"),
            ("pending-acts/decide/", staff_pending_acts.decide, "pending-act-decide"),
            ("system/", staff_system.overview, "system"),
            ("system/setting/", staff_system.setting, "system-setting"),
            ("system/staff/", staff_system.staff_role, "system-staff"),
            ("system/staff/add/", staff_system.add_staff, "system-staff-add"),
            ("wallets/status/", staff_wallets.status, "wallet-status"),
            ("wallets/fees/", staff_terms.fee, "fee-set"),
            ("wallets/limits/", staff_terms.limit, "limit-set"),
            ("wallets/limits/general/", staff_terms.general_limit, "limit-general"),
            ("wallets/cash/", staff_wallets.cash, "wallet-cash"),
        ]
        own = [path(route, self.admin_view(view), name=name) for route, view, name in pages]
        stock = [
            url for url in super().get_urls() if getattr(url, "name", None) not in _VIEWS_NOT_OURS
        ]
        return [*own, *stock]

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Our own sign-in. Who has the role only proves who they are; who has not, learns so."""
        from web.doors import admit_strangers, enter, safe_next, sign_in_address
        from web.views import errors
        from web.views.security import proving_address

        try:
            admit_strangers(request, door=Door.WEB)
        except QuotaExceeded as error:
            return errors.refused(request, error)
        wanted = safe_next(request, request.GET.get("next") or reverse("admin:index"))
        person = enter(request)
        if person is None:
            return HttpResponseRedirect(sign_in_address(wanted))
        if not person.user.is_staff:
            return errors.refused(request, PermissionDenied())
        if _has_proven(person):
            return HttpResponseRedirect(wanted)
        return HttpResponseRedirect(proving_address(person, wanted=wanted))

    def logout(  # type: ignore[override] # Django allows any response, its stubs do not
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """End the session, as the dashboard's button does."""
        from accounts.services.sessions import revoke_session
        from web.doors import enter

        person = enter(request, door=Door.ADMIN)
        if person is not None and request.method == "POST":
            revoke_session(actor=person.actor, session_id=person.session_id, now=clock.now())
            request.session.flush()
        return HttpResponseRedirect(reverse("web:sign-in"))

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """What every page of the site knows."""
        context = super().each_context(request)
        actor = getattr(request, "actor", None)
        return {
            **context,
            "has_permission": bool(actor),
            "sees_system": actor is not None and may(actor, "system.read"),
            "sees_backbone": actor is not None and may(actor, "events.read_delivery"),
            **(_network_notice(request) if actor is not None else {}),
        }


def _has_proven(person: PersonRequest) -> bool:
    return policy.proof_opens_admin(
        platform_role=person.user.platform_role, second_factor=person.second_factor
    )


def _network_notice(request: HttpRequest) -> dict[str, Any]:
    """That power and money wait where this person was never seen, on whatever page they look at."""
    from web.presenters.whereabouts import network_notice

    person = cast("PersonRequest", request)
    back = request.get_full_path() if request.method == "GET" else ""
    with reading(person.actor):
        return network_notice(person, link_form="admin:network-link", back=back)


def _strangers_counted(view: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(view)
    def counted(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        from web.doors import admit_strangers
        from web.views import errors

        try:
            admit_strangers(request, door=Door.ADMIN)
        except QuotaExceeded as error:
            return errors.refused(request, error)
        return cast(HttpResponseBase, view(request, *args, **kwargs))

    return counted


def _under_actors_eyes(view: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(view)
    def seen(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        from web.doors import rate_of
        from web.views import errors

        try:
            actor = request.actor  # type: ignore[attr-defined] # set by has_permission
            admit(actor=actor, route=rate_of(view, request))
            if request.method == "POST" or getattr(view, "reads_for_itself", False):
                return cast(HttpResponseBase, view(request, *args, **kwargs))
            with reading(actor):
                response = view(request, *args, **kwargs)
                if isinstance(response, SimpleTemplateResponse):
                    response.render()
            return cast(HttpResponseBase, response)
        except VaultCraftError as error:
            return errors.refused(request, error)

    return seen
