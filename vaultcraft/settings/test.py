"""The test suite: servers of its own (tests/servers.py starts them), cheap password hashing."""

from pathlib import Path

from kernel.rates.table import DEFAULTS, ClassRates, Rate
from vaultcraft import env
from vaultcraft.settings.base import *  # noqa: F403
from vaultcraft.settings.base import BASE_DIR, redis_cache

VAULTCRAFT_ENVIRONMENT = "test"
VAULTCRAFT_DATA_DIR = Path(
    env.text("VAULTCRAFT_DATA_DIR", default=str(BASE_DIR / ".vaultcraft-test"))
)
SECRET_KEY = env.text("VAULTCRAFT_SECRET_KEY")
VAULTCRAFT_JWT_KEYS = env.signing_keys("VAULTCRAFT_JWT_KEYS")
VAULTCRAFT_SEALING_KEYS = env.signing_keys("VAULTCRAFT_SEALING_KEYS")
VAULTCRAFT_HEADS_FILE = VAULTCRAFT_DATA_DIR / "audit-heads.jsonl"
VAULTCRAFT_PEPPER = env.text("VAULTCRAFT_PEPPER").encode()
VAULTCRAFT_MASTER_KEYS = env.master_keys("VAULTCRAFT_MASTER_KEYS")
VAULTCRAFT_BASE_URL = "http://testserver"
VAULTCRAFT_METRICS_TOKEN = ""
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1", "[::1]"]

# No pool: each test thread has its own connection, and databases are dropped under their feet.
DATABASES = {
    alias: env.database(name=name, url=env.text(name))
    for alias, name in (
        ("default", "DATABASE_URL"),
        ("owner", "DATABASE_OWNER_URL"),
        ("auditor", "DATABASE_AUDITOR_URL"),
    )
}
REDIS_URL = env.text("REDIS_URL")
NATS_URL = env.text("NATS_URL")
CACHES = redis_cache(REDIS_URL)
CELERY_BROKER_URL = REDIS_URL
KYC_PROVIDER = "kyc.providers.sandbox.SandboxProvider"
WEBHOOK_LOCAL_TARGETS = True
PAYOUT_RAIL = "wallets.rails.sandbox.SandboxRail"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# The limits are at work, and so high that only tests with a table of their own meet them.
VAULTCRAFT_RATES = {
    route: ClassRates(
        principal=rates.principal and Rate(1_000_000, 60),
        address=Rate(1_000_000, 60),
        strict=rates.strict,
    )
    for route, rates in DEFAULTS.items()
}
PIN_BCRYPT_ROUNDS = 4
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
STATIC_ROOT = None
WHITENOISE_USE_FINDERS = True
# A file is looked for when it is asked for. Else every client of a test would begin by looking for
# all of them, which takes five times as long as its request.
WHITENOISE_AUTOREFRESH = True

# A test that counts statements must not meet a reading in the middle; each test begins with one.
SYSTEM_SETTINGS_SECONDS = 3600
