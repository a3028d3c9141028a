"""The chart of accounts: what everybody begins with, what may be added, and by whom."""

from __future__ import annotations

import uuid

import pytest
from django.core.management import call_command
from django.db import connections

from accounts.services.organizations import register_organization
from events.models import OutboxEvent
from kernel.actor import Door, anonymous
from kernel.context import reading
from kernel.errors import NotFound, PermissionDenied
from ledger.charts import HEADINGS
from ledger.errors import CodeReserved, CodeTaken, CodeUnusable, CurrencyUnknown
from ledger.models import AccountGroup, LedgerAccount
from ledger.services.chart import open_account, open_group
from tests.database import refuses, view
from tests.world import NOW, PASSWORD, World, build_world


def heading(world: World, code: str) -> uuid.UUID:
    with reading(world.actor(world.alice)):
        return AccountGroup.objects.get(code=code).id


def grouped(world: World, code: str, **changes: object) -> AccountGroup:
    wanted = {
        "actor": world.actor(world.alice),
        "organization_id": world.acme.id,
        "parent_id": heading(world, "5200"),
        "name": "Rent",
        "now": NOW,
    }
    return open_group(code=code, **{**wanted, **changes})  # type: ignore[arg-type]


def opened(world: World, code: str, **changes: object) -> LedgerAccount:
    wanted = {
        "actor": world.actor(world.alice),
        "organization_id": world.acme.id,
        "group_id": heading(world, "5200"),
        "currency": "INR",
        "name": "Rent of the office",
        "now": NOW,
    }
    return open_account(code=code, **{**wanted, **changes})  # type: ignore[arg-type]


@pytest.mark.django_db
def test_an_organization_begins_with_a_chart(world: World) -> None:
    with reading(world.actor(world.alice)):
        groups = AccountGroup.objects.order_by("code")
        assert [group.code for group in groups] == [one.code for one in HEADINGS]
        roots = [group.name for group in groups if group.parent_id is None]
        placed = {
            (account.code.split("-VC")[0].split("-CLEARING")[0], account.parent.code)
            for account in LedgerAccount.objects.select_related("parent")
            if account.parent is not None
        }
        assert not LedgerAccount.objects.filter(parent=None).exists()
    assert roots == ["Assets", "Liabilities", "Equity", "Income", "Expenses"]
    assert placed == {
        ("1000-CASH", "1100"),
        ("2000", "2100"),
        ("2900", "2900"),
        ("3000-OPENING", "3100"),
        ("4000-FEES", "4100"),
        ("4900-RESIDUE", "4900"),
    }


@pytest.mark.django_db
def test_a_base_currency_of_nowhere_opens_no_accounts() -> None:
    registered = register_organization(
        actor=anonymous(door=Door.WEB, request_id="chart"),
        organization_name="Faraway",
        country="IS",
        base_currency="ISK",
        owner_email="owner@faraway.test",
        owner_name="Owner",
        password=PASSWORD,
        now=NOW,
    )
    view(registered.organization)
    assert AccountGroup.objects.count() == len(HEADINGS)


@pytest.mark.django_db
def test_a_heading_and_an_account_below_it(world: World) -> None:
    group = grouped(world, "5210")
    account = opened(world, "5210-OFFICE", group_id=group.id)
    assert (group.account_class, account.account_class) == ("EXPENSE", "EXPENSE")
    assert (account.parent_id, account.kind, account.floor_minor) == (group.id, "GENERAL", None)
    assert opened(world, "5210-OFFICE", group_id=group.id, currency="JPY").id != account.id
    with reading(world.actor(world.alice)):
        names = list(OutboxEvent.objects.order_by("id").values_list("name", flat=True))
    assert names[-3:-1] == ["ledger.account_group.opened", "ledger.account.opened"]


@pytest.mark.django_db
def test_what_the_chart_refuses(world: World) -> None:
    opened(world, "5200-RENT")
    with pytest.raises(CodeTaken):
        opened(world, "5200-RENT")
    with pytest.raises(CodeTaken):
        grouped(world, "5200")
    for code in ("", "rent", "52", "5200-rent", "5200 RENT", "5" * 33, "٥٢٠٠"):
        with pytest.raises(CodeUnusable):
            opened(world, code)
        with pytest.raises(CodeUnusable):
            grouped(world, code)
    for code in ("1000-CASH", "2000-VC-AAAAAA", "2900-CLEARING-X", "4000-FEES", "3900-FX"):
        with pytest.raises(CodeReserved):
            opened(world, code, currency="JPY")
    with pytest.raises(CurrencyUnknown):
        opened(world, "5201", currency="XXX")


@pytest.mark.django_db
def test_whose_chart(world: World) -> None:
    with pytest.raises(PermissionDenied):
        opened(world, "5201", actor=world.actor(world.bob))
    with pytest.raises(NotFound):
        opened(world, "5201", actor=world.actor(world.charlie))
    charlie = {"actor": world.actor(world.charlie), "organization_id": world.globex.id}
    with pytest.raises(NotFound):
        opened(world, "5201", group_id=heading(world, "5200"), **charlie)
    with pytest.raises(NotFound):
        grouped(world, "5201", parent_id=heading(world, "5200"), **charlie)
    assert opened(world, "5201", actor=world.actor(world.olga)).organization_id == world.acme.id


@pytest.mark.django_db
def test_an_account_stays_below_a_heading_of_its_organization_and_class(world: World) -> None:
    view(world.acme, world.globex)
    account, group = world.alice_wallet.account_id, AccountGroup.objects.filter(code="1000").first()
    assert group is not None
    refuses("42501", "UPDATE ledger_ledgeraccount SET parent_id = NULL WHERE id = %s", account)
    refuses(
        "account_parent",
        "INSERT INTO ledger_ledgeraccount (id, organization_id, kind, account_class, currency_id,"
        " code, name, parent_id, status, created_at) VALUES (gen_random_uuid(), %s, 'GENERAL',"
        " 'EXPENSE', 'INR', '5299', 'x', %s, 'ACTIVE', now())",
        world.acme.id,
        group.id,
    )


def test_organizations_that_were_there_before_get_a_chart(committed_db: str) -> None:
    world = build_world()
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT set_config('vaultcraft.scope', 'platform', false)")
        cursor.execute("UPDATE ledger_ledgeraccount SET parent_id = NULL")
        cursor.execute("DELETE FROM ledger_accountgroup")
        cursor.execute("SELECT set_config('vaultcraft.scope', '', false)")
    call_command("migrate", "ledger", "0006", verbosity=0)
    call_command("migrate", verbosity=0)
    test_an_organization_begins_with_a_chart(world)
