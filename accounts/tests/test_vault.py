"""Sealed values: bound to owner and place, found by a blind index, turned to new keys, shredded.

A table of the test stands for the rooms that seal something.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.errors import DataShredded, PersonStillActive
from accounts.models import DataKey, Invitation, User
from accounts.services import vault
from accounts.services.erasing import shred_person
from accounts.services.invitations import invite, join
from accounts.services.people import remove_member
from accounts.services.vault import Place, SealedColumn, places
from audit.models import AuditRecord
from kernel import sealing
from kernel.actor import Actor, Door, anonymous, system
from kernel.context import reading
from kernel.errors import InvariantBroken, PermissionDenied
from kernel.ids import encode, new_id
from kernel.sealing import Unreadable
from kernel.transactions import opens_transaction
from tests.database import all_seeing, refuses, rows, view
from tests.world import NOW, PASSWORD, World

pytestmark = pytest.mark.django_db

ROOT = system(door=Door.COMMAND, request_id="test")
TABLE = "vault_probe"
COLUMN = SealedColumn(TABLE, "sealed")
EVERYWHERE = dict(places._columns)
LATER = NOW + dt.timedelta(days=2)


@pytest.fixture
def probe(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A table with one sealed column, registered for the length of a test."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMPORARY TABLE {TABLE} (id uuid PRIMARY KEY, organization_id uuid,"
            " user_id uuid, sealed bytea)"
        )
    monkeypatch.setattr(places, "_columns", {(TABLE, "sealed"): COLUMN})
    yield
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {TABLE}")


@pytest.fixture
def among_others(monkeypatch: pytest.MonkeyPatch, probe: None) -> None:
    """The test's column beside all that rooms have registered."""
    monkeypatch.setattr(places, "_columns", {**EVERYWHERE, (TABLE, "sealed"): COLUMN})


def place(row_id: uuid.UUID) -> Place:
    return Place(TABLE, "sealed", row_id)


@opens_transaction
def kept(*, actor: Actor, user: User, text: str) -> uuid.UUID:
    """A row with this text, sealed under the person's key."""
    row_id = new_id()
    sealed = vault.seal(
        organization_id=user.organization_id,
        user_id=user.id,
        place=place(row_id),
        plain=text.encode(),
        now=NOW,
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {TABLE} VALUES (%s, %s, %s, %s)",
            [row_id, user.organization_id, user.id, sealed],
        )
    return row_id


