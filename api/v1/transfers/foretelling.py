"""What would become of transfers, as far as the one who asks may see it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from api.answers import Answer
from api.endpoint import actor_of
from api.v1.dry_runs import (
    DEMAND_HELP,
    Demand,
    Verdict,
    rendered_demand,
    require_answer,
    verdict,
)
from api.v1.rendering import money
from api.v1.shapes import Money
from api.v1.transfers.rendering import Viewer
from api.v1.wallets.balances import BalancesAfter, balances_after
from api.v1.wallets.limits import LimitWindows, rendered_limits
from kernel import crypto
from kernel.context import reading
from kernel.errors import VaultCraftError
from wallets.choices import TransferKind
from wallets.models import Wallet
from wallets.queries import WalletLimits, limits_by_wallet, wallets_named
from wallets.services.transfers import Rehearsal, TransferRequest, Usage, rehearse_transfers

FINGERPRINT = crypto.fingerprint("dry-run")


class TransferDryRun(Verdict):
    """What would become of one transfer, if it were asked for now."""

    fee = Money(
        allow_null=True,
        help_text="Null where no fee was found out; in a reversal, what would be given back of it,"
        " for the organization that charged it.",
    )
    source = BalancesAfter(  # type: ignore[assignment]
        allow_null=True, help_text="Null if it would not change, or you may not see it."
    )
    destination = BalancesAfter(allow_null=True, help_text="The same.")
    limits = LimitWindows(
        allow_null=True,
        help_text="Of the source, or of the destination of a reversal, as they would be after it."
        " Null where you may not see it.",
    )
    approval = Demand(allow_null=True, help_text=DEMAND_HELP)


def foretold(request: Request, ask: Callable[[], TransferRequest]) -> HttpResponse:
    """The answer about one movement, also where it cannot even be asked for."""
    try:
        return Answer.of(all_foretold(request, [ask()])[0]).response()
    except VaultCraftError as error:
        require_answer(error)
        nothing = dict.fromkeys(("fee", "source", "destination", "limits", "approval"))
        return Answer.of({**verdict(request, error), **nothing}).response()


def all_foretold(
    request: Request, asked: Sequence[TransferRequest], *, whole: bool = False
) -> list[dict[str, Any]]:
    """What would become of each, in order."""
    rehearsals = rehearse_transfers(asked, all_or_nothing=whole)
    actor = actor_of(request)
    with reading(actor):
        names = {name for one in asked for name in (one.source, one.destination) if name}
        wallets = wallets_named(actor=actor, names=names)
        limits = limits_by_wallet(list(wallets.values()), now=max(one.now for one in asked))
        view = _View(request, wallets, limits)
        return [view.of(one, done) for one, done in zip(asked, rehearsals, strict=True)]


class _View:
    """Answers in the order of the items; what earlier ones would spend counts for later ones."""

    def __init__(
        self,
        request: Request,
        wallets: Mapping[str, Wallet],
        limits: Mapping[uuid.UUID, WalletLimits],
    ) -> None:
        self._request = request
        self._viewer = Viewer.of(actor_of(request))
        self._wallets = wallets
        self._limits = dict(limits)

    def of(self, asked: TransferRequest, done: Rehearsal) -> dict[str, Any]:
        """What would become of one item."""
        source, destination = (self._wallet(name) for name in (asked.source, asked.destination))
        back = asked.kind == TransferKind.REVERSAL
        return {
            **verdict(self._request, done.error),
            "fee": self._fee(asked, done),
            "source": balances_after(source, done.source),
            "destination": balances_after(destination, done.destination),
            "limits": self._limits_of(destination if back else source, done.usage),
            "approval": rendered_demand(done.question.demand if done.question else None),
        }

    def _wallet(self, name: str | None) -> Wallet | None:
        return self._wallets.get(name) if name else None

    def _fee(self, asked: TransferRequest, done: Rehearsal) -> dict[str, Any] | None:
        known = done.error is None or done.fee_minor
        if not known or not self._viewer.at_home(done.charged_by):
            return None
        return money(done.fee_minor, asked.currency)

    def _limits_of(self, wallet: Wallet | None, usage: Usage | None) -> dict[str, Any] | None:
        if wallet is None:
            return None
        limits = self._limits.get(wallet.id)
        if limits is not None and usage is not None:
            limits = self._limits[wallet.id] = limits.used(
                day=usage.day,
                day_minor=usage.day_minor,
                month=usage.month,
                month_minor=usage.month_minor,
            )
        return rendered_limits(limits, currency=wallet.currency_id)
