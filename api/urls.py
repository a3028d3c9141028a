"""The addresses of version 1. No trailing slash, no redirect."""

from __future__ import annotations

from django.urls import path

from api import pages
from api.v1 import (
    api_keys,
    approval_policies,
    audit,
    auth,
    cash,
    clearing,
    devices,
    dual_control,
    mailed,
    me,
    networks,
    notices,
    organizations,
    payouts,
    pending_acts,
    people,
    phones,
    pins,
    sessions,
    system_settings,
    wallet_policies,
)
from api.v1.approvals import operations as approvals
from api.v1.factors import challenges
from api.v1.factors import operations as factors
from api.v1.holds import operations as holds
from api.v1.holds import rehearsing as hold_rehearsing
from api.v1.ledger import balances, chart, journal_dry_runs, journals, periods, statements
from api.v1.ledger import operations as ledger
from api.v1.terms import operations as terms
from api.v1.transfers import operations as transfers
from api.v1.transfers import rehearsing, reversing
from api.v1.verification import operations as verification
from api.v1.wallets import account_numbers
from api.v1.wallets import operations as wallets
from api.v1.webhooks import deliveries as webhook_deliveries
from api.v1.webhooks import operations as webhooks

app_name = "api"

urlpatterns = [
    path("openapi.json", pages.openapi, name="openapi"),
    path("docs", pages.docs, name="docs"),
    path("errors", pages.errors, name="errors"),
    path("auth/register", auth.Register.as_view()),
    path("auth/token", auth.SignIn.as_view()),
    path("auth/token/refresh", auth.RefreshTokens.as_view()),
    path("auth/token/challenge", challenges.AnswerChallenge.as_view()),
    path("auth/step-up", challenges.StepUp.as_view()),
    path("auth/step-up/challenge", challenges.AnswerStepUp.as_view()),
    path("auth/logout", auth.Logout.as_view()),
    path("auth/join", auth.Join.as_view()),
    path("auth/confirm-email", mailed.ConfirmEmail.as_view()),
    path("auth/confirm-email/resend", mailed.ResendConfirmation.as_view()),
    path("auth/password/forgot", mailed.ForgotPassword.as_view()),
    path("auth/password/reset", mailed.ResetPassword.as_view()),
    path("me", me.ReadMe.as_view()),
    path("me/password", mailed.ChangePassword.as_view()),
    path("me/pin", pins.MyPin.as_view()),
    path("me/pin/reset", pins.PinResets.as_view()),
    path("me/pin/reset/confirm", pins.ConfirmPinReset.as_view()),
    path("approvals", approvals.Approvals.as_view()),
    path("approvals/challenges", approvals.ApprovalChallenges.as_view()),
    path("me/factors", factors.MyFactors.as_view()),
    path("me/factors/totp", factors.MyTotp.as_view()),
    path("me/factors/totp/confirm", factors.ConfirmTotp.as_view()),
    path("me/factors/passkeys/options", factors.PasskeyOptions.as_view()),
    path("me/factors/passkeys", factors.MyPasskeys.as_view()),
    path("me/factors/passkeys/<str:passkey_id>", factors.OnePasskey.as_view()),
    path("me/factors/recovery-codes", factors.MyRecoveryCodes.as_view()),
    path("me/verification", verification.MyVerification.as_view()),
    path("me/verification/submit", verification.SubmitVerification.as_view()),
    path("me/verification/reveal", verification.RevealVerification.as_view()),
    path("me/verification/documents", verification.VerificationDocuments.as_view()),
    path(
        "me/verification/documents/<str:document_id>",
        verification.OneVerificationDocument.as_view(),
    ),
    path(
        "me/verification/documents/<str:document_id>/content",
        verification.VerificationDocumentContent.as_view(),
    ),
    path("me/phone", phones.MyPhone.as_view()),
    path("me/phone/reveal", phones.RevealMyPhone.as_view()),
    path("me/sessions", sessions.OwnSessions.as_view()),
    path("me/sessions/end-others", sessions.EndOtherSessions.as_view()),
    path("me/sessions/<str:session_id>", sessions.OneOwnSession.as_view()),
    path("me/devices", devices.OwnDevices.as_view()),
    path("me/devices/<str:device_id>", devices.OneOwnDevice.as_view()),
    path("me/devices/<str:device_id>/trust", devices.TrustOwnDevice.as_view()),
    path("me/networks", networks.OwnNetworks.as_view()),
    path("me/networks/link", networks.NetworkLink.as_view()),
    path("me/networks/confirm", networks.ConfirmNetwork.as_view()),
    path("me/networks/<str:network_id>", networks.OneOwnNetwork.as_view()),
    path("me/notifications", notices.OwnNotifications.as_view()),
    path("me/notifications/unread-count", notices.UnreadNotifications.as_view()),
    path("me/notifications/read-all", notices.ReadAllNotifications.as_view()),
    path("me/notifications/<str:notification_id>/read", notices.ReadNotification.as_view()),
    path("me/notification-preferences", notices.NotificationPreferences.as_view()),
    path("country-policy", networks.CountryPolicies.as_view()),
    path("organizations", organizations.Organizations.as_view()),
    path("organizations/<str:organization_id>", organizations.OneOrganization.as_view()),
    path(
        "organizations/<str:organization_id>/activate",
        organizations.ActivateOrganization.as_view(),
    ),
    path(
        "organizations/<str:organization_id>/suspend", organizations.SuspendOrganization.as_view()
    ),
    path(
        "organizations/<str:organization_id>/approval-policy",
        approval_policies.SetApprovalPolicy.as_view(),
    ),
    path("organizations/<str:organization_id>/timezone", organizations.SetTimeZone.as_view()),
    path("wallet-policy", wallet_policies.WalletPolicies.as_view()),
    path("system-settings", system_settings.SystemSettings.as_view()),
    path("members", people.Members.as_view()),
    path("members/find", phones.FindMembers.as_view()),
    path("members/<str:user_id>", people.OneMember.as_view()),
    path("members/<str:user_id>/factor-reset", people.FactorReset.as_view()),
    path("members/<str:user_id>/sessions", people.MemberSessions.as_view()),
    path("invitations", people.Invitations.as_view()),
    path("invitations/<str:invitation_id>", people.OneInvitation.as_view()),
    path("api-keys", api_keys.ApiKeys.as_view()),
    path("api-keys/<str:api_key_id>", api_keys.OneApiKey.as_view()),
    path("wallets", wallets.Wallets.as_view()),
    path("wallets/<str:wallet>", wallets.OneWallet.as_view()),
    path("wallets/<str:wallet>/entries", wallets.WalletEntries.as_view()),
    path("wallets/<str:wallet>/account-number", account_numbers.AccountNumberOfWallet.as_view()),
    path(
        "wallets/<str:wallet>/account-number/reveal",
        account_numbers.RevealAccountNumber.as_view(),
    ),
    path("wallets/<str:wallet>/limits", wallets.LimitsOfWallet.as_view()),
    path("wallets/<str:wallet>/freeze", wallets.FreezeWallet.as_view()),
    path("wallets/<str:wallet>/unfreeze", wallets.UnfreezeWallet.as_view()),
    path("wallets/<str:wallet>/suspend", wallets.SuspendWallet.as_view()),
    path("wallets/<str:wallet>/close", wallets.CloseWallet.as_view()),
    path("transfers", transfers.Transfers.as_view()),
    path("transfers/batch", transfers.TransferBatch.as_view()),
    path("transfers/dry-run", rehearsing.DryRun.as_view()),
    path("transfers/batch/dry-run", rehearsing.BatchDryRuns.as_view()),
    path("transfers/<str:transfer_id>", transfers.OneTransfer.as_view()),
    path("transfers/<str:transfer_id>/reverse", reversing.ReverseTransfer.as_view()),
    path("transfers/<str:transfer_id>/reverse/dry-run", rehearsing.ReversalDryRun.as_view()),
    path("payouts", payouts.Payouts.as_view()),
    path("payouts/<str:transfer_id>", payouts.OnePayout.as_view()),
    path("holds", holds.Holds.as_view()),
    path("holds/dry-run", hold_rehearsing.DryRun.as_view()),
    path("holds/<str:hold_id>", holds.OneHold.as_view()),
    path("holds/<str:hold_id>/capture", holds.CaptureHold.as_view()),
    path("holds/<str:hold_id>/capture/dry-run", hold_rehearsing.CaptureDryRun.as_view()),
    path("holds/<str:hold_id>/void", holds.VoidHold.as_view()),
    path("fee-schedules", terms.FeeSchedules.as_view()),
    path("limit-rules", terms.LimitRules.as_view()),
    path("limit-rules/<str:limit_rule_id>", terms.OneLimitRule.as_view()),
    path("deposits", cash.Deposits.as_view()),
    path("deposits/dry-run", cash.DepositDryRun.as_view()),
    path("withdrawals", cash.Withdrawals.as_view()),
    path("withdrawals/dry-run", cash.WithdrawalDryRun.as_view()),
    path("ledger/accounts", ledger.Accounts.as_view()),
    path("ledger/accounts/<str:account_id>", ledger.OneAccount.as_view()),
    path("ledger/accounts/<str:account_id>/close", ledger.CloseAccount.as_view()),
    path("ledger/accounts/<str:account_id>/entries", ledger.AccountEntries.as_view()),
    path("ledger/accounts/<str:account_id>/balance", balances.AccountBalances.as_view()),
    path("ledger/accounts/<str:account_id>/statement", statements.AccountStatements.as_view()),
    path("ledger/account-groups", chart.AccountGroups.as_view()),
    path("ledger/transactions", ledger.Transactions.as_view()),
    path("ledger/transactions/<str:transaction_id>", ledger.OneTransaction.as_view()),
    path("ledger/transactions/<str:transaction_id>/reverse", journals.ReverseJournal.as_view()),
    path(
        "ledger/transactions/<str:transaction_id>/reverse/dry-run",
        journal_dry_runs.JournalReversalDryRun.as_view(),
    ),
    path("ledger/journal-entries", journals.JournalEntries.as_view()),
    path("ledger/journal-entries/dry-run", journal_dry_runs.JournalDryRuns.as_view()),
    path("ledger/trial-balance", balances.TrialBalances.as_view()),
    path("ledger/periods", periods.Periods.as_view()),
    path("ledger/periods/<str:period_id>/close", periods.ClosePeriod.as_view()),
    path("ledger/periods/<str:period_id>/withdraw", periods.WithdrawPeriod.as_view()),
    path("ledger/clearing-caps", clearing.ClearingCaps.as_view()),
    path("pending-acts", pending_acts.PendingActs.as_view()),
    path("pending-acts/<str:pending_act_id>", pending_acts.OnePendingAct.as_view()),
    path("pending-acts/<str:pending_act_id>/agree", pending_acts.AgreeToPendingAct.as_view()),
    path("pending-acts/<str:pending_act_id>/reject", pending_acts.RejectPendingAct.as_view()),
    path("pending-acts/<str:pending_act_id>/withdraw", pending_acts.WithdrawPendingAct.as_view()),
    path("dual-control-policy", dual_control.DualControlPolicies.as_view()),
    path("dual-control-thresholds", dual_control.DualControlThresholds.as_view()),
    path("webhook-endpoints", webhooks.WebhookEndpoints.as_view()),
    path("webhook-endpoints/<str:webhook_endpoint_id>", webhooks.OneWebhookEndpoint.as_view()),
    path(
        "webhook-endpoints/<str:webhook_endpoint_id>/pause",
        webhooks.PauseWebhookEndpoint.as_view(),
    ),
    path(
        "webhook-endpoints/<str:webhook_endpoint_id>/enable",
        webhooks.EnableWebhookEndpoint.as_view(),
    ),
    path(
        "webhook-endpoints/<str:webhook_endpoint_id>/rotate-secret",
        webhooks.RotateWebhookSecret.as_view(),
    ),
    path(
        "webhook-endpoints/<str:webhook_endpoint_id>/test", webhooks.TestWebhookEndpoint.as_view()
    ),
    path(
        "webhook-endpoints/<str:webhook_endpoint_id>/deliveries",
        webhook_deliveries.WebhookDeliveries.as_view(),
    ),
    path(
        "webhook-deliveries/<str:webhook_delivery_id>",
        webhook_deliveries.OneWebhookDelivery.as_view(),
    ),
    path(
        "webhook-deliveries/<str:webhook_delivery_id>/resend",
        webhook_deliveries.ResendWebhookDelivery.as_view(),
    ),
    path("audit/records", audit.AuditRecords.as_view()),
]
