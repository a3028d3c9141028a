"""The world that is measured: organizations with many wallets, funded by real deposits.

Holders, accounts and wallets carry no money and are written set-based by the superuser. Every
balance comes from deposits through the product, so the books can be verified afterwards.
"""

from __future__ import annotations

import datetime as dt
import itertools
import uuid
from collections.abc import Iterator, Sequence

import psycopg

from accounts.actors import api_key_actor, user_actor
from accounts.models import User
from accounts.services.api_keys import issue
from accounts.services.organizations import activate_organization, register_organization
from accounts.services.staff import create_staff
from bench.cluster import Cluster
from bench.tenants import Tenant, World
from kernel.actor import Actor, Door, anonymous, system
from kernel.clock import now
from kernel.context import Context, Scope, reading_as
from kernel.crypto import fingerprint
from kernel.ids import new_handle, new_id
from kernel.money import MAX_MINOR
from ledger.services.clearing import set_clearing_cap
from vaultcraft.seeding.mailbox import confirm_address
from wallets.choices import TransferKind
from wallets.services.references import reference_of
from wallets.services.transfers import TransferRequest, execute_transfers

ORGANIZATIONS = 10
WALLETS_EACH = 1_000
OPENING_MINOR = 1_00_00_000_00
DEPOSITS_AT_ONCE = 500
SCOPES = ["wallets:read", "transfers:read", "transfers:write", "wallets:debit-any"]
_STAFF = "staff@bench.test"
PASSWORD = "correct horse battery"  # noqa: S105 - of a world that lives for minutes


def build_world(cluster: Cluster) -> World:
    """Register organizations, open wallets, deposit opening balances."""
    staff = _staff()
    tenants = tuple(_tenant(cluster, staff, number) for number in range(ORGANIZATIONS))
    for tenant in tenants:
        _fund(staff, tenant)
    for one, other in itertools.permutations(tenants, 2):
        _trust(staff, one, other)
    with cluster.superuser() as connection:
        connection.execute("VACUUM ANALYZE")
    return World(tenants)


def _staff() -> Actor:
    member = create_staff(
        actor=system(door=Door.COMMAND, request_id="bench"),
        email=_STAFF,
        full_name="Bench Staff",
        platform_role="super_admin",
        password=PASSWORD,
        now=now(),
    )
    return user_actor(user=member, door=Door.COMMAND, request_id="bench")


def _tenant(cluster: Cluster, staff: Actor, number: int) -> Tenant:
    registered = register_organization(
        actor=anonymous(door=Door.WEB, request_id="bench"),
        organization_name=f"Bench {number}",
        country="IN",
        base_currency="INR",
        owner_email=f"owner@bench{number}.test",
        owner_name="Bench Owner",
        password=PASSWORD,
        now=now(),
    )
    organization_id = registered.organization.id
    activate_organization(actor=staff, organization_id=organization_id, now=now())
    person = confirm_address(registered.owner, now=now(), request_id="bench")
    owner = user_actor(user=person, door=Door.COMMAND, request_id="bench")
    key, secret = issue(actor=owner, name="Bench", scopes=SCOPES, now=now())
    handles = tuple(_handles(WALLETS_EACH))
    accounts = tuple(new_id() for _ in handles)
    with cluster.superuser() as connection:
        _open_wallets(connection, organization_id, number, handles, accounts)
    actor = api_key_actor(key=key, door=Door.API, request_id="bench", ip="127.0.0.1")
    return Tenant(organization_id, actor, secret, handles, accounts)


def staff_again() -> Actor:
    """The staff member that built the world, in the database that is connected now."""
    with reading_as(Context(scope=Scope.SIGN_IN)):
        member = User.objects.get(email=_STAFF)
    return user_actor(user=member, door=Door.COMMAND, request_id="bench")


_seen: set[str] = set()


def _handles(count: int) -> Iterator[str]:
    while count:
        handle = new_handle()
        if handle not in _seen:
            _seen.add(handle)
            count -= 1
            yield handle


def _open_wallets(
    connection: psycopg.Connection,
    organization_id: uuid.UUID,
    number: int,
    handles: Sequence[str],
    accounts: Sequence[uuid.UUID],
) -> None:
    """One holder, one empty account and one wallet for each handle, in three COPY streams."""
    at = now()
    people = [new_id() for _ in handles]
    with connection.transaction(), connection.cursor() as cursor:
        # Nobody of them was brought in by anybody: only the platform may say so.
        cursor.execute("SELECT set_config('vaultcraft.scope', 'platform', true)")
        with cursor.copy(
            "COPY accounts_user (id, password, email, full_name, organization_id, role,"
            " is_active, created_at) FROM STDIN"
        ) as rows:
            for index, person in enumerate(people):
                email = f"holder{index}@bench{number}.test"
                name = f"Holder {index}"
                rows.write_row((person, "!", email, name, organization_id, "member", True, at))
        with cursor.copy(
            "COPY ledger_ledgeraccount (id, organization_id, kind, account_class, currency_id,"
            " code, name, status, floor_minor, created_at) FROM STDIN"
        ) as rows:
            for account, handle in zip(accounts, handles, strict=True):
                rows.write_row(
                    (account, organization_id, "WALLET", "LIABILITY", "INR", f"2000-{handle}",
                     "Bench", "ACTIVE", 0, at)
                )  # fmt: skip
        with cursor.copy(
            "COPY wallets_wallet (id, handle, organization_id, owner_id, kind, currency_id,"
            " account_id, created_at) FROM STDIN"
        ) as rows:
            for account, handle, person in zip(accounts, handles, people, strict=True):
                rows.write_row(
                    (new_id(), handle, organization_id, person, "current", "INR", account, at)
                )


def _trust(staff: Actor, one: Tenant, other: Tenant) -> None:
    set_clearing_cap(
        actor=staff,
        organization_id=one.id,
        counterparty_id=other.id,
        currency="INR",
        cap_minor=MAX_MINOR,
        now=now(),
    )


def _fund(staff: Actor, tenant: Tenant) -> None:
    at = now()
    requests = [_deposit(staff, handle, at) for handle in tenant.handles]
    for start in range(0, len(requests), DEPOSITS_AT_ONCE):
        outcomes = execute_transfers(requests[start : start + DEPOSITS_AT_ONCE])
        failed = [outcome.error for outcome in outcomes if outcome.error]
        if failed:
            raise RuntimeError(f"the world cannot be funded: {failed[0]}")


def _deposit(staff: Actor, handle: str, at: dt.datetime) -> TransferRequest:
    return TransferRequest(
        actor=staff,
        kind=TransferKind.DEPOSIT,
        source=None,
        destination=handle,
        amount_minor=OPENING_MINOR,
        currency="INR",
        external_reference=f"UTR-{handle}",
        reference=reference_of(actor=staff, route="bench", key=f"opening-{handle}"),
        fingerprint=fingerprint(handle),
        now=at,
    )
