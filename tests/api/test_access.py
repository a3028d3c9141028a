"""Everybody at every door: the matrix of who gets which status.

The rows must be exactly the operations of the OpenAPI document, so a new operation without a row
fails here. Columns: nobody, charlie (owner elsewhere), bob (viewer), alice (owner), olga (platform
staff) and an API key of Acme without cash or colleagues' wallets.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import Network, PendingAct
from accounts.queries import visible_api_keys
from accounts.services.devices import met_device
from accounts.services.dual_control import set_dual_control_policy
from accounts.services.invitations import invite
from accounts.services.people import change_role
from accounts.services.sessions import open_session
from api.schema.document import document
from kernel import clock, ids
from kernel.context import reading
from kernel.crypto import fingerprint
from notifications.models import WebhookDelivery
from notifications.tests.notice_scenes import mark, take_new, told
from notifications.tests.scenes import added, arrives, attempt, claims
from tests.api import ledger_rows
from tests.api.conftest import PROBLEM, Caller, Got, order, token_of
from tests.database import all_seeing
from tests.payouts.scenes import ask as ask_payout
from tests.world import NOW, PASSWORD, World, colleague
from wallets.choices import WalletKind
from wallets.services.holds import HoldRequest, place_hold
from wallets.services.references import reference_of
from wallets.services.terms import set_limit_rule

pytestmark = pytest.mark.django_db

CALLERS = ("nobody", "charlie", "bob", "alice", "olga", "acme_key")
READ = (401, 200, 200, 200, 200, 200)


@dataclasses.dataclass(frozen=True)
class Row:
    """An operation, a body for it, and the status for each caller."""

    method: str
    path: str
    statuses: tuple[int, ...]
    body: Callable[[World, str], Any] | None = None


def cash(world: World, caller: str) -> dict[str, Any]:
    return {
        "wallet": world.alice_wallet.handle,
        "amount_minor": 100,
        "currency": "INR",
        "external_reference": f"UTR-{caller}",
    }


def payout(world: World, caller: str) -> dict[str, Any]:
    return {
        "source_wallet": world.alice_wallet.handle,
        "beneficiary": {
            "name": "Meera Krishnan",
            "bank_code": "HDFC0001234",
            "account_number": "50100234567890",
        },
        "amount_minor": 100,
        "currency": "INR",
    }


def registration(world: World, caller: str) -> dict[str, Any]:
    return {
        "organization_name": "Initech",
        "country": "IN",
        "base_currency": "INR",
        "owner_name": "Peter",
        "email": f"{caller}@initech.test",
        "password": "a long enough passphrase",
    }


def cap(world: World, caller: str) -> dict[str, Any]:
    return {
        "organization": ids.encode("org", world.acme.id),
        "counterparty": ids.encode("org", world.globex.id),
        "currency": "INR",
        "cap_minor": 5,
    }


def fees(world: World, caller: str) -> dict[str, Any]:
    return {
        "organization": ids.encode("org", world.acme.id),
        "kind": "transfer",
        "currency": "INR",
        "bps": 50,
    }


def limits(world: World, caller: str) -> dict[str, Any]:
    return {
        "organization": ids.encode("org", world.acme.id),
        "wallet_kind": "current",
        "currency": "INR",
        "day_minor": 5,
        "month_minor": None,
    }


def hooks(world: World, caller: str) -> dict[str, Any]:
    return {"url": f"https://hooks.example.com/{caller}", "events": ["wallets.wallet.opened"]}


def identity_details(world: World, caller: str) -> dict[str, Any]:
    return {
        "tier": 1,
        "legal_name": "Somebody Real",
        "date_of_birth": "1990-02-28",
        "country": "IN",
        "id_type": "passport",
        "id_number": "N1234567",
    }


def a_phone(*_: Any) -> dict[str, str]:
    return {"phone": "+91 98765 43210"}


def nothing(world: World, caller: str) -> dict[str, Any]:
    return {}


def a_wrong_answer(*_: Any) -> dict[str, str]:
    return {"id": "unknown", "method": "totp", "code": "000000"}


MATRIX: dict[str, Row] = {
    "register": Row("POST", "/auth/register", (201,) * 6, registration),
    "sign_in": Row(
        "POST", "/auth/token", (401,) * 6, lambda *_: {"email": "x@y.test", "password": "z"}
    ),
    "answer_challenge": Row("POST", "/auth/token/challenge", (422,) * 6, a_wrong_answer),
    "step_up": Row("POST", "/auth/step-up", (401, 200, 200, 200, 200, 403), nothing),
    "answer_step_up": Row(
        "POST", "/auth/step-up/challenge", (401, 422, 422, 422, 422, 403), a_wrong_answer
    ),
    "read_my_factors": Row("GET", "/me/factors", (401, 200, 200, 200, 200, 403)),
    "begin_totp": Row("POST", "/me/factors/totp", (401, 201, 201, 201, 201, 403), nothing),
    "confirm_totp": Row(
        "POST",
        "/me/factors/totp/confirm",
        (401, 409, 409, 409, 409, 403),
        lambda *_: {"code": "000000"},
    ),
    "remove_totp": Row("DELETE", "/me/factors/totp", (401, 404, 404, 404, 404, 403)),
    "begin_passkey": Row(
        "POST", "/me/factors/passkeys/options", (401, 200, 200, 200, 200, 403), nothing
    ),
    "add_passkey": Row(
        "POST",
        "/me/factors/passkeys",
        (401, 422, 422, 422, 422, 403),
        lambda *_: {"challenge": "unknown", "name": "Key", "credential": {}},
    ),
    "remove_passkey": Row(
        "DELETE",
        "/me/factors/passkeys/{passkey}",
        (401, 404, 404, 404, 404, 403),
    ),
    "issue_recovery_codes": Row(
        "POST", "/me/factors/recovery-codes", (401, 409, 409, 409, 409, 403), nothing
    ),
    "refresh_tokens": Row(
        "POST", "/auth/token/refresh", (401,) * 6, lambda *_: {"refresh": "unknown"}
    ),
    "join": Row(
        "POST",
        "/auth/join",
        (422,) * 6,
        lambda *_: {"token": "unknown", "full_name": "X", "password": "a long passphrase"},
    ),
    "sign_out": Row("POST", "/auth/logout", (401, 204, 204, 204, 204, 403), nothing),
    "confirm_email": Row(
        "POST", "/auth/confirm-email", (422,) * 6, lambda *_: {"token": "unknown"}
    ),
    "resend_confirmation": Row(
        "POST", "/auth/confirm-email/resend", (401, 204, 204, 204, 204, 403), nothing
    ),
    "forgot_password": Row(
        "POST", "/auth/password/forgot", (204,) * 6, lambda *_: {"email": "x@y.test"}
    ),
    "reset_password": Row(
        "POST",
        "/auth/password/reset",
        (422,) * 6,
        lambda *_: {"token": "unknown", "password": "a long passphrase"},
    ),
    "change_password": Row(
        "POST",
        "/me/password",
        (401, 204, 204, 204, 204, 403),
        lambda *_: {"old_password": PASSWORD, "new_password": "another long passphrase"},
    ),
    "read_me": Row("GET", "/me", READ),
    "read_verification": Row("GET", "/me/verification", (401, 200, 200, 200, 403, 403)),
    "save_verification": Row(
        "PUT", "/me/verification", (401, 200, 200, 200, 403, 403), identity_details
    ),
    "submit_verification": Row(
        "POST", "/me/verification/submit", (401, 404, 404, 404, 403, 403), nothing
    ),
    "reveal_verification": Row(
        "POST", "/me/verification/reveal", (401, 404, 404, 404, 403, 403), nothing
    ),
    # What is sent here is JSON; tests/api/test_verification.py sends files.
    "upload_verification_document": Row(
        "POST", "/me/verification/documents", (401, 415, 415, 415, 415, 415), nothing
    ),
    "withdraw_verification_document": Row(
        "DELETE", "/me/verification/documents/{document}", (401, 404, 404, 404, 403, 403)
    ),
    "read_verification_document": Row(
        "POST",
        "/me/verification/documents/{document}/content",
        (401, 404, 404, 404, 403, 403),
        nothing,
    ),
    "read_my_phone": Row("GET", "/me/phone", (401, 404, 404, 404, 404, 404)),
    "set_my_phone": Row("PUT", "/me/phone", (401, 200, 200, 200, 200, 403), a_phone),
    "remove_my_phone": Row("DELETE", "/me/phone", (401, 204, 204, 204, 204, 403)),
    "reveal_my_phone": Row("POST", "/me/phone/reveal", (401, 404, 404, 404, 404, 403), nothing),
    "list_own_sessions": Row("GET", "/me/sessions", READ),
    "end_own_session": Row("DELETE", "/me/sessions/{session}", (401, 404, 204, 404, 404, 403)),
    "end_other_sessions": Row(
        "POST", "/me/sessions/end-others", (401, 200, 200, 200, 200, 403), nothing
    ),
    "list_own_devices": Row("GET", "/me/devices", READ),
    "rename_own_device": Row(
        "PATCH", "/me/devices/{device}", (401, 404, 200, 404, 404, 404), lambda *_: {"name": "x"}
    ),
    "revoke_own_device": Row("DELETE", "/me/devices/{device}", (401, 404, 204, 404, 404, 404)),
    "trust_own_device": Row(
        "POST", "/me/devices/{device}/trust", (401, 404, 422, 404, 404, 403), nothing
    ),
    "list_own_networks": Row("GET", "/me/networks", READ),
    "revoke_own_network": Row("DELETE", "/me/networks/{network}", (401, 404, 204, 404, 404, 404)),
    "send_network_link": Row("POST", "/me/networks/link", (401, 200, 200, 200, 200, 403), nothing),
    "confirm_own_network": Row(
        "POST",
        "/me/networks/confirm",
        (401, 422, 422, 422, 422, 403),
        lambda *_: {"token": "unknown"},
    ),
    "list_own_notifications": Row("GET", "/me/notifications", READ),
    "count_unread_notifications": Row("GET", "/me/notifications/unread-count", READ),
    "mark_notification_read": Row(
        "POST",
        "/me/notifications/{notification}/read",
        (401, 404, 404, 200, 404, 404),
        nothing,
    ),
    "mark_all_notifications_read": Row(
        "POST", "/me/notifications/read-all", (401, 200, 200, 200, 200, 200), nothing
    ),
    "read_notification_preferences": Row("GET", "/me/notification-preferences", READ),
    "set_notification_preference": Row(
        "PUT",
        "/me/notification-preferences",
        (401, 200, 200, 200, 200, 403),
        lambda *_: {"topic": "holds", "in_app": True, "by_email": True},
    ),
    "read_country_policy": Row("GET", "/country-policy", READ),
    "set_country_policy": Row(
        "PUT",
        "/country-policy",
        (401, 200, 403, 200, 403, 403),
        lambda *_: {"countries": []},
    ),
    "read_pin": Row("GET", "/me/pin", (401, 200, 200, 200, 200, 403)),
    # Bob is known elsewhere, so where he comes from now is new to him.
    "set_pin": Row("POST", "/me/pin", (401, 201, 422, 201, 201, 403), lambda *_: {"pin": "7394"}),
    "change_pin": Row(
        "PUT",
        "/me/pin",
        (401, 422, 422, 422, 422, 403),
        lambda *_: {"current_pin": "7394", "pin": "8264"},
    ),
    "request_pin_reset": Row("POST", "/me/pin/reset", (401, 422, 422, 422, 422, 403), nothing),
    "cancel_pin_reset": Row("DELETE", "/me/pin/reset", (401, 422, 422, 422, 422, 403)),
    "confirm_pin_reset": Row(
        "POST",
        "/me/pin/reset/confirm",
        (401, 422, 422, 422, 422, 403),
        lambda *_: {"token": "x" * 43, "pin": "7394"},
    ),
    "give_approval": Row(
        "POST",
        "/approvals",
        (401, 422, 403, 422, 403, 403),
        lambda world, _: {"kind": "transfer", "method": "pin", "pin": "7394", **order(world)},
    ),
    "challenge_to_approve": Row(
        "POST",
        "/approvals/challenges",
        (401, 422, 403, 201, 403, 403),
        lambda world, _: {"kind": "transfer", **order(world)},
    ),
    "set_approval_policy": Row(
        "PUT",
        "/organizations/{acme}/approval-policy",
        (401, 404, 403, 200, 404, 403),
        lambda *_: {"over_minor": 5},
    ),
    "set_timezone": Row(
        "PUT",
        "/organizations/{acme}/timezone",
        (401, 404, 403, 409, 404, 403),  # a period is open
        lambda *_: {"timezone": "UTC"},
    ),
    "read_wallet_policy": Row("GET", "/wallet-policy", (401, 200, 200, 200, 403, 200)),
    "set_wallet_policy": Row(
        "PUT",
        "/wallet-policy",
        (401, 200, 403, 200, 403, 403),
        lambda *_: {"per_kind": 2, "members_open": True},
    ),
    "list_system_settings": Row("GET", "/system-settings", (401, 403, 403, 403, 200, 403)),
    "set_system_setting": Row(
        "PUT",
        "/system-settings",
        (401, 403, 403, 403, 200, 403),
        lambda *_: {"name": "dual_control.lifetime_hours", "value": 24},
    ),
    "list_organizations": Row("GET", "/organizations", READ),
    "read_organization": Row("GET", "/organizations/{acme}", (401, 404, 200, 200, 200, 200)),
    "activate_organization": Row(
        "POST", "/organizations/{acme}/activate", (401, 403, 403, 403, 409, 403), nothing
    ),
    "suspend_organization": Row(
        "POST", "/organizations/{acme}/suspend", (401, 403, 403, 403, 200, 403), nothing
    ),
    "list_members": Row("GET", "/members", READ),
    "find_members": Row("POST", "/members/find", (401, 200, 200, 200, 200, 403), a_phone),
    "change_role": Row(
        "PUT",
        "/members/{bob}",
        (401, 404, 403, 200, 403, 403),
        lambda *_: {"role": "member"},
    ),
    "remove_member": Row("DELETE", "/members/{bob}", (401, 404, 403, 204, 403, 403)),
    "ask_factor_reset": Row(
        "POST",
        "/members/{bob}/factor-reset",
        (401, 404, 403, 409, 403, 403),  # he has none that could be lost
        lambda *_: {"reason": "Called back"},
    ),
    "end_member_sessions": Row("DELETE", "/members/{bob}/sessions", (401, 404, 403, 204, 204, 403)),
    "list_invitations": Row("GET", "/invitations", (401, 200, 200, 200, 200, 403)),
    "invite_member": Row(
        "POST",
        "/invitations",
        (401, 201, 403, 201, 403, 403),
        lambda *_: {"email": "new@acme.test", "role": "member"},
    ),
    "withdraw_invitation": Row(
        "DELETE", "/invitations/{invitation}", (401, 404, 403, 204, 403, 403)
    ),
    "list_api_keys": Row("GET", "/api-keys", (401, 200, 403, 200, 200, 403)),
    "issue_api_key": Row(
        "POST",
        "/api-keys",
        (401, 201, 403, 201, 403, 403),
        lambda *_: {"name": "new", "scopes": ["wallets:read"]},
    ),
    "revoke_api_key": Row("DELETE", "/api-keys/{key}", (401, 404, 403, 204, 204, 403)),
    "list_wallets": Row("GET", "/wallets", READ),
    "open_wallet": Row(
        "POST",
        "/wallets",
        (401, 201, 403, 201, 403, 201),
        lambda *_: {"kind": "savings", "currency": "INR"},
    ),
    "read_wallet": Row("GET", "/wallets/{wallet}", (401, 404, 200, 200, 200, 200)),
    "read_account_number": Row(
        "GET", "/wallets/{wallet}/account-number", (401, 404, 200, 200, 200, 200)
    ),
    "reveal_account_number": Row(
        "POST", "/wallets/{wallet}/account-number/reveal", (401, 404, 403, 200, 403, 403), nothing
    ),
    "list_wallet_entries": Row("GET", "/wallets/{wallet}/entries", (401, 404, 200, 200, 200, 200)),
    "freeze_wallet": Row(
        "POST", "/wallets/{wallet}/freeze", (401, 404, 403, 200, 200, 200), nothing
    ),
    "unfreeze_wallet": Row(
        "POST", "/wallets/{wallet}/unfreeze", (401, 404, 403, 409, 409, 403), nothing
    ),
    "suspend_wallet": Row(
        "POST", "/wallets/{wallet}/suspend", (401, 404, 403, 403, 200, 403), nothing
    ),
    "close_wallet": Row("POST", "/wallets/{wallet}/close", (401, 404, 403, 409, 409, 409), nothing),
    "list_transfers": Row("GET", "/transfers", READ),
    "create_transfer": Row(
        "POST", "/transfers", (401, 422, 403, 201, 403, 403), lambda world, _: order(world)
    ),
    "create_transfer_batch": Row(
        "POST",
        "/transfers/batch",
        (401, 200, 200, 200, 200, 200),
        lambda world, _: {"items": [order(world)]},
    ),
    "read_transfer": Row("GET", "/transfers/{transfer}", (401, 404, 200, 200, 200, 200)),
    "reverse_transfer": Row(
        "POST", "/transfers/{transfer}/reverse", (401, 404, 403, 201, 201, 201), nothing
    ),
    "create_payout": Row("POST", "/payouts", (401, 422, 403, 202, 403, 403), payout),
    "read_payout": Row("GET", "/payouts/{payout}", (401, 404, 200, 200, 200, 200)),
    "list_holds": Row("GET", "/holds", READ),
    "place_hold": Row(
        "POST",
        "/holds",
        (401, 422, 403, 201, 403, 403),
        lambda world, _: order(world, destination_wallet=world.acme_wallet.handle),
    ),
    "read_hold": Row("GET", "/holds/{hold}", (401, 404, 200, 200, 200, 200)),
    "capture_hold": Row("POST", "/holds/{hold}/capture", (401, 404, 403, 201, 403, 201), nothing),
    "void_hold": Row("POST", "/holds/{hold}/void", (401, 404, 403, 200, 200, 200), nothing),
    "rehearse_transfer": Row(
        "POST",
        "/transfers/dry-run",
        (401, 200, 200, 200, 200, 200),
        lambda world, _: order(world),
    ),
    "rehearse_transfer_batch": Row(
        "POST",
        "/transfers/batch/dry-run",
        (401, 200, 200, 200, 200, 200),
        lambda world, _: {"items": [order(world)]},
    ),
    "rehearse_hold": Row(
        "POST", "/holds/dry-run", (401, 200, 200, 200, 200, 200), lambda world, _: order(world)
    ),
    "rehearse_capture": Row(
        "POST", "/holds/{hold}/capture/dry-run", (401, 404, 200, 200, 200, 200), nothing
    ),
    "rehearse_reversal": Row(
        "POST", "/transfers/{transfer}/reverse/dry-run", (401, 404, 200, 200, 200, 200), nothing
    ),
    "rehearse_deposit": Row("POST", "/deposits/dry-run", READ, cash),
    "rehearse_withdrawal": Row("POST", "/withdrawals/dry-run", READ, cash),
    "list_fee_schedules": Row("GET", "/fee-schedules", READ),
    "set_fee_schedule": Row("PUT", "/fee-schedules", (401, 404, 403, 200, 200, 403), fees),
    "list_limit_rules": Row("GET", "/limit-rules", READ),
    "withdraw_limit_rule": Row(
        "DELETE", "/limit-rules/{limit_rule}", (401, 403, 403, 403, 204, 403)
    ),
    "set_limit_rule": Row("PUT", "/limit-rules", (401, 403, 403, 403, 200, 403), limits),
    "read_wallet_limits": Row("GET", "/wallets/{wallet}/limits", (401, 404, 200, 200, 200, 200)),
    "create_deposit": Row("POST", "/deposits", (401, 403, 403, 403, 201, 403), cash),
    "create_withdrawal": Row("POST", "/withdrawals", (401, 403, 403, 403, 201, 403), cash),
    "list_ledger_accounts": Row("GET", "/ledger/accounts", READ),
    "read_ledger_account": Row("GET", "/ledger/accounts/{account}", (401, 404, 200, 200, 200, 200)),
    "list_ledger_account_entries": Row(
        "GET", "/ledger/accounts/{account}/entries", (401, 404, 200, 200, 200, 200)
    ),
    "list_ledger_transactions": Row("GET", "/ledger/transactions", READ),
    "read_ledger_transaction": Row(
        "GET", "/ledger/transactions/{transaction}", (401, 404, 200, 200, 200, 200)
    ),
    "read_trial_balance": Row("GET", "/ledger/trial-balance", READ),
    "set_clearing_cap": Row("PUT", "/ledger/clearing-caps", (401, 404, 403, 200, 200, 403), cap),
    **{name: Row(*row) for name, row in ledger_rows.ROWS.items()},
    "list_pending_acts": Row("GET", "/pending-acts", READ),
    "read_pending_act": Row("GET", "/pending-acts/{act}", (401, 404, 200, 200, 200, 404)),
    "agree_to_pending_act": Row(
        "POST", "/pending-acts/{act}/agree", (401, 404, 403, 200, 200, 403), nothing
    ),
    "reject_pending_act": Row(
        "POST", "/pending-acts/{act}/reject", (401, 404, 403, 200, 200, 403), nothing
    ),
    "withdraw_pending_act": Row(
        "POST", "/pending-acts/{act}/withdraw", (401, 404, 403, 403, 403, 404), nothing
    ),
    "read_dual_control_policy": Row("GET", "/dual-control-policy", (401, 200, 200, 200, 403, 200)),
    "set_dual_control_policy": Row(
        "PUT",
        "/dual-control-policy",
        (401, 200, 403, 202, 403, 403),
        lambda *_: {"roles": False, "journals": False, "terms": False},
    ),
    "set_dual_control_threshold": Row(
        "PUT",
        "/dual-control-thresholds",
        (401, 200, 403, 200, 403, 403),
        lambda *_: {"currency": "INR", "threshold_minor": None},
    ),
    "list_webhook_endpoints": Row("GET", "/webhook-endpoints", (401, 200, 403, 200, 200, 403)),
    "add_webhook_endpoint": Row(
        "POST", "/webhook-endpoints", (401, 201, 403, 201, 403, 403), hooks
    ),
    "read_webhook_endpoint": Row(
        "GET", "/webhook-endpoints/{webhook}", (401, 404, 403, 200, 200, 403)
    ),
    "change_webhook_endpoint": Row(
        "PATCH", "/webhook-endpoints/{webhook}", (401, 404, 403, 200, 403, 403), hooks
    ),
    "remove_webhook_endpoint": Row(
        "DELETE", "/webhook-endpoints/{webhook}", (401, 404, 403, 204, 403, 403)
    ),
    **{
        name: Row(
            "POST",
            f"/webhook-endpoints/{{webhook}}/{verb}",
            (401, 404, 403, status, 403, 403),
            nothing,
        )
        for name, verb, status in (
            ("pause_webhook_endpoint", "pause", 200),
            ("enable_webhook_endpoint", "enable", 200),
            ("rotate_webhook_secret", "rotate-secret", 200),
            ("test_webhook_endpoint", "test", 204),
        )
    },
    "list_webhook_deliveries": Row(
        "GET", "/webhook-endpoints/{webhook}/deliveries", (401, 404, 403, 200, 200, 403)
    ),
    "read_webhook_delivery": Row(
        "GET", "/webhook-deliveries/{delivery}", (401, 404, 403, 200, 200, 403)
    ),
    "resend_webhook_delivery": Row(
        "POST",
        "/webhook-deliveries/{delivery}/resend",
        (401, 404, 403, 200, 403, 403),
        nothing,
    ),
    "list_audit_records": Row("GET", "/audit/records", (401, 200, 403, 200, 200, 403)),
}
READS = [name for name, row in MATRIX.items() if row.method == "GET"]
WRITES = [name for name, row in MATRIX.items() if row.method != "GET"]


def test_the_matrix_has_every_operation() -> None:
    described = {
        (operation["operationId"], method.upper(), re.sub(r"\{.*?\}", "{}", path))
        for path, operations in document()["paths"].items()
        for method, operation in operations.items()
    }
    listed = {
        (name, row.method, "/api/v1" + re.sub(r"\{.*?\}", "{}", row.path.split("?")[0]))
        for name, row in MATRIX.items()
    }
    assert listed == described


@pytest.fixture(scope="module")
def targets(shared_world: World) -> dict[str, str]:
    return things_of_acme(shared_world)


@pytest.mark.parametrize("name", READS)
def test_reading(shared_world: World, targets: dict[str, str], name: str) -> None:
    row, world = MATRIX[name], shared_world
    answers = [ask(world, caller, row, targets) for caller in CALLERS]
    assert tuple(answer.status for answer in answers) == row.statuses
    for answer in answers:
        assert answer.status < 400 or answer.headers["Content-Type"] == PROBLEM
    _assert_nothing_of_acme(world, answers[CALLERS.index("charlie")], targets)


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("name", WRITES)
def test_writing(shared_world: World, targets: dict[str, str], name: str, caller: str) -> None:
    row, world = MATRIX[name], shared_world
    before = world.balance(world.alice_wallet)
    answer = ask(world, caller, row, targets)
    assert answer.status == row.statuses[CALLERS.index(caller)], answer.body
    if answer.status >= 400:
        assert answer.headers["Content-Type"] == PROBLEM
        assert world.balance(world.alice_wallet) == before
    if caller == "charlie":
        _assert_nothing_of_acme(world, answer, targets)


def things_of_acme(world: World) -> dict[str, str]:
    """Things of Acme that paths and answers may name."""
    since = mark()
    inside = world.send(destination=world.acme_wallet).transfer
    assert inside is not None
    assert inside.source_transaction_id is not None
    take_new(since)
    alice = world.actor(world.alice)
    invitation = invite(actor=alice, email="ivy@acme.test", role="member", now=NOW)[0]
    rule = set_limit_rule(
        actor=world.actor(world.olga),
        organization_id=world.acme.id,
        wallet_kind=WalletKind.SAVINGS,
        currency="EUR",
        day_minor=5,
        month_minor=None,
        now=NOW,
    )
    hold = place_hold(
        HoldRequest(
            actor=alice,
            source=world.alice_wallet.handle,
            destination=world.acme_wallet.handle,
            amount_minor=100,
            currency="INR",
            expires_at=clock.now() + dt.timedelta(days=1),
            reference=reference_of(actor=alice, route="test", key="target"),
            fingerprint=fingerprint("target"),
            now=clock.now(),
        )
    )
    session, device, network = things_of_bob(world)
    paid_out = ask_payout(world).transfer
    assert paid_out is not None
    with reading(alice):
        key = visible_api_keys(alice).get(name="Acme server")
    return {
        "acme": ids.encode("org", world.acme.id),
        "bob": ids.encode("usr", world.bob.id),
        "invitation": ids.encode("inv", invitation.id),
        "key": ids.encode("key", key.id),
        "wallet": world.alice_wallet.handle,
        "wallet_id": ids.encode("wal", world.alice_wallet.id),
        "account": ids.encode("acc", world.alice_wallet.account_id),
        "transfer": ids.encode("trf", inside.id),
        "hold": ids.encode("hld", hold.hold_id),
        "notification": ids.encode("ntf", told(world.alice)[0].id),
        "payout": ids.encode("trf", paid_out.id),
        "limit_rule": ids.encode("lim", rule.id),
        "passkey": ids.encode("pky", ids.new_id()),
        "document": ids.encode("doc", ids.new_id()),
        "act": ids.encode("pac", _waiting_act(world).id),
        "transaction": ids.encode("txn", inside.source_transaction_id),
        "session": ids.encode("ses", session),
        "device": ids.encode("dev", device),
        "network": ids.encode("net", network),
        **_webhook(world),
        **ledger_rows.targets(world),
    }


def things_of_bob(world: World) -> tuple[uuid.UUID, uuid.UUID, uuid.UUID]:
    """A session, a device and a network of his, from another address than the tests'."""
    bob = dataclasses.replace(world.actor(world.bob), ip="203.0.113.50")
    device, _ = met_device(actor=bob, user=world.bob, token=None, user_agent="", now=clock.now())
    session = open_session(actor=bob, device=device, now=clock.now()).session_id
    with reading(bob):
        network = Network.objects.get(user=world.bob)
    return session, device.id, network.id


