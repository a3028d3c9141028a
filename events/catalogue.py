"""Every event that may leave the house, with the shape of its payload.

A payload field is one of the JSON Schema fragments below. Fields are never removed or re-typed
within a version; a breaking change is a new version beside the old one.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

TEXT: Mapping[str, object] = {"type": "string"}
OPTIONAL_TEXT: Mapping[str, object] = {"type": ["string", "null"]}
UUID: Mapping[str, object] = {"type": "string", "format": "uuid"}
OPTIONAL_UUID: Mapping[str, object] = {"type": ["string", "null"], "format": "uuid"}
MINOR: Mapping[str, object] = {"type": "integer", "minimum": 0, "maximum": 2**53 - 1}
COUNT: Mapping[str, object] = {"type": "integer", "minimum": 0}
OPTIONAL_MINOR: Mapping[str, object] = {
    "type": ["integer", "null"],
    "minimum": 0,
    "maximum": 2**53 - 1,
}
TEXTS: Mapping[str, object] = {"type": "array", "items": TEXT}


@dataclasses.dataclass(frozen=True, slots=True)
class EventType:
    """A kind of event: its name, what it says, and its payload's fields."""

    name: str
    meaning: str
    fields: Mapping[str, Mapping[str, object]]
    version: int = 1

    def schema(self) -> dict[str, object]:
        """The payload's JSON Schema (2020-12): exactly these fields, all of them."""
        return {
            "title": self.name,
            "description": self.meaning,
            "version": self.version,
            "type": "object",
            "properties": {name: dict(shape) for name, shape in self.fields.items()},
            "required": sorted(self.fields),
            "additionalProperties": False,
        }


_TRANSFER = {
    "transfer_id": UUID,
    "kind": TEXT,
    "state": TEXT,
    "reason_code": OPTIONAL_TEXT,
    "source_wallet_id": OPTIONAL_UUID,
    "destination_wallet_id": OPTIONAL_UUID,
    "amount_minor": MINOR,
    "fee_minor": MINOR,
    "currency": TEXT,
    "hold_id": OPTIONAL_UUID,
    "reverses_transfer_id": OPTIONAL_UUID,
    "effective_at": OPTIONAL_TEXT,
}
_HOLD = {
    "hold_id": UUID,
    "source_wallet_id": UUID,
    "destination_wallet_id": OPTIONAL_UUID,
    "amount_minor": MINOR,
    "captured_minor": MINOR,
    "released_minor": MINOR,
    "fee_minor": MINOR,
    "fee_captured_minor": MINOR,
    "currency": TEXT,
    "expires_at": TEXT,
}
_FEES = {
    "kind": TEXT,
    "currency": TEXT,
    "fixed_minor": MINOR,
    "bps": {"type": "integer", "minimum": 0, "maximum": 10_000},
    "floor_minor": MINOR,
    "ceiling_minor": OPTIONAL_MINOR,
}
_LIMITS = {
    "wallet_kind": TEXT,
    "currency": TEXT,
    "tier": {"type": ["integer", "null"], "minimum": 0, "maximum": 2},
    "day_minor": OPTIONAL_MINOR,
    "month_minor": OPTIONAL_MINOR,
}
_LEDGER_HOLD = {
    "hold_id": UUID,
    "account_id": UUID,
    "currency": TEXT,
    "amount_minor": MINOR,
    "captured_minor": MINOR,
    "released_minor": MINOR,
    "fee_minor": MINOR,
    "fee_captured_minor": MINOR,
}
_PERIOD = {
    "period_id": UUID,
    "closes_on": TEXT,
    "starts_at": OPTIONAL_TEXT,
    "ends_at": TEXT,
    "closing_proof": OPTIONAL_TEXT,
}
_JOURNAL = {
    "transaction_id": UUID,
    "reverses_transaction_id": OPTIONAL_UUID,
    "entry_count": COUNT,
    "effective_at": TEXT,
}
_CHART = {"id": UUID, "code": TEXT, "name": TEXT, "account_class": TEXT}
_WALLET = {"wallet_id": UUID, "handle": TEXT, "kind": TEXT, "currency": TEXT, "status": TEXT}
_ORGANIZATION = {"organization_id": UUID, "name": TEXT, "status": TEXT}
_MEMBER = {"user_id": OPTIONAL_UUID, "role": TEXT}
_API_KEY = {"api_key_id": UUID, "prefix": TEXT, "scopes": TEXTS}
_FLAG: Mapping[str, object] = {"type": "boolean"}
_SETTING_VALUE: Mapping[str, object] = {"type": ["boolean", "integer"]}
_POLICY = {"roles": _FLAG, "journals": _FLAG, "terms": _FLAG}
_SETTING = {"name": TEXT, "before": _SETTING_VALUE, "value": _SETTING_VALUE}
_STAFF = {"user_id": UUID, "platform_role": TEXT}
_PENDING_ACT = {
    "pending_act_id": UUID,
    "kind": TEXT,
    "state": TEXT,
    "amount_minor": OPTIONAL_MINOR,
    "currency": OPTIONAL_TEXT,
    "maker_id": UUID,
    "checker_id": OPTIONAL_UUID,
    "reason_code": OPTIONAL_TEXT,
    "result_type": OPTIONAL_TEXT,
    "result_id": OPTIONAL_UUID,
}
_SESSION = {"session_id": UUID, "user_id": UUID}
_PERSON = {"user_id": UUID}
_FACTOR = {"user_id": UUID, "method": TEXT}
_NETWORK = {"network_id": UUID, "user_id": UUID, "prefix": TEXT, "opens_at": OPTIONAL_TEXT}
_DEVICE = {"device_id": UUID, "user_id": UUID, "label": TEXT}

