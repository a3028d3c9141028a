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


class Exemption(models.TextChoices):
    """What people meet and keys with some scopes do not; shown wherever a key is."""

    APPROVALS = "approvals", "Pays without a payer’s approval"
    DUAL_CONTROL = "dual_control", "Records withdrawals that no threshold counts"


class SessionEnd(models.TextChoices):
    """Why a sign-in session stopped counting."""

    SIGNED_OUT = "signed_out", "Signed out"
    KILLED = "killed", "Ended by somebody else"
    ENDED_ELSEWHERE = "ended_elsewhere", "Ended by its person from elsewhere"
    REFRESH_REUSED = "refresh_reused", "A used refresh token came back"
    MEMBER_REMOVED = "member_removed", "The person was removed"
    PASSWORD_CHANGED = "password_changed", "The password was changed"
    DEVICE_REVOKED = "device_revoked", "Its device was revoked"
    NETWORK_REVOKED = "network_revoked", "Its network was revoked"
    FACTORS_RESET = "factors_reset", "The second factors were reset"


# Behind the address of whoever was erased.
ERASED_AT = "@erased.invalid"


class LinkPurpose(models.TextChoices):
    """What a mailed link is for; it is good for nothing else."""

    CONFIRM_EMAIL = "confirm_email", "Confirm an address"
    RESET_PASSWORD = "reset_password", "Choose a new password"


class ApprovalKind(models.TextChoices):
    """What kind of movement an approval is for."""

    TRANSFER = "transfer", "Transfer"
    PAYOUT = "payout", "Payout"
    HOLD = "hold", "Hold"
    CAPTURE = "capture", "Capture"
    REVERSAL = "reversal", "Reversal"
    BATCH = "batch", "Batch"


class ApprovalMethod(models.TextChoices):
    """How a person proved that a movement is their own will."""

    PIN = "pin", "PIN"
    PASSKEY = "passkey", "Passkey"
    TOTP = "totp", "Authenticator app"
    EMAIL_OTP = "email_otp", "Code by e-mail"


class FactorMethod(models.TextChoices):
    """What a person proves themselves with after the password."""

    TOTP = "totp", "Authenticator app"
    PASSKEY = "passkey", "Passkey"
    EMAIL = "email", "Code by e-mail"
    RECOVERY_CODE = "recovery_code", "Recovery code"


class ChallengePurpose(models.TextChoices):
    """What a proof opens. One given for the one purpose never counts for another."""

    SIGN_IN = "sign_in", "Signing in"
    STEP_UP = "step_up", "Confirming a sensitive act"
    ENROLL_PASSKEY = "enroll_passkey", "Adding a passkey"
    APPROVE = "approve", "Approving a movement"


class MailKind(models.TextChoices):
    """What a mail is about. Its words are in ``templates/mail/<kind>.txt``."""

    CONFIRM_EMAIL = "confirm_email", "Confirm an address"
    INVITATION = "invitation", "An invitation"
    REGISTRATION_ATTEMPTED = "registration_attempted", "Somebody tried to register the address"
    RESET_PASSWORD = "reset_password", "A link for a new password"
    PASSWORD_CHANGED = "password_changed", "The password was changed"
    SIGN_IN_LOCKED = "sign_in_locked", "Many sign-ins failed"
    REFRESH_REUSED = "refresh_reused", "A used refresh token came back"
    API_KEY_ISSUED = "api_key_issued", "An API key was issued"
    ROLE_CHANGED = "role_changed", "The role was changed"
    NEW_DEVICE = "new_device", "A sign-in on a new device"
    NEW_NETWORK = "new_network", "The person was seen on a new network"
    CONFIRM_NETWORK = "confirm_network", "A link that lets a network move money"
    FACTOR_ADDED = "factor_added", "A second factor was added"
    FACTOR_REMOVED = "factor_removed", "A second factor was removed"
    FACTOR_RESET_ASKED = "factor_reset_asked", "Somebody asks to reset the second factors"
    FACTORS_RESET = "factors_reset", "The second factors were reset"
    PIN_SET = "pin_set", "The transaction PIN is another now"
    PIN_LOCKED = "pin_locked", "The transaction PIN was wrong three times"
    PIN_RESET = "pin_reset", "A link for a new transaction PIN"
    PIN_RESET_WAITS = "pin_reset_waits", "A new transaction PIN waits a day"
    ONE_TIME_CODE = "one_time_code", "A code for signing in or confirming"
    RECOVERY_CODE_USED = "recovery_code_used", "A recovery code was used"
    SECOND_STEP_GUESSED = "second_step_guessed", "Many wrong answers to the second step"
    PASSKEY_COPIED = "passkey_copied", "A passkey may have been copied"
    VERIFICATION_DECIDED = "verification_decided", "An identity verification was decided"
    CHECKS_LOOSENED = "checks_loosened", "A check of the organization holds less"
    OFFICER_INVITED = "officer_invited", "Somebody was invited to be an officer"
    OFFICER_MADE = "officer_made", "Somebody became an officer"
    OFFICER_CHANGED = "officer_changed", "Somebody's powers as an officer are others now"
    MEMBER_REMOVED = "member_removed", "Somebody was removed from the organization"
    MEMBER_RESTORED = "member_restored", "Somebody has their role again"
    STAFF_ADDED = "staff_added", "Somebody was added to the staff"
    STAFF_ROLE_CHANGED = "staff_role_changed", "Somebody of the staff has another role"
    STAFF_CLOSED = "staff_closed", "An account of the staff was closed"
    SESSIONS_ENDED = "sessions_ended", "Somebody else ended the sessions"
    WEBHOOK_SET = "webhook_set", "Events go to another server"
    WEBHOOK_STOPPED = "webhook_stopped", "Nothing is sent to a server any more"
    NOTICE = "notice", "What somebody wishes to be told of by mail"
    PENDING_ACT_WAITS = "pending_act_waits", "An act waits for a second person"
    PENDING_ACT_DECIDED = "pending_act_decided", "An act that waited was decided, or ran out"


class PendingActState(models.TextChoices):
    """Pending until somebody decides or its time runs out; every other state is final."""

    PENDING = "pending", "Waiting"
    AGREED = "agreed", "Agreed"
    FAILED = "failed", "Agreed, and refused"
    REJECTED = "rejected", "Rejected"
    WITHDRAWN = "withdrawn", "Withdrawn"
    EXPIRED = "expired", "Expired"
