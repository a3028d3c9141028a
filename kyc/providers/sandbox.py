"""A provider for trying things out: the last characters of the number say what it will answer.

| Number ends in | Answer |
| --- | --- |
| `000` | consider: `details_not_found` |
| `111` | consider: `name_differs` |
| `222` | consider: `watchlist` |
| `999` | none: it is down |
| anything else | clear |
"""

from __future__ import annotations

from kyc.choices import Outcome
from kyc.providers import Answer, ProviderUnavailable, Question

_FINDINGS = {"000": "details_not_found", "111": "name_differs", "222": "watchlist"}
_DOWN = "999"


class SandboxProvider:
    """Deterministic, and never asked in production: the settings refuse it there."""

    name = "sandbox"

    def verify(self, question: Question) -> Answer:
        """As the table above says.

        :raises ProviderUnavailable: for numbers that end in `999`.
        """
        ending = question.id_number[-3:]
        if ending == _DOWN:
            raise ProviderUnavailable
        reference = f"sandbox-{question.attempt_id}"
        if ending in _FINDINGS:
            return Answer(Outcome.CONSIDER, (_FINDINGS[ending],), reference)
        return Answer(Outcome.CLEAR, (), reference)
