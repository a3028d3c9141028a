"""The staff site: whose rows, which acts, and that nothing can be typed over."""

import datetime as dt
import re

import pytest
from django.contrib import admin
from django.test import Client

from accounts.models import User
from accounts.services.erasing import shred_person
from accounts.services.organizations import register_organization
from accounts.services.people import remove_member
from audit.models import AuditRecord
from audit.services import record
from kernel import clock
from kernel.actor import Actor, Door, anonymous
from kernel.context import reading
from kernel.ids import encode
from kernel.transactions import opens_transaction
from tests.database import all_seeing
from tests.web.conftest import Visit
from tests.world import NOW, PASSWORD, World, colleague
from wallets.models import Transfer, Wallet

pytestmark = pytest.mark.django_db

MONEY = ("ledger", "wallets", "audit", "events")


def rows(answer) -> list[str]:
    return [str(row) for row in answer.context["cl"].result_list]


def test_nobody_signs_in_by_django_s_own_form(world: World):
    answer = Client().get("/admin/ledger/entry/")
    assert answer.headers["Location"].startswith("/admin/login/")
    answer = Client().get(answer.headers["Location"])
    assert answer.headers["Location"] == "/sign-in?next=%2Fadmin%2Fledger%2Fentry%2F"
    assert Client().post("/admin/login/", {"username": "a", "password": "b"}).status_code == 302


def test_a_role_without_the_staff_site_is_told_so(world: World, visit: Visit):
    answer = visit(world.bob).get("/admin/", follow=True)
    assert answer.status_code == 403
    assert "Your role does not include this" in answer.content.decode()


@pytest.mark.parametrize("person", ["alice", "olga"])
def test_no_row_can_be_added_changed_or_deleted(world: World, visit: Visit, person: str):
    client = visit(getattr(world, person))
    for model in admin.site._registry:
        place = f"/admin/{model._meta.app_label}/{model._meta.model_name}"
        assert client.get(f"{place}/add/").status_code in (403, 404), place
        assert client.post(f"{place}/add/", {"x": "1"}).status_code in (403, 404), place
    wallet = f"/admin/wallets/wallet/{world.alice_wallet.id}"
    assert client.post(f"{wallet}/change/", {"kind": "savings"}).status_code in (302, 403)
    assert client.post(f"{wallet}/delete/", {"post": "yes"}).status_code in (302, 403)
    assert world.balance(world.alice_wallet) == 1_00_000_00


def test_no_money_model_offers_deletion(world: World, visit: Visit):
    client = visit(world.olga)
    for model in admin.site._registry:
        if model._meta.app_label in MONEY:
            text = client.get(
                f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
            ).content.decode()
            assert "delete_selected" not in text


def test_an_owner_sees_the_own_organization_only(world: World, visit: Visit):
    client = visit(world.charlie)
    assert rows(client.get("/admin/wallets/wallet/")) == [world.charlie_wallet.handle]
    assert rows(client.get("/admin/accounts/organization/")) == ["Globex"]
    assert rows(client.get("/admin/accounts/user/")) == ["Charlie"]
    for page in ("ledger/ledgeraccount", "ledger/transaction", "ledger/entry", "accounts/apikey"):
        answer = client.get(f"/admin/{page}/")
        assert "Acme" not in answer.content.decode().replace("Clearing with Acme", ""), page
    for row in client.get("/admin/audit/auditrecord/").context["cl"].result_list:
        assert row.organization_id == world.globex.id


def people_named(answer) -> dict[str, str]:
    """Whom a page of audit records names: names, as HTML, by the ids they lead to."""
    assert answer.status_code == 200
    links = re.findall(
        r'"/admin/accounts/user/([^/"]+)/change/">([^<]+)</a>', answer.content.decode()
    )
    return dict(links)


def test_people_in_the_audit_list_have_names_until_they_are_erased(world: World, visit: Visit):
    bob, carol = world.bob, colleague(world, "carol", "member")
    with all_seeing():
        User.objects.filter(id=carol.id).update(full_name="Carol<b>")
    for gone in (bob, carol):
        remove_member(actor=world.actor(world.alice), user_id=gone.id, now=NOW)
    client = visit(world.olga)
    page = "/admin/audit/auditrecord/"
    names = {str(world.alice.id): "Alice", str(bob.id): "Bob", str(carol.id): "Carol&lt;b&gt;"}
    assert people_named(client.get(page)).items() >= names.items()
    shred_person(actor=world.actor(world.olga), user_id=bob.id, now=clock.now())
    after = client.get(page)
    assert str(bob.id) not in people_named(after)
    assert after.content.decode().count(str(bob.id)) > 0
    assert after.content.decode().count("Erased person") == 0
    with all_seeing():
        removal = AuditRecord.objects.get(action="accounts.member.remove", subject_id=carol.id)
    detail = people_named(client.get(f"{page}{removal.id}/change/"))
    assert detail == {key: names[key] for key in (str(world.alice.id), str(carol.id))}


