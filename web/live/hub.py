"""Every open page of this process, and what was told lately: one reader, many listeners."""

from __future__ import annotations

import itertools
import json
import uuid
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager

from prometheus_client import Counter as Counted
from prometheus_client import Gauge

from web.live.changes import Change
from web.live.errors import OrganizationFull, StreamsFull, TooManyStreams
from web.live.listening import End, Listener, piece
from web.live.viewers import Viewer
from web.live.wallets import Directory, Heard, Known, heard_of

# How far back a page may resume: so many changes of all organizations, so many of its own.
RETAINED = 10_000
MOST_RESUMED = 50

LookUp = Callable[[uuid.UUID, Collection[uuid.UUID]], Awaitable[Known]]

streams = Gauge("vaultcraft_live_streams", "Pages that are followed.", multiprocess_mode="livesum")
ended_total = Counted("vaultcraft_live_ended_total", "Streams that were ended by us.", ["why"])


class Hub:
    """Carries changes to pages. Everything here runs in one event loop.

    :param look_up: finds whose wallets are whose, of one organization.
    :param most: streams at once, opening ones included.
    :param most_each: of one person.
    :param most_together: of the people of one organization.
    """

    def __init__(self, *, look_up: LookUp, most: int, most_each: int, most_together: int) -> None:
        self._look_up = look_up
        self._most, self._most_each, self._most_together = most, most_each, most_together
        self._directory = Directory()
        self._listeners: dict[uuid.UUID, set[Listener]] = {}
        self._people: Counter[uuid.UUID] = Counter()
        self._places = 0
        self._lately: OrderedDict[uuid.UUID, tuple[int, Change]] = OrderedDict()
        self._positions = itertools.count(1)
        self._position = 0

    @contextmanager
    def place(self) -> Iterator[None]:
        """Hold one of the places, from before anything is asked until the stream has ended.

        :raises StreamsFull: if there is none.
        """
        if self._places >= self._most:
            raise StreamsFull()
        self._places += 1
        try:
            yield
        finally:
            self._places -= 1

    @contextmanager
    def joined(self, viewer: Viewer) -> Iterator[Listener]:
        """Listen from now on.

        :raises TooManyStreams: if this person does so at as many pages as one may.
        :raises OrganizationFull: if their organization does.
        """
        if self._people[viewer.person_id] >= self._most_each:
            raise TooManyStreams()
        if len(self._listeners.get(viewer.organization_id, ())) >= self._most_together:
            raise OrganizationFull()
        listener = Listener(viewer, since=self._position)
        self._people[viewer.person_id] += 1
        self._listeners.setdefault(viewer.organization_id, set()).add(listener)
        streams.inc()
        try:
            yield listener
        finally:
            streams.dec()
            self._left(listener, viewer)

    def _left(self, listener: Listener, viewer: Viewer) -> None:
        self._people[viewer.person_id] -= 1
        self._people += Counter()  # forgets who has none
        here = self._listeners[viewer.organization_id]
        here.discard(listener)
        if not here:
            del self._listeners[viewer.organization_id]
        if listener.ended:
            ended_total.labels(listener.ended).inc()

    async def tell(self, changes: Sequence[Change]) -> None:
        """Remember changes, in their order, and carry them to who listens in their organizations.

        One that came before is passed over. If wallets cannot be looked up, who listens there is
        interrupted, and resumes.
        """
        new = [
            (self._remember(change), change) for change in changes if change.id not in self._lately
        ]
        for organization_id in dict.fromkeys(change.organization_id for _, change in new):
            if organization_id not in self._listeners:
                continue
            own = [one for one in new if one[1].organization_id == organization_id]
            await self._carry(organization_id, own)

    async def _carry(self, organization_id: uuid.UUID, new: Sequence[tuple[int, Change]]) -> None:
        try:
            heard = await self._heard(organization_id, [change for _, change in new])
        except Exception:  # noqa: BLE001 - whatever it was: a page must not miss what it was
            self.end(organization_id, End.INTERRUPTED)
            return
        for listener in tuple(self._listeners.get(organization_id, ())):
            for (position, _), one in zip(new, heard, strict=True):
                listener.hear(position, one)

    def _remember(self, change: Change) -> int:
        self._position = next(self._positions)
        self._lately[change.id] = (self._position, change)
        if len(self._lately) > RETAINED:
            self._lately.popitem(last=False)
        return self._position

    async def _heard(
        self, organization_id: uuid.UUID, changes: Sequence[Change]
    ) -> Sequence[Heard]:
        named = {one for change in changes for one in (*change.accounts, *change.wallets)}
        known = self._directory.known(named)
        if unknown := named - known.keys():
            found = await self._look_up(organization_id, unknown)
            self._directory.learn(found)
            known = {**known, **found}
        return [heard_of(change, known) for change in changes]

    async def welcome(self, viewer: Viewer, *, until: int, last_id: str) -> bytes:
        """The first piece: what was missed since `last_id`, or where the stream stands.

        A place that is not known here, because it is too old, of another organization or no place
        at all, gives `reload`: the page has to be drawn again.
        """
        if not last_id:
            return await self._standing(viewer, until=until, event="hello")
        missed = self._since(last_id, viewer.organization_id, until=until)
        if missed is None:
            return await self._standing(viewer, until=until, event="reload")
        told = await self._told(viewer, missed)
        return b"".join(piece("change", data, at=str(change.id)) for change, data in told)

    async def _standing(self, viewer: Viewer, *, until: int, event: str) -> bytes:
        told = await self._told(viewer, self._own(viewer.organization_id, until=until))
        last = told[-1][0] if told else None
        data = json.dumps({"changed_at": last.occurred_at if last else None}).encode()
        return piece(event, data, at=str(last.id) if last else None)

    async def _told(
        self, viewer: Viewer, changes: Sequence[Change]
    ) -> Sequence[tuple[Change, bytes]]:
        heard = await self._heard(viewer.organization_id, changes)
        told = [(one.change, one.told(viewer.may_see)) for one in heard]
        return [(change, data) for change, data in told if data is not None]

    def _since(
        self, last_id: str, organization_id: uuid.UUID, *, until: int
    ) -> Sequence[Change] | None:
        """The organization's changes after that one; None if there is no knowing them."""
        try:
            begun, last = self._lately[uuid.UUID(last_id)]
        except (ValueError, KeyError):
            return None
        if last.organization_id != organization_id:
            return None
        missed = self._own(organization_id, until=until, after=begun, most=MOST_RESUMED + 1)
        return missed if len(missed) <= MOST_RESUMED else None

    def _own(
        self, organization_id: uuid.UUID, *, until: int, after: int = 0, most: int = MOST_RESUMED
    ) -> Sequence[Change]:
        """An organization's last changes, at most so many, the oldest first."""
        backwards = itertools.takewhile(lambda one: one[0] > after, reversed(self._lately.values()))
        own = (
            change
            for position, change in backwards
            if position <= until and change.organization_id == organization_id
        )
        return list(itertools.islice(own, most))[::-1]

    @property
    def position(self) -> int:
        """How much was told."""
        return self._position

    def listening(self) -> Mapping[uuid.UUID, Collection[Listener]]:
        """Who listens, by the session they came with."""
        found: dict[uuid.UUID, list[Listener]] = {}
        for here in self._listeners.values():
            for listener in here:
                found.setdefault(listener.viewer.session_id, []).append(listener)
        return found

    def end(self, organization_id: uuid.UUID | None, why: End) -> None:
        """End the streams of an organization; None: all."""
        for place, here in self._listeners.items():
            if organization_id in (None, place):
                for listener in tuple(here):
                    listener.end(why)

    def forget(self) -> None:
        """The stream is another one: nobody can resume. All come again and are told to reload."""
        self._lately.clear()
        self.end(None, End.INTERRUPTED)
