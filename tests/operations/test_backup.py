"""The drill: save, lose everything, put it back, and let the checker decide."""

import json
import os
import re
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from audit.services.sealing import seal_records
from kernel.actor import Door, system
from tests.servers import SUPERUSER_VARIABLE, address_of, drop_database
from tests.settled import alone
from tests.world import NOW, World
from vaultcraft.backup.archive import DUMP, MANIFEST, checksum
from vaultcraft.backup.installation import URLS
from vaultcraft.embedded.bootstrap import RolePasswords, bootstrap
from vaultcraft.embedded.servers import SERVER_VARIABLES, EmbeddedServers
from vaultcraft.supervisor.programs import ROOT

SECONDS = 240  # each starts servers, migrates and checks, beside everything else
# Everything a database promises by itself, in the words of its catalogs. What PostgreSQL only
# writes in another way after reading its own words (casts in checks) is left out.
PROMISES = (
    (
        "SELECT tgrelid::regclass::text, tgname::text, tgenabled::text FROM pg_trigger WHERE"
        " NOT tgisinternal"
    ),
    "SELECT tablename::text, policyname::text, cmd, qual, with_check FROM pg_policies",
    (
        "SELECT relname::text, relrowsecurity, relforcerowsecurity, relowner::regrole::text,"
        " (SELECT array_agg(a::text ORDER BY a::text) FROM unnest(relacl) a) FROM pg_class"
        " WHERE relkind IN ('r', 'S') AND relnamespace = 'public'::regnamespace"
    ),
    (
        "SELECT proname::text, prosrc, prosecdef, proconfig::text, proowner::regrole::text,"
        " (SELECT array_agg(a::text ORDER BY a::text) FROM unnest(proacl) a) FROM pg_proc"
        " WHERE pronamespace = 'public'::regnamespace"
    ),
    (
        "SELECT conrelid::regclass::text, conname::text FROM pg_constraint WHERE connamespace"
        " = 'public'::regnamespace"
    ),
    "SELECT indexname::text, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    (
        "SELECT attrelid::regclass::text, attname::text, attacl::text FROM pg_attribute WHERE"
        " attacl IS NOT NULL AND attrelid > 16383"
    ),
    (
        "SELECT defaclobjtype::text, (SELECT array_agg(a::text ORDER BY a::text) FROM"
        " unnest(defaclacl) a) FROM pg_default_acl"
    ),
)
ROWS = (
    "SELECT id, posted_minor, held_minor, version, status FROM ledger_ledgeraccount",
    (
        "SELECT id, transaction_id, account_id, side, amount_minor, balance_after_minor,"
        " version, effective_at, recorded_at FROM ledger_entry"
    ),
    "SELECT id, state, amount_minor, reference, fingerprint, created_at FROM wallets_transfer",
    "SELECT id, name, payload, sequence FROM events_outboxevent",
    "SELECT id, action, metadata, sequence FROM audit_auditrecord",
    "SELECT number, digest, signature, sequences FROM audit_auditseal",
    "SELECT id, email, password FROM accounts_user",
    "SELECT sequencename::text, last_value FROM pg_sequences",
)


