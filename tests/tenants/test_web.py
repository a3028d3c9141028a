"""Another tenant's id in every address, parameter and form of the dashboard."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

import pytest
from django.urls import reverse

from accounts.models import User
from kernel import ids
from tests.database import all_seeing
from tests.tenants.conftest import Ground, undone
from tests.tenants.consent import PIN
from web.forms import new_key
from web.urls import urlpatterns

# What each part of an address names. A part without a line fails.
PARTS = {
    "transfer_id": "trf",
    "hold_id": "hld",
    "wallet": "wal",
    "invitation_id": "inv",
    "key_id": "key",
    "user_id": "usr",
    "session_id": "ses",
    "device_id": "dev",
    "network_id": "net",
    "passkey_id": "pky",
    "act_id": "pac",
    "document_id": "doc",
    "endpoint_id": "whe",
    "delivery_id": "whd",
    "notification_id": "ntf",
}
# A secret is shown, never guessed: who has it is invited.
SECRETS = {"token"}
# Forms about oneself name nobody: whoever they could name is tried.
SOMEBODY = {"user": ":usr", "user_id": ":usr", "organization": ":org", "session_id": ":ses"}
# What each posted form holds; a text that begins with a colon is a thing of the victim's.
FORMS: dict[str, dict[str, Any]] = {
    "sign-in": {"email": "charlie@globex.test", "password": "wrong", "organization": ":org"},
    "sign-out": {},
    "register": {"organization_name": "X", "organization": ":org", "role": "owner"},
    "send-review": {"source": ":wal", "destination": ":wal", "amount": "1", "key": "new"},
    "send-edit": {"review": "forged", "source": ":wal"},
    "send-confirm": {"review": "forged", "source": ":wal", "destination": ":wal"},
    "give-back-confirm": {"how_much": "whole", "key": "new"},
    "hold-place": {
        "source": ":wal",
        "destination": ":wal",
        "amount": "1",
        "days": "7",
        "key": "new",
    },
    "hold-capture-confirm": {"how_much": "whole", "key": "new"},
    "hold-void": {},
    "wallet-open": {"kind": "current", "currency": "INR", "owner": ":usr"},
    "wallet-status": {"action": "freeze", "reason": "because"},
    "invite": {
        "invite-email": "x@globex.test",
        "invite-role": "member",
        "invite-organization": ":org",
        "organization": ":org",
    },
    "invitation-withdraw": {},
    "key-issue": {"key-name": "x", "key-scopes": "wallets:read", "organization_id": ":org"},
    "key-revoke": {},
    "member-role": {"role": "viewer", "organization": ":org", "platform_role": "super_admin"},
    "member-remove": {},
    "member-reset-factors": {"reason": "because", "organization": ":org"},
    "country-allow": {"country": "IN", "organization": ":org"},
    "country-drop": {"country": "IN", "organization": ":org"},
    "device-rename": {"name": "stolen"},
    "member-sign-out": {},
    "cap-set": {
        "cap-destination": ":wal",
        "cap-currency": "INR",
        "cap-amount": "1",
        "organization": ":org",
    },
    "notifications-read-all": {"up_to": ":ntf"},
    "notification-open": {},
    "notification-read": {},
    "notification-preferences-save": {**SOMEBODY, "holds-email": "on"},
    "webhook-add": {
        "url": "https://hooks.globex.test/",
        "organization": ":org",
        "endpoint": ":whe",
    },
    "webhook-change": {"url": "https://hooks.globex.test/", "organization": ":org"},
    "webhook-switch": {"to": "paused"},
    "webhook-remove": {},
    "webhook-rotate": {},
    "webhook-test": {},
    "webhook-resend": {},
    "fees-set": {
        "fee-kind": "transfer",
        "fee-currency": "INR",
        "fee-fixed": "1",
        "fee-organization": ":org",
        "organization": ":org",
    },
    "session-end": {},
    "sessions-end-others": SOMEBODY,
    "confirm-resend": SOMEBODY,
    "forgot-password": {**SOMEBODY, "email": "charlie@globex.test"},
    "password-save": {**SOMEBODY, "current": "wrong", "password": "a long enough passphrase"},
    "phone-change": {**SOMEBODY, "phone": "+919876543210"},
    "phone-show": SOMEBODY,
    "network-link": {**SOMEBODY, "network": ":net"},
    "totp-begin": SOMEBODY,
    "totp-confirm": {**SOMEBODY, "code": "000000"},
    "totp-remove": SOMEBODY,
    "passkey-begin": SOMEBODY,
    "passkey-finish": {**SOMEBODY, "passkey": ":pky", "credential": "{}", "name": "x"},
    "recovery-codes": SOMEBODY,
    "second-step": {**SOMEBODY, "code": "000000"},
    "second-step-resend": SOMEBODY,
    "step-up": {**SOMEBODY, "next": "/"},
    "step-up-begin": SOMEBODY,
    "step-up-answer": {**SOMEBODY, "passkey": ":pky", "code": "000000"},
    "payee": {"destination": ":wal"},
    "send-approve-by": {"review": "forged", "method": "totp", "approval": ":apr"},
    "pin-set": {**SOMEBODY, "pin": PIN, "again": PIN},
    "pin-change": {**SOMEBODY, "current_pin": PIN, "pin": "8305", "again": "8305"},
    "pin-reset": SOMEBODY,
    "pin-reset-cancel": SOMEBODY,
    "approval-policy-set": {
        "approval-when": "never",
        "approval-organization": ":org",
        "organization": ":org",
    },
    "dual-control-set": {
        "policy-roles": "on",
        "policy-organization": ":org",
        "organization": ":org",
    },
    "threshold-set": {
        "threshold-currency": "INR",
        "threshold-amount": "",
        "threshold-organization": ":org",
        "organization": ":org",
    },
    "house-set": {
        "house-timezone": "UTC",
        "house-per_kind": "9",
        "house-organization": ":org",
        "organization": ":org",
    },
    "pending-act-decide": {"decision": "agree", "note": "yes"},
    "verification-save": {
        **SOMEBODY,
        "case": ":kyc",
        "tier": "2",
        "legal_name": "X",
        "date_of_birth": "1990-02-28",
        "country": "IN",
        "id_type": "passport",
        "id_number": "N1234567",
    },
    "verification-submit": {**SOMEBODY, "case": ":kyc"},
    "verification-reveal": {**SOMEBODY, "case": ":kyc"},
    "document-upload": {"kind": "id_front", "case": ":kyc", "document": ":doc"},
}
# Pages on which the name behind a wallet's exact handle is told: to whom would one pay.
NAMING = {"send-review", "payee", "send", "hold-new", "hold-place", "cap-set"}
PARAMETERS = ("source", "to", "destination", "wallet", "q", "owner", "hold", "organization")
PATTERNS = {one.name: one for one in urlpatterns if one.name}


def named(ground: Ground, prefix: str) -> str:
    victim = ground.victim
    return victim.wallet.handle if prefix == "wal" else victim.named(prefix)


def address(ground: Ground, name: str) -> str | None:
    """The page about the victim's thing; None where the address holds a secret."""
    parts = re.findall(r"<str:(\w+)>", str(PATTERNS[name].pattern))
    if set(parts) & SECRETS:
        return None
    return reverse(f"web:{name}", args=[named(ground, PARTS[part]) for part in parts])


