"""What was asked for in a pending act, in words: who agrees to it reads this and nothing else."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

from accounts.choices import ApprovalMethod, PlatformRole, Role
from accounts.models import PendingAct, User
from accounts.policy import exemptions_of
from accounts.queries import display_names
from accounts.services.permits import KEY
from accounts.services.restoring import REMOVED
from accounts.system import DECLARED
from kernel.money import display
from kyc.choices import Tier
from ledger.queries import accounts, currencies
from wallets.choices import TransferKind, WalletKind
from wallets.directory import look_up
from wallets.services.payouts.beneficiaries import payee_of
from wallets.services.payouts.mending import Remedy

# What the page says otherwise, or nobody reads.
_NOT_SHOWN = {
    *("metadata", "source", "destination", "hold", "legs"),
    *("counterparty_id", "limit_rule_id", "amounts_minor"),
    *("payee_id", "approval_id", "reversal"),
    *("letters", "payout", "saga_id", "fence"),
}
_NO_FEE = ("fee_minor", 0)
# Facts come in no order of their own: those named here come first, in this one.
_LABELS = {
    "organization_id": "Organization",
    "counterparty_name": "With",
    "kind": "Kind",
    "wallet_kind": "Wallets",
    "source_handle": "From wallet",
    "destination_handle": "To wallet",
    "description": "Note",
    "approval_method": "Approved by",
    "user_id": "Person",
    "name": "Setting",
    "key_name": "API key",
    "scopes": "Scopes",
    "expires_at": "Key ends",
    "value": "New value",
    "role": "New role",
    "lost_role": "Role that was taken",
    "taken_by_id": "Taken by",
    "lost_at": "Taken on",
    "tier": "Tier",
    "currency": "Currency",
    "fixed_minor": "Fixed",
    "bps": "Percent",
    "floor_minor": "At least",
    "ceiling_minor": "At most",
    "day_minor": "In one day",
    "month_minor": "In one month",
    "over_minor": "People approve payments above",
    "threshold_minor": "One person sends, in 24 hours",
    "counts_keys": "Counts for API keys",
    "roles": "Making somebody an owner, admin or finance",
    "journals": "Entries by hand, and undoing them",
    "terms": "Fees and clearing caps",
    "transfer": "Payout",
    "remedy": "What becomes of it",
    "reason": "Reason",
    "effective_at": "Counts from",
    "external_reference": "Reference",
    "before": "Before",
}
_RANKS = {name: rank for rank, name in enumerate(_LABELS)}
# Nothing, where that lifts a bound: to leave it out would hide what is agreed to.
_UNBOUNDED = {
    "day_minor": "No limit",
    "month_minor": "No limit",
    "threshold_minor": "Any amount",
    "over_minor": "No amount: nothing is approved",
}
_PEOPLE = {"user_id", "taken_by_id"}
_TAKES_TWO = {"roles", "journals", "terms"}
_ROLES = dict(Role.choices) | dict(PlatformRole.choices)
_KINDS = dict(TransferKind.choices) | dict(WalletKind.choices)
_CHOICES: Mapping[str, Mapping[str, Any]] = {
    "role": _ROLES,
    "lost_role": _ROLES,
    "before": {**_ROLES, REMOVED: "Removed"},
    "kind": _KINDS,
    "wallet_kind": _KINDS,
    "approval_method": dict(ApprovalMethod.choices),
    "remedy": dict(Remedy.choices),
    "name": {name: one.title for name, one in DECLARED.items()},
}


def pairs_of(act: PendingAct) -> list[tuple[str, str]]:
    """Terms and values, the payee first."""
    shown = {name: value for name, value in act.facts.items() if name not in _NOT_SHOWN}
    if act.facts.get("payout"):
        del shown["destination_handle"]
        return [*_at_a_bank(act), *_listed(act, shown)]
    return [*_payee(act), *_listed(act, shown), *_spared(act)]


def legs_of(act: PendingAct) -> list[tuple[str, str, str]]:
    """Side, amount and account of each leg of a journal."""
    legs = list(act.facts.get("legs", ()))
    found = accounts().filter(id__in={leg["account_id"] for leg in legs}) if legs else ()
    names = {str(account.id): account.name for account in found}
    return [
        (
            leg["side"].capitalize(),
            amount_of(leg["amount_minor"], leg["currency"]),
            names.get(leg["account_id"], leg["account_id"]),
        )
        for leg in legs
    ]


def amount_of(amount_minor: int | None, currency: str | None) -> str:
    """Money in words; nothing where there is none."""
    if amount_minor is None or currency is None:
        return ""
    known = currencies().get(code=currency)
    return display(amount_minor=amount_minor, currency=currency, exponent=known.exponent)


def _listed(act: PendingAct, facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    names = sorted(facts, key=lambda name: (_RANKS.get(name, len(_RANKS)), name))
    return [
        (_label(name), _words(act, name, facts[name]))
        for name in names
        if (facts[name] not in (None, "") or name in _UNBOUNDED) and (name, facts[name]) != _NO_FEE
    ]


def _payee(act: PendingAct) -> list[tuple[str, str]]:
    """Who would get the money: an agreement is to an amount and a payee."""
    handle = act.facts.get("destination_handle")
    found = look_up([handle]).get(handle) if handle else None
    if found is None:
        return []
    names = dict.fromkeys((found.holder_name, found.organization_name))
    return [("Payee", ", ".join(names))]


def _at_a_bank(act: PendingAct) -> list[tuple[str, str]]:
    """Enough of an account at a bank to judge it by; its number stays masked."""
    found = payee_of(act)
    if found is None:
        return []
    length = f", {found.characters} characters" if found.characters else ""
    country = f" ({found.country})" if found.country else ""
    return [
        ("Payee", found.name),
        ("Bank", f"{found.bank_code}{country}"),
        ("Account", f"{found.masked}{length}"),
    ]


def _spared(act: PendingAct) -> list[tuple[str, str]]:
    """What a key will do without a check that people meet: part of what is agreed to."""
    spared = exemptions_of(act.facts["scopes"]) if act.kind == KEY else []
    return [("Unchecked", "; ".join(one.label for one in spared))] if spared else []


def _label(name: str) -> str:
    plain = name.removesuffix("_id").removesuffix("_minor").replace("_", " ").capitalize()
    return _LABELS.get(name, plain)


def _words(act: PendingAct, name: str, value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{label}: {words}" for label, words in _listed(act, value))
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    if isinstance(value, bool):
        return _flag(name, value)
    if value is None:
        return _UNBOUNDED[name]
    if isinstance(value, int):
        return _number(act, name, value)
    return _text(name, str(value))


def _flag(name: str, value: bool) -> str:
    if name in _TAKES_TWO:
        return "Takes two" if value else "Takes one"
    return "Yes" if value else "No"


def _number(act: PendingAct, name: str, value: int) -> str:
    if name == "tier":
        return str(Tier(value).label)
    if name == "bps":
        return f"{value / 100:g}%"
    currency = act.facts.get("currency") or act.currency
    # What a cap was before is an amount; what a setting was before is none.
    if name.endswith("_minor") or (name == "before" and currency is not None):
        return amount_of(value, currency)
    return str(value)


def _text(name: str, value: str) -> str:
    if name in _PEOPLE:
        found = User.objects.filter(id=value).values_list("full_name", flat=True).first()
        return found or value
    if name == "organization_id":
        return display_names([uuid.UUID(value)]).get(uuid.UUID(value), "")
    if name.endswith("_at"):
        at = dt.datetime.fromisoformat(value).astimezone(dt.UTC)
        return f"{at.day} {at:%b %Y, %H:%M} UTC"
    return str(_CHOICES.get(name, {}).get(value, value))
