"""Which permission opens which rows on the staff site."""

from __future__ import annotations

# What Django's own "app.view_model" questions mean here. There is no answer for add, change and
# delete: rows change through services only.
_VIEWS_OF_APPS = {
    "kyc": "kyc.review",
    "wallets": "wallets.read_all",
    "ledger": "ledger.read",
    "audit": "audit.read",
    "events": "events.read",
    "notifications": "webhooks.read",
    "django_celery_beat": "system.read",
}
# Of these apps some models are not for everybody who may see the others.
_NARROWER = {("events", "faileddelivery"): "events.read_delivery"}
_VIEWS_OF_MODELS = {
    "organization": "organizations.read",
    "user": "people.read",
    "invitation": "people.read",
    "signinsession": "sessions.revoke_any",
    "apikey": "api_keys.read",
    "pendingmail": "mail.read",
    "approval": "transfers.read_all",
    "pendingact": "dual_control.read",
}


def permission_to_view(*, app_label: str, model: str) -> str | None:
    """The permission behind looking at a model's rows on the staff site; None: nobody may."""
    if app_label == "accounts":
        return _VIEWS_OF_MODELS.get(model)
    return _NARROWER.get((app_label, model)) or _VIEWS_OF_APPS.get(app_label)


def permissions_to_view(app_label: str) -> frozenset[str]:
    """Every permission that opens at least one model of the app on the staff site."""
    if app_label == "accounts":
        return frozenset(_VIEWS_OF_MODELS.values())
    return frozenset({_VIEWS_OF_APPS[app_label]} if app_label in _VIEWS_OF_APPS else ())
