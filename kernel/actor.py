"""Who acts, through which door. An actor is made at a door and handed inward, never looked up."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import uuid


class ActorKind(enum.StrEnum):
    USER = "user"
    API_KEY = "api_key"
    SYSTEM = "system"
    COUNTERPARTY = "counterparty"
    ANONYMOUS = "anonymous"


class Door(enum.StrEnum):
    """The way in: kept on every money object and audit record as provenance."""

    API = "api"
    WEB = "web"
    ADMIN = "admin"
    COMMAND = "command"
    TASK = "task"


@dataclasses.dataclass(frozen=True, slots=True)
class Actor:
    """One principal for the length of one request or job.

    :param organization_id: the tenant it belongs to; None for platform staff, system, anonymous.
    :param role: its role in the organization (users only).
    :param platform_role: its tier on the platform (staff only).
    :param scopes: what an API key may do; empty for people.
    :param email_confirmed: whether a person has shown that the mailbox is theirs; until then they
        look and change nothing.
    :param ip: the client address as the door trusts it.
    :param session_id: the sign-in session a person came with; None for keys and programs.
    :param device_id: the device of that session, where one was recognized.
    :param proven_lately: whether its person proved a second factor in that session a short while
        ago, or did so when they asked for what is carried out now.
    :param proven_strongly: whether the session's proof lies outside the mailbox.
    :param proven_settled: whether what was proven lately gives power over money already: an app or
        passkey that was not added a short while ago by somebody who had proven less.
    :param proof_counts_from: from when it does; None: never, as with a code by e-mail.
    :param place_judged: whether the network the actor comes from was judged for what it does now.
    """

    kind: ActorKind
    door: Door
    request_id: str
    id: uuid.UUID | None = None
    organization_id: uuid.UUID | None = None
    role: str | None = None
    platform_role: str | None = None
    scopes: frozenset[str] = frozenset()
    email_confirmed: bool = True
    ip: str | None = None
    display: str = ""
    session_id: uuid.UUID | None = None
    device_id: uuid.UUID | None = None
    proven_lately: bool = False
    proven_strongly: bool = False
    proven_settled: bool = False
    proof_counts_from: dt.datetime | None = None
    place_judged: bool = False

    @property
    def is_platform(self) -> bool:
        """Whether it acts for the platform and so sees every organization."""
        return self.kind is ActorKind.SYSTEM or self.platform_role is not None

    @property
    def principal(self) -> str:
        """A stable name for scoping idempotency keys and rate limits."""
        return f"{self.kind}:{self.id or ''}"


def system(*, door: Door, request_id: str) -> Actor:
    """The program itself: commands, tasks, seeds."""
    return Actor(kind=ActorKind.SYSTEM, door=door, request_id=request_id, display="VaultCraft")


def counterparty(actor: Actor, *, display: str) -> Actor:
    """The same act as another organization may know it: through which door, not by whom."""
    return Actor(kind=ActorKind.COUNTERPARTY, door=actor.door, request_id="", display=display)


def anonymous(*, door: Door, request_id: str, ip: str | None = None) -> Actor:
    """Somebody who has not signed in."""
    return Actor(
        kind=ActorKind.ANONYMOUS, door=door, request_id=request_id, ip=ip, display="Anonymous"
    )
