"""The container files, as far as they can be judged without running them (docs/docker.md)."""

import os
import re
import subprocess
import sys

import pytest
import yaml

from vaultcraft.checks import ROOT
from vaultcraft.embedded.bootstrap import ATTRIBUTES, GRANTS
from vaultcraft.embedded.secrets import throwaway_secrets

COMPOSE = ROOT / "docker-compose.yml"
VARIABLE = re.compile(r"(?<!\$)\$\{(\w+)(?::[?-][^}]*)?\}")


def example_variables() -> set[str]:
    """The names that .env.example lists."""
    return set(re.findall(r"^(\w+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ("vendor.compose-spec", "docker-compose.yml"),
        ("vendor.github-workflows", ".github/workflows/ci.yml"),
    ],
)
def test_the_files_fit_their_schemas(schema, path):
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_every_variable_is_in_the_example_and_none_too_many():
    asked = set(VARIABLE.findall(COMPOSE.read_text()))

    assert asked == example_variables()


def test_passwords_of_other_roles_are_where_they_are_used():
    """Who gets into the web process finds neither the owner's nor the auditor's."""
    services = yaml.safe_load(COMPOSE.read_text())["services"]
    having = {
        name: {one for one, service in services.items() if name in service.get("environment", {})}
        for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_AUDITOR_URL", "KAFKA_PASSWORD")
    }
    assert having == {
        "DATABASE_URL": {
            "migrate",
            "web",
            "live",
            "worker",
            "beat",
            "relay",
            "consumers",
            "sagas",
            "webhooks",
        },
        "DATABASE_OWNER_URL": {"migrate"},
        "DATABASE_AUDITOR_URL": {"worker", "relay"},
        "KAFKA_PASSWORD": {"relay"},
    }


@pytest.mark.parametrize("service", ["web", "relay"])
def test_an_example_filled_in_as_it_says_starts_production(service):
    filled = dict.fromkeys(example_variables(), throwaway_secrets().app_password)
    filled |= throwaway_secrets().environment()
    filled |= {"VAULTCRAFT_BASE_URL": "https://wallet.invalid", "PORT": "8000"}
    filled |= {"VAULTCRAFT_ALLOWED_HOSTS": "wallet.invalid", "VAULTCRAFT_PROXIES": "1"}
    filled |= {"VAULTCRAFT_EVENT_STREAM_DAYS": "0", "VAULTCRAFT_PAYOUT_RAIL": ""}
    filled |= {"VAULTCRAFT_EMAIL_PORT": "587", "VAULTCRAFT_EMAIL_SECURITY": "starttls"}
    filled |= {"VAULTCRAFT_EVENT_REPLICAS": "1", "VAULTCRAFT_EVENT_BROKER": "kafka"}
    filled |= {"KAFKA_SECURITY": "sasl_ssl"}
    template = yaml.safe_load(COMPOSE.read_text())["services"][service]["environment"]
    environment = {
        name: VARIABLE.sub(lambda found: filled[found[1]], value)
        for name, value in template.items()
    }

    subprocess.run(
        [sys.executable, "manage.py", "check"],
        env={**environment, "PATH": os.environ["PATH"]},
        cwd=ROOT,
        capture_output=True,
        timeout=60,
        check=True,
    )


def test_the_roles_are_the_ones_of_make_up():
    script = " ".join((ROOT / "docker/roles.sh").read_text().split())

    for statement in filter(None, (part.strip() for part in GRANTS.split(";"))):
        assert " ".join(statement.split()) in script
    for role, attributes in ATTRIBUTES.items():
        assert f"CREATE ROLE {role} {attributes} " in script


def test_every_service_says_whether_it_is_healthy():
    services = yaml.safe_load(COMPOSE.read_text())["services"]

    dockerfile = (ROOT / "Dockerfile").read_text()
    unprobed = {name for name, service in services.items() if "healthcheck" not in service}
    assert unprobed == {"web"}  # its probe is in the image
    assert "HEALTHCHECK" in dockerfile
    assert re.search(r"^USER vaultcraft$", dockerfile, re.MULTILINE)


def test_the_shell_scripts_parse():
    for name in ("docker/web.sh", "docker/roles.sh", ".ci/run"):
        subprocess.run(["bash", "-n", name], cwd=ROOT, check=True, timeout=10)
