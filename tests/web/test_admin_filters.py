"""What can be asked of the staff site's lists through the address: only what they offer."""

import pytest
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.test import Client

from kernel.ids import encode
from tests.database import all_seeing
from tests.web.conftest import Visit
from tests.world import World

pytestmark = pytest.mark.django_db

LISTS = sorted(model._meta.label_lower for model in admin.site._registry)
SEARCHED = sorted(
    model._meta.label_lower
    for model, site in admin.site._registry.items()
    if site.search_fields and model._meta.app_label in ("audit", "events", "ledger", "wallets")
)
HASHED = ("password", "secret_hash", "token_hash", "reference", "fingerprint")


def place_of(label: str) -> str:
    return f"/admin/{label.replace('.', '/')}/"


def found(client: Client, label: str, **asked: str) -> int:
    """How many rows a list shows for these parameters; none to whom it is refused."""
    answer = client.get(place_of(label), asked)
    return 0 if answer.status_code == 403 else answer.context["cl"].result_count


@pytest.mark.parametrize("label", LISTS)
def test_no_column_is_asked_for_that_is_no_filter(world: World, visit: Visit, label: str):
    """The list's gate lets none through; and through the door, one of each column is a 400."""
    client, place = visit(world.olga), place_of(label)
    drawn = client.get(place)
    gate, request = drawn.context["cl"].model_admin.lookup_allowed, drawn.wsgi_request
    model = next(one for one in admin.site._registry if one._meta.label_lower == label)
    offered = {str(name) for name in admin.site._registry[model].list_filter}
    for number, field in enumerate(model._meta.concrete_fields):
        asked = [f"{field.name}__startswith", f"{field.name}__regex", f"{field.name}__x"]
        if field.name not in offered and not field.primary_key:
            asked += [field.name, f"{field.name}__exact", f"{field.name}__isnull"]
        assert [name for name in asked if gate(name, "b", request)] == []
        name = asked[number % len(asked)]
        assert client.get(place, {name: "b"}).status_code == 400, name
        assert field.name not in HASHED or field.name not in offered


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("accounts.user", "email"),
        ("accounts.user", "password__startswith"),
        ("accounts.user", "organization__id"),
        ("accounts.signinsession", "user__password__startswith"),
        ("accounts.apikey", "created_by__password__startswith"),
        ("wallets.wallet", "owner__password__startswith"),
        ("wallets.wallet", "account__status__regex"),
        ("wallets.transfer", "metadata__memo"),
        ("wallets.transfer", "source__owner__password__startswith"),
        ("audit.auditrecord", "metadata__reason"),
        ("events.outboxevent", "payload__amount"),
    ],
)
@pytest.mark.parametrize("person", ["alice", "olga"])
def test_nothing_is_asked_for_across_relations(
    world: World, visit: Visit, person: str, label: str, name: str
):
    answer = visit(getattr(world, person)).get(place_of(label), {name: "bcrypt"})
    assert answer.status_code == 400
    assert "That request made no sense" in answer.content.decode()


@pytest.mark.parametrize("label", LISTS)
def test_every_filter_a_list_offers_works(world: World, visit: Visit, label: str):
    world.send()
    client = visit(world.olga)
    lists = client.get(place_of(label)).context["cl"]
    for spec in lists.filter_specs:
        for choice in spec.choices(lists):
            answer = client.get(place_of(label) + choice["query_string"])
            assert answer.status_code == 200, choice["query_string"]
            assert answer.context["cl"].result_count <= lists.result_count


def test_a_filter_and_an_id_narrow_the_list(world: World, visit: Visit):
    client = visit(world.olga)
    assert found(client, "wallets.wallet") == 3
    assert found(client, "wallets.wallet", currency__code__exact="USD") == 0
    assert found(client, "wallets.wallet", account__status__exact="ACTIVE") == 3
    assert found(client, "wallets.wallet", id__exact=str(world.alice_wallet.id)) == 1


