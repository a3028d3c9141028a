"""Settings of the API's libraries: Django REST framework, its tokens, its schema."""

from datetime import timedelta
from typing import Any

from kernel.actor import ActorKind

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["api.authentication.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "api.problems.exception_handler",
    "UNAUTHENTICATED_USER": None,
}
SIMPLE_JWT: dict[str, Any] = {
    "ALGORITHM": "EdDSA",
    "ACCESS_TOKEN_LIFETIME": timedelta(seconds=900),
    "ISSUER": "vaultcraft",
    "AUDIENCE": "vaultcraft-api",
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "VaultCraft",
    "DESCRIPTION": "Wallets over a double-entry ledger: accounts, transfers, books.",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    # What PATCH takes is required as the shape says: an empty change is none.
    "COMPONENT_SPLIT_PATCH": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "AccountKind": "ledger.choices.AccountKind",
        "AccountStatus": "ledger.choices.AccountStatus",
        "ActorKind": [kind.value for kind in ActorKind],
        "ApprovalKind": "accounts.choices.ApprovalKind",
        "ApprovalMethod": "accounts.choices.ApprovalMethod",
        "DocumentKind": "kyc.choices.DocumentKind",
        "DocumentMediaType": "kyc.choices.MediaType",
        "FactorMethod": "accounts.choices.FactorMethod.values",
        "HoldState": "ledger.choices.HoldState",
        "IdType": "kyc.choices.IdType",
        "InvitationStatus": ["open", "accepted", "withdrawn", "expired"],
        "NotificationKind": "api.v1.notices.KIND_NAMES",
        "NotificationTopic": "notifications.choices.Topic",
        "OrganizationStatus": "accounts.choices.OrganizationStatus",
        "PendingActState": "accounts.choices.PendingActState",
        "PrincipalKind": ["user", "api_key"],
        "SystemSettingName": "accounts.system.DECLARED",
        "TransactionKind": "ledger.choices.TransactionKind",
        "TransferKind": "wallets.choices.TransferKind",
        "TransferState": "wallets.choices.TransferState",
        "VerificationReason": "kyc.choices.Reason",
        "VerificationState": "kyc.choices.CaseState",
        "WalletKind": "wallets.choices.WalletKind",
        "WebhookDeliveryState": "notifications.choices.DeliveryState.values",
        "WebhookEndpointStatus": "notifications.choices.EndpointStatus.values",
        "WebhookEventName": "api.v1.webhooks.shapes.EVENT_NAMES",
        "WebhookFailure": "api.v1.webhooks.shapes.FAILURES",
        "WebhookStatusReason": "api.v1.webhooks.shapes.STATUS_REASONS",
    },
}
