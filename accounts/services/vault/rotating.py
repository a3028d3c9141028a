"""Changing keys while the product runs.

A new master key wraps every data key again; a new data key seals every value again. Both walk in
small transactions and ask the rows themselves what is left to do, so a rotation that was killed
goes on where it stopped, and one that runs twice finds nothing to do.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections.abc import Callable, Sequence

from accounts import policy
from accounts.models import DataKey
from accounts.services.vault import sealed_rows
from accounts.services.vault.keys import (
    Owner,
    add_key,
    clear_bytes,
    newest_master,
    owner_of,
    wrap,
)
from accounts.services.vault.places import SealedColumn, sealed_columns
from accounts.services.vault.sealed_rows import SealedRow
from accounts.services.vault.values import Place, seal, unseal
from audit.services import record
from kernel.actor import Actor
from kernel.errors import InvariantBroken, VaultCraftError
from kernel.sealing import Unreadable
from kernel.transactions import needs_transaction, opens_transaction

BATCH = 100
# A transaction that sealed under the last version but one has ended long before.
RETIRED_AFTER = dt.timedelta(hours=1)

Report = Callable[["Progress"], None]
_Batch = Callable[..., uuid.UUID | None]


@dataclasses.dataclass(frozen=True, slots=True)
class Plan:
    """What a rotation would find to do.

    :param master_version: of the master key that wraps.
    :param to_wrap: data keys that an older master key wraps.
    :param owners: who has a data key.
    :param to_seal: values under an older data key than their owner's last, by ``table.column``.
    """

    master_version: int
    to_wrap: int
    owners: int
    to_seal: dict[str, int]


@dataclasses.dataclass(slots=True)
class Progress:
    """What was done so far. What no key opens is named in `unreadable` and left as it is."""

    wrapped: int = 0
    keys_made: int = 0
    sealed: int = 0
    retired: int = 0
    unreadable: list[str] = dataclasses.field(default_factory=list)


@opens_transaction
def rotation_plan(*, actor: Actor) -> Plan:
    """Count what is to do; writes nothing.

    :raises PermissionDenied: unless the actor carries `system.manage`.
    """
    policy.require(actor, "system.manage")
    live = DataKey.objects.filter(shredded_at=None).order_by()
    version, _ = newest_master()
    return Plan(
        master_version=version,
        to_wrap=live.exclude(master_version=version).count(),
        owners=live.values("organization_id", "user_id").distinct().count(),
        to_seal={
            f"{one.table}.{one.column}": sealed_rows.count_old(one) for one in sealed_columns()
        },
    )


def rotate_master(*, actor: Actor, now: dt.datetime, report: Report) -> Progress:
    """Wrap every data key by the newest master key, `BATCH` in a transaction.

    A key that no master key opens is named in `unreadable`, and the others are wrapped. Records
    `accounts.data_key.wrap` for each batch. When nothing is unreadable, and no backup older than it
    is needed any more, the old master key can leave the environment.

    :raises PermissionDenied: unless the actor carries `system.manage`.
    """
    policy.require(actor, "system.manage")
    return _walked(_wrap_batch, actor=actor, progress=Progress(), now=now, report=report)


def rotate_data(*, actor: Actor, now: dt.datetime, report: Report) -> Progress:
    """Give every owner whose last key is not of today a new one, and seal their values under it.

    Key versions with nothing under them any more are shredded. Records `accounts.data_key.add`,
    `accounts.data_key.reseal` and `accounts.data_key.retire` for each batch.

    :raises PermissionDenied: unless the actor carries `system.manage`.
    """
    policy.require(actor, "system.manage")
    progress = Progress()
    _walked(_add_batch, actor=actor, progress=progress, now=now, report=report)
    for column in sealed_columns():
        if not column.stream:
            _reseal(actor=actor, column=column, progress=progress, now=now, report=report)
    progress.retired = _retire(actor=actor, now=now)
    report(progress)
    return progress


def _walked(
    batch: _Batch, *, actor: Actor, progress: Progress, now: dt.datetime, report: Report
) -> Progress:
    """Take the batches in id order to their end: what one left as it is does not come again."""
    after: uuid.UUID | None = uuid.UUID(int=0)
    while after is not None:
        after = batch(actor=actor, after=after, progress=progress, now=now)
        report(progress)
    return progress


@opens_transaction
def _wrap_batch(
    *, actor: Actor, after: uuid.UUID, progress: Progress, now: dt.datetime
) -> uuid.UUID | None:
    """Wrap the next keys again; the id to go on after, None at the end."""
    version, _ = newest_master()
    old = DataKey.objects.filter(shredded_at=None, id__gt=after).exclude(master_version=version)
    rows = list(old.order_by("id").select_for_update(no_key=True)[:BATCH])
    opened = [row for row in rows if _wrap_again(row, progress)]
    DataKey.objects.bulk_update(opened, ["master_version", "wrapped"])
    progress.wrapped += len(opened)
    _note(actor=actor, verb="wrap", count=len(opened), now=now)
    return _last(rows)


@needs_transaction
def _wrap_again(row: DataKey, progress: Progress) -> bool:
    try:
        row.master_version, row.wrapped = wrap(row=row, clear=clear_bytes(row))
    except InvariantBroken:
        progress.unreadable.append(f"data key {row.id}")
        return False
    return True


@opens_transaction
def _add_batch(
    *, actor: Actor, after: uuid.UUID, progress: Progress, now: dt.datetime
) -> uuid.UUID | None:
    """New keys for owners whose last one was made before today; the id to go on after.

    Locks those last ones: shredding locks them too, and a key that was shredded while this waited
    is not due any more. Nobody's last key has to be readable for another to be made.
    """
    due = list(DataKey.objects.raw(_DUE, [_today(now), after, BATCH]))
    for row in due:
        add_key(owner=owner_of(row), version=row.version + 1, now=now)
    progress.keys_made += len(due)
    _note(actor=actor, verb="add", count=len(due), now=now)
    return _last(due)


def _last(rows: Sequence[DataKey]) -> uuid.UUID | None:
    """Where to go on after a batch; None after the last."""
    return rows[-1].id if len(rows) == BATCH else None


_DUE = """
SELECT * FROM accounts_datakey k
WHERE k.shredded_at IS NULL AND k.created_at < %s AND k.id > %s AND NOT EXISTS (
    SELECT FROM accounts_datakey later
    WHERE later.organization_id IS NOT DISTINCT FROM k.organization_id
      AND later.user_id IS NOT DISTINCT FROM k.user_id AND later.version > k.version
) ORDER BY k.id LIMIT %s
FOR NO KEY UPDATE OF k
"""


def _today(now: dt.datetime) -> dt.datetime:
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


def _reseal(
    *,
    actor: Actor,
    column: SealedColumn,
    progress: Progress,
    now: dt.datetime,
    report: Report,
) -> None:
    after: uuid.UUID | None = uuid.UUID(int=0)
    while after is not None:
        after = _reseal_batch(actor=actor, column=column, after=after, progress=progress, now=now)
        report(progress)


@opens_transaction
def _reseal_batch(
    *,
    actor: Actor,
    column: SealedColumn,
    after: uuid.UUID,
    progress: Progress,
    now: dt.datetime,
) -> uuid.UUID | None:
    """Seal the next rows again; the id to go on after, None at the end."""
    found = sealed_rows.next_old(column, after=after, most=BATCH)
    again = [(fresh, row[0]) for row in found if (fresh := _again(column, row, progress, now))]
    sealed_rows.replace(column, again)
    progress.sealed += len(again)
    _note(actor=actor, verb="reseal", count=len(again), now=now, table=column.table)
    return found[-1][0] if len(found) == BATCH else None


@needs_transaction
def _again(
    column: SealedColumn,
    row: SealedRow,
    progress: Progress,
    now: dt.datetime,
) -> bytes | None:
    row_id, organization_id, user_id, sealed = row
    place = Place(column.table, column.column, row_id)
    owner = Owner(organization_id, user_id)
    try:
        return _turned(owner=owner, place=place, sealed=sealed, now=now)
    except (Unreadable, InvariantBroken, VaultCraftError):
        progress.unreadable.append(f"{column.name} of {row_id}")
        return None


@needs_transaction
def _turned(*, owner: Owner, place: Place, sealed: bytes, now: dt.datetime) -> bytes:
    home, user = owner.organization_id, owner.user_id
    plain = unseal(organization_id=home, user_id=user, place=place, sealed=sealed)
    return seal(organization_id=home, user_id=user, place=place, plain=plain, now=now)


@opens_transaction
def _retire(*, actor: Actor, now: dt.datetime) -> int:
    """Shred old versions that nothing stands under, once no transaction can still use them."""
    newest: dict[object, DataKey] = {}
    retired = 0
    for key in DataKey.objects.filter(shredded_at=None).order_by("-version"):
        successor = newest.setdefault(owner_of(key), key)
        settled = successor.created_at <= now - RETIRED_AFTER
        if (
            successor is not key
            and settled
            and not any(sealed_rows.is_used(key, one) for one in sealed_columns())
        ):
            key.wrapped, key.shredded_at = None, now
            key.save(update_fields=["wrapped", "shredded_at"])
            retired += 1
    _note(actor=actor, verb="retire", count=retired, now=now)
    return retired


@needs_transaction
def _note(*, actor: Actor, verb: str, count: int, now: dt.datetime, **metadata: object) -> None:
    if count:
        record(
            actor=actor,
            action=f"accounts.data_key.{verb}",
            subject_type="data_key",
            subject_id=None,
            metadata={"count": count, **metadata},
            now=now,
        )
