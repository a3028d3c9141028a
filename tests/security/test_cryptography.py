"""What cryptography there is, by file: the table of docs/threat-model.md (ASVS 11)."""

from __future__ import annotations

import ast
import re

from tests.security.sources import calls, dotted, imported_from, importing
from vaultcraft.checks import ROOT
from vaultcraft.settings import base

# Everything that encrypts, signs or hashes: the standard library's, and libraries others examine.
LIBRARIES = (
    *("bcrypt", "cryptography", "hashlib", "hmac", "jwt", "pyotp", "webauthn"),
    *("rest_framework_simplejwt", "django.core.signing"),
    "django.contrib.auth.hashers.BCryptSHA256PasswordHasher",
)
OTHERS = ("Crypto", "Cryptodome", "M2Crypto", "ecdsa", "nacl", "passlib", "rsa", "OpenSSL", "crypt")
TABLE = re.compile(r"^### Cryptography\n(.*?)^##", re.MULTILINE | re.DOTALL)


def test_the_inventory_is_that_of_the_source():
    """ASVS 11.1.2, 11.2.1."""
    found = TABLE.search((ROOT / "docs" / "threat-model.md").read_text())
    assert found
    assert set(re.findall(r"`([\w/]+\.py)`", found[1])) == importing(*LIBRARIES)
    assert importing(*OTHERS) == set()


def test_hashes_and_ciphers_are_approved_ones():
    """ASVS 11.3.1, 11.3.2, 11.4.1, 11.4.3: SHA-256, AES-GCM, HKDF; nothing is chosen by a text."""
    hashing = [call for _, call in calls() if dotted(call).startswith("hashlib.")]
    assert {dotted(call) for call in hashing} == {"hashlib.sha256", "hashlib.file_digest"}
    chosen = {ast.unparse(arg) for call in hashing for arg in call.args if _is_text(arg)}
    assert chosen == {"'sha256'"}
    assert imported_from("cryptography.hazmat.primitives") == {
        "AESGCM",
        "Ed25519PrivateKey",
        "Ed25519PublicKey",
        "HKDF",
        "SHA256",
        *("Encoding", "NoEncryption", "PrivateFormat", "PublicFormat"),
        *("load_pem_private_key", "load_pem_public_key"),
    }
    macs = [call for _, call in calls() if dotted(call) == "hmac.new"]
    assert {ast.unparse(call.args[2]) for call in macs} == {"hashlib.sha256"}


def _is_text(arg: ast.expr) -> bool:
    return isinstance(arg, ast.Constant) and isinstance(arg.value, str)


def test_passwords_are_hashed_in_one_way():
    """ASVS 11.4.2."""
    assert base.PASSWORD_HASHERS == ["vaultcraft.hashers.BCryptSHA256Cost12Hasher"]
    assert base.PIN_BCRYPT_ROUNDS == 12
