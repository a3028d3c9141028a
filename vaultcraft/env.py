"""Strict readers of environment variables: a value that cannot be read stops the start.

Nothing here guesses. A flag is `true` or `false`, a number is digits, and a message names the
variable so that whoever set it knows where to look (never its value: it may be a secret).
"""

import base64
import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from kernel.rates.table import DEFAULTS, ClassRates, Rate, RouteClass, Table, variable

DATABASE_ENGINE = "django.db.backends.postgresql"
CONNECT_TIMEOUT_SECONDS = 3
POOL_TIMEOUT_SECONDS = 5
LOCK_TIMEOUT_SECONDS = 10
STRICT_RATE_RAISED_AT_MOST = 10
_FLAGS = {"true": True, "false": False}


def text(name: str, *, default: str | None = None) -> str:
    """Return a variable's text; empty counts as unset.

    :raises ImproperlyConfigured: it is unset and there is no default.
    """
    value = os.environ.get(name, "").strip() or default
    if value is None:
        raise ImproperlyConfigured(f"{name} is not set. See .env.example.")
    return value


def flag(name: str, *, default: bool) -> bool:
    """Return a `true` / `false` variable.

    :raises ImproperlyConfigured: it is anything else.
    """
    value = os.environ.get(name, "").strip().lower()
    if not value:
        return default
    if value not in _FLAGS:
        raise ImproperlyConfigured(f"{name} must be true or false.")
    return _FLAGS[value]


def integer(name: str, *, default: int, minimum: int = 0) -> int:
    """Return a whole number of at least `minimum`.

    :raises ImproperlyConfigured: it is not one.
    """
    value = os.environ.get(name, "").strip()
    if not value:
        return default
    if not (value.isascii() and value.isdigit()) or int(value) < minimum:
        raise ImproperlyConfigured(f"{name} must be a whole number of at least {minimum}.")
    return int(value)


def choice(name: str, *, of: Sequence[str]) -> str:
    """Return one of these words; the first when it is unset.

    :raises ImproperlyConfigured: it is another.
    """
    value = text(name, default=of[0])
    if value not in of:
        raise ImproperlyConfigured(f"{name} must be one of: {', '.join(of)}.")
    return value


def kafka() -> dict[str, str]:
    """Return librdkafka's options: where the brokers are, and as whom to sign in.

    :raises ImproperlyConfigured: an address or a password is missing.
    """
    security = choice("KAFKA_SECURITY", of=("sasl_ssl", "ssl", "plaintext"))
    options = {"bootstrap.servers": text("KAFKA_BOOTSTRAP"), "security.protocol": security}
    if security != "sasl_ssl":
        return options
    return {
        **options,
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": text("KAFKA_USER"),
        "sasl.password": text("KAFKA_PASSWORD"),
    }


def web_workers() -> int:
    """How many processes serve pages and API on this machine."""
    return integer("VAULTCRAFT_WEB_WORKERS", default=2, minimum=1)


def names(name: str, *, default: str = "") -> list[str]:
    """Return a comma-separated list without empty items."""
    return [item.strip() for item in text(name, default=default).split(",") if item.strip()]


def rate(name: str, *, default: Rate) -> Rate:
    """Return a limit written as `quota/seconds`.

    :raises ImproperlyConfigured: it is anything else; there is no word for "no limit".
    """
    value = os.environ.get(name, "").strip()
    if not value:
        return default
    try:
        quota, seconds = (int(part) for part in value.split("/"))
        return Rate(quota, seconds)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must look like 600/60: quota/seconds.") from None


def rates() -> Table:
    """Return the table of rate limits as the environment changes it.

    :raises ImproperlyConfigured: a limit cannot be read, or one against guessing is raised so far
        that it would be none.
    """
    return {route: _class_rates(route, rates) for route, rates in DEFAULTS.items()}


