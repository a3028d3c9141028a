"""Production: every secret and address comes from the environment, or the start is refused."""

import os
from pathlib import Path
from urllib.parse import urlsplit

from vaultcraft import env
from vaultcraft.settings import refusals
from vaultcraft.settings.base import *  # noqa: F403
from vaultcraft.settings.base import (
    BASE_DIR,
    DATABASE_POOL_MAX,
    KYC_PROVIDER,
    PAYOUT_RAIL,
    VAULTCRAFT_PROXIES,
    redis_cache,
)

VAULTCRAFT_ENVIRONMENT = "production"
VAULTCRAFT_DATA_DIR = Path(env.text("VAULTCRAFT_DATA_DIR", default=str(BASE_DIR / ".vaultcraft")))
DEBUG = refusals.debug_off()

SECRET_KEY = refusals.own_secret("VAULTCRAFT_SECRET_KEY")
VAULTCRAFT_JWT_KEYS = refusals.own_signing_keys("VAULTCRAFT_JWT_KEYS")
VAULTCRAFT_SEALING_KEYS = refusals.own_signing_keys("VAULTCRAFT_SEALING_KEYS")
# Without it, seals that were all deleted, or an old database, would look like a whole chain.
VAULTCRAFT_HEADS_FILE = refusals.file_elsewhere("VAULTCRAFT_HEADS_FILE", product=BASE_DIR)
refusals.distinct_secrets(
    VAULTCRAFT_SEALING_KEYS=VAULTCRAFT_SEALING_KEYS[0]["private_pem"],
    VAULTCRAFT_JWT_KEYS=VAULTCRAFT_JWT_KEYS[0]["private_pem"],
)
VAULTCRAFT_MASTER_KEYS = refusals.own_master_keys("VAULTCRAFT_MASTER_KEYS")
VAULTCRAFT_PEPPER = refusals.own_secret("VAULTCRAFT_PEPPER").encode()
refusals.distinct_secrets(
    VAULTCRAFT_PEPPER=VAULTCRAFT_PEPPER.decode(), VAULTCRAFT_SECRET_KEY=SECRET_KEY
)
VAULTCRAFT_BASE_URL = refusals.https_url("VAULTCRAFT_BASE_URL")
VAULTCRAFT_METRICS_TOKEN = os.environ.get("VAULTCRAFT_METRICS_TOKEN", "")
ALLOWED_HOSTS = refusals.hosts("VAULTCRAFT_ALLOWED_HOSTS")
refusals.host_answered("VAULTCRAFT_BASE_URL", url=VAULTCRAFT_BASE_URL, allowed=ALLOWED_HOSTS)
CSRF_TRUSTED_ORIGINS = [VAULTCRAFT_BASE_URL]

DATABASES = {
    "default": env.database(
        name="DATABASE_URL", url=env.text("DATABASE_URL"), pool_max=DATABASE_POOL_MAX
    )
}
for _alias, _name in (("owner", "DATABASE_OWNER_URL"), ("auditor", "DATABASE_AUDITOR_URL")):
    if _name in os.environ:
        DATABASES[_alias] = env.database(name=_name, url=env.text(_name))
refusals.distinct_roles(DATABASES)

KYC_PROVIDER = refusals.real_provider("VAULTCRAFT_KYC_PROVIDER", default=KYC_PROVIDER)
WEBHOOK_LOCAL_TARGETS = refusals.public_targets_only("VAULTCRAFT_WEBHOOK_LOCAL_TARGETS")
PAYOUT_RAIL = refusals.real_provider("VAULTCRAFT_PAYOUT_RAIL", default=PAYOUT_RAIL)
REDIS_URL = env.text("REDIS_URL")
NATS_URL = env.text("NATS_URL")
CACHES = redis_cache(REDIS_URL)
CELERY_BROKER_URL = REDIS_URL
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = env.text("VAULTCRAFT_EMAIL_HOST", default="localhost")
EMAIL_PORT = env.integer("VAULTCRAFT_EMAIL_PORT", default=587, minimum=1)
EMAIL_HOST_USER = os.environ.get("VAULTCRAFT_EMAIL_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("VAULTCRAFT_EMAIL_PASSWORD", "")
EMAIL_USE_TLS, EMAIL_USE_SSL = refusals.mail_security("VAULTCRAFT_EMAIL_SECURITY", host=EMAIL_HOST)
DEFAULT_FROM_EMAIL = env.text(
    "VAULTCRAFT_EMAIL_FROM", default=f"no-reply@{urlsplit(VAULTCRAFT_BASE_URL).hostname}"
)

SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = [r"^api/", r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 63_072_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
# Trusted only because the proxy in front sets it and strips what clients send; see docs/docker.md.
if VAULTCRAFT_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-session"
DEVICE_COOKIE_NAME = "__Host-device"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_NAME = "__Host-csrf"
MESSAGES_COOKIE_NAME = "__Host-messages"

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
