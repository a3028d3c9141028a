"""How gunicorn serves pages and API: WSGI, threads, one place for the numbers.

Read by gunicorn itself (`-c vaultcraft/gunicorn_config.py`), in `make up` and in the container.
"""

import os
from typing import Any

from prometheus_client import multiprocess

bind = os.environ.get("VAULTCRAFT_BIND", "0.0.0.0:8000").split(",")
worker_class = "vaultcraft.web_worker.BoundedWorker"
workers = int(os.environ.get("VAULTCRAFT_WEB_WORKERS") or "2")  # as vaultcraft.env.web_workers
threads = int(os.environ.get("VAULTCRAFT_WEB_THREADS", "32"))
timeout = 60
graceful_timeout = 4  # `make up` promises to be gone within 10 seconds
keepalive = 15
max_requests = 0
limit_request_line = 8190
limit_request_field_size = 16_380
accesslog = None  # vaultcraft.request_log writes a structured line per request
errorlog = "-"
loglevel = "warning"
proc_name = "vaultcraft-web"
control_socket_disable = True
# gunicorn believes no header about who is calling, how, or where the application is mounted: not
# from its own machine either, where its defaults would let anybody say so. What a proxy of ours
# may tell is decided in one place, by VAULTCRAFT_PROXIES (`vaultcraft.client_address` and, for the
# scheme, SECURE_PROXY_SSL_HEADER).
forwarded_allow_ips = ""
secure_scheme_headers: dict[str, str] = {}
forwarder_headers = ""


def child_exit(server: Any, worker: Any) -> None:
    """Take a dead worker's gauges out of the sum."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
