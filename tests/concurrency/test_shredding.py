"""Whoever is erased while keys are rotated stays erased, whichever came first."""

from __future__ import annotations

import datetime as dt
import threading
import time
import uuid
from collections.abc import Callable
from types import ModuleType

import pytest

from accounts.errors import PersonStillActive
from accounts.models import DataKey, PendingAct, User
from accounts.services import erasing, restoring
from accounts.services.erasing import shred_person
from accounts.services.pending_acts import agree
from accounts.services.people import remove_member
from accounts.services.phones import set_phone
from accounts.services.restoring import ask_to_restore
from accounts.services.vault import rotating
from accounts.tests.builders import staff
from kernel.actor import Door, system
from tests.concurrency.racing import start
from tests.database import all_seeing
from tests.world import NOW, World

pytestmark = pytest.mark.usefixtures("committed_db")

ROOT = system(door=Door.COMMAND, request_id="shredding")
LATER = NOW + dt.timedelta(days=2)


@pytest.mark.parametrize("first", ["rotation", "erasure"])
def test_a_rotation_gives_no_key_to_whom_is_being_erased(
    world: World, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    set_phone(actor=world.actor(world.bob), phone="+919876543210", now=NOW)
    remove_member(actor=world.actor(world.alice), user_id=world.bob.id, now=NOW)

    def rotate() -> None:
        start_of_ids, done = uuid.UUID(int=0), rotating.Progress()
        rotating._add_batch(actor=ROOT, after=start_of_ids, progress=done, now=LATER)

    def erase() -> None:
        shred_person(actor=ROOT, user_id=world.bob.id, now=LATER)

    if first == "rotation":
        early, late, held = rotate, erase, _held(monkeypatch, rotating, "_note")
    else:
        early, late, held = erase, rotate, _held(monkeypatch, erasing, "_tell")
    began = start(early)
    assert held.wait(timeout=60)
    late()
    began.result(timeout=60)

    with all_seeing():
        assert not DataKey.objects.filter(user_id=world.bob.id, shredded_at=None).exists()


@pytest.mark.parametrize("first", ["restoring", "erasure"])
def test_nobody_comes_back_erased(
    world: World, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    omar = world.signed_in(staff(name="omar"))
    remove_member(actor=world.actor(world.alice), user_id=world.bob.id, now=NOW)
    olga = world.signed_in(world.olga)
    act = ask_to_restore(actor=olga, user_id=world.bob.id, role="viewer", now=LATER)

    def restore() -> PendingAct:
        return agree(actor=omar, act_id=act.id, now=LATER)

    def erase() -> object:
        try:
            return shred_person(actor=ROOT, user_id=world.bob.id, now=LATER)
        except PersonStillActive as refused:
            return refused

    if first == "restoring":
        held = _held(monkeypatch, restoring, "_tell")
        restored = start(restore)
        assert held.wait(timeout=60)
        assert isinstance(erase(), PersonStillActive)
        assert restored.result(timeout=60).state == "agreed"
    else:
        held = _held(monkeypatch, erasing, "_tell")
        erased = start(erase)
        assert held.wait(timeout=60)
        failed = restore()
        assert (failed.state, failed.reason_code) == ("failed", "not_found")
        assert isinstance(erased.result(timeout=60), User)

    with all_seeing():
        bob = User.objects.get(id=world.bob.id)
    assert bob.is_active == (first == "restoring") == (bob.full_name == "Bob")


def _held(monkeypatch: pytest.MonkeyPatch, module: ModuleType, last_step: str) -> threading.Event:
    """The first to take this step keeps its transaction open for a while; set when it has begun."""
    held = threading.Event()
    step: Callable[..., None] = getattr(module, last_step)

    def slow(**arguments: object) -> None:
        step(**arguments)
        if not held.is_set():
            held.set()
            time.sleep(1)

    monkeypatch.setattr(module, last_step, slow)
    return held
