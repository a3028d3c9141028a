"""How long a committed transaction takes to the pages that show it."""

from __future__ import annotations

import time

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore

from accounts.actors import user_actor
from accounts.models import User
from accounts.services.sessions import open_browser_session
from bench import relays
from bench.connecting import connection_to
from bench.loads import whole_transfer
from bench.measuring import Measurement, Reading, Run
from bench.pages import Pages, paced, serving
from bench.surroundings import Surroundings
from bench.tenants import Tenant, World
from kernel.actor import Door
from kernel.clock import now
from kernel.context import Context, reading_as
from web.doors import SESSION_KEY

_PAGES = 20
_RATE = 100.0
_SETTLING_SECONDS = 1.0


def _live(around: Surroundings) -> Run:
    if not around.cluster.has_database(relays.OUTBOX):
        around.cluster.copy_database(relays.OUTBOX)
    broker = around.cluster.environment["NATS_URL"]
    world = World(around.world.tenants[:1], database=relays.OUTBOX)
    connected = connection_to(relays.OUTBOX)

    def run() -> Reading:
        with (
            relays.relay(around.cluster, broker=broker) as (_, namespace),
            serving(around.cluster, database=relays.OUTBOX, namespace=namespace) as port,
            connected(),
        ):
            pages = Pages(port, _cookie(world.tenants[0]), count=_PAGES)
            step = whole_transfer(world, 1)
            paced(step, per_second=_RATE, seconds=_SETTLING_SECONDS)
            pages.noting = True
            paced(step, per_second=_RATE, seconds=2 * around.plan.seconds)
            time.sleep(_SETTLING_SECONDS)
            pages.close()
        ranked = sorted(pages.seconds)
        return Reading(
            values={"live_p95": ranked[int(len(ranked) * 0.95)] * 1e3, "live_allowed": 300.0},
            latencies={"live": pages.seconds},
        )

    return run


def _cookie(tenant: Tenant) -> str:
    """Of a browser in which the owner of this organization is signed in."""
    with reading_as(Context(organizations=(tenant.id,))):
        owner = User.objects.select_related("organization").get(
            organization_id=tenant.id, role="owner"
        )
    actor = user_actor(user=owner, door=Door.WEB, request_id="bench")
    session = SessionStore()
    session[SESSION_KEY] = str(open_browser_session(actor=actor, now=now()).id)
    session.save()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


MEASUREMENTS = (
    Measurement(name="live", gives=("live_p95", "live_allowed"), prepare=_live, every=2),
)
