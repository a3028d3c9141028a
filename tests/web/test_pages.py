"""Every page for everyone: who gets in, and what a browser is allowed to do with it."""

from __future__ import annotations

import html.parser
import re

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from kernel.ids import encode
from tests.web.conftest import Visit
from tests.web.reserved import held, hold_id_of
from tests.world import World

pytestmark = pytest.mark.django_db

TO_SIGN_IN = 302
# Address: (nobody, charlie, bob the viewer, alice, olga of the platform).
PAGES = {
    "/": (302, 200, 200, 200, 200),
    "/now": (302, 200, 200, 200, 200),
    "/sign-in": (200, 302, 302, 302, 302),
    "/register": (200, 200, 200, 200, 200),
    "/join/unknown": (410, 410, 410, 410, 410),
    "/confirm-email/unknown": (410, 410, 410, 410, 410),
    "/forgot-password": (200, 200, 200, 200, 200),
    "/reset-password/unknown": (410, 410, 410, 410, 410),
    "/security/password": (302, 200, 200, 200, 200),
    "/send": (302, 200, 403, 200, 403),
    "/transfers": (302, 200, 200, 200, 200),
    "/transfers/{inside}": (302, 404, 200, 200, 200),
    "/transfers/{inside}/receipt": (302, 404, 200, 200, 200),
    "/transfers/{inside}/give-back": (302, 404, 403, 200, 200),
    "/holds": (302, 200, 200, 200, 200),
    "/holds/new": (302, 200, 403, 200, 403),
    "/holds/{hold}": (302, 404, 200, 200, 200),
    "/holds/{hold}/capture": (302, 404, 403, 200, 403),
    "/wallets": (302, 200, 200, 200, 200),
    "/wallets/{alice}": (302, 404, 200, 200, 200),
    "/organization": (302, 200, 200, 200, 302),
    "/notifications": (302, 200, 200, 200, 200),
    "/notifications?show=unread": (302, 200, 200, 200, 200),
    "/notifications/preferences": (302, 200, 200, 200, 200),
    "/organization/webhooks": (302, 200, 403, 200, 200),
    "/organization/webhooks/unknown": (302, 404, 403, 404, 404),
    "/organization/webhook-deliveries/unknown": (302, 404, 403, 404, 404),
    "/profile": (302, 200, 200, 200, 200),
    "/security": (302, 200, 200, 200, 200),
    "/security/set-up": (302, 200, 200, 200, 200),
    "/security/officers": (302, 200, 200, 200, 200),
    "/security/sign-in-anew": (302, 200, 200, 200, 200),
    "/security/pin": (302, 200, 200, 200, 200),
    "/security/pin/reset/unknown": (302, 410, 410, 410, 410),
    "/networks/confirm/unknown": (302, 410, 410, 410, 410),
    "/verification": (302, 200, 200, 200, 403),
    "/pending-acts": (302, 200, 200, 200, 200),
    "/pending-acts/unknown": (302, 404, 404, 404, 404),
    "/step-up": (302, 200, 200, 200, 200),
    "/sign-in/second-step": (302, 302, 302, 302, 302),
    "/nothing-here": (404, 404, 404, 404, 404),
    "/admin": (302, 302, 302, 302, 302),
    "/admin/": (302, 200, 302, 200, 200),
    "/admin/trial-balance/": (302, 200, 302, 200, 200),
    "/admin/wallets/wallet/": (302, 200, 302, 200, 200),
    "/admin/wallets/transfer/": (302, 200, 302, 200, 200),
    "/admin/ledger/ledgeraccount/": (302, 200, 302, 200, 200),
    "/admin/ledger/transaction/": (302, 200, 302, 200, 200),
    "/admin/ledger/entry/": (302, 200, 302, 200, 200),
    "/admin/ledger/currency/": (302, 200, 302, 200, 200),
    "/admin/ledger/clearingcap/": (302, 200, 302, 200, 200),
    "/admin/accounts/organization/": (302, 200, 302, 200, 200),
    "/admin/accounts/user/": (302, 200, 302, 200, 200),
    "/admin/accounts/invitation/": (302, 200, 302, 200, 200),
    "/admin/accounts/apikey/": (302, 200, 302, 200, 200),
    "/admin/accounts/signinsession/": (302, 200, 302, 200, 200),
    "/admin/audit/auditrecord/": (302, 200, 302, 200, 200),
    "/admin/notifications/webhookendpoint/": (302, 200, 302, 200, 200),
    "/admin/notifications/webhookdelivery/": (302, 200, 302, 200, 200),
    "/admin/events/outboxevent/": (302, 200, 302, 200, 200),
    "/admin/events/faileddelivery/": (302, 403, 302, 403, 200),
    "/admin/backbone/": (302, 403, 302, 403, 200),
    "/admin/sagas/": (302, 403, 302, 403, 200),
    "/admin/wallets/wallet/{alice_id}/change/": (302, 302, 302, 200, 200),
    "/admin/django_celery_beat/periodictask/": (302, 403, 302, 403, 200),
}
# Pages that only take forms; nobody is sent to sign in, the rest is judged by what they post.
ACTIONS = (
    "/confirm-email",
    "/security/password/save",
    "/sign-out",
    "/send/payee",
    "/send/review",
    "/send/edit",
    "/send/confirm",
    "/transfers/{inside}/give-back/confirm",
    "/holds/place",
    "/holds/{hold}/capture/confirm",
    "/holds/{hold}/void",
    "/wallets/open",
    "/wallets/{alice}/status",
    "/organization/invitations",
    "/organization/invitations/x/withdraw",
    "/organization/keys",
    "/organization/keys/x/revoke",
    "/organization/people/x/role",
    "/organization/people/x/remove",
    "/organization/people/x/reset-factors",
    "/organization/countries",
    "/organization/countries/drop",
    "/organization/people/x/sign-out",
    "/organization/partners",
    "/organization/webhooks/add",
    "/organization/webhooks/x/change",
    "/organization/webhooks/x/switch",
    "/organization/webhooks/x/remove",
    "/organization/webhooks/x/rotate",
    "/organization/webhooks/x/test",
    "/organization/webhook-deliveries/x/resend",
    "/organization/fees",
    "/notifications/read-all",
    "/notifications/preferences/save",
    "/notifications/x/open",
    "/notifications/x/read",
    "/security/sessions/x/end",
    "/security/sessions/end-others",
    "/security/devices/x/rename",
    "/security/devices/x/trust",
    "/security/devices/x/revoke",
    "/security/networks/link",
    "/security/networks/x/revoke",
    "/networks/confirm/x/yes",
    "/security/totp",
    "/security/totp/confirm",
    "/security/totp/remove",
    "/security/passkeys",
    "/security/passkeys/finish",
    "/security/passkeys/x/remove",
    "/security/recovery-codes",
    "/security/pin/set",
    "/security/pin/change",
    "/security/pin/reset",
    "/security/pin/reset/cancel",
    "/security/pin/reset/x/confirm",
    "/step-up/begin",
    "/step-up/answer",
    "/sign-in/second-step/resend",
    "/send/approve-by",
    "/pending-acts/x/decide",
    "/organization/approval-policy",
    "/organization/dual-control",
    "/organization/dual-control/thresholds",
    "/organization/house",
    "/profile/phone",
    "/profile/phone/show",
    "/wallets/{alice}/account-number",
    "/verification/details",
    "/verification/documents",
    "/verification/documents/x/content",
    "/verification/documents/x/delete",
    "/verification/reveal",
    "/verification/submit",
)


