"""The suite's own PostgreSQL, Valkey and NATS, started before Django reads its settings.

A pytest plugin (`-p tests.servers`). The controlling process starts the servers in a temporary
directory and lets the owner role migrate a template database; each worker process clones it. The
migrated cluster is kept in `.vaultcraft-cache/`, named by a hash of what made it, so that only a
changed migration costs a new one.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import sql

from vaultcraft.embedded.bootstrap import OWNER, RolePasswords, bootstrap
from vaultcraft.embedded.postgres import cluster_dir
from vaultcraft.embedded.processes import start_ticks, stop_all
from vaultcraft.embedded.secrets import FILE_NAME as SECRETS_FILE
from vaultcraft.embedded.servers import SERVER_VARIABLES, EmbeddedServers

ROOT = Path(__file__).resolve().parent.parent
CACHE_DIR = ROOT / ".vaultcraft-cache"
CACHED_CLUSTERS = 2
TEMP_PREFIX = "vaultcraft-test-"
TEMPLATE = "vaultcraft_template"
MIGRATED_MARK = "migrated"
DATABASE_VARIABLES = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_AUDITOR_URL")
SUPERUSER_VARIABLE = "VAULTCRAFT_TEST_SUPERUSER_URL"
REDIS_DATABASES = 16
# What decides how a migrated database looks.
INGREDIENTS = (
    "*/migrations/**/*",
    "*/models.py",
    "*/models/*.py",
    "kernel/*.py",
    "vaultcraft/embedded/bootstrap.py",
    "vaultcraft/settings/base.py",
    "vaultcraft/timetable.py",
    "requirements.txt",
)

_servers: EmbeddedServers | None = None
_temp_dir: Path | None = None


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests() -> Generator[None, object, object]:
    """Have servers and a database before pytest-django loads the settings."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        _start_servers()
    _use_own_database()
    return (yield)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """Stop the servers; only the process that started them has any."""
    global _servers
    if _servers is not None:
        _servers.stop()
        _servers = None
    if _temp_dir is not None:
        shutil.rmtree(_temp_dir, ignore_errors=True)


def own_database() -> str:
    """Return the name of this process's database; names of its others begin with it."""
    return f"vaultcraft_{_worker()}"


def clone_database(*, name: str, template: str = TEMPLATE) -> None:
    """Create a database as a copy of another one, with the access rules of the first."""
    with psycopg.connect(os.environ[SUPERUSER_VARIABLE], autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {} STRATEGY FILE_COPY").format(
                sql.Identifier(name), sql.Identifier(template), sql.Identifier(OWNER)
            )
        )


def drop_database(*, name: str) -> None:
    """Drop a database, whoever is still connected."""
    with psycopg.connect(os.environ[SUPERUSER_VARIABLE], autocommit=True) as connection:
        connection.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        )


