"""The chain over records that were really committed: nothing missed, and every change is found."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection, connections, transaction

from audit import chain, offline
from audit.errors import ChainBroken
from audit.exporting import exported, public_keys
from audit.models import AuditChain, AuditSeal
from audit.services import Act, record_many, sealing
from audit.services.keeping import keep_chain
from audit.services.sealing import seal_records
from audit.tests.test_chain import new_key
from kernel import clock
from kernel.actor import Actor, Door, system
from kernel.auditor import auditor_snapshot
from kernel.transactions import opens_transaction
from tests.database import FORBIDDEN, refused_by, refuses, run, view
from tests.settled import alone
from tests.world import NOW

pytestmark = pytest.mark.usefixtures("committed_db")

ACTOR = system(door=Door.TASK, request_id="seal-test")
TABLES = ("audit_auditrecord", "audit_auditseal", "audit_auditchain")
ROOT = Path(__file__).resolve().parent.parent.parent


def did(
    *,
    count: int = 1,
    ago: dt.timedelta = dt.timedelta(),
    meanwhile: Callable[[], None] = lambda: None,
) -> None:
    at = clock.now() - ago
    act = Act(ACTOR, "tests.thing.do", "thing", None, at, metadata={"n": 1})
    _recorded(actor=ACTOR, acts=[act] * count, meanwhile=meanwhile)


@opens_transaction
def _recorded(*, actor: Actor, acts: list[Act], meanwhile: Callable[[], None]) -> None:
    record_many(acts)
    meanwhile()


def sealed() -> int:
    with alone():
        return seal_records(actor=ACTOR, now=NOW)


def kept(heads: Path) -> int:
    """As the task does."""
    with alone():
        return keep_chain(actor=ACTOR, path=heads, now=NOW)


def keys() -> Mapping[str, str]:
    return public_keys(settings.VAULTCRAFT_SEALING_KEYS)


def found(heads: Path | None = None) -> list[str]:
    told = offline.read_lines(heads) if heads else ()
    with auditor_snapshot() as snapshot:
        seen = offline.verify(exported(snapshot, keys=keys()), keys=keys(), heads=told)
    return [str(finding) for finding in seen.findings]


@pytest.fixture
def heads(tmp_path: Path) -> Path:
    return tmp_path / "away" / "heads.jsonl"


@pytest.fixture
def forge() -> Callable[..., None]:
    """Write what no role of the product can: as the owner, with every guard put down."""

    def forged(*statements: str) -> None:
        with connections["owner"].cursor() as cursor:
            for table in TABLES:
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
                cursor.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
            for statement in statements:
                cursor.execute(statement)
            for table in TABLES:
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
            cursor.execute("ALTER TABLE audit_auditrecord FORCE ROW LEVEL SECURITY")

    return forged


def test_everything_is_sealed_once_and_a_second_look_seals_nothing() -> None:
    for count in (3, 1, 2):
        did(count=count)
        assert sealed() == 1
    assert sealed() == 0
    assert list(AuditSeal.objects.values_list("record_count", flat=True)) == [2, 1, 3]
    assert found() == []


def test_a_late_commit_waits_for_a_later_seal() -> None:
    wrote, sealed_it = threading.Event(), threading.Event()

    def wait() -> None:
        wrote.set()
        sealed_it.wait(20)

    def late() -> None:
        did(meanwhile=wait)
        connection.close()

    thread = threading.Thread(target=late)
    thread.start()
    assert wrote.wait(20)
    did()  # commits before the one that began before it
    assert sealed() == 0
    sealed_it.set()
    thread.join()
    assert sealed() == 1
    assert AuditSeal.objects.get().record_count == 2


def test_many_records_take_several_seals_and_one_transaction_is_never_parted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sealing, "MOST_RECORDS", 4)
    for count in (3, 2, 9, 1):
        did(count=count)
    assert sealed() == 4
    assert list(AuditSeal.objects.order_by("number").values_list("record_count", flat=True)) == [
        3,
        2,
        9,
        1,
    ]
    assert found() == []


def test_two_at_once_make_one_chain() -> None:
    for _ in range(20):
        did()
    made: list[int] = []

    def seal() -> None:
        made.append(seal_records(actor=ACTOR, now=NOW))
        connection.close()

    threads = [threading.Thread(target=seal) for _ in range(4)]
    with alone():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sum(made) == AuditSeal.objects.count() == 1


COLUMNS = (
    "id, at, actor_kind, actor_display, action, subject_type, door, scope, request_id, metadata"
)
LINK = (
    "INSERT INTO audit_auditseal VALUES (2, now(), 1, '{1}', ARRAY['x'::bytea], 'x', %s, 'x', 'k',"
    " 'x', '99999999')"
)
TAKEN = tuple(
    f"(SELECT array_agg({what} ORDER BY sequence) FROM audit_auditrecord r"
    " WHERE commit_xid >= (SELECT line FROM audit_auditchain))"
    for what in ("sequence", "audit_digest(r)")
)
FORGED = (
    "INSERT INTO audit_auditseal VALUES (2, now(), 2, {}, {}, sha256('r'), %s, sha256('d'), 'k',"
    " sha256('s') || sha256('t'), {})"
)
SLIPPED_IN = COLUMNS.replace("id,", "gen_random_uuid(),", 1)
SWAPPED = "action = CASE sequence WHEN 1 THEN 'b' ELSE 'a' END"
A_RECORD_AND_ITS_LEAF = """
    UPDATE audit_auditrecord SET action = 'other' WHERE sequence = 2;
    UPDATE audit_auditseal SET leaves[2] = (
        SELECT audit_digest(r) FROM audit_auditrecord r WHERE sequence = 2
    ) WHERE number = 1