def address(world: World, page: str) -> str:
    inside = world.send(destination=world.acme_wallet).transfer if "{inside}" in page else None
    return page.format(
        hold=hold_id_of(held(world)) if "{hold}" in page else "",
        inside=encode("trf", inside.id) if inside else "",
        alice=world.alice_wallet.handle,
        alice_id=world.alice_wallet.id,
    )


@pytest.mark.parametrize("page", PAGES)
def test_who_gets_in(world: World, visit: Visit, page: str):
    place = address(world, page)
    people = (None, world.charlie, world.bob, world.alice, world.olga)
    answers = [visit(person).get(place) for person in people]
    assert tuple(answer.status_code for answer in answers) == PAGES[page]
    for answer in answers:
        check_browser_rules(answer)


@pytest.mark.parametrize("page", ACTIONS)
def test_actions_take_posts_of_signed_in_people_only(world: World, visit: Visit, page: str):
    place = address(world, page)
    assert visit(None).post(place).headers["Location"].startswith("/sign-in")
    assert visit(world.alice).get(place).status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = visit(world.alice).cookies
    assert strict.post(place).status_code == 403


def test_every_address_of_the_dashboard_is_in_this_file():
    tried = {re.sub(r"\{\w+\}|/x/|/unknown", "*", page) for page in (*PAGES, *ACTIONS)}
    missing = {route for route in _routes() if _starred(route) not in {_plain(t) for t in tried}}
    assert missing == set()


def _routes() -> list[str]:
    web = next(
        one
        for one in get_resolver().url_patterns
        if isinstance(one, URLResolver) and one.app_name == "web"
    )
    return [f"/{one.pattern}" for one in web.url_patterns if isinstance(one, URLPattern)]


def _starred(route: str) -> str:
    return _plain(re.sub(r"<[^>]+>", "*", route))


def _plain(page: str) -> str:
    return page.replace("/*", "*").replace("*/", "*").rstrip("/")


class Inline(html.parser.HTMLParser):
    """Collects what a strict policy would refuse, and every address outside of the house."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        data = given.get("type") == "application/json"
        if (tag == "script" and "src" not in given and not data) or tag == "style":
            self.found.append(f"<{tag}>")
        for name, value in attrs:
            if name == "style" or re.fullmatch(r"on[a-z]+|hx-on.*", name):
                self.found.append(f"{tag} {name}")
            if name in ("src", "href", "action", "srcset") and not _ours(tag, value or ""):
                self.found.append(f"{tag} {name}={value}")


def _ours(tag: str, value: str) -> bool:
    return not re.match(r"(https?:)?//|javascript:|data:", value)


def check_browser_rules(answer) -> None:
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "object-src 'none'" in policy
    assert "base-uri 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert not re.search(r"unsafe-(inline|eval)|\*|https?:", policy)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer.headers["X-Request-ID"]
    parser = Inline()
    parser.feed(answer.content.decode())
    assert parser.found == []


def test_signed_in_pages_are_never_kept_by_a_cache(world: World, visit: Visit):
    client = visit(world.alice)
    for page in ("/", "/transfers", "/wallets", "/organization", "/admin/"):
        assert "no-store" in client.get(page).headers["Cache-Control"]
