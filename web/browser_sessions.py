"""Where a browser's session is kept: Django's table, asked only for keys that Django makes.

`SESSION_ENGINE` names this module, so pages, staff site and live stream have one rule.
"""

from __future__ import annotations

import re

from django.contrib.sessions.backends import db

_KEY = re.compile(r"[a-z0-9]{32}", re.ASCII)  # SessionBase._get_new_session_key


class SessionStore(db.SessionStore):
    """As Django's; whatever else a cookie holds is no session, and no query.

    The class keeps its name: Django signs sessions with it.
    """

    def _validate_session_key(self, key: object) -> bool:
        return isinstance(key, str) and _KEY.fullmatch(key) is not None
