"""Secrets of a local installation: made once, kept in `<data dir>/secrets.json`, mode 0600."""

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

FILE_NAME = "secrets.json"
SECRET_BYTES = 48
PASSWORD_BYTES = 24
MASTER_KEY_BYTES = 32


@dataclass(frozen=True, kw_only=True)
class LocalSecrets:
    """Everything that must be unguessable on one machine. Passwords are URL-safe."""

    secret_key: str
    pepper: str
    jwt_keys: list[dict[str, str]]
    sealing_keys: list[dict[str, str]]
    master_keys: list[dict[str, int | str]]
    superuser_password: str
    owner_password: str
    app_password: str
    auditor_password: str
    redis_password: str
    nats_token: str

    def environment(self) -> dict[str, str]:
        """Return the variables that the settings read."""
        return {
            "VAULTCRAFT_SECRET_KEY": self.secret_key,
            "VAULTCRAFT_PEPPER": self.pepper,
            "VAULTCRAFT_JWT_KEYS": json.dumps(self.jwt_keys),
            "VAULTCRAFT_SEALING_KEYS": json.dumps(self.sealing_keys),
            "VAULTCRAFT_MASTER_KEYS": json.dumps(self.master_keys),
        }


def local_secrets(*, data_dir: Path) -> LocalSecrets:
    """Return this installation's secrets, making them on the first call.

    A kind of secret that an older version did not know is made and kept as well.
    """
    path = data_dir / FILE_NAME
    kept = json.loads(path.read_text()) if path.exists() else {}
    made = {**asdict(throwaway_secrets()), **kept}
    if made != kept:
        write_private(path=path, text=json.dumps(made, indent=2))
    return LocalSecrets(**made)


def throwaway_secrets() -> LocalSecrets:
    """Return fresh secrets that nobody keeps."""
    return LocalSecrets(
        secret_key=secrets.token_urlsafe(SECRET_BYTES),
        pepper=secrets.token_urlsafe(SECRET_BYTES),
        jwt_keys=[{"kid": secrets.token_hex(4), "private_pem": _ed25519_pem()}],
        sealing_keys=[{"kid": secrets.token_hex(4), "private_pem": _ed25519_pem()}],
        master_keys=[{"version": 1, "key": secrets.token_urlsafe(MASTER_KEY_BYTES)}],
        superuser_password=secrets.token_urlsafe(PASSWORD_BYTES),
        owner_password=secrets.token_urlsafe(PASSWORD_BYTES),
        app_password=secrets.token_urlsafe(PASSWORD_BYTES),
        auditor_password=secrets.token_urlsafe(PASSWORD_BYTES),
        redis_password=secrets.token_urlsafe(PASSWORD_BYTES),
        nats_token=secrets.token_urlsafe(PASSWORD_BYTES),
    )


def write_private(*, path: Path, text: str) -> None:
    """Write a file that only this user may read, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    half = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    half.replace(path)


def _ed25519_pem() -> str:
    """Return a new signing key."""
    key = Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