def filled(ground: Ground, fields: dict[str, Any], *, raw: bool) -> dict[str, str]:
    """The form with the victim's things in it, as public ids or as the database has them."""
    things = ground.victim.things
    found = {}
    for field, value in fields.items():
        if value == "new":
            value = new_key()
        elif str(value).startswith(":"):
            prefix = value[1:]
            value = str(things[prefix]) if raw else named(ground, prefix)
        found[field] = value
    return found


def known(ground: Ground, name: str) -> frozenset[str]:
    return frozenset(ground.victim.directory if name in NAMING else ())


def test_every_page_has_its_case() -> None:
    parts = {
        part for one in PATTERNS.values() for part in re.findall(r"<\w+:(\w+)>", str(one.pattern))
    }
    assert parts == set(PARTS) | SECRETS
    assert set(FORMS) <= set(PATTERNS)


@pytest.mark.parametrize("name", sorted(PATTERNS))
def test_pages(ground: Ground, name: str) -> None:
    """By GET: not there; and parameters that name the victim's things show nothing of them."""
    place = address(ground, name)
    if place is None:
        return
    browser, plain = ground.browser(), "<" not in str(PATTERNS[name].pattern)
    asked = [place]
    if plain:
        values = [named(ground, prefix) for prefix in PARTS.values()]
        everywhere = [urlencode(dict.fromkeys(PARAMETERS, value)) for value in values]
        pages = [f"{turn}={value}" for turn in ("before", "after") for value in values[:2]]
        asked = [f"{place}?{query}" for query in (*everywhere, *pages)]
    for one in asked:
        answer = browser.get(one)
        ground.check(answer.content, sent=one, what=one, known=known(ground, name))
        fine = (403, 404, 405, *((200, 302, 400) if plain else ()))
        assert answer.status_code in fine, one


@pytest.mark.parametrize("name", sorted(PATTERNS))
@pytest.mark.parametrize("raw", [False, True], ids=["public", "database"])
def test_forms(ground: Ground, name: str, raw: bool) -> None:
    """By POST: nothing of the victim's is touched, and what is told is told of one's own."""
    place = address(ground, name)
    if place is None:
        return
    data = filled(ground, FORMS.get(name, {}), raw=raw)
    browser = ground.browser()
    sent = f"{place} {data}"
    with undone(ground, sent):
        answer = browser.post(place, data, follow=True)
        ground.check(answer.content, sent=sent, what=sent, known=known(ground, name))
    if name not in FORMS and "<" not in str(PATTERNS[name].pattern):
        assert answer.status_code == 405, f"{name} takes a form: say in FORMS what it holds"


@pytest.mark.parametrize("name", ["invite", "member-role", "register", "key-issue"])
def test_nobody_becomes_what_the_form_does_not_offer(ground: Ground, name: str) -> None:
    """Mass assignment: members of forms that nobody asked for count for nothing."""
    bob = ids.encode("usr", ground.world.charlie.id)
    place = reverse(f"web:{name}", args=[bob] if name == "member-role" else [])
    extra = {"platform_role": "super_admin", "organization_id": str(ground.victim.organization_id)}
    prefix = {"invite": "invite-", "key-issue": "key-"}.get(name, "")
    extra |= {f"{prefix}{field}": value for field, value in extra.items()}
    with undone(ground, name):
        answer = ground.browser().post(
            place, {**FORMS[name], **extra, f"{prefix}role": "super_admin"}
        )
        ground.check(answer.content, sent=str(extra), what=name)
        assert staff_of_the_platform() == {"olga@platform.test"}


def staff_of_the_platform() -> set[str]:
    with all_seeing():
        staff = User.objects.filter(platform_role__isnull=False)
        return set(staff.values_list("email", flat=True))
