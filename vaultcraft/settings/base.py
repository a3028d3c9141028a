"""What every environment shares. Values that differ are set in local, test and production."""

import zoneinfo
from datetime import timedelta
from pathlib import Path
from typing import Any

from csp.constants import NONCE, NONE, SELF

from vaultcraft import env
from vaultcraft.logging import logging_config
from vaultcraft.settings.rest import *  # noqa: F403

# Days are those of the pinned tzdata, on every machine: a system's own may be years behind.
zoneinfo.reset_tzpath(to=())

BASE_DIR = Path(__file__).resolve().parent.parent.parent
DEBUG = False
ALLOWED_HOSTS: list[str] = []

# --- Rooms -----------------------------------------------------------------------------------
ROOMS = [
    "audit",
    "events",
    "accounts",
    "kyc",
    "ledger",
    "wallets",
    "notifications",
    "reporting",
    "api",
    "web",
]
INSTALLED_APPS = [
    "vaultcraft",  # its `migrate` command takes precedence over Django's
    "web.admin_site.VaultCraftAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_celery_beat",
    "django_structlog",
    *ROOMS,
]
MIDDLEWARE = [
    "vaultcraft.request_metrics.RequestMetricsMiddleware",
    # Outside of all that may answer in a view's stead, so that their error pages carry the policy.
    "vaultcraft.browser_headers.BrowserHeadersMiddleware",
    "csp.middleware.CSPMiddleware",
    "vaultcraft.client_address.ClientAddressMiddleware",
    "api.middleware.RequestIdMiddleware",
    "vaultcraft.request_log.RequestLogMiddleware",
    "vaultcraft.request_log.KnownMethodsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "web.uploads.UploadLimitMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "api.middleware.ProblemMiddleware",
]
ROOT_URLCONF = "vaultcraft.urls"
WSGI_APPLICATION = "vaultcraft.wsgi.application"
APPEND_SLASH = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
            ]
        },
    }
]

# --- Time and language -----------------------------------------------------------------------
LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
FORMAT_MODULE_PATH = ["web.formats"]

# --- Who signs in ----------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS: list[str] = []  # `accounts.services` is the only way to sign in
LOGIN_URL = "web:sign-in"
LOGIN_REDIRECT_URL = "web:home"
PASSWORD_HASHERS = ["vaultcraft.hashers.BCryptSHA256Cost12Hasher"]
_VALIDATORS = "django.contrib.auth.password_validation"
PIN_BCRYPT_ROUNDS = 12
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": f"{_VALIDATORS}.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": "vaultcraft.hashers.MaximumLengthValidator", "OPTIONS": {"max_length": 128}},
    {"NAME": f"{_VALIDATORS}.CommonPasswordValidator"},
]
ACCESS_TOKEN_SECONDS = 900
REFRESH_IDLE_SECONDS = int(timedelta(days=14).total_seconds())
REFRESH_ABSOLUTE_SECONDS = int(timedelta(days=90).total_seconds())

# --- Browser ---------------------------------------------------------------------------------
SESSION_ENGINE = "web.browser_sessions"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = int(timedelta(hours=12).total_seconds())
# A browser nobody uses is signed out sooner: an hour is the most at AAL2 (NIST SP 800-63B-4), half
# of it for who moves others' money. Both are well above the minute to which use is noted.
SESSION_IDLE_SECONDS = int(timedelta(hours=1).total_seconds())
SESSION_IDLE_STRICT_SECONDS = int(timedelta(minutes=30).total_seconds())
SESSION_COOKIE_NAME = "vaultcraft_session"
DEVICE_COOKIE_NAME = "vaultcraft_device"
CSRF_COOKIE_NAME = "vaultcraft_csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
MESSAGE_STORAGE = "vaultcraft.messages_cookie.MessagesStorage"
MESSAGES_COOKIE_NAME = "vaultcraft_messages"
CSRF_FAILURE_VIEW = "web.views.errors.csrf_failure"
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# --- Files -----------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT: Path | None = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_ALLOW_ALL_ORIGINS = False  # our files are for our pages
# Uploads are people's papers: never spooled to a disk in clear. What is larger is refused unread.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
FILE_UPLOAD_MAX_MEMORY_SIZE = 5 * 1_048_576 + 65_536
DATA_UPLOAD_MAX_NUMBER_FILES = 1
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576  # a batch of 500 transfers is about 150 kB

# --- Proxies ---------------------------------------------------------------------------------
# How many of our own proxies stand in front; 0 means that the peer is the client.
VAULTCRAFT_PROXIES = env.integer("VAULTCRAFT_PROXIES", default=0)

# --- Identity verification -------------------------------------------------------------------
KYC_PROVIDER = "kyc.providers.manual.ManualProvider"

# --- Webhooks --------------------------------------------------------------------------------
# Deliveries to this machine and without TLS: on a developer's machine and in tests only.
WEBHOOK_LOCAL_TARGETS = False

# --- Payouts ---------------------------------------------------------------------------------
# The class that carries money to banks; without one nothing is paid out.
PAYOUT_RAIL = ""

# --- Countries -------------------------------------------------------------------------------
# A GeoIP database in MaxMind's format (MMDB); without one no organization can ask for countries.
VAULTCRAFT_GEOIP_PATH = env.text("VAULTCRAFT_GEOIP_PATH", default="")
# --- Rates -----------------------------------------------------------------------------------
VAULTCRAFT_RATES = env.rates()  # published in docs/api.md
# As gunicorn reads it: how many processes count by themselves on this machine without Redis.
VAULTCRAFT_WEB_WORKERS = env.web_workers()

