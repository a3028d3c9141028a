"""Prints a fresh value for VAULTCRAFT_JWT_KEYS (`python -m vaultcraft.signing_key`)."""

import json

from vaultcraft.embedded.secrets import throwaway_secrets

if __name__ == "__main__":
    print(json.dumps(throwaway_secrets().jwt_keys))  # noqa: T201
