"""What people write is shown as text, on every page and in every answer (ASVS 1.1.2, 1.2.1, 1.2.3).

The same text stands everywhere at once: in names, descriptions, reasons, names of keys. It would
be markup, a script, a template, a statement.
"""

from __future__ import annotations

import html

import pytest

from accounts.services.invitations import invite, join
from kernel.actor import Door, anonymous
from kernel.ids import encode
from tests.api.conftest import Caller, token_of
from tests.keys import issue
from tests.web.conftest import Visit
from tests.web.test_pages import Inline
from tests.world import NOW, PASSWORD, World
from wallets.services.wallets import freeze_wallet, unfreeze_wallet

pytestmark = pytest.mark.django_db

HOSTILE = (
    "<img src=x onerror=alert(1)>\"'><script>{{7|add:35}}{% if 1 %}</script>'; DROP TABLE x; --"
)


def planted(world: World) -> str:
    """The text in everything that Acme's people may write; the public id of a transfer with it."""
    alice = world.actor(world.alice)
    token = invite(actor=alice, email="eve@acme.test", role="member", now=NOW).token
    stranger = anonymous(door=Door.WEB, request_id="test")
    join(actor=stranger, token=token, full_name=HOSTILE, password=PASSWORD, now=NOW)
    issue(actor=alice, name=HOSTILE[:80], scopes=["wallets:read"], now=NOW)
    freeze_wallet(actor=alice, wallet_id=world.alice_wallet.id, reason=HOSTILE, now=NOW)
    unfreeze_wallet(actor=alice, wallet_id=world.alice_wallet.id, reason=HOSTILE, now=NOW)
    sent = world.send(description=HOSTILE).transfer
    assert sent is not None
    return encode("trf", sent.id)


def test_every_page_shows_it_as_text(world: World, visit: Visit):
    transfer = planted(world)
    wallet = f"/wallets/{world.alice_wallet.handle}"
    pages = ("/", "/transfers", f"/transfers/{transfer}", f"/transfers/{transfer}/receipt", wallet)
    staff = ("accounts/user", "accounts/apikey", "audit/auditrecord", "wallets/transfer")
    asked = [(world.alice, page) for page in (*pages, "/organization", f"/transfers?q={HOSTILE}")]
    asked += [(world.olga, f"/admin/{name}/?q={HOSTILE[:20]}") for name in staff]
    asked += [(world.olga, f"/admin/{name}/") for name in staff]
    shown = 0
    for person, page in asked:
        answer = visit(person).get(page)
        assert answer.status_code == 200, page
        text = answer.content.decode()
        assert "<img src=x" not in text, page
        assert "<script>{{7" not in text, page
        parser = Inline()
        parser.feed(text)
        assert parser.found == [], page
        shown += html.escape("<script>{{7|add:35}}") in text
    assert shown >= 5, "it was there to be seen"


def test_every_answer_of_the_api_gives_it_back_unchanged(world: World):
    transfer = planted(world)
    alice = Caller(token_of(world, world.alice))
    got = alice.get(f"/transfers/{transfer}")
    assert got.headers["Content-Type"] == "application/json"
    assert got.data["description"] == HOSTILE
    assert HOSTILE in {row["name"] for row in alice.get("/members").data["data"]}
