"""What this room takes in of the others' events."""

from __future__ import annotations

from events.catalogue import CATALOGUE
from events.consuming import Consumer
from notifications.services.notices import NAMES, write_notices
from notifications.services.webhooks import write_deliveries

WEBHOOKS = Consumer(name="webhooks", names=frozenset(CATALOGUE), handle_many=write_deliveries)
NOTICES = Consumer(name="notices", names=NAMES, handle_many=write_notices)
