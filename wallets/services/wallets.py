"""The life of a wallet: opened, frozen, unfrozen, suspended, closed."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping

from django.db import IntegrityError
from django.db.models import Q

from accounts.models import User
from accounts.policy import require
from accounts.queries import active_organizations
from accounts.services.networks import from_known_network
from audit.services import record
from events.services import emit
from kernel.actor import Actor
from kernel.errors import Busy, PermissionDenied
from kernel.ids import new_handle, new_id
from kernel.transactions import needs_transaction, opens_transaction
from ledger.choices import AccountStatus
from ledger.services.accounts import change_status, open_wallet_account
from ledger.services.locking import lock_account
from wallets.choices import WalletKind
from wallets.errors import HolderNotFound, OrganizationInactive, WalletExists, WalletNotFound
from wallets.models import Wallet, WalletPolicy
from wallets.policy import permission_to_open_for
from wallets.services.account_numbers import give_account_number

# 33 million handles exist; eight collisions in a row mean something else is wrong.
_HANDLE_ATTEMPTS = 8
# Drawn at random and unique: the handle, the account's code made of it, the account number; and the
# number among a holder's wallets, which a rival may have taken.
_COLLISIONS = ("handle", "account_code", "blind_index", "wallet_one_of_each")


def open_wallet(
    *,
    actor: Actor,
    owner_id: uuid.UUID | None,
    kind: WalletKind,
    currency: str,
    now: dt.datetime,
) -> Wallet:
    """Open a wallet and the account behind it, in the actor's own organization.

    Records `wallets.wallet.open` and emits `wallets.wallet.opened`.

    :param owner_id: the holder; None for the organization's own wallet.
    :raises PermissionDenied: if the actor may not open it for this holder.
    :raises HolderNotFound: if the holder is not of the organization.
    :raises WalletExists: if the holder has as many of this kind and currency as the organization's
        policy allows; one, unless it says otherwise.
    :raises CurrencyUnknown: if the currency is not supported.
    :raises OrganizationInactive: if the organization is pending or suspended.
    """
    for _ in range(_HANDLE_ATTEMPTS):
        handle = new_handle()
        try:
            return _open(
                actor=actor, owner_id=owner_id, kind=kind, currency=currency, handle=handle, now=now
            )
        except IntegrityError as error:
            if not any(rule in str(error) for rule in _COLLISIONS):
                raise
    raise Busy()


@opens_transaction
def _open(
    *,
    actor: Actor,
    owner_id: uuid.UUID | None,
    kind: WalletKind,
    currency: str,
    handle: str,
    now: dt.datetime,
) -> Wallet:
    organization_id = actor.organization_id
    require(actor, permission_to_open_for(actor, owner_id=owner_id))
    if organization_id is None:
        raise PermissionDenied()
    if organization_id not in active_organizations([organization_id]):
        raise OrganizationInactive()
    _require_holder(organization_id, owner_id)
    number = _next_number(actor, organization_id, owner_id, kind, currency)
    account_id = open_wallet_account(
        organization_id=organization_id,
        currency=currency,
        handle=handle,
        name=account_name(handle=handle, owner_id=owner_id, kind=kind),
        now=now,
    )
    wallet = Wallet.objects.create(
        id=new_id(),
        handle=handle,
        organization_id=organization_id,
        owner_id=owner_id,
        kind=kind,
        currency_id=currency,
        account_id=account_id,
        created_at=now,
        number=number,
    )
    give_account_number(wallet=wallet, now=now)
    _tell(actor=actor, wallet=wallet, verb="open", happened="opened", now=now)
    return wallet


@needs_transaction
def _next_number(
    actor: Actor,
    organization_id: uuid.UUID,
    owner_id: uuid.UUID | None,
    kind: WalletKind,
    currency: str,
) -> int:
    """The number of one wallet more, if the organization's policy has room for it."""
    policy = WalletPolicy.objects.filter(organization_id=organization_id).first()
    if policy is not None and not policy.members_open:
        require(actor, "wallets.open_any")
    held = Wallet.objects.filter(
        Q(owner_id=owner_id), organization_id=organization_id, kind=kind, currency_id=currency
    ).count()
    if held >= (policy.per_kind if policy else 1):
        raise WalletExists(facts={"kind": kind, "currency": currency})
    return held + 1


def account_name(*, handle: str, owner_id: uuid.UUID | None, kind: str) -> str:
    """What the books call the account behind a wallet: no person, whose name could not leave it."""
    return f"{'Organization' if owner_id is None else handle}, {kind}"


def _require_holder(organization_id: uuid.UUID, owner_id: uuid.UUID | None) -> None:
    if owner_id is None:
        return
    people = User.objects.filter(id=owner_id, organization_id=organization_id, is_active=True)
    if not people.exists():
        raise HolderNotFound(pointer="/owner")


@opens_transaction
def freeze_wallet(*, actor: Actor, wallet_id: uuid.UUID, reason: str, now: dt.datetime) -> Wallet:
    """Stop a wallet from paying out; money still comes in. Locks its account.

    Records `wallets.wallet.freeze` and emits `wallets.wallet.frozen`.

    :raises PermissionDenied: if the actor may not freeze wallets.
    :raises WalletNotFound: if there is no such wallet in view.
    :raises AccountStateConflict: unless the wallet is active, or suspended.
    """
    require(actor, "wallets.freeze")
    return _moved(actor, wallet_id, AccountStatus.FROZEN, ("freeze", "frozen"), reason, now)


