"""Prints a fresh value for VAULTCRAFT_JWT_KEYS or VAULTCRAFT_SEALING_KEYS.

With `master`, one for VAULTCRAFT_MASTER_KEYS.

`python -m vaultcraft.signing_key [master]`
"""

import json
import sys

from vaultcraft.embedded.secrets import throwaway_secrets

if __name__ == "__main__":
    made = throwaway_secrets()
    print(json.dumps(made.master_keys if "master" in sys.argv[1:] else made.jwt_keys))  # noqa: T201