def backup(*arguments: str | Path, environment: Mapping[str, str]) -> subprocess.CompletedProcess:
    """Run the command as `make backup` and `make restore` do; an empty variable is unset."""
    merged = {**os.environ, **environment}
    return subprocess.run(
        [sys.executable, "-m", "vaultcraft.backup", *map(str, arguments)],
        cwd=ROOT,
        env={name: value for name, value in merged.items() if value},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def addresses(name: str) -> dict[str, str]:
    """The three roles' addresses of one database of the suite's server."""
    return {url: address_of(url=os.environ[url], database=name) for url in URLS}


def embedded(data_dir: Path) -> dict[str, str]:
    """An environment in which the servers of a data directory are started."""
    unset = dict.fromkeys((*SERVER_VARIABLES, "DJANGO_SETTINGS_MODULE"), "")
    return {**unset, "VAULTCRAFT_DATA_DIR": str(data_dir)}


def contents(url: str) -> list[list[tuple]]:
    """All that was promised and all that was written, as a superuser sees it."""
    with psycopg.connect(url) as connection:
        return [sorted(connection.execute(asked), key=repr) for asked in (*PROMISES, *ROWS)]


def contents_of(name: str) -> list[list[tuple]]:
    return contents(make_conninfo(os.environ[SUPERUSER_VARIABLE], dbname=name))


@pytest.fixture
def saved(world: World, committed_db: str, tmp_path: Path) -> Path:
    """A backup of the world after two transfers; evidence of the first is sealed."""
    world.send()
    with alone():
        assert seal_records(actor=system(door=Door.TASK, request_id="seal"), now=NOW) == 1
    world.send()
    done = backup("make", "--to", tmp_path / "backups", environment=addresses(committed_db))
    assert done.returncode == 0, done.stdout + done.stderr
    (made,) = (tmp_path / "backups").iterdir()
    return made


@pytest.fixture
def empty(committed_db: str) -> Iterator[str]:
    """A database with roles and grants and nothing else."""
    name = f"{committed_db}_restored"
    drop_and_make_again(name)
    yield name
    drop_database(name=name)


def drop_and_make_again(name: str) -> None:
    """An empty database of this name."""
    drop_database(name=name)
    passwords = {url: urlsplit(os.environ[url]).password or "" for url in URLS}
    bootstrap(
        superuser_url=os.environ[SUPERUSER_VARIABLE],
        database=name,
        passwords=RolePasswords(
            app=passwords["DATABASE_URL"],
            owner=passwords["DATABASE_OWNER_URL"],
            auditor=passwords["DATABASE_AUDITOR_URL"],
        ),
    )


def events_that_wait(name: str) -> int:
    """Events that a relay may not read yet: those of transactions that may still be running."""
    asked = (
        "SELECT count(*) FROM events_outboxevent"
        " WHERE commit_xid >= pg_snapshot_xmin(pg_current_snapshot())"
    )
    with psycopg.connect(os.environ[SUPERUSER_VARIABLE], dbname=name) as connection:
        row = connection.execute(asked).fetchone()
    assert row is not None
    return int(row[0])


SEAL = """
import django
django.setup()
from audit.errors import ChainBroken
from audit.tasks import seal
from django.core.management import call_command
try:
    seal()
except ChainBroken:
    call_command("begin_heads", reason="The drill")
assert (seal(), seal()) == (1, 0)
call_command("verify_audit")
"""


def sealed_further(name: str, *, data_dir: Path) -> str:
    """Let the database go on sealing, in a program of its own; what its verifier says."""
    done = subprocess.run(
        [sys.executable, "-c", SEAL],
        cwd=ROOT,
        env={**os.environ, **addresses(name), "VAULTCRAFT_DATA_DIR": str(data_dir)},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def is_untouched(name: str) -> bool:
    with psycopg.connect(os.environ[SUPERUSER_VARIABLE], dbname=name) as connection:
        asked = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        return connection.execute(asked).fetchone() == (0,)


def test_what_comes_back_is_what_was_saved(
    saved: Path, committed_db: str, empty: str, tmp_path: Path
) -> None:
    done = backup("restore", saved, environment=addresses(empty))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "The books stand." in done.stdout
    before, after = contents_of(committed_db), contents_of(empty)
    for asked, was, is_now in zip((*PROMISES, *ROWS), before, after, strict=True):
        assert was, asked
        assert is_now == was, asked
    assert events_that_wait(empty) == 0
    assert "manage.py begin_heads" in done.stdout
    went_on = sealed_further(empty, data_dir=tmp_path)
    assert "audit-heads.jsonl is begun." in went_on  # not before somebody said so
    assert "The chain stands: 2 seals" in went_on


def test_a_backup_is_private_and_says_what_it_holds(saved: Path) -> None:
    assert stat.S_IMODE(saved.stat().st_mode) == 0o700
    assert sorted(one.name for one in saved.iterdir()) == [DUMP, MANIFEST]
    assert {stat.S_IMODE(one.stat().st_mode) for one in saved.iterdir()} == {0o600}
    manifest = json.loads((saved / MANIFEST).read_text())
    assert manifest["bytes"] == (saved / DUMP).stat().st_size
    assert manifest["books"]["entries"] == 14
    assert os.environ["VAULTCRAFT_PEPPER"] not in (saved / MANIFEST).read_text()


def breaks(name: str, statement: str) -> None:
    """A superuser without triggers does this to the books."""
    url = make_conninfo(os.environ[SUPERUSER_VARIABLE], dbname=name)
    with psycopg.connect(url) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(statement)


@pytest.fixture
def broken(world: World, committed_db: str, tmp_path: Path) -> Path:
    """A backup of books in which a balance is off by one and a zone is none: evidence."""
    breaks(
        committed_db,
        "UPDATE ledger_ledgeraccount SET posted_minor = posted_minor + 1"
        f" WHERE id = '{world.alice_wallet.account_id}'",
    )
    breaks(committed_db, "UPDATE accounts_organization SET timezone = 'localtime'")
    done = backup("make", "--to", tmp_path / "backups", environment=addresses(committed_db))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "these books do not stand" in done.stdout
    assert "account_balance_is_sum" in done.stdout
    (made,) = (tmp_path / "backups").iterdir()
    return made


def test_books_that_did_not_stand_come_back_as_they_were(
    broken: Path, committed_db: str, empty: str
) -> None:
    findings = json.loads((broken / MANIFEST).read_text())["findings"]
    assert {name: one["found"] for name, one in findings.items()} == {
        "organizations": 2,
        "sums": 1,
        "balances": 1,
    }
    done = backup("restore", broken, environment=addresses(empty))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "as they were saved, with FINDINGS" in done.stdout
    assert "account_balance_is_sum" in done.stdout
    assert contents_of(empty)[-len(ROWS) :] == contents_of(committed_db)[-len(ROWS) :]


@pytest.mark.parametrize("changed", [{"findings": {}}, {"findings": None}])
def test_findings_that_are_new_are_refused_until_they_are_accepted(
    broken: Path, committed_db: str, empty: str, changed: dict
) -> None:
    manifest = json.loads((broken / MANIFEST).read_text()) | changed
    (broken / MANIFEST).write_text(json.dumps(manifest))
    done = backup("restore", broken, environment=addresses(empty))
    assert done.returncode == 1
    assert "the saved ones did not" in done.stdout
    assert "ACCEPT_FINDINGS=1" in done.stdout
    drop_and_make_again(empty)
    done = backup("restore", broken, "--accept-findings", environment=addresses(empty))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "FINDINGS, accepted" in done.stdout


def test_a_backup_of_the_first_format_is_read(saved: Path, empty: str) -> None:
    manifest = json.loads((saved / MANIFEST).read_text()) | {"format": 1}
    del manifest["findings"]
    (saved / MANIFEST).write_text(json.dumps(manifest))
    done = backup("restore", saved, environment=addresses(empty))
    assert (done.returncode, "The books stand." in done.stdout) == (0, True)


def _cut(saved: Path) -> None:
    whole = (saved / DUMP).read_bytes()
    (saved / DUMP).write_bytes(whole[: len(whole) // 2])


def _flipped(saved: Path) -> None:
    whole = bytearray((saved / DUMP).read_bytes())
    whole[len(whole) // 2] ^= 1
    (saved / DUMP).write_bytes(whole)


def _gone(saved: Path) -> None:
    (saved / DUMP).unlink()


def _mute(saved: Path) -> None:
    (saved / MANIFEST).write_text("{")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_cut, "checksum differs"),
        (_flipped, "checksum differs"),
        (_gone, "is missing"),
        (_mute, "no readable manifest.json"),
    ],
)
def test_a_spoiled_backup_is_refused_before_anything_is_touched(
    saved: Path, empty: str, spoil, said: str
) -> None:
    spoil(saved)
    done = backup("restore", saved, environment=addresses(empty))
    assert done.returncode == 1
    assert said in done.stdout
    assert "Traceback" not in done.stderr
    assert is_untouched(empty)


def test_half_a_file_with_a_good_checksum_leaves_nothing_behind(saved: Path, empty: str) -> None:
    """Were the checksum itself forged, PostgreSQL still restores all or nothing."""
    _cut(saved)
    manifest = json.loads((saved / MANIFEST).read_text())
    manifest |= {"bytes": (saved / DUMP).stat().st_size, "sha256": checksum(saved / DUMP)}
    (saved / MANIFEST).write_text(json.dumps(manifest))
    done = backup("restore", saved, environment=addresses(empty))
    assert done.returncode == 1
    assert "pg_restore failed" in done.stdout
    assert is_untouched(empty)


def test_books_that_differ_from_the_manifest_are_not_called_restored(
    saved: Path, empty: str
) -> None:
    manifest = json.loads((saved / MANIFEST).read_text())
    manifest["books"]["entries"] += 1
    (saved / MANIFEST).write_text(json.dumps(manifest))
    done = backup("restore", saved, environment=addresses(empty))
    assert done.returncode == 1
    assert "The books differ" in done.stdout


def test_a_database_in_use_is_left_alone(saved: Path, committed_db: str) -> None:
    before = contents_of(committed_db)
    done = backup("restore", saved, environment=addresses(committed_db))
    assert done.returncode == 1
    assert "not empty" in done.stdout
    assert contents_of(committed_db) == before


def test_a_backup_needs_the_auditor_and_nobody_else(
    world: World, committed_db: str, tmp_path: Path
) -> None:
    urls = addresses(committed_db) | {"DATABASE_OWNER_URL": ""}
    assert backup("make", "--to", tmp_path, environment=urls).returncode == 0
    done = backup("make", "--to", tmp_path, environment=urls | {"DATABASE_AUDITOR_URL": ""})
    assert (done.returncode, done.stdout) == (1, "Set DATABASE_AUDITOR_URL too.\n")


def test_the_application_role_cannot_make_a_backup(
    world: World, committed_db: str, tmp_path: Path
) -> None:
    """It would hold only the rows that row security shows: none."""
    urls = addresses(committed_db)
    urls["DATABASE_AUDITOR_URL"] = urls["DATABASE_URL"]
    done = backup("make", "--to", tmp_path / "backups", environment=urls)
    assert done.returncode == 1
    assert "pg_dump failed" in done.stdout
    assert list((tmp_path / "backups").iterdir()) == []


def test_a_lost_machine(
    saved: Path, committed_db: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty data directory, then the same again over a database in use."""
    data_dir = tmp_path / "data"
    done = backup("restore", saved, environment=embedded(data_dir))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "pepper is not the one of the backup" in done.stdout
    assert "lacks a master key of the backup" in done.stdout
    assert "The books stand." in done.stdout

    refused = backup("restore", saved, environment=embedded(data_dir))
    assert (refused.returncode, "FORCE=1" in refused.stdout) == (1, True)

    forced = backup("restore", saved, "--force", environment=embedded(data_dir))
    assert forced.returncode == 0, forced.stdout + forced.stderr
    kept = re.search(r"kept as (vaultcraft_before_\w+)", forced.stdout)
    assert kept
    before = contents_of(committed_db)
    for variable in SERVER_VARIABLES:
        monkeypatch.delenv(variable)
    _assert_restored(data_dir, "vaultcraft", kept[1], like=before)


def _assert_restored(data_dir: Path, *names: str, like: list[list[tuple]]) -> None:
    with EmbeddedServers(data_dir=data_dir) as servers:
        for name in names:
            assert contents(make_conninfo(servers.superuser_url, dbname=name)) == like
