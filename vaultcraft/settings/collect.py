"""For `collectstatic` while an image is built: production's files, nobody's secrets."""

from vaultcraft.settings.base import *  # noqa: F403

VAULTCRAFT_ENVIRONMENT = "collect"
SECRET_KEY = "only-for-collecting-static-files"  # noqa: S105 - signs nothing
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
