"""The kinds of act of this room that may wait for a second person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from accounts.choices import PlatformRole, Role
from accounts.models import PendingAct
from accounts.services.approvals.policies import FEWER_APPROVALS
from accounts.services.dual_control import DUAL_CONTROL_POLICY
from accounts.services.erasing import ERASURE
from accounts.services.factors.resetting import (
    FACTOR_RESET,
    RESET,
    allow_to_check_reset,
    reset_factors,
)
from accounts.services.pending_acts.registry import PendingKind, register
from accounts.services.pending_acts.turns import take_turns_at_home
from accounts.services.people import (
    CHANGE_ROLE,
    REMOVAL,
    REMOVE,
    ROLE_GRANT,
    allow_to_check_role,
    grant_role,
    remove_agreed,
)
from accounts.services.permits import API_KEY
from accounts.services.restoring import RESTORATION
from accounts.services.staff import (
    MANAGE,
    STAFF_CLOSING,
    STAFF_ROLE,
    allow_to_check_staff_role,
    close_agreed,
    grant_staff_role,
    take_turns_with_staff,
)
from accounts.services.system_settings import SYSTEM_SETTING


def _member_role(facts: Mapping[str, Any]) -> str:
    return f"{Role(facts['before']).label} becomes {Role(facts['role']).label}"


def _staff_role(facts: Mapping[str, Any]) -> str:
    label = PlatformRole(facts["role"]).label
    before = facts["before"]
    return f"{PlatformRole(before).label} becomes {label}" if before else f"Staff as {label}"


def _removal(facts: Mapping[str, Any]) -> str:
    return f"{Role(facts['before']).label} is removed from the organization"


def _staff_closing(facts: Mapping[str, Any]) -> str:
    return f"The account of a {PlatformRole(facts['before']).label} is closed"


def _factor_reset(_: Mapping[str, Any]) -> str:
    return "Somebody's app, passkeys and recovery codes are removed"


def _take_turns_on_factors(act: PendingAct) -> None:
    """Who decide about each other's factors at once do so one after the other."""
    if act.organization_id is None:
        take_turns_with_staff(act)
    else:
        take_turns_at_home(act)


def register_kinds() -> None:
    """Make them known; called when the program starts."""
    register(API_KEY)
    register(DUAL_CONTROL_POLICY)
    register(ERASURE)
    register(FEWER_APPROVALS)
    register(SYSTEM_SETTING)
    register(_ROLE_GRANT)
    register(_STAFF_ROLE)
    register(_REMOVAL)
    register(_STAFF_CLOSING)
    register(_FACTOR_RESET)
    register(RESTORATION)


_ROLE_GRANT = PendingKind(
    name=ROLE_GRANT,
    title="Role of an officer",
    permission_to_make=CHANGE_ROLE,
    permission_to_check="dual_control.check_roles",
    summarize=_member_role,
    execute=grant_role,
    allow=allow_to_check_role,
    take_turns=take_turns_at_home,
)
_STAFF_ROLE = PendingKind(
    name=STAFF_ROLE,
    title="Role of staff",
    permission_to_make=MANAGE,
    permission_to_check=MANAGE,
    summarize=_staff_role,
    execute=grant_staff_role,
    allow=allow_to_check_staff_role,
    take_turns=take_turns_with_staff,
)
_REMOVAL = PendingKind(
    name=REMOVAL,
    title="Removing an officer",
    permission_to_make=REMOVE,
    permission_to_check="dual_control.check_roles",
    summarize=_removal,
    execute=remove_agreed,
    allow=allow_to_check_role,
    take_turns=take_turns_at_home,
)
_STAFF_CLOSING = PendingKind(
    name=STAFF_CLOSING,
    title="Closing an account of staff",
    permission_to_make=MANAGE,
    permission_to_check=MANAGE,
    summarize=_staff_closing,
    execute=close_agreed,
    allow=allow_to_check_staff_role,
    take_turns=take_turns_with_staff,
)
_FACTOR_RESET = PendingKind(
    name=FACTOR_RESET,
    title="Lost second factors",
    permission_to_make=RESET,
    permission_to_check=RESET,
    summarize=_factor_reset,
    execute=reset_factors,
    allow=allow_to_check_reset,
    take_turns=_take_turns_on_factors,
)
