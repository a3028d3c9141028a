"""A well-behaved client: one key for each request, and the same key until the answer is known."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable

from tests.torture.journal import Answer, Journal, Record
from tests.torture.orders import Order
from tests.torture.tally import Tally

SILENCE_SECONDS = 25.0
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.02, 0.4
LATER = {429, 503}
IN_FLIGHT = "request_in_flight"
# What a request of this load may be refused for. Anything else is a finding.
BUSINESS = {
    "insufficient_funds",
    "clearing_cap_exceeded",
    "organization_cash_insufficient",
    "batch_refused",
    "daily_limit_exceeded",
    "hold_ended",
    "capture_exceeds_hold",
    "reversal_exceeds_original",
}


class Client:
    """One connection to the product. Belongs to one thread."""

    def __init__(self, *, port: int, journal: Journal, tally: Tally) -> None:
        self._port = port
        self._journal = journal
        self._tally = tally
        self._connection: http.client.HTTPConnection | None = None

    def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def settle(self, record: Record, *, go_on: Callable[[], bool]) -> bool:
        """Ask until the answer is known; tells whether it is."""
        pause = FIRST_PAUSE_SECONDS
        while not self.attempt(record):
            if not go_on():
                return False
            time.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
        return True

    def attempt(self, record: Record) -> bool:
        """Ask once; tells whether the answer settles the request. Compares it with an earlier."""
        record.attempts += 1
        if record.attempts > 1:
            self._tally.count("retries")
        answer = self.ask(record.order)
        if answer is None or not self._settles(answer, record.order):
            return False
        first = self._journal.acknowledged(record, answer)
        if record.order.keyed and not first.same_as(answer):
            self._tally.find(f"{record.order.key}: two answers\n  {first}\n  {answer}")
        return True

    def ask(self, order: Order) -> Answer | None:
        """Send the request; None when no whole answer came back."""
        self._tally.count("requests")
        try:
            return self._exchanged(order)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            self._tally.count(f"unanswered: {type(error).__name__}")
            return None

    def _exchanged(self, order: Order) -> Answer:
        if self._connection is None:
            self._connection = http.client.HTTPConnection(
                "127.0.0.1", self._port, timeout=SILENCE_SECONDS
            )
        headers = {
            "Authorization": f"Bearer {order.secret}",
            "Content-Type": "application/json",
            "Idempotency-Key": order.key,
        }
        self._connection.request("POST", order.path, order.body, headers)
        response = self._connection.getresponse()
        body = response.read()
        replayed = response.headers.get("Idempotent-Replayed") == "true"
        return Answer(response.status, body, replayed)

    def _settles(self, answer: Answer, order: Order) -> bool:
        """Whether the answer is final; one that should never be given is a finding."""
        code = answer.code
        self._tally.count(f"answers: {answer.status} {code}".rstrip())
        if answer.status in LATER or code == IN_FLIGHT:
            return False
        if answer.status >= 400 and code not in BUSINESS:
            self._tally.find(f"{order.key}: answered {answer.status} {answer.body[:600]!r}")
            return answer.status < 500
        return True