def test_names_of_other_organizations_stay_ids(world: World, visit: Visit):
    _seen_by_charlie(actor=world.actor(world.charlie), stranger=world.alice)
    page = visit(world.charlie).get("/admin/audit/auditrecord/")
    assert people_named(page) == {str(world.charlie.id): "Charlie"}
    assert page.content.decode().count(str(world.alice.id)) > 0


@opens_transaction
def _seen_by_charlie(*, actor: Actor, stranger: User) -> None:
    record(
        actor=actor,
        action="tests.thing.do",
        subject_type="user",
        subject_id=stranger.id,
        organization_id=actor.organization_id,
        now=NOW,
    )


def test_the_platform_sees_every_organization(world: World, visit: Visit):
    client = visit(world.olga)
    assert set(rows(client.get("/admin/accounts/organization/"))) == {"Acme", "Globex"}
    assert len(rows(client.get("/admin/wallets/wallet/"))) == 3


def act(client: Client, page: str, action: str, *ids: object):
    """Tick rows, choose an action, and follow to its own page."""
    answer = client.post(
        f"/admin/{page}/",
        {"action": action, "_selected_action": [str(one) for one in ids], "index": "0"},
    )
    assert answer.status_code == 302, answer.content.decode()
    return client.get(answer.headers["Location"])


def status_of(world: World, wallet: Wallet) -> str:
    with reading(world.actor(world.olga)):
        return Wallet.objects.get(id=wallet.id).status


@pytest.mark.parametrize("person", ["alice", "olga"])
def test_freezing_and_unfreezing_go_through_a_page_with_a_reason(
    world: World, visit: Visit, person: str
):
    client, wallet = visit(getattr(world, person)), world.alice_wallet
    page = act(client, "wallets/wallet", "freeze", wallet.id)
    assert wallet.handle in page.content.decode()
    asked = {"change": "freeze", "id": [str(wallet.id)]}
    assert client.post("/admin/wallets/status/", {**asked, "reason": ""}).status_code == 200
    assert status_of(world, wallet) == "ACTIVE"
    client.post("/admin/wallets/status/", {**asked, "reason": "Phone stolen"})
    assert status_of(world, wallet) == "FROZEN"
    with reading(world.actor(world.olga)):
        record = AuditRecord.objects.get(action="wallets.wallet.freeze")
    assert (record.metadata["reason"], record.door) == ("Phone stolen", "admin")
    client.post("/admin/wallets/status/", {**asked, "change": "unfreeze", "reason": "Found"})
    assert status_of(world, wallet) == "ACTIVE"


def test_staff_record_deposits_and_withdrawals_once(world: World, visit: Visit):
    client, wallet = visit(world.olga), world.alice_wallet
    page = act(client, "wallets/wallet", "deposit", wallet.id)
    asked = {
        "change": "deposit",
        "id": str(wallet.id),
        "key": page.context["form"].initial["key"],
        "amount": "25,000",
        "external_reference": "UTR-1",
    }
    for _ in range(2):
        assert client.post("/admin/wallets/cash/", asked).status_code == 302
    assert world.balance(wallet) == 1_25_000_00
    again = client.post("/admin/wallets/cash/", {**asked, "key": "another"})
    assert "external reference was used" in again.content.decode()
    out = {**asked, "change": "withdraw", "key": "third", "external_reference": "UTR-2"}
    client.post("/admin/wallets/cash/", out)
    assert world.balance(wallet) == 1_00_000_00
    too_much = client.post("/admin/wallets/cash/", {**out, "key": "4", "amount": "999999999"})
    assert "not enough available" in too_much.content.decode()
    assert world.balance(wallet) == 1_00_000_00


def test_staff_record_fridays_bank_line_on_monday(world: World, visit: Visit):
    client, wallet = visit(world.olga), world.alice_wallet
    asked = {
        "change": "deposit",
        "id": str(wallet.id),
        "key": "friday",
        "amount": "25,000",
        "external_reference": "UTR-1",
        "value_date": "2026-11-17",
    }
    early = client.post("/admin/wallets/cash/", {**asked, "key": "e", "value_date": "2026-08-01"})
    assert "The books begin later than this day" in early.content.decode()
    assert client.post("/admin/wallets/cash/", asked).status_code == 302
    with reading(world.actor(world.olga)):
        transfer = Transfer.objects.get(external_reference="UTR-1", state="COMPLETED")
    assert transfer.effective_at == dt.datetime(2026, 11, 17, tzinfo=dt.UTC)
    receipt = visit(world.alice).get(f"/transfers/{encode('trf', transfer.id)}/receipt")
    assert "Recorded" in receipt.content.decode()
    assert "Counts from" in receipt.content.decode()
    assert "17 Nov 2026" in receipt.content.decode()


