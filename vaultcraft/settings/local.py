"""A machine of one's own: the servers of `make up`, secrets made by it, no HTTPS.

Without a running `make up` (or URLs in the environment) the settings still load, so that checks,
schema and `makemigrations` work; whatever connects then gets a clear refusal.
"""

import os
from pathlib import Path

from vaultcraft import env
from vaultcraft.embedded.handover import adopt_environment
from vaultcraft.embedded.secrets import throwaway_secrets
from vaultcraft.settings.base import *  # noqa: F403
from vaultcraft.settings.base import BASE_DIR, DATABASE_POOL_MAX, redis_cache

VAULTCRAFT_ENVIRONMENT = "local"
VAULTCRAFT_DATA_DIR = Path(env.text("VAULTCRAFT_DATA_DIR", default=str(BASE_DIR / ".vaultcraft")))
adopt_environment(data_dir=VAULTCRAFT_DATA_DIR)
if "VAULTCRAFT_SECRET_KEY" not in os.environ:
    os.environ.update(throwaway_secrets().environment())

SECRET_KEY = env.text("VAULTCRAFT_SECRET_KEY")
VAULTCRAFT_JWT_KEYS = env.signing_keys("VAULTCRAFT_JWT_KEYS")
VAULTCRAFT_SEALING_KEYS = env.signing_keys("VAULTCRAFT_SEALING_KEYS")
VAULTCRAFT_HEADS_FILE = VAULTCRAFT_DATA_DIR / "audit-heads.jsonl"
VAULTCRAFT_PEPPER = env.text("VAULTCRAFT_PEPPER").encode()
VAULTCRAFT_MASTER_KEYS = env.master_keys("VAULTCRAFT_MASTER_KEYS")
VAULTCRAFT_BASE_URL = env.text("VAULTCRAFT_BASE_URL", default="http://localhost:8000")
VAULTCRAFT_METRICS_TOKEN = ""
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]

_NOWHERE = "postgresql://vaultcraft_app@127.0.0.1:1/vaultcraft"  # refuses at once, no pool waits
DATABASES = {
    "default": env.database(
        name="DATABASE_URL",
        url=env.text("DATABASE_URL", default=_NOWHERE),
        pool_max=DATABASE_POOL_MAX if "DATABASE_URL" in os.environ else 0,
    )
}
for _alias, _name in (("owner", "DATABASE_OWNER_URL"), ("auditor", "DATABASE_AUDITOR_URL")):
    if _name in os.environ:
        DATABASES[_alias] = env.database(name=_name, url=env.text(_name))

REDIS_URL = env.text("REDIS_URL", default="redis://127.0.0.1:1/0")
NATS_URL = env.text("NATS_URL", default="nats://127.0.0.1:1")
CACHES = redis_cache(REDIS_URL)
CELERY_BROKER_URL = REDIS_URL
KYC_PROVIDER = env.text("VAULTCRAFT_KYC_PROVIDER", default="kyc.providers.sandbox.SandboxProvider")
WEBHOOK_LOCAL_TARGETS = env.flag("VAULTCRAFT_WEBHOOK_LOCAL_TARGETS", default=True)
PAYOUT_RAIL = env.text("VAULTCRAFT_PAYOUT_RAIL", default="wallets.rails.sandbox.SandboxRail")
# Mail goes to files; the page /dev/mail shows them, and only these settings have it.
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = VAULTCRAFT_DATA_DIR / "mail"
ROOT_URLCONF = "vaultcraft.local_urls"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
STATIC_ROOT = None  # served straight from the rooms: nothing to collect before the first start
WHITENOISE_USE_FINDERS = True
