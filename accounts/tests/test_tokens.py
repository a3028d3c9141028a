"""Access tokens: what is refused, whoever made it."""

from __future__ import annotations

import base64
import datetime as dt
import json
import uuid
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from accounts.errors import InvalidAccessToken
from accounts.tokens import issue_access_token, read_access_token
from kernel import clock, ids

USER, SESSION = uuid.uuid4(), uuid.uuid4()


def pem(key: Ed25519PrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


OLD, NEW, FOREIGN = (Ed25519PrivateKey.generate() for _ in range(3))


@pytest.fixture(autouse=True)
def _two_keys(settings):
    settings.VAULTCRAFT_JWT_KEYS = [
        {"kid": "new", "private_pem": pem(NEW)},
        {"kid": "old", "private_pem": pem(OLD)},
    ]


def claims(**changes: Any) -> dict[str, Any]:
    now = clock.now()
    plain = {
        "token_type": "access",
        "iss": "vaultcraft",
        "aud": "vaultcraft-api",
        "iat": now,
        "exp": now + dt.timedelta(minutes=1),
        "jti": "j",
        "sub": ids.encode("usr", USER),
        "sid": ids.encode("ses", SESSION),
    }
    return {name: value for name, value in (plain | changes).items() if value is not None}


def signed(
    payload: dict[str, Any], *, key: Any = NEW, kid: str | None = "new", algorithm: str = "EdDSA"
) -> str:
    return jwt.encode(payload, key, algorithm=algorithm, headers={"kid": kid} if kid else {})


def test_our_own_token_is_read_back():
    token = issue_access_token(user_id=USER, session_id=SESSION, now=clock.now())
    read = read_access_token(token)
    assert (read.user_id, read.session_id) == (USER, SESSION)


def test_a_token_names_its_key_and_says_nothing_of_roles():
    now = clock.now()
    token = issue_access_token(user_id=USER, session_id=SESSION, now=now)
    assert jwt.get_unverified_header(token) == {"alg": "EdDSA", "typ": "JWT", "kid": "new"}
    said = jwt.decode(token, options={"verify_signature": False})
    assert set(said) == {"token_type", "exp", "iat", "jti", "sub", "sid", "iss", "aud"}
    assert said["exp"] - said["iat"] == 900


def test_a_token_of_the_previous_key_still_counts():
    assert read_access_token(signed(claims(), key=OLD, kid="old")).user_id == USER


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(lambda: signed(claims(), key=FOREIGN), id="another key under our kid"),
        pytest.param(lambda: signed(claims(), key=FOREIGN, kid="foreign"), id="unknown kid"),
        pytest.param(lambda: signed(claims(), kid=None), id="no kid"),
        pytest.param(lambda: signed(claims(), key=OLD), id="the wrong one of our kids"),
        pytest.param(lambda: signed(claims(aud="elsewhere")), id="audience"),
        pytest.param(lambda: signed(claims(aud=None)), id="no audience"),
        pytest.param(lambda: signed(claims(iss="elsewhere")), id="issuer"),
        pytest.param(lambda: signed(claims(iss=None)), id="no issuer"),
        pytest.param(lambda: signed(claims(token_type="refresh")), id="type"),
        pytest.param(lambda: signed(claims(token_type=None)), id="no type"),
        pytest.param(lambda: signed(claims(exp=1)), id="expired"),
        pytest.param(lambda: signed(claims(exp=None)), id="no end"),
        pytest.param(lambda: signed(claims(sid=None)), id="no session"),
        pytest.param(lambda: signed(claims(sid=ids.encode("usr", SESSION))), id="a user as sid"),
        pytest.param(lambda: signed(claims(sid=7)), id="a number as sid"),
        pytest.param(lambda: "", id="nothing"),
        pytest.param(lambda: "a.b.c", id="no token"),
        pytest.param(lambda: "é" * 100, id="no ASCII"),
    ],
)
def test_anything_else_is_refused(token):
    with pytest.raises(InvalidAccessToken):
        read_access_token(token())


def part(data: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(data).encode()).rstrip(b"=").decode()


PLAIN = {"iat": 1, "exp": 9_999_999_999}


@pytest.mark.parametrize("none", ["none", "None", "NONE", "nOnE", "", None])
def test_algorithm_none_is_refused(none: str | None):
    unsigned = f"{part({'alg': none, 'kid': 'new'})}.{part(claims() | PLAIN)}."
    with pytest.raises(InvalidAccessToken):
        read_access_token(unsigned)
    with pytest.raises(InvalidAccessToken):
        read_access_token(unsigned.removesuffix("."))


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
def test_no_other_algorithm_counts(algorithm: str):
    """Not even with what an attacker may know: the kid, an empty text, or a public file."""
    for key in ("new-and-long-enough-to-be-a-key-of-hmac", "\0" * 64):
        with pytest.raises(InvalidAccessToken):
            read_access_token(signed(claims(), key=key, algorithm=algorithm))
    header = {"alg": algorithm, "typ": "JWT", "kid": "new"}
    body = f"{part(header)}.{part(claims() | PLAIN)}"
    signature = base64.urlsafe_b64encode(NEW.sign(body.encode())).rstrip(b"=").decode()
    with pytest.raises(InvalidAccessToken):
        read_access_token(f"{body}.{signature}")


@pytest.mark.parametrize(
    "header",
    [
        {"kid": "../../../../dev/null"},
        {"kid": "/etc/passwd"},
        {"kid": "new' OR '1'='1"},
        {"kid": "new\0"},
        {"kid": ["new"]},
        {"kid": {"new": 1}},
        {"kid": ""},
        {"kid": "new ", "jku": "https://evil.test/keys.json"},
        {"kid": "foreign", "x5u": "https://evil.test/cert.pem"},
        {"kid": "new", "crit": ["b64"], "b64": False},
    ],
)
def test_a_token_does_not_bring_its_own_key(header: dict[str, Any]):
    body = f"{part({'alg': 'EdDSA', 'typ': 'JWT', **header})}.{part(claims() | PLAIN)}"
    for key in (FOREIGN, NEW if "crit" in header else FOREIGN):
        signature = base64.urlsafe_b64encode(key.sign(body.encode())).rstrip(b"=").decode()
        with pytest.raises(InvalidAccessToken):
            read_access_token(f"{body}.{signature}")


@pytest.mark.parametrize("name", ["jwk", "x5c", "jku", "x5u"])
def test_a_key_in_the_header_is_not_looked_at(name: str):
    raw = FOREIGN.public_key().public_bytes(
        serialization.Encoding.Raw, serialization.PublicFormat.Raw
    )
    x = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    header = {"alg": "EdDSA", "kid": "new", name: {"kty": "OKP", "crv": "Ed25519", "x": x}}
    body = f"{part(header)}.{part(claims() | PLAIN)}"
    signature = base64.urlsafe_b64encode(FOREIGN.sign(body.encode())).rstrip(b"=").decode()
    with pytest.raises(InvalidAccessToken):
        read_access_token(f"{body}.{signature}")


def test_a_token_of_the_future_does_not_count_yet():
    later = clock.now() + dt.timedelta(minutes=5)
    for claim in ("nbf", "iat"):
        with pytest.raises(InvalidAccessToken):
            read_access_token(signed(claims(**{claim: later})))


def test_the_public_key_is_no_shared_secret():
    public = NEW.public_key().public_bytes(
        serialization.Encoding.Raw, serialization.PublicFormat.Raw
    )
    with pytest.raises(InvalidAccessToken):
        read_access_token(signed(claims(), key=public, algorithm="HS256"))
