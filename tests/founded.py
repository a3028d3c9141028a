"""The world in databases of its own: built once for each worker, and not for each test.

Building it takes 410 statements and half a second, and half of all tests ask for it. So `template`
holds the world, and nobody is ever connected to it: tests that commit get clones of it. `database`
is the first clone, in which all other tests of the world are rolled back. Both are made when a
worker meets the first test that asks for the world. The rest of the suite keeps the worker's own
database, which stays as empty as the migrations left it.
"""

from __future__ import annotations

import copy
import dataclasses
import functools

from pytest_django.plugin import DjangoDbBlocker

from tests.connecting import close_connections, point_at
from tests.servers import clone_database, own_database
from tests.world import World, build_world


@dataclasses.dataclass(frozen=True)
class Founded:
    """Where the world stands, and who is in it."""

    template: str
    database: str
    _world: World

    def world(self) -> World:
        """The caller's own copy: what a test does to it is gone with the test."""
        return copy.deepcopy(self._world)


@functools.cache
def founded(blocker: DjangoDbBlocker) -> Founded:
    """Build the world, once in a process; later calls cost nothing."""
    template = f"{own_database()}_world"
    clone_database(name=template)
    before = point_at(template)
    with blocker.unblock():
        world = build_world()
        close_connections()
    point_at(before)
    database = f"{template}_rolled_back"
    clone_database(name=database, template=template)
    return Founded(template, database, world)
