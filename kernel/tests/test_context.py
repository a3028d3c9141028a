"""The view of a transaction: nothing by default, only its own, and nothing left behind."""

from __future__ import annotations

import threading

import pytest
from django.db import DatabaseError, connection, connections, transaction

from kernel.actor import Actor, Door, anonymous
from kernel.context import Context, Scope, context_of, entered, reading, reading_as, widen
from kernel.errors import InvariantBroken
from kernel.transactions import opens_transaction
from tests.world import World

NOBODY = anonymous(door=Door.API, request_id="test")


def handles() -> set[str]:
    """What this transaction sees of the wallets, asked without any filter."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT handle FROM wallets_wallet")
        return {handle for (handle,) in cursor.fetchall()}


def test_a_tenant_sees_itself_the_platform_all_a_stranger_nothing(world: World) -> None:
    acme = {world.alice_wallet.handle, world.acme_wallet.handle}

    assert _seen_by(world.actor(world.alice)) == acme
    assert _seen_by(world.actor(world.bob)) == acme
    assert _seen_by(world.actor(world.charlie)) == {world.charlie_wallet.handle}
    assert _seen_by(world.actor(world.olga)) == acme | {world.charlie_wallet.handle}
    assert _seen_by(NOBODY) == set()


def test_without_a_context_there_is_nothing(committed_db: str, world: World) -> None:
    assert handles() == set()
    with transaction.atomic():
        assert handles() == set()


def test_the_view_ends_with_its_transaction(committed_db: str, world: World) -> None:
    with reading(world.actor(world.olga)):
        assert len(handles()) == 3
        before = _backend()

    assert _backend() == before
    assert handles() == set()
    with reading(NOBODY):
        assert handles() == set()


def test_the_view_ends_with_a_transaction_that_failed(committed_db: str, world: World) -> None:
    with pytest.raises(LookupError), reading(world.actor(world.olga)):
        raise LookupError

    assert handles() == set()


def test_the_view_of_one_use_case_does_not_reach_the_next(committed_db: str, world: World) -> None:
    @opens_transaction
    def look(*, actor: Actor) -> tuple[int, set[str]]:
        return _backend(), handles()

    backend, first = look(actor=world.actor(world.alice))
    assert look(actor=NOBODY) == (backend, set())
    assert look(actor=world.actor(world.charlie)) == (backend, {world.charlie_wallet.handle})
    assert len(first) == 2


def test_another_thread_has_a_view_of_its_own(committed_db: str, world: World) -> None:
    found: list[set[str]] = []

    def look() -> None:
        with transaction.atomic():
            found.append(handles())
        connections.close_all()

    with reading(world.actor(world.olga)):
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
    assert found == [set()]


@pytest.mark.django_db
def test_under_a_test_case_the_outer_view_is_put_back(world: World) -> None:
    with reading(world.actor(world.alice)):
        with reading(NOBODY):
            assert handles() == set()
        with reading(world.actor(world.charlie)):
            assert handles() == {world.charlie_wallet.handle}
        assert len(handles()) == 2
    assert handles() == set()


@pytest.mark.django_db
def test_under_a_test_case_the_outer_view_survives_a_failure(world: World) -> None:
    with reading(world.actor(world.alice)):
        with pytest.raises(LookupError), reading(world.actor(world.charlie)):
            raise LookupError
        assert len(handles()) == 2


def test_reading_writes_nothing(committed_db: str, world: World) -> None:
    with pytest.raises(DatabaseError, match="read-only"), reading(world.actor(world.olga)):
        _freeze_everything()
    with reading(world.actor(world.olga)), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM ledger_ledgeraccount WHERE status <> 'ACTIVE'")
        assert cursor.fetchone() == (0,)


def test_widening_replaces_the_view_for_the_rest_of_the_transaction(world: World) -> None:
    with reading(world.actor(world.alice)):
        widen(Context(organizations=(world.globex.id,)))
        assert handles() == {world.charlie_wallet.handle}
        widen(Context(organizations=(world.globex.id, world.acme.id)))
        assert len(handles()) == 3
        widen(Context())
        assert handles() == set()
    assert handles() == set()


def test_the_sign_in_scope_shows_no_wallets(world: World) -> None:
    with reading_as(Context(scope=Scope.SIGN_IN)):
        assert handles() == set()


def test_contexts_by_actor(world: World) -> None:
    assert context_of(world.actor(world.olga)) == Context(scope=Scope.PLATFORM)
    assert context_of(world.actor(world.bob)) == Context(organizations=(world.acme.id,))
    assert context_of(NOBODY) == Context()


def test_settings_are_what_postgresql_reads(world: World) -> None:
    context = Context(organizations=(world.acme.id, world.globex.id), scope=Scope.PLATFORM)

    assert context.settings == (f"{{{world.acme.id},{world.globex.id}}}", "platform")
    assert Context().settings == ("{}", "")


@pytest.mark.django_db
def test_entering_an_empty_view_hides_what_the_outer_one_showed(world: World) -> None:
    with reading(world.actor(world.olga)), transaction.atomic(), entered(Context()):
        assert handles() == set()


@pytest.mark.django_db
def test_the_widening_of_a_use_case_is_undone_under_a_test_case(world: World) -> None:
    @opens_transaction(context=lambda **_: Context())
    def look() -> set[str]:
        widen(Context(organizations=(world.acme.id,)))
        return handles()

    assert len(look()) == 2
    assert handles() == set()


def test_an_invariant_passes_through_untouched(committed_db: str) -> None:
    @opens_transaction
    def broken(*, actor: Actor) -> None:
        raise InvariantBroken("the books contradict themselves")

    with pytest.raises(InvariantBroken, match="contradict"):
        broken(actor=NOBODY)


def _seen_by(actor: Actor) -> set[str]:
    with reading(actor):
        return handles()


def _backend() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    assert isinstance(pid, int)
    return pid


def _freeze_everything() -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_ledgeraccount SET status = 'FROZEN'")
