"""The local settings with the urlconf of the bench around the product's own."""

from vaultcraft.settings.local import *  # noqa: F403

ROOT_URLCONF = "bench.web.urls"