_VERIFICATION = {
    "case_id": UUID,
    "user_id": UUID,
    "tier": {"type": "integer", "minimum": 0, "maximum": 2},
    "state": TEXT,
    "reason": OPTIONAL_TEXT,
}

_TYPES = (
    EventType("wallets.transfer.completed", "Money moved.", _TRANSFER),
    EventType("wallets.transfer.failed", "A transfer was refused; no money moved.", _TRANSFER),
    EventType("wallets.transfer.cancelled", "A transfer was withheld; no money moved.", _TRANSFER),
    EventType("wallets.hold.placed", "Money was reserved.", _HOLD),
    EventType("wallets.hold.voided", "Reserved money is free again.", _HOLD),
    EventType("wallets.fee_schedule.set", "A payment costs something else now.", _FEES),
    EventType("wallets.limit_rule.set", "Wallets may spend another amount now.", _LIMITS),
    EventType(
        "wallets.dual_control_threshold.set",
        "Payments take a second person from another amount on.",
        {"currency": TEXT, "threshold_minor": OPTIONAL_MINOR, "counts_keys": _FLAG},
    ),
    EventType("wallets.limit_rule.withdrawn", "The general limits hold again.", _LIMITS),
    EventType(
        "wallets.wallet_policy.set",
        "Holders may have another number of wallets.",
        {"per_kind": COUNT, "members_open": _FLAG},
    ),
    EventType("wallets.wallet.opened", "A wallet exists.", _WALLET),
    EventType("wallets.wallet.frozen", "A wallet stopped paying out.", _WALLET),
    EventType("wallets.wallet.unfrozen", "A wallet may pay out again.", _WALLET),
    EventType("wallets.wallet.suspended", "The platform stopped a wallet.", _WALLET),
    EventType("wallets.wallet.closed", "A wallet ended, at zero.", _WALLET),
    EventType("ledger.hold.expired", "A hold ran out; the rest is free again.", _LEDGER_HOLD),
    EventType(
        "ledger.clearing_cap.set",
        "An organization stated how much it may owe another.",
        {
            "organization_id": UUID,
            "counterparty_id": UUID,
            "currency": TEXT,
            "cap_minor": MINOR,
            "effective_cap_minor": MINOR,
        },
    ),
    EventType("ledger.period.opened", "A period of the books was defined.", _PERIOD),
    EventType("ledger.period.closed", "What counts before its end is final.", _PERIOD),
    EventType("ledger.period.withdrawn", "An open period is none any more.", _PERIOD),
    EventType("ledger.journal.posted", "Somebody wrote to the books by hand.", _JOURNAL),
    EventType("ledger.journal.reversed", "A manual journal was undone, or part of it.", _JOURNAL),
    EventType("ledger.account_group.opened", "The chart has another heading.", _CHART),
    EventType("ledger.account.opened", "The chart has another account.", _CHART),
    EventType("ledger.account.renamed", "A general account has another name.", _CHART),
    EventType("ledger.account.closed", "A general account ended, at zero.", _CHART),
    EventType(
        "ledger.reconciliation.drift_found",
        "A check of the books found what breaks a rule: somebody must look.",
        {"job_id": UUID, "organization_id": OPTIONAL_UUID, "findings": COUNT, "passes": TEXTS},
    ),
    EventType("kyc.case.submitted", "A person asks to be verified.", _VERIFICATION),
    EventType("kyc.case.returned", "More is needed to verify a person.", _VERIFICATION),
    EventType("kyc.case.approved", "A person is verified for a tier.", _VERIFICATION),
    EventType("kyc.case.rejected", "A person could not be verified.", _VERIFICATION),
    EventType("kyc.case.approval_withdrawn", "A person's tier was taken back.", _VERIFICATION),
    EventType("accounts.organization.registered", "An organization asks to join.", _ORGANIZATION),
    EventType("accounts.organization.activated", "An organization may move money.", _ORGANIZATION),
    EventType("accounts.organization.suspended", "An organization was stopped.", _ORGANIZATION),
    EventType(
        "accounts.organization.approval_policy_set",
        "People approve movements from another amount on; null: none.",
        {"organization_id": UUID, "over_minor": OPTIONAL_MINOR},
    ),
    EventType("accounts.pin.set", "Somebody's transaction PIN is another now.", {"user_id": UUID}),
    EventType(
        "accounts.pin.locked",
        "Three wrong PINs: it unlocks by itself.",
        {"user_id": UUID, "locked_until": TEXT},
    ),
    EventType(
        "accounts.pin_spraying.detected",
        "Many people's PINs were tried from one network or organization; refused for a while.",
        {"place": TEXT, "name": TEXT, "people": COUNT},
    ),
    EventType(
        "accounts.organization.timezone_set",
        "An organization counts its days in another zone.",
        {"before": TEXT, "timezone": TEXT},
    ),
    EventType("accounts.member.invited", "Somebody was invited.", _MEMBER),
    EventType("accounts.member.joined", "Somebody joined an organization.", _MEMBER),
    EventType("accounts.member.uninvited", "An invitation was withdrawn.", _MEMBER),
    EventType("accounts.member.role_changed", "A member's role is another now.", _MEMBER),
    EventType("accounts.member.removed", "A member's account was closed.", _MEMBER),
    EventType("accounts.member.restored", "A removed or demoted member has a role again.", _MEMBER),
    EventType("accounts.staff.added", "The platform's staff grew.", _STAFF),
    EventType("accounts.staff.role_changed", "Somebody of the staff has another role.", _STAFF),
    EventType("accounts.staff.closed", "An account of the staff was closed.", _STAFF),
    EventType("accounts.pending_act.made", "An act waits for a second person.", _PENDING_ACT),
    EventType("accounts.pending_act.agreed", "Two people agreed; it is done.", _PENDING_ACT),
    EventType(
        "accounts.pending_act.failed", "Two people agreed, and it was refused.", _PENDING_ACT
    ),
    EventType("accounts.pending_act.rejected", "A second person said no.", _PENDING_ACT),
    EventType("accounts.pending_act.withdrawn", "Its maker took it back.", _PENDING_ACT),
    EventType("accounts.pending_act.expired", "Nobody decided in time.", _PENDING_ACT),
    EventType("accounts.dual_control_policy.set", "Other acts take a second person now.", _POLICY),
    EventType("accounts.system_setting.set", "The installation works otherwise now.", _SETTING),
    EventType("accounts.person.shredded", "A removed person's data was erased.", {"user_id": UUID}),
    EventType("accounts.user.email_confirmed", "Somebody's mailbox is theirs.", {"user_id": UUID}),
    EventType("accounts.password.changed", "Somebody has another password.", {"user_id": UUID}),
    EventType("accounts.phone.changed", "A person's phone is another now.", {"user_id": UUID}),
    EventType("accounts.api_key.issued", "An API key exists.", _API_KEY),
    EventType("accounts.api_key.revoked", "An API key stopped working.", _API_KEY),
    EventType("accounts.session.opened", "Somebody signed in.", _SESSION),
    EventType("accounts.session.revoked", "A session ended.", _SESSION),
    EventType("accounts.refresh_token.reused", "A stolen token may be in use.", _SESSION),
    EventType("accounts.factor.added", "Somebody can prove themselves in one more way.", _FACTOR),
    EventType("accounts.factor.removed", "A second factor does not count any more.", _FACTOR),
    EventType("accounts.factors.reset", "Somebody's lost second factors are gone.", _PERSON),
    EventType("accounts.recovery_codes.issued", "Ten new codes replace all older.", _PERSON),
    EventType("accounts.recovery_code.used", "Somebody got in by a code on paper.", _PERSON),
    EventType("accounts.device.added", "Somebody signed in on an unknown device.", _DEVICE),
    EventType("accounts.device.trusted", "Somebody calls a device their own.", _DEVICE),
    EventType("accounts.device.revoked", "A device is not recognized any more.", _DEVICE),
    EventType("accounts.network.added", "Somebody came from another network.", _NETWORK),
    EventType("accounts.network.confirmed", "A network may move its person's money.", _NETWORK),
    EventType("accounts.network.revoked", "A network is not its person's any more.", _NETWORK),
)

CATALOGUE: Mapping[str, EventType] = {kind.name: kind for kind in _TYPES}
