"""What a writer does over and over: one committed unit of work per step."""

from __future__ import annotations

import random
import secrets
import uuid
from collections.abc import Callable, Sequence

from bench.tenants import Tenant, World
from kernel.clock import now
from kernel.context import Context
from kernel.crypto import fingerprint
from kernel.transactions import opens_transaction
from ledger.choices import TransactionKind
from ledger.services.movements import Movement, Posted, Refused
from ledger.services.posting import post
from ledger.services.shapes import inside
from wallets.services.references import reference_of
from wallets.services.transfers import TransferRequest, execute_transfers

LARGEST_MINOR = 100_00

# Performs one step and returns how many of its items were committed and how many refused.
Step = Callable[[], tuple[int, int]]


def books_alone(world: World, batch: int) -> Step:
    """`ledger.post` in a transaction of its own: transactions, entries and balances, no more."""
    everybody = Context(organizations=tuple(tenant.id for tenant in world.tenants))

    @opens_transaction(context=lambda **_: everybody)
    def posted(*, movements: Sequence[Movement]) -> list[Posted | Refused]:
        return post(movements)

    def step() -> tuple[int, int]:
        results = posted(movements=[_movement(world) for _ in range(batch)])
        refused = sum(isinstance(result, Refused) for result in results)
        return len(results) - refused, refused

    return step


def whole_transfer(world: World, batch: int) -> Step:
    """`execute_transfers` as a door calls it: a batch comes from one organization's API key."""
    run = uuid.uuid4().hex
    count = iter(range(10**12))

    def step() -> tuple[int, int]:
        tenant = random.choice(world.tenants)  # noqa: S311 - a load, no secret
        key = f"{run}-{next(count)}"
        return _executed([_request(tenant, key, item) for item in range(batch)])

    return step


def across(world: World, batch: int) -> Step:
    """The same between two organizations: two transactions, through a pair of clearing accounts."""
    run = uuid.uuid4().hex
    count = iter(range(10**12))

    def step() -> tuple[int, int]:
        payer, receiver = random.sample(world.tenants, 2)
        key = f"{run}-{next(count)}"
        return _executed([_request(payer, key, item, receiver) for item in range(batch)])

    return step


LOADS: dict[str, Callable[[World, int], Step]] = {
    "books_alone": books_alone,
    "whole_transfer": whole_transfer,
    "across": across,
}


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
    source, destination = random.sample(tenant.handles, 2)
    if receiver is not None:
        destination = random.choice(receiver.handles)  # noqa: S311
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