"""
AMONG_OLD_ONES = f"""
    INSERT INTO audit_auditrecord ({COLUMNS}, commit_xid)
    SELECT {SLIPPED_IN}, commit_xid FROM audit_auditrecord WHERE sequence = 1
"""

FORGERIES = {
    "a record changed": (
        "UPDATE audit_auditrecord SET metadata = '{\"n\": 2}' WHERE sequence = 2",
        ["record_is_as_it_was: seal 1, record 2"],
    ),
    "a name changed": (
        "UPDATE audit_auditrecord SET actor_display = 'Nobody' WHERE sequence = 4",
        ["record_is_as_it_was: seal 2, record 4"],
    ),
    "a record removed": (
        "DELETE FROM audit_auditrecord WHERE sequence = 5",
        ["record_is_there: seal 2, record 5"],
    ),
    "two records in each other's place": (
        f"UPDATE audit_auditrecord SET id = gen_random_uuid(), {SWAPPED} WHERE sequence < 3",
        ["record_is_as_it_was: seal 1, record 1", "record_is_as_it_was: seal 1, record 2"],
    ),
    "a seal removed from the middle": (
        "DELETE FROM audit_auditseal WHERE number = 2",
        [
            "seal_follows_another: seal 3",
            "seal_is_as_it_was: seal 3",
            *(f"old_record_is_sealed: record {sequence}" for sequence in (4, 5, 6)),
        ],
    ),
    "a record and its leaf": (
        A_RECORD_AND_ITS_LEAF,
        ["seal_is_as_it_was: seal 1"],
    ),
    "a record slipped in among old ones": (
        AMONG_OLD_ONES,
        ["old_record_is_sealed: record 10"],
    ),
    "a seal that says to go further than it does": (
        "UPDATE audit_auditseal SET up_to = '99999999' WHERE number = 3",
        ["seal_is_as_it_was: seal 3"],
    ),
    "the last seals removed": (
        "DELETE FROM audit_auditseal WHERE number > 1",
        [
            *(f"old_record_is_sealed: record {sequence}" for sequence in range(4, 10)),
            "last_seal_is_there: seal 3",
        ],
    ),
}


def three_seals() -> None:
    """Over three records each."""
    for _ in range(3):
        did(count=3)
        sealed()


@pytest.mark.parametrize("name", FORGERIES)
def test_every_forgery_is_found_and_its_place_named(name: str, forge: Callable[..., None]) -> None:
    three_seals()
    statement, places = FORGERIES[name]
    forge(statement)
    assert found() == places


# What a forger has to know of, and write, so that sealing begins again at 1.
ANEW = (
    "DELETE FROM audit_auditseal",
    "UPDATE audit_auditchain SET number = 0, line = '0', digest = decode(repeat('00', 32), 'hex')",
)


def test_a_chain_made_anew_with_another_key_is_not_ours(
    forge: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    did()
    sealed()
    trusted = keys()
    forge(*ANEW, "UPDATE audit_auditrecord SET action = 'other'")
    kid = settings.VAULTCRAFT_SEALING_KEYS[0]["kid"]
    pem = new_key()
    monkeypatch.setattr(settings, "VAULTCRAFT_SEALING_KEYS", [{"kid": kid, "private_pem": pem}])
    assert sealed() == 1
    with auditor_snapshot() as snapshot:
        seen = offline.verify(exported(snapshot, keys=trusted), keys=trusted)
    assert [str(one) for one in seen.findings] == ["seal_is_signed: seal 1"]


def test_an_end_that_was_cut_off_is_missed_elsewhere(
    forge: Callable[..., None], heads: Path
) -> None:
    for _ in range(2):
        did()
        assert kept(heads) == 1
    assert (kept(heads), found(heads)) == (0, [])
    forge(
        "DELETE FROM audit_auditrecord WHERE sequence = 2",
        "DELETE FROM audit_auditseal WHERE number = 2",
        "UPDATE audit_auditchain SET number = 1, digest = s.digest, line = s.up_to"
        " FROM audit_auditseal s",
    )
    assert found() == []
    assert found(heads) == ["told_seal_is_there: seal 2"]
    did()  # an old copy of the database lives on
    with pytest.raises(ChainBroken, match="seal 2 was told to others"):
        kept(heads)
    assert AuditSeal.objects.count() == 1
    sealed()  # by whoever does not look
    assert found(heads) == ["sealing_goes_on: " + why(), "told_seal_is_as_it_was: seal 2"]


def why() -> str:
    return AuditChain.objects.get().refused_because


@pytest.mark.parametrize(
    ("cut", "because"),
    [
        (["DELETE FROM audit_auditseal"], "the last one there is 0"),
        (["DELETE FROM audit_auditseal WHERE number = 3"], "the last one there is 2"),
        (["DELETE FROM audit_auditchain"], "what is known of the chain is gone"),
        (["UPDATE audit_auditchain SET line = '99999999'"], "which is after seal 3 ends"),
    ],
)
def test_a_chain_that_lost_its_end_is_not_gone_on_with(
    cut: list[str], because: str, forge: Callable[..., None]
) -> None:
    three_seals()
    forge(*cut)
    before = AuditSeal.objects.count()
    did()
    with pytest.raises(ChainBroken, match=because):
        sealed()
    assert AuditSeal.objects.count() == before


def test_seals_and_what_is_known_of_them_gone_the_heads_know_better(
    forge: Callable[..., None], heads: Path
) -> None:
    three_seals()
    assert kept(heads_begun(heads)) == 0
    forge(*ANEW)
    with pytest.raises(ChainBroken, match="seal 3 was told to others"):
        kept(heads)
    assert AuditSeal.objects.count() == 0


def heads_begun(heads: Path) -> Path:
    """A file that was there before the first seal, as the first run leaves it."""
    heads.parent.mkdir()
    heads.write_text('{"number": 0, "digest": "00", "begun": "2026-11-20"}\n')
    return heads


def test_a_lost_file_of_heads_is_not_made_anew_in_silence(heads: Path) -> None:
    did()
    assert kept(heads) == 1
    did()
    for lose in (heads.unlink, lambda: heads.write_text("")):
        lose()
        with pytest.raises(ChainBroken, match="seal 1 was made, and the file of heads"):
            kept(heads)
    assert (AuditSeal.objects.count(), heads.read_text()) == (1, "")


def test_a_refusal_is_seen_and_over_when_it_is_mended(heads: Path) -> None:
    did()
    assert kept(heads) == 1
    aside = heads.rename(heads.with_suffix(".away"))
    did()
    for _ in range(2):
        with pytest.raises(ChainBroken):
            kept(heads)
    chain_now = AuditChain.objects.get()
    assert chain_now.refused_since == NOW
    assert found() == [f"sealing_goes_on: {chain_now.refused_because}"]
    aside.rename(heads)
    assert kept(heads) == 1
    assert (AuditChain.objects.get().refused_since, why(), found(heads)) == (None, "", [])


def test_another_file_is_begun_by_a_person_and_on_record(
    heads: Path,
    forge: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What follows when a backup from before the second seal is put back."""
    monkeypatch.setattr(settings, "VAULTCRAFT_HEADS_FILE", heads)
    for _ in range(2):
        did()
        assert kept(heads) == 1
    with pytest.raises(CommandError, match="heads_stand"):
        call_command("begin_heads", reason="for fun")
    forge(
        "DELETE FROM audit_auditseal WHERE number = 2",
        "UPDATE audit_auditchain SET number = 1, digest = s.digest, line = s.up_to"
        " FROM audit_auditseal s",
    )
    with pytest.raises(ChainBroken):
        kept(heads)
    old = heads.read_text()
    for reason in ("", " ", "x" * 201):
        with pytest.raises(CommandError, match="Say why"):
            call_command("begin_heads", reason=reason)
    call_command("begin_heads", reason="The backup of Monday was put back")
    (aside,) = heads.parent.glob("heads.jsonl.*")
    assert aside.read_text() == old
    assert f"The old one is {aside}." in capsys.readouterr().out
    assert kept(heads) == 1
    assert found(heads) == []
    with auditor_snapshot() as snapshot:
        [(written,)] = snapshot.execute(
            "SELECT metadata::text FROM audit_auditrecord WHERE action = 'audit.heads.begin'"
        ).fetchall()
    told = json.loads(written)
    assert (told["after"], told["told"]["number"], told["kept_as"]) == (1, 2, aside.name)
    assert told["reason"] == "The backup of Monday was put back"


