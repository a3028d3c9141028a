"""What people hold in their hands: an authenticator app, a mailbox, a security key of software."""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import hashlib
import json
import re
import secrets
from typing import Any

import cbor2
import pyotp
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.core import mail

from accounts.models import User
from accounts.services.factors import begin_totp, confirm_totp
from accounts.services.mail import deliver_due
from kernel import clock
from kernel.actor import Door, system
from tests.proof import proven_actor

STEP_SECONDS = 30


@dataclasses.dataclass
class Phone:
    """An authenticator app. It never shows a code twice: the product takes each once."""

    secret: str
    codes: list[str]
    last_step: int

    def code(self, *, now: dt.datetime | None = None) -> str:
        """The code of this step or, if that was shown, of the next, which the drift allows."""
        step = max(int((now or clock.now()).timestamp()) // STEP_SECONDS, self.last_step + 1)
        self.last_step = step
        return self.at_step(step)

    def at(self, now: dt.datetime) -> str:
        """The code of an instant, shown before or not."""
        return self.at_step(int(now.timestamp()) // STEP_SECONDS)

    def at_step(self, step: int) -> str:
        """The code of a step."""
        return pyotp.TOTP(self.secret).generate_otp(step)


def give_phone(user: User, *, now: dt.datetime | None = None) -> Phone:
    """Let a person add an authenticator app, an hour before they need it."""
    before = (now or clock.now()) - dt.timedelta(hours=1)
    actor = proven_actor(user=user, door=Door.WEB, request_id="test-phone")
    begun = begin_totp(actor=actor, now=before)
    phone = Phone(secret=begun.secret, codes=[], last_step=0)
    phone.codes = confirm_totp(actor=actor, code=phone.code(now=before), now=before)
    return phone


def code_mailed_to(who: User | str, *, now: dt.datetime | None = None) -> str:
    """The newest code in somebody's mailbox, once what waits is delivered."""
    deliver_due(actor=system(door=Door.TASK, request_id="test-post"), now=now or clock.now())
    address = who if isinstance(who, str) else who.email
    letters = [one for one in mail.outbox if one.to == [address] and "code" in str(one.subject)]
    found = re.search(r"^Your code is (\d{6})$", str(letters[-1].body), re.MULTILINE)
    assert found, letters[-1].body
    return found.group(1)


# Flags of authenticator data: WebAuthn level 2, section 6.1.
_PRESENT, _VERIFIED, _ATTESTED = 0x01, 0x04, 0x40


class SecurityKey:
    """A WebAuthn authenticator (ES256, no attestation) that does as it is told, also wrongly."""

    def __init__(
        self,
        *,
        origin: str = "http://testserver",
        site: str = "testserver",
        verifies_person: bool = True,
    ) -> None:
        """A key for a site; `verifies_person` sets the UV flag of what it signs."""
        self.origin, self.site, self.verifies_person = origin, site, verifies_person
        self.id = secrets.token_bytes(32)
        self.count = 0
        self._key = ec.generate_private_key(ec.SECP256R1())

    def make(self, options: str) -> str:
        """What `navigator.credentials.create` would give."""
        client = self._client("webauthn.create", options)
        numbers = self._key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        attested = bytes(16) + len(self.id).to_bytes(2) + self.id + cbor2.dumps(cose)
        data = self._data(flags=_ATTESTED | _PRESENT) + attested
        statement = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self._written(clientDataJSON=client, attestationObject=statement)

    def sign(self, options: str, *, count: int | None = None) -> str:
        """What `navigator.credentials.get` would give.

        :param count: of the signatures; one more than the last unless given.
        """
        self.count = self.count + 1 if count is None else count
        client, data = self._client("webauthn.get", options), self._data(flags=_PRESENT)
        signed = self._key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._written(clientDataJSON=client, authenticatorData=data, signature=signed)

    def _client(self, kind: str, options: str) -> bytes:
        challenge = json.loads(options)["challenge"]
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(said).encode()

    def _data(self, *, flags: int) -> bytes:
        flags |= _VERIFIED if self.verifies_person else 0
        return hashlib.sha256(self.site.encode()).digest() + bytes([flags]) + self.count.to_bytes(4)

    def _written(self, **parts: bytes) -> str:
        answer: dict[str, Any] = {
            "id": _text(self.id),
            "rawId": _text(self.id),
            "type": "public-key",
            "response": {name: _text(part) for name, part in parts.items()},
            "clientExtensionResults": {},
        }
        return json.dumps(answer)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
