"""No provider: people decide every case."""

from __future__ import annotations

from kyc.choices import Outcome
from kyc.providers import Answer, Question


class ManualProvider:
    """What an installation has until it has a contract with somebody."""

    name = "manual"

    def verify(self, question: Question) -> Answer:
        """Nothing was compared, so a person must look."""
        return Answer(Outcome.CONSIDER, ("not_compared",))