def test_no_other_file_covers_a_table_that_lost_seals(
    heads: Path, forge: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "VAULTCRAFT_HEADS_FILE", heads)
    did()
    assert kept(heads) == 1
    forge("DELETE FROM audit_auditseal")
    with pytest.raises(CommandError, match="The chain itself is not whole"):
        call_command("begin_heads", reason="Nobody will look")
    assert [path.name for path in heads.parent.iterdir()] == [heads.name]


def test_what_begins_a_file_is_compared_too(heads: Path) -> None:
    did()
    sealed()
    heads.parent.mkdir()
    heads.write_text('{"number": 1, "digest": "aa", "begun": "2026-11-20"}\n')
    assert found(heads) == ["told_seal_is_as_it_was: seal 1"]


def test_a_record_that_waits_too_long_is_a_finding(
    heads: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    did()
    assert kept(heads) == 1
    did(ago=dt.timedelta(minutes=4))
    assert found(heads) == []
    did(ago=dt.timedelta(minutes=6))
    did(ago=dt.timedelta(days=-1))  # dated ahead, it would wait for ever
    assert found(heads) == ["record_is_sealed_in_time: record 3, 2 such"]
    with pytest.raises(SystemExit) as ended:
        call_command("verify_audit", heads=heads)
    assert ended.value.code == 1
    assert "1 FINDINGS: 1 seals over 1 records, 3 not sealed yet." in capsys.readouterr().out


def test_records_that_sealing_was_led_past_are_findings(
    forge: Callable[..., None],
) -> None:
    three_seals()
    did()
    forge(
        "UPDATE audit_auditrecord SET commit_xid = (SELECT (line::text::bigint - 1)::text::xid8"
        " FROM audit_auditchain) WHERE sequence = 10"
    )
    assert sealed() == 0
    assert found() == ["old_record_is_sealed: record 10"]


def test_seals_of_the_first_form_still_verify(forge: Callable[..., None]) -> None:
    """They did not sign how far they go, so nothing of that is left to them."""
    did()
    assert sealed() == 1
    row = AuditSeal.objects.get()
    first = chain.Seal(
        number=1,
        sealed_at_us=(row.sealed_at - sealing._EPOCH) // sealing._MICROSECOND,
        record_count=1,
        root=bytes(row.root),
        previous=bytes(row.previous),
        up_to=None,
    ).digest
    key = settings.VAULTCRAFT_SEALING_KEYS[0]
    signature = chain.signed(first, private_pem=key["private_pem"])
    forge(
        f"UPDATE audit_auditseal SET up_to = NULL, digest = '\\x{first.hex()}',"
        f" signature = '\\x{signature.hex()}'",
        f"UPDATE audit_auditchain SET digest = '\\x{first.hex()}'",
    )
    did()
    assert sealed() == 1
    assert found() == []
    forge("UPDATE audit_auditseal SET up_to = NULL")
    assert found() == ["seal_is_as_it_was: seal 2"]


@pytest.mark.parametrize("line", ["{", "null", "[1]", '{"number": "1", "digest": "aa"}', "\xff"])
def test_a_line_of_heads_that_cannot_be_read_is_a_refusal(
    heads: Path, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    did()
    kept(heads)
    heads.write_text(line + "\n")
    with pytest.raises(ChainBroken, match="cannot be read"):
        kept(heads)
    assert "cannot be read" in AuditChain.objects.get().refused_because
    monkeypatch.setattr(settings, "VAULTCRAFT_HEADS_FILE", heads)
    call_command("begin_heads", reason="The disk lost it")
    assert kept(heads) == 1
    assert AuditChain.objects.get().refused_since is None


def test_a_file_of_heads_that_cannot_be_opened_is_a_refusal(heads: Path) -> None:
    did()
    heads.mkdir(parents=True)
    with pytest.raises(OSError):
        kept(heads)
    chained = AuditChain.objects.get()
    assert chained.refused_since == NOW
    assert "cannot be read or written" in chained.refused_because


def test_a_torn_line_of_heads_is_told_again(heads: Path) -> None:
    did()
    kept(heads)
    did()
    sealed()
    with heads.open("a") as file:
        file.write('{"number": 2, "dig')
    assert kept(heads) == 0
    assert [json.loads(line)["number"] for line in heads.read_text().splitlines()] == [0, 1, 2]


def test_the_application_can_neither_forge_nor_change_a_seal() -> None:
    did(count=2)
    sealed()
    end = bytes(AuditSeal.objects.get().digest)
    refuses("platform_seals", LINK, end)
    refuses("platform_seals", "UPDATE audit_auditchain SET refused_because = ''")
    did(count=2)
    nonsense = ("'{1}'", "ARRAY['x'::bytea]")
    for rule, previous, taken, up_to in (
        ("seal_within_the_line", end, nonsense, "'9000000000000000000'"),
        ("seal_within_the_line", end, TAKEN, "NULL"),
        ("seal_of_what_comes_next", end, nonsense, "audit_line()"),
        ("seal_of_what_comes_next", end, (TAKEN[0], nonsense[1]), "audit_line()"),
        ("seal_hashed_as_it_is", end, TAKEN, "audit_line()"),
        ("seal_hashed_as_it_is", b"another", TAKEN, "audit_line()"),
    ):
        with alone(), refused_by(rule), transaction.atomic():
            view(scope="platform")
            run(FORGED.format(*taken, up_to), previous)
    for statement in (
        "UPDATE audit_auditseal SET kid = ''",
        "UPDATE audit_auditchain SET number = 0",
        "UPDATE audit_auditchain SET line = '0'",
        "DELETE FROM audit_auditchain",
        "DELETE FROM audit_auditseal",
        "UPDATE audit_auditrecord SET commit_xid = '3'",
        "INSERT INTO audit_auditrecord (commit_xid) SELECT commit_xid FROM audit_auditrecord",
    ):
        refuses(FORBIDDEN, statement)


def test_the_chain_is_verified_without_server_or_framework(tmp_path: Path, heads: Path) -> None:
    did(count=3)
    kept(heads)
    did()
    export = tmp_path / "audit.jsonl"
    call_command("export_audit", export)
    assert export.stat().st_mode & 0o777 == 0o600
    right = stranger(export, "--heads", str(heads))
    assert (right.returncode, right.stdout) == (
        0,
        "The chain stands: 1 seals over 3 records, 1 not sealed yet.\n",
    )
    export.write_text(export.read_text().replace("tests.thing.do", "tests.thing.did", 1))
    wrong = stranger(export)
    assert wrong.returncode == 1
    assert wrong.stdout.startswith("record_is_as_it_was: seal 1, record 1\n1 FINDINGS")


def test_one_record_is_proven_without_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    did(count=7)
    sealed()
    with auditor_snapshot() as snapshot:
        ids = snapshot.execute("SELECT id FROM audit_auditrecord ORDER BY sequence").fetchall()
    proof = tmp_path / "proof.json"
    for (record_id,) in ids:
        call_command("prove_audit", str(record_id))
        proof.write_text(capsys.readouterr().out)
        assert offline.main([str(proof), "--proof"]) == 0
        assert capsys.readouterr().out == "The record is under seal 1.\n"
    proof.write_text(proof.read_text().replace("tests.thing.do", "tests.thing.did"))
    assert stranger(proof, "--proof").returncode == 1
    did()
    with auditor_snapshot() as snapshot:
        *_, (late,) = snapshot.execute("SELECT id FROM audit_auditrecord ORDER BY sequence")
    with pytest.raises(CommandError, match="no sealed audit record"):
        call_command("prove_audit", str(late))


def stranger(*arguments: Any) -> subprocess.CompletedProcess[str]:
    """Run the verifier as a program of its own, where no Django can be imported."""
    without = "import sys; sys.modules['django'] = None; from audit.offline import main;"
    return subprocess.run(
        [sys.executable, "-c", f"{without} sys.exit(main())", *map(str, arguments)],
        cwd=ROOT,
        env={"PATH": ""},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_command_tells_and_its_exit_code_too(
    capsys: pytest.CaptureFixture[str], forge: Callable[..., None], heads: Path
) -> None:
    did()
    kept(heads)
    call_command("verify_audit", heads=heads)
    assert (
        capsys.readouterr().out == "The chain stands: 1 seals over 1 records, 0 not sealed yet.\n"
    )
    forge("UPDATE audit_auditrecord SET ip = '192.0.2.1'")
    with pytest.raises(SystemExit) as ended:
        call_command("verify_audit", heads=heads)
    assert ended.value.code == 1
    assert "record_is_as_it_was: seal 1, record 1" in capsys.readouterr().out


def test_both_ways_to_hash_agree_on_every_kind_of_value() -> None:
    did()
    odd = {"é": "\u2028", "n": 1.50, "big": 10**30, "empty": None, "list": [True, {}]}
    act = Act(ACTOR, "tests.thing.do", "", None, NOW, metadata=odd)
    opens_transaction(lambda *, actor: record_many([act]))(actor=ACTOR)
    with auditor_snapshot() as snapshot:
        pairs = snapshot.execute(
            "SELECT audit_texts(r), audit_digest(r) FROM audit_auditrecord r"
        ).fetchall()
    assert len(pairs) == 2
    for texts, digest in pairs:
        assert chain.record_digest(texts) == bytes(digest)
