"""What a writer does over and over: one committed unit of work per step."""

from __future__ import annotations

import itertools
import random
import secrets
import uuid
from collections.abc import Callable, Sequence

from bench.parts import without
from bench.tenants import Tenant, World
from bench.writers import Step
from kernel.clock import now
from kernel.context import Context
from kernel.crypto import fingerprint
from kernel.transactions import opens_transaction, tune
from ledger.choices import TransactionKind
from ledger.services.movements import Movement, Posted, Refused
from ledger.services.posting import post
from ledger.services.shapes import inside
from wallets.services.references import reference_of
from wallets.services.transfers import TransferRequest, execute_together, execute_transfers

LARGEST_MINOR = 100_00


def books_alone(world: World, batch: int) -> Step:
    """`ledger.post` in a transaction of its own: transactions, entries and balances, no more.

    Without the event of each transaction, which the line "Cost of events in the outbox" has.
    """
    everybody = Context(organizations=tuple(tenant.id for tenant in world.tenants))

    @opens_transaction(context=lambda **_: everybody, pipelined=True)
    def posted(*, movements: Sequence[Movement]) -> list[Posted | Refused]:
        tune()
        with without("outbox of the books"):
            return post(movements, now=now())

    def step() -> tuple[int, int]:
        results = posted(movements=[_movement(world) for _ in range(batch)])
        refused = sum(isinstance(result, Refused) for result in results)
        return len(results) - refused, refused

    return step


def whole_transfer(world: World, batch: int) -> Step:
    """`execute_transfers` as a door calls it: a batch comes from one organization's API key."""
    run = uuid.uuid4().hex
    count = itertools.count()

    def step() -> tuple[int, int]:
        tenant = random.choice(world.tenants)  # noqa: S311 - a load, no secret
        key = f"{run}-{next(count)}"
        return _executed([_request(tenant, key, item) for item in range(batch)])

    return step


def across(world: World, batch: int) -> Step:
    """The same between two organizations: two transactions, through a pair of clearing accounts."""
    run = uuid.uuid4().hex
    count = itertools.count()

    def step() -> tuple[int, int]:
        payer, receiver = random.sample(world.tenants, 2)
        key = f"{run}-{next(count)}"
        return _executed([_request(payer, key, item, receiver) for item in range(batch)])

    return step


def together(world: World, batch: int) -> Step:
    """One transfer a step through group commit, as the API does it; wallets drawn uniformly."""
    return _grouped(lambda: _within(random.choice(world.tenants)))  # noqa: S311


def together_hot(world: World, batch: int) -> Step:
    """The same, and every transfer is paid into one and the same wallet."""
    shop = world.tenants[0]
    return _grouped(lambda: (shop, random.choice(shop.handles[1:]), shop.handles[0]))  # noqa: S311


def together_across(world: World, batch: int) -> Step:
    """Between two organizations drawn at random: through any of their clearing accounts."""
    return _grouped(lambda: _between(*random.sample(world.tenants, 2)))


def together_pair(world: World, batch: int) -> Step:
    """Always between the same two organizations: through one pair of clearing accounts."""
    return _grouped(lambda: _between(*random.sample(world.tenants[:2], 2)))


LOADS: dict[str, Callable[[World, int], Step]] = {
    "books_alone": books_alone,
    "whole_transfer": whole_transfer,
    "across": across,
    "together": together,
    "together_hot": together_hot,
    "together_across": together_across,
    "together_pair": together_pair,
}

# Who asks, from which wallet, to which.
Ends = tuple[Tenant, str, str]


def _within(tenant: Tenant) -> Ends:
    source, destination = random.sample(tenant.handles, 2)
    return tenant, source, destination


def _between(payer: Tenant, receiver: Tenant) -> Ends:
    return payer, random.choice(payer.handles), random.choice(receiver.handles)  # noqa: S311


def _grouped(ends: Callable[[], Ends]) -> Step:
    run = uuid.uuid4().hex
    count = itertools.count()

    def step() -> tuple[int, int]:
        outcome = execute_together(_asked(ends(), f"{run}-{next(count)}", 0))
        refused = outcome.error is not None or outcome.replayed
        return int(not refused), int(refused)

    return step


def _executed(requests: Sequence[TransferRequest]) -> tuple[int, int]:
    outcomes = execute_transfers(requests)
    refused = sum(outcome.error is not None or outcome.replayed for outcome in outcomes)
    return len(outcomes) - refused, refused


def _movement(world: World) -> Movement:
    tenant = random.choice(world.tenants)  # noqa: S311
    payer, receiver = random.sample(tenant.accounts, 2)
    amount_minor = random.randint(1, LARGEST_MINOR)  # noqa: S311
    return Movement(
        kind=TransactionKind.TRANSFER,
        currency="INR",
        reference=secrets.token_bytes(32),
        postings=inside(
            organization_id=tenant.id, payer=payer, receiver=receiver, amount_minor=amount_minor
        ),
        effective_at=now(),
    )


def _request(
    tenant: Tenant, key: str, item: int, receiver: Tenant | None = None
) -> TransferRequest:
    ends = _within(tenant) if receiver is None else _between(tenant, receiver)
    return _asked(ends, key, item)


def _asked(ends: Ends, key: str, item: int) -> TransferRequest:
    tenant, source, destination = ends
    amount_minor = random.randint(1, LARGEST_MINOR)  # noqa: S311
    return TransferRequest(
        actor=tenant.actor,
        source=source,
        destination=destination,
        amount_minor=amount_minor,
        currency="INR",
        reference=reference_of(actor=tenant.actor, route="bench", key=key, item=item),
        fingerprint=fingerprint(source, destination, str(amount_minor)),
        now=now(),
    )