@opens_transaction
def read(*, actor: Actor, user: User, row_id: uuid.UUID, at: uuid.UUID | None = None) -> str:
    """The text of a row, opened as if it stood in row `at`."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT sealed FROM {TABLE} WHERE id = %s", [row_id])
        (sealed,) = cursor.fetchone()
    return vault.unseal(
        organization_id=user.organization_id,
        user_id=user.id,
        place=place(at or row_id),
        sealed=sealed,
    ).decode()


def owners() -> int:
    """Who has a data key: the people of the world were mailed, so they have theirs."""
    return vault.rotation_plan(actor=ROOT).owners


def version_in(row_id: uuid.UUID) -> int:
    ((sealed,),) = rows(f"SELECT sealed FROM {TABLE} WHERE id = %s", row_id)
    return sealing.key_version_of(bytes(sealed))


def test_what_is_sealed_is_read_by_its_owner(world: World, probe: None) -> None:
    row_id = kept(actor=ROOT, user=world.alice, text="ABCDE1234F")
    ((sealed,),) = rows(f"SELECT sealed FROM {TABLE} WHERE id = %s", row_id)
    assert b"ABCDE1234F" not in bytes(sealed)
    assert read(actor=world.actor(world.alice), user=world.alice, row_id=row_id) == "ABCDE1234F"


def test_moved_to_another_row_or_person_it_is_unreadable(world: World, probe: None) -> None:
    one = kept(actor=ROOT, user=world.alice, text="mine")
    two = kept(actor=ROOT, user=world.alice, text="also mine")
    kept(actor=ROOT, user=world.bob, text="his")
    with pytest.raises(Unreadable):
        read(actor=ROOT, user=world.alice, row_id=one, at=two)
    with pytest.raises(Unreadable):
        read(actor=ROOT, user=world.bob, row_id=one)


def test_another_organization_has_no_key_to_it(world: World, probe: None) -> None:
    row_id = kept(actor=ROOT, user=world.alice, text="mine")
    with pytest.raises(Unreadable):
        read(actor=world.actor(world.charlie), user=world.alice, row_id=row_id)
    with reading(world.actor(world.charlie)):
        assert not DataKey.objects.filter(user=world.alice).exists()


def test_a_stream_is_bound_to_its_place(world: World) -> None:
    user, here = world.alice, place(new_id())
    owner = {"organization_id": user.organization_id, "user_id": user.id}

    @opens_transaction
    def sealed_and_opened(*, actor: Actor, at: Place) -> bytes:
        header, *chunks = vault.seal_stream(**owner, place=here, parts=[b"a" * 70_000], now=NOW)
        return b"".join(vault.unseal_stream(**owner, place=at, header=header, chunks=chunks))

    assert sealed_and_opened(actor=ROOT, at=here) == b"a" * 70_000
    with pytest.raises(Unreadable):
        sealed_and_opened(actor=ROOT, at=place(new_id()))


def test_a_blind_index_finds_equals_within_one_field_only() -> None:
    one = vault.blind_index(field="phone", text="+919876543210")
    assert one == vault.blind_index(field="phone", text="+919876543210")
    assert one != vault.blind_index(field="phone", text="+919876543211")
    assert one != vault.blind_index(field="government_id", text="+919876543210")


def test_a_new_master_key_wraps_all_and_the_old_one_can_go(world, probe, settings) -> None:
    row_id = kept(actor=ROOT, user=world.alice, text="mine")
    old = settings.VAULTCRAFT_MASTER_KEYS
    settings.VAULTCRAFT_MASTER_KEYS = {**old, 2: sealing.new_key()}
    assert vault.rotation_plan(actor=ROOT).to_wrap == owners() > 0
    done = vault.rotate_master(actor=ROOT, now=NOW, report=lambda _: None)
    assert done.wrapped == owners()
    assert vault.rotate_master(actor=ROOT, now=NOW, report=lambda _: None).wrapped == 0
    settings.VAULTCRAFT_MASTER_KEYS = {2: settings.VAULTCRAFT_MASTER_KEYS[2]}
    assert read(actor=ROOT, user=world.alice, row_id=row_id) == "mine"


def test_a_master_key_that_is_gone_or_another_is_no_refusal_but_an_alarm(
    world, probe, settings
) -> None:
    row_id = kept(actor=ROOT, user=world.alice, text="mine")
    for keys in ({2: sealing.new_key()}, {1: sealing.new_key()}):
        settings.VAULTCRAFT_MASTER_KEYS = keys
        with pytest.raises(InvariantBroken):
            read(actor=ROOT, user=world.alice, row_id=row_id)


def test_new_data_keys_seal_everything_again(world: World, probe: None) -> None:
    one = kept(actor=ROOT, user=world.alice, text="one")
    two = kept(actor=ROOT, user=world.charlie, text="two")
    done = vault.rotate_data(actor=ROOT, now=LATER, report=lambda _: None)
    assert (done.keys_made, done.sealed, done.unreadable) == (owners(), 2, [])
    assert (version_in(one), version_in(two)) == (2, 2)
    assert read(actor=ROOT, user=world.alice, row_id=one) == "one"
    assert read(actor=ROOT, user=world.charlie, row_id=two) == "two"


def test_old_data_keys_are_shredded_once_nothing_can_need_them(
    world: World, among_others: None
) -> None:
    kept(actor=ROOT, user=world.alice, text="one")
    assert vault.rotate_data(actor=ROOT, now=LATER, report=lambda _: None).retired == 0
    much_later = LATER + dt.timedelta(hours=2)
    again = vault.rotate_data(actor=ROOT, now=much_later, report=lambda _: None)
    assert (again.keys_made, again.sealed, again.retired) == (0, 0, owners())


def test_rotation_stops_at_nothing_unreadable(world: World, probe: None) -> None:
    bad = kept(actor=ROOT, user=world.alice, text="bad")
    good = kept(actor=ROOT, user=world.alice, text="good")
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {TABLE} SET sealed = sealed || 'x'::bytea WHERE id = %s", [bad])
    done = vault.rotate_data(actor=ROOT, now=LATER, report=lambda _: None)
    assert done.unreadable == [f"{TABLE}.sealed of {bad}"]
    assert (version_in(bad), version_in(good)) == (1, 2)


def test_what_a_killed_rotation_left_is_done_by_the_next(world, probe, monkeypatch) -> None:
    monkeypatch.setattr("accounts.services.vault.rotating.BATCH", 2)
    kept_rows = [kept(actor=ROOT, user=world.alice, text=str(n)) for n in range(5)]

    def killed(progress: vault.Progress) -> None:
        if progress.sealed == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        vault.rotate_data(actor=ROOT, now=LATER, report=killed)
    assert sorted(version_in(row) for row in kept_rows) == [1, 1, 1, 2, 2]
    assert vault.rotation_plan(actor=ROOT).to_seal == {f"{TABLE}.sealed": 3}
    done = vault.rotate_data(actor=ROOT, now=LATER, report=lambda _: None)
    assert (done.keys_made, done.sealed) == (0, 3)
    assert [read(actor=ROOT, user=world.alice, row_id=row) for row in kept_rows] == list("01234")


def test_the_command_says_what_it_did(world, probe, capsys) -> None:
    kept(actor=ROOT, user=world.alice, text="one")
    call_command("rotate_keys", "--plan")
    assert f"0 data keys of {owners()} owners" in capsys.readouterr().out
    call_command("rotate_keys", "--data")
    assert f"New data keys: {owners()}. Sealed again: 1 values." in capsys.readouterr().out


def test_a_shredded_person_is_unreadable_and_the_evidence_stays(world: World, probe: None) -> None:
    row_id = kept(actor=ROOT, user=world.bob, text="his")
    remove_member(actor=world.actor(world.alice), user_id=world.bob.id, now=NOW)
    shred_person(actor=world.actor(world.olga), user_id=world.bob.id, now=NOW)
    with pytest.raises(DataShredded):
        read(actor=ROOT, user=world.bob, row_id=row_id)
    with pytest.raises(DataShredded):
        kept(actor=ROOT, user=world.bob, text="more")
    with reading(world.actor(world.olga)):
        bob = User.objects.get(id=world.bob.id)
        acts = set(AuditRecord.objects.filter(subject_id=bob.id).values_list("action", flat=True))
    assert (bob.full_name, bob.email) == ("Erased person", f"erased-{bob.id}@erased.invalid")
    assert {"accounts.member.join", "accounts.person.shred"} <= acts


def test_an_erased_person_is_named_in_no_invitation_and_no_record(world: World) -> None:
    dana = "dana@acme.test"
    actor = world.actor(world.alice)
    _, token = invite(actor=actor, email=dana, role="member", now=NOW)
    visitor = anonymous(door=Door.WEB, request_id="test")
    person = join(actor=visitor, token=token, full_name="Dana", password=PASSWORD, now=NOW)
    remove_member(actor=actor, user_id=person.id, now=NOW)
    shred_person(actor=world.actor(world.olga), user_id=person.id, now=NOW)
    with all_seeing():
        addresses = set(Invitation.objects.values_list("email", flat=True))
        assert dana not in addresses
        assert f"erased-{person.id}@erased.invalid" in addresses
        said = AuditRecord.objects.filter(actor_id=person.id)
        assert {one.actor_display for one in said} <= {""}


def test_an_invitation_s_address_is_only_ever_erased(world: World) -> None:
    invite(actor=world.actor(world.alice), email="dana@acme.test", role="member", now=NOW)
    changed = "UPDATE accounts_invitation SET email = %s"
    view(world.acme)
    for address in ("eve@evil.test", "erased-x@erased.invalid"):
        refuses("accounts_invitation_email_stays", changed, address)
    view(scope="platform")
    refuses("accounts_invitation_email_stays", changed, "eve@evil.test")


def test_the_command_erases_whom_it_was_told_twice(world: World, capsys) -> None:
    bob = encode("usr", world.bob.id)
    for confirmed in ((), ("--confirm", encode("usr", world.alice.id))):
        with pytest.raises(CommandError, match="Nothing was erased"):
            call_command("shred_person", bob, *confirmed)
    with pytest.raises(CommandError):  # still active
        call_command("shred_person", bob, "--confirm", bob)
    remove_member(actor=world.actor(world.alice), user_id=world.bob.id, now=NOW)
    call_command("shred_person", bob, "--confirm", bob)
    assert "is erased" in capsys.readouterr().out
    with all_seeing():
        assert User.objects.get(id=world.bob.id).full_name == "Erased person"


def test_the_database_gives_a_shredded_person_no_key(world: World) -> None:
    remove_member(actor=world.actor(world.alice), user_id=world.bob.id, now=NOW)
    shred_person(actor=world.actor(world.olga), user_id=world.bob.id, now=NOW)
    view(scope="platform")
    refuses(
        "accounts_datakey_after_shredding",
        "INSERT INTO accounts_datakey (id, organization_id, user_id, version, master_version,"
        " wrapped, created_at) VALUES (gen_random_uuid(), %s, %s, 2, 1, 'x', now())",
        world.acme.id,
        world.bob.id,
    )


def test_who_had_nothing_sealed_cannot_be_written_to_later(world: World, probe: None) -> None:
    remove_member(actor=world.actor(world.alice), user_id=world.bob.id, now=NOW)
    for _ in range(2):
        shred_person(actor=world.actor(world.olga), user_id=world.bob.id, now=NOW)
    with pytest.raises(DataShredded):
        kept(actor=ROOT, user=world.bob, text="more")


def test_only_a_closed_account_is_shredded_and_only_by_super_admins(world: World) -> None:
    with pytest.raises(PersonStillActive):
        shred_person(actor=world.actor(world.olga), user_id=world.bob.id, now=NOW)
    with pytest.raises(PermissionDenied):
        shred_person(actor=world.actor(world.alice), user_id=world.bob.id, now=NOW)


def test_the_database_never_gives_a_shredded_key_back(world: World) -> None:
    remove_member(actor=world.actor(world.alice), user_id=world.bob.id, now=NOW)
    shred_person(actor=world.actor(world.olga), user_id=world.bob.id, now=NOW)
    view(scope="platform")
    refuses(
        "accounts_datakey_one_way",
        "UPDATE accounts_datakey SET wrapped = %s, shredded_at = NULL WHERE user_id = %s",
        b"x",
        world.bob.id,
    )


def test_one_key_that_no_master_opens_keeps_no_other_from_its_rotation(
    world, probe, settings, capsys
) -> None:
    """Whoever may write can wrap a key in nonsense: it is named, and the others go on."""
    row_id = kept(actor=ROOT, user=world.alice, text="mine")
    settings.VAULTCRAFT_MASTER_KEYS = {**settings.VAULTCRAFT_MASTER_KEYS, 3: sealing.new_key()}
    view(scope="platform")
    ((spoilt,),) = rows(
        "UPDATE accounts_datakey SET master_version = 2, wrapped = %s::bytea || int4send(2) ||"
        " substring(wrapped FROM 6) WHERE id = (SELECT min(id::text)::uuid FROM accounts_datakey"
        " WHERE user_id = %s) RETURNING id",
        b"\x01",
        world.alice.id,
    )
    with pytest.raises(CommandError, match="could not be read: 2"):
        call_command("rotate_keys", "--data")
    told = capsys.readouterr()
    assert f"Wrapped again: {owners() - 1} data keys." in told.out
    assert f"data key {spoilt}" in told.err
    assert f"{TABLE}.sealed of {row_id}" in told.err
    with all_seeing():
        assert list(DataKey.objects.exclude(master_version=3).values_list("id", flat=True)) == [
            spoilt
        ]


def test_every_sealed_column_is_registered() -> None:
    """Rotation shreds keys that nothing registered needs: none may be forgotten."""
    found = rows(
        "SELECT table_name || '.' || column_name FROM information_schema.columns"
        " WHERE table_schema = 'public' AND data_type = 'bytea'"
        " AND (column_name = 'sealed' OR column_name LIKE 'sealed\\_%%')"
    )
    assert {name for (name,) in found} == {one.name for one in places.sealed_columns()}
