"""By which rules an organization goes: approvals, dual control, days, and wallets."""

from __future__ import annotations

from typing import Any

from accounts.models import Organization
from accounts.policy import may
from accounts.queries import dual_control_policy_of
from ledger.queries import currencies
from wallets.queries import dual_control_thresholds, wallet_policy_of
from web.doors import PersonRequest
from web.forms.rules import ApprovalPolicyForm, HouseForm, PolicyForm, ThresholdForm
from web.presenters.choices import currency_choices
from web.presenters.money import plain
from web.presenters.rules import approval_rows, threshold_rows


def rules_of(request: PersonRequest, organization: Organization) -> dict[str, Any]:
    """By which rules the organization goes, as far as the role may see or change them."""
    context: dict[str, Any] = {"approvals": approval_rows(organization)}
    if may(request.actor, "organizations.set_approval_policy"):
        context["approval_form"] = _approval_form(organization)
    if may(request.actor, "dual_control.read"):
        context |= _dual_control(request, organization)
    if may(request.actor, "organizations.manage"):
        context["house_form"] = _house_form(organization)
    return context


def _approval_form(organization: Organization) -> ApprovalPolicyForm:
    over = organization.approval_over_minor
    exponent = currencies().get(code=organization.base_currency).exponent
    now = {
        "when": ApprovalPolicyForm.NEVER if over is None else ApprovalPolicyForm.EVERY,
        "amount": "",
    }
    if over:
        now = {"when": ApprovalPolicyForm.OVER, "amount": plain(over, exponent)}
    return ApprovalPolicyForm(initial=now, currency=organization.base_currency, prefix="approval")


def _dual_control(request: PersonRequest, organization: Organization) -> dict[str, Any]:
    """Which acts take a second person, and from which amounts on payments do."""
    policy = dual_control_policy_of(organization.id)
    flags = {name: policy is not None and getattr(policy, name) for name in PolicyForm.base_fields}
    context: dict[str, Any] = {
        "show_dual_control": True,
        "policy": [(field.label, flags[name]) for name, field in PolicyForm.base_fields.items()],
        "thresholds": threshold_rows(dual_control_thresholds(organization.id)),
    }
    if may(request.actor, "dual_control.set_policy"):
        context["policy_form"] = PolicyForm(initial=flags, prefix="policy")
        context["threshold_form"] = ThresholdForm(
            initial={"currency": organization.base_currency},
            currencies=currency_choices(),
            prefix="threshold",
        )
    return context


def _house_form(organization: Organization) -> HouseForm:
    policy = wallet_policy_of(organization.id)
    now = {
        "timezone": organization.timezone,
        "per_kind": policy.per_kind if policy else 1,
        "members_open": policy is None or policy.members_open,
    }
    return HouseForm(initial=now, prefix="house")