# --- Other servers ---------------------------------------------------------------------------
DATABASE_POOL_MAX = env.integer("VAULTCRAFT_DATABASE_POOL_MAX", default=40, minimum=2)
SERVER_TIMEOUT_SECONDS = 0.5  # cache and broker: slow is as bad as dead


def redis_cache(url: str) -> dict[str, Any]:
    """Return the cache settings for one Redis-compatible server."""
    return {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": url,
            "KEY_PREFIX": "vaultcraft",
            "OPTIONS": {
                "serializer": "vaultcraft.cache_numbers.Numbers",
                "socket_connect_timeout": SERVER_TIMEOUT_SECONDS,
                "socket_timeout": SERVER_TIMEOUT_SECONDS,
            },
        }
    }


EMAIL_TIMEOUT = 10  # seconds; a batch of mails ends before its lease does
DEFAULT_FROM_EMAIL = "no-reply@vaultcraft.invalid"

CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 300
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 600, "socket_timeout": 5}
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "vaultcraft.beat:Timetable"
CELERY_BEAT_SCHEDULE = {
    "purge-challenges": {
        "task": "accounts.tasks.purge_challenges",
        "schedule": timedelta(hours=1),
    },
    "seal-audit-records": {
        "task": "audit.tasks.seal",
        "schedule": timedelta(seconds=30),
        "options": {"expire_seconds": 30},
    },
    # A commit that writes mail asks for it at once; this finds what no worker was told of.
    "deliver-mail": {
        "task": "accounts.tasks.deliver_mail",
        "schedule": timedelta(seconds=10),
        "options": {"expire_seconds": 10},
    },
    "forget-attempts": {
        "task": "accounts.tasks.forget_attempts",
        "schedule": timedelta(hours=1),
    },
    "clear-expired-sessions": {
        "task": "vaultcraft.tasks.clear_expired_sessions",
        "schedule": timedelta(hours=6),
    },
    "purge-idempotency-guards": {
        "task": "api.tasks.purge_idempotency_guards",
        "schedule": timedelta(hours=1),
    },
    "expire-pending-acts": {
        "task": "accounts.tasks.expire_pending_acts",
        "schedule": timedelta(minutes=5),
    },
    "forget-events": {
        "task": "events.tasks.forget",
        "schedule": timedelta(hours=1),
        "options": {"expire_seconds": 3600},
    },
    "forget-notices": {
        "task": "notifications.tasks.forget",
        "schedule": timedelta(hours=1),
        "options": {"expire_seconds": 3600},
    },
    "release-overdue-holds": {
        "task": "ledger.tasks.release_overdue_holds",
        "schedule": timedelta(minutes=1),
    },
    # What nobody took in time is asked again: a worker that was away finds no pile.
    "screen-waiting-verifications": {
        "task": "kyc.tasks.screen_waiting",
        "schedule": timedelta(seconds=15),
        "options": {"expire_seconds": 15},
    },
    # Beat asks, the task knows whether a check is due: so the first comes soon after the first
    # start, and restarts of beat do not put it off. What nobody took in time is asked again.
    "verify-books": {
        "task": "ledger.tasks.verify_books",
        "schedule": timedelta(minutes=2),
        "options": {"expire_seconds": 120},
    },
}

# How long a process goes by what it last read of the settings of the installation.
SYSTEM_SETTINGS_SECONDS = 3

# --- Logs ------------------------------------------------------------------------------------
LOGGING_CONFIG = None  # ours is applied below, once, before Django logs anything
LOGGING = logging_config()
DJANGO_STRUCTLOG_CELERY_ENABLED = True
DJANGO_STRUCTLOG_COMMAND_LOGGING_ENABLED = False

# --- Live pages ------------------------------------------------------------------------------
# Streams that a process carries, and of these one person's: below a browser's six connections.
LIVE_STREAMS = env.integer("VAULTCRAFT_LIVE_STREAMS", default=500, minimum=1)
LIVE_STREAMS_TOGETHER = env.integer("VAULTCRAFT_LIVE_STREAMS_TOGETHER", default=100, minimum=1)
LIVE_STREAMS_EACH = env.integer("VAULTCRAFT_LIVE_STREAMS_EACH", default=4, minimum=1)

# --- Events ----------------------------------------------------------------------------------
# What streams and subjects on the broker begin with: several installations may share one.
EVENT_NAMESPACE = env.text("VAULTCRAFT_EVENT_NAMESPACE", default="vaultcraft")
# On how many brokers of a cluster each stream is kept: 1, 3 or 5.
EVENT_REPLICAS = env.integer("VAULTCRAFT_EVENT_REPLICAS", default=1)
# How many days the stream of events goes back; 0: for ever, so that a projection can be rebuilt.
EVENT_STREAM_DAYS = env.integer("VAULTCRAFT_EVENT_STREAM_DAYS", default=0)
# What events are published to: `jetstream`, or `kafka`, which then has them as well.
EVENT_BROKER = env.choice("VAULTCRAFT_EVENT_BROKER", of=("jetstream", "kafka"))
KAFKA = env.kafka() if EVENT_BROKER == "kafka" else {}