@pytest.mark.parametrize(
    "address",
    [
        "audit/auditrecord/?at__year=99999",
        "audit/auditrecord/?ip=zz",
        "audit/auditrecord/?metadata__a=%00",
        "audit/auditrecord/?at__gte=99999-01-01",
        "audit/auditrecord/?at__gte=%00",
        "audit/auditrecord/?id=zz",
        "audit/auditrecord/?q=%00",
        "audit/auditrecord/?p=99999999999999999999",
        "audit/auditrecord/?o=99.-99.x",
        "accounts/user/?password__regex=(",
        "accounts/user/?is_active__exact=%00",
        "accounts/organization/?country=%00",
        "wallets/transfer/?created_at__year=99999",
        "wallets/transfer/?currency__code__exact=%00",
        "wallets/transfer/?state__exact=%00",
        "ledger/currency/?code=%00",
        "ledger/currency/%00/change/",
        "ledger/currency/%00/history/",
        "wallets/wallet/zz/change/",
        "trial-balance/?currency=%00",
        "trial-balance/?currency=ZZZ",
        "trial-balance/?organization=%00",
        "autocomplete/?app_label=wallets&model_name=transfer&field_name=source&term=%00",
        "django_celery_beat/periodictask/?name=%00",
        "r/1/zz/",
        "r/99999999999999999999/zz/",
    ],
)
def test_what_cannot_be_read_is_told_and_breaks_nothing(world: World, visit: Visit, address: str):
    answer = visit(world.olga).get(f"/admin/{address}", follow=True)
    assert answer.status_code in (200, 400, 404)


def test_no_address_leads_around_the_lists_own_rows(world: World, visit: Visit):
    client, wallet = visit(world.olga), world.alice_wallet
    for kind in ContentType.objects.all():
        for key in ("abc", str(wallet.id), "1"):
            assert client.get(f"/admin/r/{kind.id}/{key}/").status_code == 404, (kind, key)
    assert client.get(f"/admin/wallets/wallet/{wallet.id}/change/").status_code == 200


@pytest.mark.parametrize(
    ("label", "action"), [("wallets.wallet", "freeze"), ("accounts.organization", "suspend")]
)
@pytest.mark.parametrize("ticked", [["abc"], ["\0"], ["9" * 40], ["", "abc"]])
def test_a_ticked_row_that_no_key_can_name_is_told(
    world: World, visit: Visit, label: str, action: str, ticked: list[str]
):
    asked = {"action": action, "_selected_action": ticked}
    answer = visit(world.olga).post(place_of(label), asked)
    assert answer.status_code == 400
    assert "That request made no sense" in answer.content.decode()


def test_the_trial_balance_knows_its_currencies(world: World, visit: Visit):
    client = visit(world.alice)
    assert client.get("/admin/trial-balance/?currency=ZZZ").status_code == 400
    assert client.get("/admin/trial-balance/?currency=INR").context["currency"] == "INR"
    assert client.get("/admin/trial-balance/?currency=").context["currency"] == ""


def test_the_receiving_side_cannot_search_by_what_it_does_not_read(world: World, visit: Visit):
    world.alice.full_name = "Ananya"
    with all_seeing():
        world.alice.save(update_fields=["full_name"])
    sent = world.send(source=world.acme_wallet, metadata={"memo": "eyesonly"}).transfer
    assert sent is not None
    assert sent.actor_display == "Ananya"
    theirs, ours, staff = visit(world.charlie), visit(world.alice), visit(world.olga)
    for label in SEARCHED:
        for words in ("Ananya", sent.request_id, "eyesonly", sent.reference.hex()):
            assert found(theirs, label, q=words) == 0, (label, words)
    assert found(staff, "wallets.transfer", q=sent.request_id) == 1
    for words in (encode("trf", sent.id), sent.source_handle, "Charlie", "Acme"):
        assert found(theirs, "wallets.transfer", q=words) >= 1, words
        assert found(ours, "wallets.transfer", q=words) >= 1, words
    door = {"door__exact": sent.door}
    assert visit(world.charlie).get("/admin/wallets/transfer/", door).status_code == 400
    assert found(staff, "wallets.transfer", **door) >= 1
