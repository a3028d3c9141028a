#!/bin/sh
# The web process of the container: an empty directory for the workers' counters, then gunicorn.
set -eu
rm -rf "$PROMETHEUS_MULTIPROC_DIR"
mkdir -p "$PROMETHEUS_MULTIPROC_DIR"
exec gunicorn -c vaultcraft/gunicorn_config.py vaultcraft.wsgi
