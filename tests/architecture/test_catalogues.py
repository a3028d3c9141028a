"""Lists that clients rely on: error codes, events, permissions."""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command

from accounts.permissions import PERMISSIONS
from events.catalogue import CATALOGUE
from kernel.errors import Kind, VaultCraftError, registered_errors
from tests.architecture.permissions_asked import asked_for

ROOT = Path(__file__).resolve().parents[2]


def test_every_error_code_is_claimed_once() -> None:
    _import_everything()
    owners: dict[str, set[type[VaultCraftError]]] = {}
    for error in _subclasses(VaultCraftError):
        if "code" in vars(error) and error.__module__.split(".")[0] in _rooms():
            owners.setdefault(error.code, set()).add(error)
    assert {code: classes for code, classes in owners.items() if len(classes) > 1} == {}
    assert owners.keys() <= registered_errors().keys()


def test_every_error_that_can_be_raised_has_a_code_and_title_of_its_own() -> None:
    _import_everything()
    for code, error in registered_errors().items():
        assert re.fullmatch(r"[a-z][a-z0-9_]*[a-z0-9]", code)
        assert isinstance(error.kind, Kind)
        assert error.title
        assert not error.title.endswith(".")


def test_the_checked_in_events_are_what_the_catalogue_says() -> None:
    checked_in = {
        path.name: json.loads(path.read_text()) for path in (ROOT / "docs" / "events").iterdir()
    }
    for kind in CATALOGUE.values():
        assert checked_in.pop(f"{kind.name}.v{kind.version}.json") == kind.schema()
    assert list(checked_in) == ["message.json"]
    call_command("event_schemas", directory=ROOT / "docs" / "events", check=True)


def test_every_permission_asked_for_is_in_the_table_and_every_one_there_is_asked_for() -> None:
    asked = asked_for(_program(), table=PERMISSIONS)
    assert {one for one in asked if one.permission not in PERMISSIONS} == set()
    assert PERMISSIONS.keys() - {one.permission for one in asked} == set()


@pytest.mark.parametrize(
    "text",
    [
        "require(actor, 'house.burn')",
        "policy.may(actor, 'house.burn' if hot else 'people.read')",
        "BURN = 'house.burn'\n@from_known_network(BURN)\ndef burn(): ...",
        "KEEP, BURN = 'people.read', 'house.burn'\nrequire_at_home(actor, BURN, organization_id=x)",
        "PendingKind(name='house.fire', permission_to_check='house.burn')",
        "def permission_to(actor): return 'house.burn' if actor else 'people.read'",
        "VIEWS = {'house': 'house.burn', 'people': 'people.read'}",
        "user.may('house.burn')",
    ],
)
def test_a_permission_nobody_has_is_found_wherever_it_is_asked_for(
    tmp_path: Path, text: str
) -> None:
    house = tmp_path / "house.py"
    house.write_text(text)
    asked = asked_for({*_program(), house}, table=PERMISSIONS)
    assert "house.burn" in {one.permission for one in asked}
    assert "house.fire" not in {one.permission for one in asked}


def test_the_checked_in_permissions_are_what_the_policy_says() -> None:
    call_command("permissions_table", check=True)


def _program() -> set[Path]:
    """What runs, without the table itself: it would ask for all that it holds."""
    table = ROOT / "accounts" / "permissions.py"
    found = {path for room in _rooms() for path in (ROOT / room).rglob("*.py")}
    return {path for path in found - {table} if not {"tests", "migrations"} & set(path.parts)}


def _rooms() -> set[str]:
    ours = {config.name for config in apps.get_app_configs() if Path(config.path).parent == ROOT}
    return ours | {"kernel", "vaultcraft"}


def _import_everything() -> None:
    """So that no error class can hide in a module nobody has needed yet."""
    for room in sorted(_rooms() - {"vaultcraft"}):
        package = importlib.import_module(room)
        for module in pkgutil.walk_packages(package.__path__, f"{room}."):
            if not {"tests", "migrations"} & set(module.name.split(".")):
                importlib.import_module(module.name)


def _subclasses(kind: type[VaultCraftError]) -> set[type[VaultCraftError]]:
    direct = set(kind.__subclasses__())
    return direct.union(*(_subclasses(one) for one in direct)) if direct else direct
