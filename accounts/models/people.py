"""People: members of one organization, or the platform's own staff."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from accounts import policy, staff_views
from accounts.choices import ERASED_AT, OrganizationStatus, PlatformRole, Role
from accounts.models.organizations import Organization
from kernel.models import IdentifiedModel

_MEMBER = Q(organization__isnull=False, role__isnull=False, platform_role__isnull=True)
_STAFF = Q(organization__isnull=True, role__isnull=True, platform_role__isnull=False)


class UserManager(BaseUserManager["User"]):
    """People are created by services; Django only looks them up here."""

    def get_by_natural_key(self, username: str | None) -> User:
        """The person who signs in with this address, in whatever case it was typed."""
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser, IdentifiedModel):
    """A person who signs in with an e-mail address.

    Either a member (an organization and a role in it) or staff (a platform role), never both: the
    database checks it. The address is kept in lower case and is unique in any case.
    """

    email = models.EmailField(unique=True)
    full_name = models.CharField(max_length=200)
    organization = models.ForeignKey(
        Organization, null=True, on_delete=models.PROTECT, related_name="people"
    )
    role = models.CharField(max_length=16, choices=Role.choices, null=True)
    platform_role = models.CharField(max_length=16, choices=PlatformRole.choices, null=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    email_confirmed_at = models.DateTimeField(
        null=True, help_text="When the person showed that the mailbox is theirs."
    )
    factors_reset_at = models.DateTimeField(
        null=True, help_text="When two others reset the person's lost second factors."
    )
    factors_renewed_at = models.DateTimeField(
        null=True, help_text="When the person first added a factor after that."
    )
    role_given_by = models.ForeignKey(
        "self",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        help_text="Who invited the person, or gave them the role they have; null: the program.",
    )
    role_given_at = models.DateTimeField(null=True)
    role_givers = models.JSONField(
        default=dict,
        editable=False,
        help_text="Everybody who gave the person a role, with when they last did; the"
        " database writes it.",
    )
    password_changed_at = models.DateTimeField(
        null=True, help_text="When the person last chose another password; null: never."
    )

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(Lower("email"), name="accounts_user_email_any_case"),
            models.CheckConstraint(condition=_MEMBER | _STAFF, name="accounts_user_one_side"),
            models.CheckConstraint(
                condition=Q(role__isnull=True) | Q(role__in=Role.values), name="accounts_user_role"
            ),
            models.CheckConstraint(
                condition=Q(platform_role__isnull=True) | Q(platform_role__in=PlatformRole.values),
                name="accounts_user_platform_role",
            ),
            models.CheckConstraint(
                condition=Q(factors_renewed_at__isnull=True) | Q(factors_reset_at__isnull=False),
                name="accounts_user_factors_renewed",
            ),
            models.CheckConstraint(
                condition=Q(role_given_by__isnull=True) | Q(role_given_at__isnull=False),
                name="accounts_user_giver_and_date",
            ),
            models.CheckConstraint(
                condition=Q(role_given_at__isnull=True) | Q(role_given_at__gte=F("created_at")),
                name="accounts_user_role_after_creation",
            ),
            models.CheckConstraint(
                condition=Q(is_active=False) | ~Q(email__endswith=ERASED_AT),
                name="accounts_user_erased_is_closed",
            ),
        )

    def __str__(self) -> str:
        return self.full_name

    def get_full_name(self) -> str:
        """The name as the person writes it."""
        return self.full_name

    def get_short_name(self) -> str:
        """The first word of the name, for greetings."""
        return self.full_name.partition(" ")[0]

    @property
    def texts_about(self) -> list[str]:
        """What somebody who guesses this person's password would begin with."""
        home = [self.organization.name] if self.organization else []
        return [self.full_name, self.email, *home]

    @property
    def may_sign_in(self) -> bool:
        """Whether the account counts: itself active, its organization not suspended."""
        if not self.is_active:
            return False
        return self.organization is None or self.organization.status != OrganizationStatus.SUSPENDED

    def may(self, permission: str) -> bool:
        """Whether this person's roles carry the permission."""
        return policy.role_may(
            role=self.role, platform_role=self.platform_role, permission=permission
        )

    @property
    def is_staff(self) -> bool:
        """Whether the staff site opens for this person; Django asks under this name."""
        return self.is_active and self.may("admin.open")

    @property
    def is_superuser(self) -> bool:
        """Nobody is above the permission table."""
        return False

    def has_perm(self, perm: str, obj: object | None = None) -> bool:
        """Answer Django's ``app.view_model`` from the permission table; all else is refused."""
        app_label, _, codename = perm.partition(".")
        verb, _, model = codename.partition("_")
        wanted = staff_views.permission_to_view(app_label=app_label, model=model)
        return self.is_active and verb == "view" and wanted is not None and self.may(wanted)

    def has_perms(self, perm_list: list[str], obj: object | None = None) -> bool:
        """Whether `has_perm` answers yes to all of them."""
        return all(self.has_perm(perm, obj) for perm in perm_list)

    def has_module_perms(self, app_label: str) -> bool:
        """Whether the person may look at anything of an app."""
        wanted = staff_views.permissions_to_view(app_label)
        return self.is_active and any(self.may(permission) for permission in wanted)
