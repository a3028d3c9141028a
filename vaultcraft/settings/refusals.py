"""What production refuses to start with. Messages name the variable, never its value."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.core.exceptions import ImproperlyConfigured

from vaultcraft import env

MINIMUM_SECRET_LENGTH = 40
MINIMUM_DISTINCT_CHARACTERS = 10
_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
_PLACEHOLDERS = ("change-me", "changeme", "insecure", "example", "default", "replace")


def debug_off() -> bool:
    """Return False.

    :raises ImproperlyConfigured: somebody asked for DEBUG.
    """
    for name in ("DEBUG", "VAULTCRAFT_DEBUG", "DJANGO_DEBUG"):
        if env.flag(name, default=False):
            raise ImproperlyConfigured(f"{name} is on. Production never runs with it.")
    return False


def own_secret(name: str) -> str:
    """Return a secret that somebody really made.

    :raises ImproperlyConfigured: it is unset, short, monotonous or a placeholder.
    """
    value = env.text(name)
    if any(word in value.lower() for word in _PLACEHOLDERS):
        raise ImproperlyConfigured(f"{name} still holds a placeholder. Generate a secret.")
    if len(value) < MINIMUM_SECRET_LENGTH or len(set(value)) < MINIMUM_DISTINCT_CHARACTERS:
        raise ImproperlyConfigured(
            f"{name} is too weak: at least {MINIMUM_SECRET_LENGTH} random characters."
        )
    return value


def own_signing_keys(name: str) -> list[dict[str, str]]:
    """Return the signing keys of access tokens, each really an Ed25519 key with its own kid.

    :raises ImproperlyConfigured: there is none, or one of them cannot be used.
    """
    keys = env.signing_keys(name)
    if not keys or len({key["kid"] for key in keys}) != len(keys):
        raise ImproperlyConfigured(f"{name} needs at least one key, and a different kid for each.")
    if not all(_is_ed25519(key["private_pem"]) for key in keys):
        raise ImproperlyConfigured(f"{name} must hold Ed25519 private keys in PEM form.")
    return keys


def own_master_keys(name: str) -> dict[int, bytes]:
    """Return the keys that wrap data keys, none of them a placeholder.

    :raises ImproperlyConfigured: there is none, or one is no random key.
    """
    keys = env.master_keys(name)
    if any(len(set(key)) < MINIMUM_DISTINCT_CHARACTERS for key in keys.values()):
        raise ImproperlyConfigured(f"{name} holds a key that is not random. Generate it.")
    return keys


def file_elsewhere(name: str, *, product: Path) -> Path:
    """Return the path of a file that must outlive whatever happens to product and database.

    :param product: the product's own directory.
    :raises ImproperlyConfigured: it is unset, not absolute, or lies with the product.
    """
    path = Path(env.text(name))
    if not path.is_absolute() or path.resolve().is_relative_to(product):
        raise ImproperlyConfigured(
            f"{name} must be an absolute path outside the product's directory, where the database's"
            " keepers cannot write."
        )
    return path


def https_url(name: str) -> str:
    """Return the address people reach the product at.

    :raises ImproperlyConfigured: it is not https://host.
    """
    value = env.text(name).rstrip("/")
    parts = urlsplit(value)
    if parts.scheme != "https" or not parts.hostname or parts.path:
        raise ImproperlyConfigured(f"{name} must look like https://wallet.your-domain.")
    return value


def hosts(name: str) -> list[str]:
    """Return the host names the product answers to.

    :raises ImproperlyConfigured: there is none, or one is a wildcard.
    """
    found = env.names(name)
    if not found or any("*" in host or host.startswith(".") for host in found):
        raise ImproperlyConfigured(f"{name} must list exact host names, separated by commas.")
    return found


def real_provider(name: str, *, default: str) -> str:
    """Return the class that is asked about identities, or to pay.

    :raises ImproperlyConfigured: it is the sandbox, which anybody can please.
    """
    value = env.text(name, default=default)
    if "sandbox" in value.lower():
        raise ImproperlyConfigured(f"{name} is the sandbox. Production never asks it.")
    return value


def public_targets_only(name: str) -> bool:
    """Return False.

    :raises ImproperlyConfigured: somebody wants webhooks to reach this machine.
    """
    if env.flag(name, default=False):
        raise ImproperlyConfigured(f"{name} is on. Production delivers to public addresses only.")
    return False


def mail_security(name: str, *, host: str) -> tuple[bool, bool]:
    """Return whether mail goes out under STARTTLS, and whether under TLS from the first byte.

    Links that reset a password are in it, so in clear only to a server on this machine.

    :raises ImproperlyConfigured: it is none of starttls, tls and none, or none to elsewhere.
    """
    local = host in _THIS_MACHINE
    value = env.text(name, default="none" if local else "starttls")
    if value not in ("starttls", "tls", "none") or (value == "none" and not local):
        raise ImproperlyConfigured(f"{name} must be starttls or tls.")
    return value == "starttls", value == "tls"


def distinct_secrets(**secrets: str) -> None:
    """Check that no two secrets, named by their variables, are one: each leak stays its own.

    :raises ImproperlyConfigured: two are the same.
    """
    for (first, one), (second, other) in combinations(secrets.items(), 2):
        if one == other:
            raise ImproperlyConfigured(f"{first} must differ from {second}.")


def host_answered(name: str, *, url: str, allowed: Sequence[str]) -> None:
    """Check that the address we print in links is one we answer to.

    :raises ImproperlyConfigured: its host is not among the allowed ones.
    """
    if urlsplit(url).hostname not in {host.lower().strip("[]") for host in allowed}:
        raise ImproperlyConfigured(f"{name}'s host must be one of VAULTCRAFT_ALLOWED_HOSTS.")


def distinct_roles(databases: Mapping[str, Mapping[str, Any]]) -> None:
    """Check that the application, the owner and the auditor are different database roles.

    One role for two of them would void row-level security and the append-only grants.

    :raises ImproperlyConfigured: two aliases sign in as the same role.
    """
    roles = [env.role_of(settings) for settings in databases.values()]
    if len(set(roles)) != len(roles):
        raise ImproperlyConfigured(
            "DATABASE_URL, DATABASE_OWNER_URL and DATABASE_AUDITOR_URL must use different roles."
        )
    if env.role_of(databases["default"]) != "vaultcraft_app":
        raise ImproperlyConfigured("DATABASE_URL must sign in as vaultcraft_app.")


def _is_ed25519(pem: str) -> bool:
    """Tell whether a PEM text is an unencrypted Ed25519 private key."""
    try:
        return isinstance(load_pem_private_key(pem.encode(), password=None), Ed25519PrivateKey)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return False
