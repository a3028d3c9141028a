"""Evidence: written with the act, seen by whom it concerns, never changed."""

from __future__ import annotations

import uuid

import pytest
from django.db import connection, connections, transaction

from audit.models import AuditRecord
from audit.queries import records, records_about
from audit.services import Act, record, record_many
from kernel.actor import Actor, Door, anonymous
from kernel.context import Context, Scope, reading
from kernel.errors import InvariantBroken
from kernel.transactions import opens_transaction
from tests.database import FORBIDDEN, refused_by, refuses, rows, run, statements, view, work
from tests.world import NOW, World

TABLE = "audit_auditrecord"


@opens_transaction
def act_and_record(*, actor: Actor, acts: list[Act], fail: bool = False) -> None:
    record_many(acts)
    if fail:
        raise LookupError


def act(actor: Actor, organization_id: uuid.UUID | None, **more: object) -> Act:
    wanted: dict = {"subject_type": "thing", "subject_id": uuid.uuid4(), "now": NOW} | more
    return Act(actor=actor, action="tests.thing.do", organization_id=organization_id, **wanted)


@pytest.mark.django_db
def test_a_record_says_who_what_when_whence(world: World) -> None:
    """Of a person the id alone: a name could never be taken out of the chain again."""
    actor = world.actor(world.alice)
    done = act(actor, world.acme.id, metadata={"reason": "because", "n": [1, None]})
    act_and_record(actor=actor, acts=[done])

    with reading(actor):
        kept = records_about([done.subject_id or uuid.uuid4()]).get()
    assert (kept.actor_kind, kept.actor_id, kept.actor_display) == (
        "user",
        world.alice.id,
        "",
    )
    assert (kept.action, kept.subject_type, kept.at) == ("tests.thing.do", "thing", NOW)
    assert (kept.door, kept.request_id, kept.scope) == ("api", actor.request_id, "")
    assert kept.metadata == {"reason": "because", "n": [1, None]}


@pytest.mark.django_db
def test_the_scope_an_act_was_done_under_is_kept(world: World) -> None:
    actor = world.actor(world.olga)
    done = act(actor, world.acme.id)
    act_and_record(actor=actor, acts=[done])

    with reading(actor):
        assert records().first().scope == "platform"  # type: ignore[union-attr]


def test_a_record_falls_with_its_act(committed_db: str, world: World) -> None:
    actor = world.actor(world.alice)
    with reading(actor):
        before = records().count()
    with pytest.raises(LookupError):
        act_and_record(actor=actor, acts=[act(actor, world.acme.id)], fail=True)

    with reading(actor):
        assert records().count() == before


@pytest.mark.django_db
def test_recording_is_a_step(world: World) -> None:
    with pytest.raises(InvariantBroken):
        record(
            actor=world.actor(world.alice),
            action="tests.thing.do",
            subject_type="thing",
            subject_id=None,
            organization_id=world.acme.id,
            now=NOW,
        )


@pytest.mark.django_db
def test_any_number_in_one_statement(world: World) -> None:
    actor = world.actor(world.alice)
    for acts in ([], [act(actor, world.acme.id)] * 1, [act(actor, world.acme.id)] * 200):
        with statements() as made:
            act_and_record(actor=actor, acts=acts)
        assert work(made) == (["INSERT"] if acts else [])


@pytest.mark.django_db
def test_who_reads_it(world: World) -> None:
    actor = world.actor(world.alice)
    done = act(actor, world.acme.id)
    act_and_record(actor=actor, acts=[done])

    seen = {}
    for name in ("alice", "bob", "charlie", "olga"):
        with reading(world.actor(getattr(world, name))):
            seen[name] = AuditRecord.objects.filter(subject_id=done.subject_id).count()
    # Whether bob may open the page is the door's question; the row is his organization's.
    assert seen == {"alice": 1, "bob": 1, "charlie": 0, "olga": 1}


@pytest.mark.django_db
def test_acts_on_the_platform_itself_are_the_platforms(world: World) -> None:
    actor = world.actor(world.olga)
    done = act(actor, None)
    act_and_record(actor=actor, acts=[done])

    with reading(world.actor(world.alice)):
        assert not records_about([done.subject_id or uuid.uuid4()]).exists()
    with reading(actor):
        assert records_about([done.subject_id or uuid.uuid4()]).exists()


@pytest.mark.django_db
def test_nobody_forges_evidence_of_another_organization(world: World) -> None:
    charlie = world.actor(world.charlie)
    with refused_by(FORBIDDEN):
        act_and_record(actor=charlie, acts=[act(charlie, world.acme.id)])


@pytest.mark.django_db
def test_somebody_unknown_leaves_evidence_without_an_organization(world: World) -> None:
    stranger = anonymous(door=Door.WEB, request_id="x", ip="203.0.113.9")
    done = act(stranger, None)
    act_and_record(actor=stranger, acts=[done])

    with reading(world.actor(world.olga)):
        kept = records_about([done.subject_id or uuid.uuid4()]).get()
    assert (kept.actor_kind, kept.ip) == ("anonymous", "203.0.113.9")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [f"UPDATE {TABLE} SET action = 'x'", f"DELETE FROM {TABLE}", f"TRUNCATE {TABLE}"],
)
def test_the_application_changes_nothing(world: World, statement: str) -> None:
    view(scope="platform")
    before = rows(f"SELECT id, action FROM {TABLE} ORDER BY id")
    refuses(FORBIDDEN, statement)
    assert rows(f"SELECT id, action FROM {TABLE} ORDER BY id") == before


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        (f"UPDATE {TABLE} SET action = 'x'", f"{TABLE}_append_only"),
        (f"DELETE FROM {TABLE}", f"{TABLE}_append_only"),
        (f"TRUNCATE {TABLE}", f"{TABLE}_no_truncate"),
    ],
)
def test_not_even_the_owner(committed_db: str, world: World, statement: str, rule: str) -> None:
    with (
        refused_by(rule),
        transaction.atomic(using="owner"),
        connections["owner"].cursor() as cursor,
    ):
        cursor.execute("SELECT set_config('vaultcraft.scope', 'platform', true)")
        cursor.execute(statement)


@pytest.mark.django_db
def test_without_a_context_nobody_reads(world: World) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {TABLE}")
        assert cursor.fetchone() == (0,)
    assert run(f"SELECT id FROM {TABLE}") == 0
    assert Context(scope=Scope.SIGN_IN).settings == ("{}", "sign_in")
