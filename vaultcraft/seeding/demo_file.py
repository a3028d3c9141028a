"""`demo.json`: how to sign in to the demo world. Only its owner may read it."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

from kernel import ids
from kernel.crypto import keyed_hash
from vaultcraft.embedded.secrets import write_private
from vaultcraft.seeding.cast import IN_SHOWN_ORDER, ORGANIZATIONS, PEOPLE

FILE_NAME = "demo.json"
_NAMES = {organization.key: organization.name for organization in ORGANIZATIONS}
_GROUPS, _GROUP_LENGTH = 4, 4
_TOTP_BYTES = 20


class UnreadableDemoFile(Exception):
    """The file is there, but is not what the seeding wrote."""


class DemoFile:
    """Passwords, secrets and API keys of the demo world, on disk the moment they are decided."""

    def __init__(self, *, data_dir: Path, base_url: str) -> None:
        """Read the file, if there is one.

        :raises UnreadableDemoFile: if it holds something else.
        """
        self._path = data_dir / FILE_NAME
        self._base_url = base_url
        self._passwords: dict[str, str] = {}
        self._totp_secrets: dict[str, str] = {}
        self._keys: dict[str, str] = {}
        self.existed = self._path.exists()
        if self.existed:
            self._read()

    def _read(self) -> None:
        try:
            content = json.loads(self._path.read_text())
            self._base_url = str(content["base_url"])
            self._passwords = {user["email"]: user["password"] for user in content["users"]}
            # A file of an earlier version knows no such secrets.
            self._totp_secrets = {
                user["email"]: user["totp_secret"]
                for user in content["users"]
                if user.get("totp_secret")
            }
            self._keys = {key["organization"]: key["key"] for key in content["api_keys"]}
        except (ValueError, TypeError, KeyError):
            raise UnreadableDemoFile(f"{self._path} is not readable. Move it away.") from None

    def password_of(self, email: str) -> str | None:
        """The password noted for an address."""
        return self._passwords.get(email)

    def totp_secret_of(self, email: str) -> str | None:
        """The secret noted for an address's authenticator app."""
        return self._totp_secrets.get(email)

    def key_of(self, organization: str) -> str | None:
        """The API key noted for an organization, by its name."""
        return self._keys.get(organization)

    def put_passwords(self, passwords: dict[str, str]) -> None:
        """Note the passwords of everybody; writes only what is new."""
        if passwords != self._passwords:
            self._passwords = passwords
            self._write()

    def put_totp_secret(self, *, email: str, secret: str) -> None:
        """Note the secret of somebody's authenticator app."""
        if self._totp_secrets.get(email) != secret:
            self._totp_secrets[email] = secret
            self._write()

    def put_key(self, *, organization: str, secret: str) -> None:
        """Note an API key."""
        self._keys[organization] = secret
        self._write()

    def _write(self) -> None:
        write_private(path=self._path, text=json.dumps(self._content(), indent=2))

    def _content(self) -> dict[str, Any]:
        people = [PEOPLE[key] for key in IN_SHOWN_ORDER]
        users = [
            {
                "email": person.email,
                "password": self._passwords[person.email],
                "totp_secret": self._totp_secrets.get(person.email),
                "role": person.role,
                "organization": _NAMES.get(person.organization or ""),
            }
            for person in people
            if person.email in self._passwords
        ]
        names = [name for name in _NAMES.values() if name in self._keys]
        keys = [{"organization": name, "key": self._keys[name]} for name in names]
        return {"base_url": self._base_url, "users": users, "api_keys": keys}


def derived_totp_secret(*, email: str, secret: bytes) -> str:
    """The secret of an address's authenticator app: 160 bits in base 32, derived as passwords."""
    digest = keyed_hash(key=secret, parts=("demo-totp", email))
    return base64.b32encode(digest[:_TOTP_BYTES]).decode()


def derived_password(*, email: str, secret: bytes) -> str:
    """The demo password of an address: 80 bits that only this installation's secret gives.

    Being derived, it can be found again when the file is lost.
    """
    number = int.from_bytes(keyed_hash(key=secret, parts=("demo-password", email)))
    groups = []
    for _ in range(_GROUPS):
        group = ""
        for _ in range(_GROUP_LENGTH):
            number, digit = divmod(number, len(ids.ALPHABET))
            group += ids.ALPHABET[digit]
        groups.append(group)
    return "-".join(groups)
