"""Organizations, people, invitations, sessions and keys on the staff site."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.shortcuts import redirect
from django.urls import reverse

from accounts import policy, queries
from accounts.models import ApiKey, Invitation, Organization, PendingMail, SignInSession, User
from kernel.admin import ReadOnlyAdmin

admin.site.unregister(Group)  # roles are the permission table's, not Django's


def _to_status_page(model_admin: Any, request: Any, change: str) -> Any:
    chosen = request.POST.getlist("_selected_action")
    query = urlencode({"change": change, "id": chosen}, doseq=True)
    return redirect(f"{reverse('admin:organization-status')}?{query}")


@admin.register(Organization)
class OrganizationAdmin(ReadOnlyAdmin):
    """Tenants; platform admins activate and suspend them here."""

    list_display = ("display_name", "status", "country", "base_currency", "created_at")
    list_filter = ("status", "country", "base_currency")
    search_fields = ("name", "display_name", "slug")
    actions = ("activate", "suspend")

    def get_queryset(self, request: Any) -> QuerySet[Organization]:
        """One's own, or all for the platform."""
        return queries.visible_organizations(request.actor)

    @admin.action(description="Activate…", permissions=["activate"])
    def activate(self, request: Any, queryset: QuerySet[Organization]) -> Any:
        """To the page that asks for confirmation."""
        return _to_status_page(self, request, "activate")

    @admin.action(description="Suspend…", permissions=["suspend"])
    def suspend(self, request: Any, queryset: QuerySet[Organization]) -> Any:
        """To the page that asks for the reason."""
        return _to_status_page(self, request, "suspend")

    def has_activate_permission(self, request: Any) -> bool:
        """Whether the action is offered."""
        return policy.may(request.actor, "organizations.activate")

    def has_suspend_permission(self, request: Any) -> bool:
        """Whether the action is offered."""
        return policy.may(request.actor, "organizations.suspend")


@admin.register(User)
class UserAdmin(ReadOnlyAdmin):
    """People and platform staff."""

    list_display = ("full_name", "email", "organization", "role", "platform_role", "is_active")
    list_filter = ("role", "platform_role", "is_active")
    list_select_related = ("organization",)
    search_fields = ("full_name", "email")
    exclude = ("password", "last_login")
    actions = ("reset_factors", "end_sessions", "restore", "erase")

    @admin.action(description="Reset lost second factors…", permissions=["reset_factors"])
    def reset_factors(self, request: Any, queryset: QuerySet[User]) -> Any:
        """To the page that asks for the reason."""
        chosen = request.POST.getlist("_selected_action")
        query = urlencode({"id": chosen}, doseq=True)
        return redirect(f"{reverse('admin:factor-reset')}?{query}")

    def has_reset_factors_permission(self, request: Any) -> bool:
        """Whether the action is offered."""
        return policy.may(request.actor, "people.reset_factors")

    def get_queryset(self, request: Any) -> QuerySet[User]:
        """Colleagues, or everybody for the platform."""
        return queries.visible_people(request.actor)

    @admin.action(description="Give a role back…", permissions=["restore"])
    def restore(self, request: Any, queryset: QuerySet[User]) -> Any:
        """To the page that asks for the role."""
        query = urlencode({"id": request.POST.getlist("_selected_action")}, doseq=True)
        return redirect(f"{reverse('admin:person-restore')}?{query}")

    def has_restore_permission(self, request: Any) -> bool:
        """Whether the action is offered."""
        return policy.may(request.actor, "people.restore")

    @admin.action(description="Erase…", permissions=["erase"])
    def erase(self, request: Any, queryset: QuerySet[User]) -> Any:
        """To the page that asks for the id, typed out."""
        query = urlencode({"id": request.POST.getlist("_selected_action")}, doseq=True)
        return redirect(f"{reverse('admin:person-erase')}?{query}")

    def has_erase_permission(self, request: Any) -> bool:
        """Whether the action is offered."""
        return policy.may(request.actor, "people.shred")

    @admin.action(description="End all sessions…", permissions=["end_sessions"])
    def end_sessions(self, request: Any, queryset: QuerySet[User]) -> Any:
        """To the page that asks for confirmation."""
        query = urlencode({"id": request.POST.getlist("_selected_action")}, doseq=True)
        return redirect(f"{reverse('admin:sessions-end')}?{query}")

    def has_end_sessions_permission(self, request: Any) -> bool:
        """Whether the action is offered."""
        return policy.may(request.actor, "sessions.revoke_any")


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    """Open and closed invitations; the tokens' hashes stay out of sight."""

    list_display = ("email", "organization", "role", "expires_at", "accepted_at", "withdrawn_at")
    list_select_related = ("organization",)
    search_fields = ("email",)
    exclude = ("token_hash", "mailed_token_hash")

    def get_queryset(self, request: Any) -> QuerySet[Invitation]:
        """Of one's own organization, or all for the platform."""
        return queries.visible_invitations(request.actor)


@admin.register(SignInSession)
class SignInSessionAdmin(ReadOnlyAdmin):
    """Who is signed in from where."""

    list_display = ("user", "door", "ip", "last_ip", "opened_at", "last_seen_at", "revoked_at")
    list_filter = ("door", "revoked_reason")
    search_fields = ("user__full_name", "user__email")

    def get_queryset(self, request: Any) -> QuerySet[SignInSession]:
        """One's own, and those of others one may end."""
        return queries.visible_sessions(request.actor)


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyAdmin):
    """Keys by their prefix; the secret's hash stays out of sight."""

    list_display = (
        "name",
        "prefix",
        "organization",
        "exempt_from",
        "created_at",
        "last_used_at",
        "revoked_at",
    )
    list_select_related = ("organization",)
    search_fields = ("name", "prefix")
    exclude = ("secret_hash",)

    @admin.display(description="Spared by its scopes")
    def exempt_from(self, key: ApiKey) -> str:
        """The checks that people meet and this key does not."""
        return "; ".join(one.label for one in policy.exemptions_of(key.scopes)) or "—"

    def get_queryset(self, request: Any) -> QuerySet[ApiKey]:
        """Of one's own organization, or all for the platform."""
        return queries.visible_api_keys(request.actor)


@admin.register(PendingMail)
class PendingMailAdmin(ReadOnlyAdmin):
    """Mail that waits, and mail that could not be sent; what is in it nobody sees."""

    list_display = ("kind", "organization", "created_at", "attempts", "died_at", "failure")
    list_filter = ("kind", "failure")
    list_select_related = ("organization",)
    exclude = ("sealed",)

    def get_queryset(self, request: Any) -> QuerySet[PendingMail]:
        """For the platform."""
        return queries.visible_pending_mail(request.actor)
