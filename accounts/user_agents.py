"""What a browser says of itself, in the words a person would use."""

from __future__ import annotations

USER_AGENT_LENGTH = 300
# In the order to look: Edge calls itself Chrome too, and Chrome calls itself Safari.
_BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def label_of(user_agent: str) -> str:
    """Browser and system, enough to recognize one's own; a program where it names neither."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    return " on ".join(part for part in (browser, system) if part) or "A program"


def kept(user_agent: str) -> str:
    """As much of the header as is kept, without what PostgreSQL refuses in a text."""
    return user_agent.replace("\0", "")[:USER_AGENT_LENGTH]