def address_of(*, url: str, database: str) -> str:
    """Return a database address with another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


def _start_servers() -> None:
    """Start everything in a fresh directory, from the cached cluster when it fits."""
    global _servers, _temp_dir
    for variable in SERVER_VARIABLES:
        os.environ.pop(variable, None)
    _remove_abandoned()
    _temp_dir = Path(tempfile.mkdtemp(prefix=TEMP_PREFIX))
    (_temp_dir / "owner.json").write_text(json.dumps([os.getpid(), start_ticks(os.getpid())]))
    data_dir = _temp_dir / "data"
    cached = CACHE_DIR / _fingerprint()
    # Asked once: another run may be filling the cache at this moment.
    fits = cached.exists()
    if fits:
        _copy_cluster(source=cached, target=data_dir)
    _servers = EmbeddedServers(data_dir=data_dir, careless=True)
    _servers.start()
    _export(_servers)
    if not fits:
        _migrate_template(_servers)
        _servers = _kept(_servers, cached=cached)
        _export(_servers)


def _export(servers: EmbeddedServers) -> None:
    """Tell this process and its workers where the servers are."""
    os.environ.update(servers.environment)
    os.environ[SUPERUSER_VARIABLE] = servers.superuser_url
    os.environ["VAULTCRAFT_DATA_DIR"] = str(servers.places.data_dir)


def _migrate_template(servers: EmbeddedServers) -> None:
    """Let the owner role migrate the template database, in a process of its own."""
    secrets = servers.secrets
    bootstrap(
        superuser_url=servers.superuser_url,
        database=TEMPLATE,
        passwords=RolePasswords(
            owner=secrets.owner_password,
            app=secrets.app_password,
            auditor=secrets.auditor_password,
        ),
    )
    done = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "migrate", "--verbosity", "0"],
        env={**os.environ, **_addresses(servers.environment, database=TEMPLATE)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    if done.returncode:
        servers.stop()
        raise pytest.UsageError(f"The template database does not migrate:\n{done.stderr[-4000:]}")


def _worker() -> str:
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


def _addresses(environment: Mapping[str, str], *, database: str) -> dict[str, str]:
    """Return the variables of the three roles for one database, and the settings module."""
    addresses = {
        name: address_of(url=environment[name], database=database) for name in DATABASE_VARIABLES
    }
    return {**addresses, "DJANGO_SETTINGS_MODULE": "vaultcraft.settings.test"}


def _use_own_database() -> None:
    """Clone the template for this process and point the settings at the clone."""
    name, worker = own_database(), _worker()
    drop_database(name=name)
    clone_database(name=name)
    os.environ.update(_addresses(os.environ, database=name))
    number = int(worker.removeprefix("gw")) if worker.startswith("gw") else 0
    redis = urlsplit(os.environ["REDIS_URL"])._replace(path=f"/{number % REDIS_DATABASES}")
    os.environ["REDIS_URL"] = urlunsplit(redis)


def _fingerprint() -> str:
    """Return a hash of everything a migrated cluster is made of."""
    digest = hashlib.sha256()
    for path in sorted(_ingredients()):
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:24]


def _ingredients() -> Iterator[Path]:
    """Yield the files that decide how a migrated database looks."""
    for pattern in INGREDIENTS:
        for path in ROOT.glob(pattern):
            if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc":
                yield path


def _kept(servers: EmbeddedServers, *, cached: Path) -> EmbeddedServers:
    """Stop the servers, keep their cluster for the next run, start them again."""
    stop_all(servers.children, gentle_seconds=10)
    servers.children.clear()
    half = CACHE_DIR / f"{cached.name}.{os.getpid()}"
    _copy_cluster(source=servers.places.data_dir, target=half)
    try:
        half.rename(cached)
    except OSError:  # another run was faster
        shutil.rmtree(half, ignore_errors=True)
    _forget_old_clusters()
    for variable in SERVER_VARIABLES:
        os.environ.pop(variable, None)
    again = EmbeddedServers(data_dir=servers.places.data_dir, careless=True)
    again.start()
    return again


def _copy_cluster(*, source: Path, target: Path) -> None:
    """Copy a stopped cluster and the passwords that belong to it."""
    target.mkdir(parents=True, mode=0o700)
    shutil.copytree(source / cluster_dir_name(), target / cluster_dir_name())
    shutil.copy2(source / SECRETS_FILE, target / SECRETS_FILE)


def cluster_dir_name() -> str:
    """Return what a data directory calls its cluster."""
    from vaultcraft.embedded.places import Places

    return cluster_dir(Places(data_dir=Path("/"))).name


def _forget_old_clusters() -> None:
    """Keep the newest few: branches differ in their migrations."""
    kept = sorted(CACHE_DIR.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in kept[CACHED_CLUSTERS:]:
        shutil.rmtree(old, ignore_errors=True)


def _remove_abandoned() -> None:
    """Remove the directories of runs that were killed."""
    for directory in Path(tempfile.gettempdir()).glob(f"{TEMP_PREFIX}*"):
        try:
            pid, ticks = json.loads((directory / "owner.json").read_text())
        except (OSError, ValueError):
            continue
        if start_ticks(pid) != ticks:
            shutil.rmtree(directory, ignore_errors=True)