@from_known_network("wallets.unfreeze")
@opens_transaction
def unfreeze_wallet(*, actor: Actor, wallet_id: uuid.UUID, reason: str, now: dt.datetime) -> Wallet:
    """Let a frozen wallet pay out again; lifting a suspension needs the right to suspend.

    Records `wallets.wallet.unfreeze` and emits `wallets.wallet.unfrozen`. Locks its account.

    :raises PermissionDenied: if the actor may not unfreeze wallets.
    :raises WalletNotFound: if there is no such wallet in view.
    :raises StoppedByPlatform: if the platform stopped it and the actor is not of the platform.
    :raises AccountStateConflict: unless the wallet is frozen or suspended.
    """
    require(actor, "wallets.unfreeze")
    return _moved(actor, wallet_id, AccountStatus.ACTIVE, ("unfreeze", "unfrozen"), reason, now)


@opens_transaction
def suspend_wallet(*, actor: Actor, wallet_id: uuid.UUID, reason: str, now: dt.datetime) -> Wallet:
    """Stop a wallet altogether, in and out; for the platform only. Locks its account.

    Records `wallets.wallet.suspend` and emits `wallets.wallet.suspended`.

    :raises PermissionDenied: unless the actor is platform staff who may.
    :raises WalletNotFound: if there is no such wallet.
    :raises AccountStateConflict: if the wallet is suspended or closed.
    """
    require(actor, "wallets.suspend", stopping=True)
    return _moved(actor, wallet_id, AccountStatus.SUSPENDED, ("suspend", "suspended"), reason, now)


@from_known_network("wallets.close")
@opens_transaction
def close_wallet(*, actor: Actor, wallet_id: uuid.UUID, reason: str, now: dt.datetime) -> Wallet:
    """End an empty wallet for good. Locks its account.

    Records `wallets.wallet.close` and emits `wallets.wallet.closed`.

    :raises PermissionDenied: if the actor may not close wallets.
    :raises WalletNotFound: if there is no such wallet in view.
    :raises AccountNotEmpty: if it holds or reserves money.
    :raises AccountStateConflict: if it is suspended or closed.
    """
    require(actor, "wallets.close")
    return _moved(actor, wallet_id, AccountStatus.CLOSED, ("close", "closed"), reason, now)


@needs_transaction
def stop_wallets_of(*, user_id: uuid.UUID, actor: Actor, now: dt.datetime) -> None:
    """Suspend what an erased person held: nobody is paid there any more. Locks their accounts.

    The platform does it, and only it can lift that, to hand out what is left. What is closed stays
    so. For each records `wallets.wallet.suspend` and emits `wallets.wallet.suspended`.
    """
    wallets = Wallet.objects.select_related("account").filter(owner_id=user_id)
    for wallet in wallets.exclude(account__status=AccountStatus.CLOSED).order_by("account_id"):
        before = lock_account(wallet.account_id).status
        wallet.account.refresh_from_db(fields=["stopped_by_platform"])
        stopped = before == AccountStatus.SUSPENDED and wallet.account.stopped_by_platform
        if stopped or before == AccountStatus.CLOSED:
            continue
        change_status(
            account_id=wallet.account_id, wanted=AccountStatus.SUSPENDED, by_platform=True
        )
        wallet.account.status = AccountStatus.SUSPENDED
        facts: dict[str, object] = {
            "reason": "The holder is erased.",
            "from": before,
            "to": AccountStatus.SUSPENDED.value,
        }
        _tell(
            actor=actor, wallet=wallet, verb="suspend", happened="suspended", now=now, facts=facts
        )


def _moved(
    actor: Actor,
    wallet_id: uuid.UUID,
    wanted: AccountStatus,
    words: tuple[str, str],
    reason: str,
    now: dt.datetime,
) -> Wallet:
    wallet = Wallet.objects.select_related("account").filter(id=wallet_id).first()
    if wallet is None:
        raise WalletNotFound()
    before = lock_account(wallet.account_id).status
    if before == AccountStatus.SUSPENDED:
        # Freezing it instead still stops what leaves it.
        require(actor, "wallets.suspend", stopping=wanted is not AccountStatus.ACTIVE)
    change_status(account_id=wallet.account_id, wanted=wanted, by_platform=actor.is_platform)
    wallet.account.status = wanted
    verb, happened = words
    facts: dict[str, object] = {"reason": reason, "from": before, "to": wanted.value}
    _tell(actor=actor, wallet=wallet, verb=verb, happened=happened, now=now, facts=facts)
    return wallet


def _tell(
    *,
    actor: Actor,
    wallet: Wallet,
    verb: str,
    happened: str,
    now: dt.datetime,
    facts: Mapping[str, object] | None = None,
) -> None:
    shown: dict[str, object] = {
        "handle": wallet.handle,
        "kind": str(wallet.kind),
        "currency": wallet.currency_id,
    }
    record(
        actor=actor,
        action=f"wallets.wallet.{verb}",
        subject_type="wallet",
        subject_id=wallet.id,
        organization_id=wallet.organization_id,
        metadata=shown | dict(facts or {}),
        now=now,
    )
    emit(
        name=f"wallets.wallet.{happened}",
        organization_id=wallet.organization_id,
        subject_id=wallet.id,
        payload={
            "wallet_id": str(wallet.id),
            "account_id": str(wallet.account_id),
            "status": wallet.status,
            **shown,
        },
        actor=actor,
        now=now,
    )
