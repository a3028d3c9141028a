"""Events of organizations, people and how they prove who they are."""

from __future__ import annotations

from collections.abc import Mapping

from events.catalogue.shapes import (
    COUNT,
    OPTIONAL_MINOR,
    OPTIONAL_TEXT,
    OPTIONAL_UUID,
    TEXT,
    TEXTS,
    UUID,
    EventType,
)

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

ACCOUNTS = (
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
