"""Addresses of the people's pages."""

from __future__ import annotations

from django.urls import path
from django.views.generic import RedirectView

from web.views import (
    approvals,
    gate,
    holds,
    home,
    house,
    organization,
    parts,
    people,
    profile,
    send,
    terms,
    transfers,
    wallets,
)

app_name = "web"

urlpatterns = [
    path("", home.home, name="home"),
    path("sign-in", gate.sign_in, name="sign-in"),
    path("sign-out", gate.sign_out, name="sign-out"),
    path("register", gate.register, name="register"),
    path("join/<str:token>", gate.join, name="join"),
    path("send", send.details, name="send"),
    path("send/payee", send.payee, name="payee"),
    path("send/review", send.review, name="send-review"),
    path("send/edit", send.edit, name="send-edit"),
    path("send/confirm", send.confirm, name="send-confirm"),
    path("transfers", transfers.overview, name="transfers"),
    path("transfers/<str:transfer_id>", transfers.detail, name="transfer"),
    path("transfers/<str:transfer_id>/receipt", transfers.receipt, name="receipt"),
    path("transfers/<str:transfer_id>/give-back", parts.give_back, name="give-back"),
    path(
        "transfers/<str:transfer_id>/give-back/confirm",
        parts.give_back_confirmed,
        name="give-back-confirm",
    ),
    path("holds", holds.overview, name="holds"),
    path("holds/new", holds.new, name="hold-new"),
    path("holds/place", holds.place, name="hold-place"),
    path("holds/<str:hold_id>", holds.detail, name="hold"),
    path("holds/<str:hold_id>/capture", parts.capture, name="hold-capture"),
    path(
        "holds/<str:hold_id>/capture/confirm",
        parts.capture_confirmed,
        name="hold-capture-confirm",
    ),
    path("holds/<str:hold_id>/void", holds.void, name="hold-void"),
    path("wallets", wallets.overview, name="wallets"),
    path("wallets/open", wallets.open_one, name="wallet-open"),
    path("wallets/<str:wallet>", wallets.detail, name="wallet"),
    path("wallets/<str:wallet>/status", wallets.change_status, name="wallet-status"),
    path("organization", organization.overview, name="organization"),
    path("organization/invitations", organization.invite, name="invite"),
    path(
        "organization/invitations/<str:invitation_id>/withdraw",
        organization.withdraw,
        name="invitation-withdraw",
    ),
    path("organization/keys", organization.issue_key, name="key-issue"),
    path("organization/keys/<str:key_id>/revoke", organization.revoke_key, name="key-revoke"),
    path("organization/people/<str:user_id>/role", people.set_role, name="member-role"),
    path("organization/people/<str:user_id>/remove", people.remove, name="member-remove"),
    path("organization/partners", people.set_cap, name="cap-set"),
    path("organization/fees", terms.set_fees, name="fees-set"),
    path("organization/approval-policy", approvals.set_policy, name="policy-set"),
    path("organization/thresholds", approvals.set_threshold, name="threshold-set"),
    path("organization/house", house.set_house, name="house-set"),
    path("approvals", approvals.overview, name="approvals"),
    path("approvals/<str:act_id>", approvals.detail, name="approval"),
    path("approvals/<str:act_id>/decide", approvals.decide, name="approval-decide"),
    path("profile", profile.profile, name="profile"),
    path("profile/sessions/<str:session_id>/end", profile.end_session, name="session-end"),
    path("admin", RedirectView.as_view(url="/admin/")),
]
