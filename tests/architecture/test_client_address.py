"""Who is calling is worked out in one place, and asked for in one other."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("accounts", "api", "audit", "events", "kernel", "kyc", "ledger", "notifications")
MORE = ("reporting", "vaultcraft", "wallets", "web")


def test_the_peer_s_address_is_read_in_one_place() -> None:
    """`ClientAddressMiddleware` writes what `client_ip` reads; nobody looks past them."""
    reading = {
        str(path.relative_to(ROOT))
        for room in (*ROOMS, *MORE)
        for path in (ROOT / room).rglob("*.py")
        if "tests" not in path.parts and '"REMOTE_ADDR"' in path.read_text()
    }
    assert reading == {"kernel/addresses.py", "vaultcraft/client_address.py"}
