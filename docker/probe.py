"""Health check of the web container: is it ready for traffic? Exits 0 or 1."""

import os
import sys
from urllib.error import URLError
from urllib.request import Request, urlopen

HOST = os.environ.get("VAULTCRAFT_ALLOWED_HOSTS", "localhost").split(",")[0]

try:
    request = Request("http://127.0.0.1:8000/readyz", headers={"Host": HOST})
    with urlopen(request, timeout=4) as answer:  # noqa: S310 - our own address
        sys.exit(0 if answer.status == 200 else 1)
except (URLError, OSError):
    sys.exit(1)
