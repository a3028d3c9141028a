"""Taking events in: each has its effect once, and one that cannot be taken blocks no other."""

from __future__ import annotations

from events.consuming.registry import Consumer, Event, consumer_of, register, registered

__all__ = ["Consumer", "Event", "consumer_of", "register", "registered"]
