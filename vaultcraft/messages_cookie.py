"""One-time notices between two pages, in a cookie that is this host's alone like the others."""

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage


class MessagesCookie(CookieStorage):
    """Django's, signed and HttpOnly, under the name the settings give: `__Host-` in production.

    Django has no setting for the name. In a cookie rather than in the session, which is a row: a
    notice may name somebody's address, and personal data does not lie in the database in clear.
    """

    @property
    def cookie_name(self) -> str:  # type: ignore[override]
        """The name under which browsers keep it."""
        name: str = settings.MESSAGES_COOKIE_NAME
        return name


class MessagesStorage(FallbackStorage):
    """The cookie; what is too long for one waits in the session."""

    storage_classes = (MessagesCookie, SessionStorage)