def _webhook(world: World) -> dict[str, str]:
    """An endpoint, and a delivery that was answered."""
    endpoint, _ = added(world)
    arrives(world.acme)
    for claim in claims():
        attempt(claim)
    with all_seeing():
        delivery = WebhookDelivery.objects.get(endpoint=endpoint)
    return {
        "webhook": ids.encode("whe", endpoint.id),
        "delivery": ids.encode("whd", delivery.id),
    }


def _waiting_act(world: World) -> PendingAct:
    """Ann, an administrator of Acme, wants Bob to be of finance."""
    ann = colleague(world, "ann", "admin")
    set_dual_control_policy(
        actor=world.actor(world.alice), roles=True, journals=False, terms=False, now=NOW
    )
    act = change_role(
        actor=world.signed_in(ann), user_id=world.bob.id, role="finance", now=clock.now()
    )
    assert isinstance(act, PendingAct)
    return act


def ask(world: World, caller: str, row: Row, targets: dict[str, str]) -> Got:
    person = {"charlie": world.charlie, "bob": world.bob, "alice": world.alice, "olga": world.olga}
    if caller in person:
        credential: str | None = token_of(world, person[caller])
    else:
        credential = world.acme_key if caller == "acme_key" else None
    body = row.body(world, caller) if row.body else None
    return Caller(credential)(row.method, row.path.format(**targets), body, key=f"key-{caller}")


def _assert_nothing_of_acme(world: World, answer: Got, targets: dict[str, str]) -> None:
    text = answer.body.decode()
    # Who settles with Acme knows its id from the clearing account; nothing else may be seen.
    secret = [value for name, value in targets.items() if name not in ("acme", "wallet")]
    assert not [value for value in secret if value in text]
    assert "@acme.test" not in text or "new@acme.test" in text
