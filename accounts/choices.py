"""Closed lists. The values are stored and published, so they never change meaning."""

from __future__ import annotations

import enum

from django.db import models


class OrganizationStatus(models.TextChoices):
    """Pending until a platform admin activates it; only active organizations move money."""

    PENDING = "pending", "Pending"
    ACTIVE = "active", "Active"
    SUSPENDED = "suspended", "Suspended"


class Role(models.TextChoices):
    """What a person is inside an organization."""

    OWNER = "owner", "Owner"
    ADMIN = "admin", "Admin"
    FINANCE = "finance", "Finance"
    MEMBER = "member", "Member"
    VIEWER = "viewer", "Viewer"


class PlatformRole(models.TextChoices):
    """What a person is on the platform's own staff; the fourth tier, user, is everybody else."""

    MODERATOR = "moderator", "Moderator"
    ADMIN = "admin", "Admin"
    SUPER_ADMIN = "super_admin", "Super admin"


class KeyScope(enum.StrEnum):
    """What an API key may be allowed to do."""

    WALLETS_READ = "wallets:read"
    WALLETS_WRITE = "wallets:write"
    WALLETS_DEBIT_ANY = "wallets:debit-any"
    TRANSFERS_READ = "transfers:read"
    TRANSFERS_WRITE = "transfers:write"
    CASH_WRITE = "cash:write"
    LEDGER_READ = "ledger:read"


class SessionEnd(models.TextChoices):
    """Why a sign-in session stopped counting."""

    SIGNED_OUT = "signed_out", "Signed out"
    KILLED = "killed", "Ended by somebody else"
    REFRESH_REUSED = "refresh_reused", "A used refresh token came back"
    MEMBER_REMOVED = "member_removed", "The person was removed"


class PendingActState(models.TextChoices):
    """Pending until somebody decides or its time runs out; every other state is final."""

    PENDING = "pending", "Waiting"
    APPROVED = "approved", "Approved"
    FAILED = "failed", "Approved, and refused"
    REJECTED = "rejected", "Rejected"
    WITHDRAWN = "withdrawn", "Withdrawn"
    EXPIRED = "expired", "Expired"
