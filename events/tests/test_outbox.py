"""The outbox: only what the catalogue names, in the transaction that made it true."""

from __future__ import annotations

import json
import re
import uuid

import jsonschema  # type: ignore[import-untyped]
import pytest
from django.db import connections, transaction

from events.catalogue import CATALOGUE
from events.models import OutboxEvent
from events.queries import events_about
from events.services import Fact, emit_many
from kernel.actor import Actor
from kernel.context import reading
from kernel.errors import InvariantBroken
from kernel.transactions import opens_transaction
from tests.database import FORBIDDEN, refused_by, refuses, rows, statements, view, work
from tests.world import NOW, World

TABLE = "events_outboxevent"


@opens_transaction
def emitting(*, actor: Actor, facts: list[Fact], fail: bool = False) -> None:
    emit_many(facts)
    if fail:
        raise LookupError


def fact(actor: Actor, organization_id: uuid.UUID | None, **changed: object) -> Fact:
    subject_id = uuid.uuid4()
    wanted: dict = {
        "name": "accounts.session.opened",
        "payload": {"session_id": str(subject_id), "user_id": str(subject_id)},
    } | changed
    return Fact(
        organization_id=organization_id, subject_id=subject_id, actor=actor, now=NOW, **wanted
    )


@pytest.mark.django_db
def test_an_event_says_what_about_whom_by_whom(world: World) -> None:
    actor = world.actor(world.alice)
    told = fact(actor, world.acme.id)
    emitting(actor=actor, facts=[told])

    with reading(actor):
        kept = events_about([told.subject_id or uuid.uuid4()]).get()
    assert (kept.name, kept.version, kept.occurred_at) == ("accounts.session.opened", 1, NOW)
    assert kept.payload == told.payload
    assert (kept.actor_kind, kept.actor_id, kept.request_id) == (
        "user",
        world.alice.id,
        actor.request_id,
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    "changed",
    [
        {"name": "accounts.session.burnt"},
        {"payload": {}},
        {"payload": {"session_id": "x"}},
        {"payload": {"session_id": "x", "user_id": "y", "password": "z"}},
    ],
)
def test_what_does_not_fit_the_catalogue_is_our_own_mistake(world: World, changed: dict) -> None:
    actor = world.actor(world.alice)
    with reading(actor):
        before = OutboxEvent.objects.count()
    with pytest.raises(InvariantBroken):
        emitting(
            actor=actor, facts=[fact(actor, world.acme.id), fact(actor, world.acme.id, **changed)]
        )
    with reading(actor):
        assert OutboxEvent.objects.count() == before


def test_an_event_falls_with_its_act(committed_db: str, world: World) -> None:
    actor = world.actor(world.alice)
    told = fact(actor, world.acme.id)
    with pytest.raises(LookupError):
        emitting(actor=actor, facts=[told], fail=True)

    with reading(actor):
        assert not events_about([told.subject_id or uuid.uuid4()]).exists()


@pytest.mark.django_db
def test_emitting_is_a_step(world: World) -> None:
    with pytest.raises(InvariantBroken):
        emit_many([fact(world.actor(world.alice), world.acme.id)])


@pytest.mark.django_db
def test_any_number_in_one_statement(world: World) -> None:
    actor = world.actor(world.alice)
    with statements() as made:
        emitting(actor=actor, facts=[fact(actor, world.acme.id) for _ in range(200)])
    assert work(made) == ["INSERT"]


@pytest.mark.django_db
def test_everything_the_world_told_fits_its_schema(world: World) -> None:
    world.send(amount_minor=250_00)
    world.send(amount_minor=9_00_00_000_00)

    with reading(world.actor(world.olga)):
        told = list(OutboxEvent.objects.all())
    assert len({event.name for event in told}) >= 7
    for event in told:
        schema = CATALOGUE[event.name].schema()
        jsonschema.validate(
            event.payload, schema, format_checker=jsonschema.FormatChecker(["uuid"])
        )


def test_schemas_are_schemas() -> None:
    for kind in CATALOGUE.values():
        jsonschema.Draft202012Validator.check_schema(kind.schema())
        json.dumps(kind.schema())


def test_names_say_room_noun_and_what_happened() -> None:
    for name, kind in CATALOGUE.items():
        assert name == kind.name
        assert re.fullmatch(r"[a-z]+\.[a-z_]+\.[a-z_]+", name), name
        assert kind.meaning.endswith(".")
        assert kind.version >= 1


def test_no_payload_carries_secrets() -> None:
    fields = {field for kind in CATALOGUE.values() for field in kind.fields}
    assert not {f for f in fields if re.search("password|secret|token|pin|email|hash", f)}


@pytest.mark.django_db
def test_who_reads_it(world: World) -> None:
    actor = world.actor(world.alice)
    told = fact(actor, world.acme.id)
    emitting(actor=actor, facts=[told])

    seen = {}
    for name in ("alice", "charlie", "olga"):
        with reading(world.actor(getattr(world, name))):
            seen[name] = events_about([told.subject_id or uuid.uuid4()]).count()
    assert seen == {"alice": 1, "charlie": 0, "olga": 1}


@pytest.mark.django_db
def test_nobody_tells_events_of_another_organization(world: World) -> None:
    charlie = world.actor(world.charlie)
    with refused_by(FORBIDDEN):
        emitting(actor=charlie, facts=[fact(charlie, world.acme.id)])


@pytest.mark.django_db
def test_rows_wait_in_an_order_a_relay_can_follow(world: World) -> None:
    for _ in range(3):
        world.send(amount_minor=1)
    view(scope="platform")

    order = rows(f"SELECT commit_xid::text::bigint, sequence, id FROM {TABLE} ORDER BY sequence")
    assert order == sorted(order)
    assert len({sequence for _, sequence, _ in order}) == len(order)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        f"UPDATE {TABLE} SET name = 'x'",
        f"UPDATE {TABLE} SET commit_xid = commit_xid",
        f"DELETE FROM {TABLE}",
        f"TRUNCATE {TABLE}",
    ],
)
def test_the_application_changes_nothing(world: World, statement: str) -> None:
    view(scope="platform")
    before = rows(f"SELECT id, name FROM {TABLE} ORDER BY id")
    refuses(FORBIDDEN, statement)
    assert rows(f"SELECT id, name FROM {TABLE} ORDER BY id") == before


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        (f"UPDATE {TABLE} SET name = 'x'", f"{TABLE}_append_only"),
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
