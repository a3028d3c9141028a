"""A seeded database, made once in a worker and cloned for each test that wants one."""

import os

import pytest
from django.test import override_settings

from tests.connecting import close_connections, point_at
from tests.operations.demo_world import seed, story
from tests.servers import clone_database, drop_database

HEADS = "audit-heads.jsonl"


@pytest.fixture(scope="session")
def first_seeding(tmp_path_factory, django_db_blocker):
    """One seeded database, and its data directory: tests clone both."""
    data_dir = tmp_path_factory.mktemp("seeded")
    name = f"vaultcraft_seeded_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    clone_database(name=name)
    own = point_at(name)
    ours = override_settings(VAULTCRAFT_DATA_DIR=data_dir, VAULTCRAFT_HEADS_FILE=data_dir / HEADS)
    with django_db_blocker.unblock(), ours:
        seed()
        close_connections()
    point_at(own)
    yield name, data_dir
    drop_database(name=name)


@pytest.fixture
def data_dir(settings, tmp_path):
    settings.VAULTCRAFT_DATA_DIR = tmp_path
    settings.VAULTCRAFT_HEADS_FILE = tmp_path / HEADS
    return tmp_path


@pytest.fixture
def seeded(first_seeding, data_dir, django_db_blocker):
    """A seeded database of this test's own; the path of its demo.json."""
    template, origin = first_seeding
    name = f"{template}_copy"
    clone_database(name=name, template=template)
    path = data_dir / "demo.json"
    path.write_bytes((origin / "demo.json").read_bytes())
    path.chmod(0o600)
    (data_dir / HEADS).write_bytes((origin / HEADS).read_bytes())
    own = point_at(name)
    with django_db_blocker.unblock():
        yield path
        close_connections()
    point_at(own)
    drop_database(name=name)


@pytest.fixture(scope="session")
def seeded_story(first_seeding, django_db_blocker):
    own = point_at(first_seeding[0])
    with django_db_blocker.unblock():
        told = story()
        close_connections()
    point_at(own)
    return told
