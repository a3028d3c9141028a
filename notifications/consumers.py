"""What this room takes in of the others' events."""

from __future__ import annotations

from events.catalogue import CATALOGUE
from events.consuming import Consumer
from notifications.services.notices import NAMES, NAMES_OF_MONEY, write_notices
from notifications.services.webhooks import write_deliveries

WEBHOOKS = Consumer(name="webhooks", names=frozenset(CATALOGUE), handle_many=write_deliveries)
NOTICES = Consumer(name="notices", names=NAMES, handle_many=write_notices)
# Apart, so that thousands of payments do not hold up what people are told about who they are.
NOTICES_OF_MONEY = Consumer(
    name="notices_of_money", names=NAMES_OF_MONEY, handle_many=write_notices
)
