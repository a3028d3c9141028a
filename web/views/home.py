"""The first page: what there is, what moved, what waits."""

from __future__ import annotations

import dataclasses

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from accounts.choices import OrganizationStatus, PendingActState
from accounts.policy import may
from accounts.queries import visible_invitations, visible_organizations, visible_pending_acts
from accounts.services.pending_acts import kind_of
from kernel import clock
from ledger.choices import AccountStatus
from wallets.queries import visible_transfers, visible_wallets
from web.doors import PersonRequest, by_itself, reads
from web.live import PATH
from web.ownership import near_wallets, own_ends
from web.pages import page
from web.presenters.movements import movement_row
from web.presenters.pending_acts import act_row
from web.presenters.wallets import balance_cards, wallet_card

RECENT = 8
WALLETS_SHOWN = 5
ACTS_SHOWN = 3
ACTS_LOOKED_AT = 20


@dataclasses.dataclass(frozen=True, slots=True)
class Task:
    """Something that waits for this person."""

    title: str
    detail: str
    icon: str
    url: str


@reads
def home(request: PersonRequest) -> HttpResponse:
    """Balances per currency, wallets, recent activity, tasks."""
    context = {**_now(request), "first_name": request.user.get_short_name()}
    return page(request, "web/home.html", context, here="home")


@reads
@by_itself
def now(request: PersonRequest) -> HttpResponse:
    """The part of it that moves, for a page that was told that something did."""
    return render(request, "web/home_now.html", _now(request))


def _now(request: PersonRequest) -> dict[str, object]:
    actor = request.actor
    wallets = visible_wallets(actor).exclude(account__status=AccountStatus.CLOSED)
    near = near_wallets(actor, wallets).order_by("id")[:WALLETS_SHOWN]
    recent = list(visible_transfers(actor)[:RECENT])
    mine = own_ends(actor, recent)
    return {
        "today": clock.now(),
        "balances": [] if actor.is_platform else balance_cards(wallets),
        "rows": [movement_row(transfer, mine) for transfer in recent],
        "wallets": [wallet_card(wallet) for wallet in near],
        "tasks": _tasks(request),
        "whose": "every wallet of the organization"
        if may(actor, "wallets.read_all")
        else "your wallets",
        "may_send": may(actor, "transfers.create"),
        "may_open": may(actor, "wallets.open"),
        "live": "" if actor.is_platform else PATH,
    }


def _tasks(request: PersonRequest) -> list[Task]:
    return [
        *_status_tasks(request),
        *_decision_tasks(request),
        *_invitation_tasks(request),
        *_activation_tasks(request),
    ]


def _status_tasks(request: PersonRequest) -> list[Task]:
    organization = request.user.organization
    if organization is None or organization.is_active:
        return []
    detail = "Our team activates it before money can move. Invite your people meanwhile."
    return [Task("Your organization is pending", detail, "hourglass", reverse("web:organization"))]


def _decision_tasks(request: PersonRequest) -> list[Task]:
    """What a colleague asked for and this person may agree to, what ends soonest first."""
    actor, now = request.actor, clock.now()
    if not may(actor, "dual_control.read"):
        return []
    acts = (
        visible_pending_acts(actor)
        .filter(state=PendingActState.PENDING, expires_at__gt=now)
        .exclude(maker_id=request.user.id)
        .exclude(maker_person_id=request.user.id)
        .order_by("expires_at", "id")[:ACTS_LOOKED_AT]
    )
    mine = [act for act in acts if may(actor, kind_of(act.kind).permission_to_check)]
    rows = [act_row(act, now=now) for act in mine[:ACTS_SHOWN]]
    return [
        Task(row.title, f"{row.maker} asks you to agree", "circle-check", row.url) for row in rows
    ]


def _invitation_tasks(request: PersonRequest) -> list[Task]:
    if not may(request.actor, "members.invite"):
        return []
    open_ones = visible_invitations(request.actor).filter(
        accepted_at=None, withdrawn_at=None, expires_at__gt=clock.now()
    )
    place = reverse("web:organization")
    return [
        Task(f"{row.email} has not joined", "Invitation is open", "user-plus", place)
        for row in open_ones[:3]
    ]


def _activation_tasks(request: PersonRequest) -> list[Task]:
    if not may(request.actor, "organizations.activate"):
        return []
    pending = visible_organizations(request.actor).filter(status=OrganizationStatus.PENDING)
    place = reverse("admin:accounts_organization_changelist")
    return [
        Task(row.display_name, "Waits to be activated", "building-2", f"{place}?status=pending")
        for row in pending[:3]
    ]