def test_an_owner_moves_no_cash(world: World, visit: Visit):
    client = visit(world.alice)
    asked = {"change": "deposit", "id": str(world.alice_wallet.id), "key": "k", "amount": "1"}
    assert client.post("/admin/wallets/cash/", asked).status_code == 403
    assert "deposit" not in client.get("/admin/wallets/wallet/").content.decode()


def test_another_organization_s_wallet_cannot_be_frozen(world: World, visit: Visit):
    asked = {"change": "freeze", "id": str(world.alice_wallet.id), "reason": "mischief"}
    visit(world.charlie).post("/admin/wallets/status/", asked)
    assert status_of(world, world.alice_wallet) == "ACTIVE"


def test_the_platform_activates_and_suspends_organizations(world: World, visit: Visit):
    made = register_organization(
        actor=anonymous(door=Door.WEB, request_id="t"),
        organization_name="Nilgiri Tea",
        country="IN",
        base_currency="INR",
        owner_email="f@nilgiri.test",
        owner_name="Farah",
        password=PASSWORD,
        now=clock.now(),
    ).organization
    client = visit(world.olga)
    act(client, "accounts/organization", "activate", made.id)
    client.post("/admin/organizations/status/", {"change": "activate", "id": str(made.id)})
    with all_seeing():
        made.refresh_from_db()
    assert made.status == "active"
    asked = {"change": "suspend", "id": str(made.id), "reason": "Fraud case 7"}
    assert visit(world.alice).post("/admin/organizations/status/", asked).status_code == 403
    client.post("/admin/organizations/status/", asked)
    with all_seeing():
        made.refresh_from_db()
    assert made.status == "suspended"


def test_the_trial_balance_is_balanced_and_scoped(world: World, visit: Visit):
    world.send(amount_minor=1_000_00)
    sheets = visit(world.alice).get("/admin/trial-balance/").context["sheets"]
    assert [(sheet.organization, sheet.debit, sheet.credit) for sheet in sheets] == [
        ("Acme", "₹6,00,000.00", "₹6,00,000.00")
    ]
    everybody = visit(world.olga).get("/admin/trial-balance/").context["sheets"]
    assert [(sheet.organization, sheet.balanced) for sheet in everybody] == [
        ("Acme", True),
        ("Globex", True),
    ]
    place = f"/admin/trial-balance/?organization={world.globex.id}&currency=INR"
    assert [s.organization for s in visit(world.olga).get(place).context["sheets"]] == ["Globex"]
    assert visit(world.alice).get(place).context["sheets"] == []


def test_a_long_trial_balance_is_cut_and_its_sums_are_not(
    world: World, visit: Visit, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("web.views.staff.MOST_LINES", 1)
    page = visit(world.alice).get("/admin/trial-balance/")
    (sheet,) = page.context["sheets"]
    assert (len(sheet.lines), sheet.debit) == (1, "₹6,00,000.00")
    assert f"The first 1 of {sheet.accounts} accounts" in page.content.decode()


def test_searching_by_id_works_in_every_list(world: World, visit: Visit):
    client = visit(world.olga)
    for model in admin.site._registry:
        place = f"/admin/{model._meta.app_label}/{model._meta.model_name}/?q=ab"
        assert client.get(place).status_code == 200, place


def test_a_public_id_finds_its_row(world: World, visit: Visit):
    sent = world.send().transfer
    world.send()
    assert sent is not None
    assert sent.source_transaction_id is not None
    client = visit(world.alice)
    for page, prefix, value in (
        ("wallets/transfer", "trf", sent.id),
        ("ledger/transaction", "txn", sent.source_transaction_id),
        ("ledger/entry", "txn", sent.source_transaction_id),
        ("audit/auditrecord", "trf", sent.id),
        ("events/outboxevent", "trf", sent.id),
    ):
        answer = client.get(f"/admin/{page}/", {"q": encode(prefix, value)})
        assert answer.context["cl"].result_count == (2 if page == "ledger/entry" else 1), page


def test_the_receiving_side_does_not_read_the_payer_s_notes(world: World, visit: Visit):
    sent = world.send(metadata={"memo": "for our eyes"}).transfer
    assert sent is not None
    place = f"/admin/wallets/transfer/{sent.id}/change/"
    assert "for our eyes" in visit(world.alice).get(place).content.decode()
    theirs = visit(world.charlie).get(place).content.decode()
    assert ("Alice" in theirs, "for our eyes" in theirs, sent.request_id in theirs) == (
        True,
        False,
        False,
    )


def test_every_detail_page_opens(world: World, visit: Visit):
    world.send()
    client = visit(world.olga)
    for model in admin.site._registry:
        if model._meta.app_label == "django_celery_beat":
            continue
        place = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        for row in client.get(place).context["cl"].result_list[:1]:
            assert client.get(f"{place}{row.pk}/change/").status_code == 200, place


def test_signing_out_of_the_staff_site_ends_the_session(world: World, visit: Visit):
    client = visit(world.olga)
    assert client.post("/admin/logout/").headers["Location"] == "/sign-in"
    assert client.get("/").status_code == 302