def _class_rates(route: RouteClass, default: ClassRates) -> ClassRates:
    name = variable(route, of_address=True)
    address = rate(name, default=default.address)
    most = default.address.quota / default.address.seconds * STRICT_RATE_RAISED_AT_MOST
    if default.strict and address.quota / address.seconds > most:
        raise ImproperlyConfigured(
            f"{name} is more than {STRICT_RATE_RAISED_AT_MOST} times {default.address}."
        )
    principal = default.principal and rate(
        variable(route, of_address=False), default=default.principal
    )
    return ClassRates(principal=principal, address=address, strict=default.strict)


def signing_keys(name: str) -> list[dict[str, str]]:
    """Return the key set of access tokens; the first key signs, all of them verify.

    The variable is JSON: `[{"kid": "...", "private_pem": "..."}, ...]`, Ed25519 keys.

    :raises ImproperlyConfigured: it is not such a list.
    """
    try:
        keys = json.loads(text(name))
        return [{"kid": str(key["kid"]), "private_pem": str(key["private_pem"])} for key in keys]
    except (ValueError, TypeError, KeyError):
        raise ImproperlyConfigured(
            f'{name} must be a JSON list of {{"kid", "private_pem"}} objects.'
        ) from None


def master_keys(name: str) -> dict[int, bytes]:
    """Return the keys that wrap data keys, by version; the highest wraps, all of them unwrap.

    The variable is JSON: `[{"version": 1, "key": "..."}, ...]`, 32 bytes each in URL-safe base64.

    :raises ImproperlyConfigured: it is not such a list.
    """
    try:
        listed = json.loads(text(name))
        found = {int(key["version"]): _32_bytes(str(key["key"])) for key in listed}
    except (ValueError, TypeError, KeyError):
        found = {}
    if not found or len(found) != len(listed) or not all(0 < one < 2**31 for one in found):
        raise ImproperlyConfigured(
            f'{name} must be a JSON list of {{"version", "key"}} objects, each version once and'
            " each key 32 bytes in URL-safe base64."
        )
    return found


def _32_bytes(encoded: str) -> bytes:
    """Return the bytes of a key.

    :raises ValueError: there are not 32 of them.
    """
    key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True)
    if len(key) != 32:
        raise ValueError("not 32 bytes")
    return key


def database(*, name: str, url: str, pool_max: int = 0) -> dict[str, Any]:
    """Return Django's settings of one database alias from a libpq URL.

    `name` is the variable's name, for the message. `pool_max` 0 means no pool.

    :raises ImproperlyConfigured: libpq cannot read the URL, or it names no role or database.
    """
    parts = _connection_parts(name=name, url=url)
    options: dict[str, Any] = {"connect_timeout": CONNECT_TIMEOUT_SECONDS, **parts}
    # Bound on the server and prepared at the second use: large arrays are not pasted into the
    # statement's text, and the hot path's statements are planned once for a connection.
    options |= {"server_side_binding": True, "prepare_threshold": 1}
    # Nobody waits for a row for ever: past this the use case answers `Busy` and may be tried again.
    options.setdefault("options", f"-c lock_timeout={LOCK_TIMEOUT_SECONDS}s")
    if pool_max:
        options["pool"] = {"min_size": 1, "max_size": pool_max, "timeout": POOL_TIMEOUT_SECONDS}
    return {
        "ENGINE": DATABASE_ENGINE,
        "NAME": options.pop("dbname"),
        "USER": options.pop("user"),
        "PASSWORD": options.pop("password", ""),
        "HOST": options.pop("host", ""),
        "PORT": options.pop("port", ""),
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,
        "ATOMIC_REQUESTS": False,
        "OPTIONS": options,
    }


def role_of(database_settings: Mapping[str, Any]) -> str:
    """Return the database role that an alias signs in as."""
    return str(database_settings["USER"])


def _connection_parts(*, name: str, url: str) -> dict[str, Any]:
    """Return what libpq reads from a URL."""
    try:
        parts = dict(conninfo_to_dict(url))
    except ProgrammingError:
        raise ImproperlyConfigured(f"{name} is not a postgresql:// URL.") from None
    if not parts.get("dbname") or not parts.get("user"):
        raise ImproperlyConfigured(f"{name} must name a role and a database.")
    return parts
