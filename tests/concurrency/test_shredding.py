"""Whoever is erased while keys are rotated stays erased, whichever came first."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable
from types import ModuleType

import pytest

from accounts.models import DataKey
from accounts.services import erasing
from accounts.services.erasing import shred_person
from accounts.services.people import remove_member
from accounts.services.phones import set_phone
from accounts.services.vault import rotating
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
        rotating._add_batch(actor=ROOT, now=LATER)

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
